import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

# Only signs Django's own cookies, of which this application has none.
SECRET_KEY = os.environ['FOREST_AUTH_SECRET']
# The library writes `.forestadmin-schema.json` into the working folder while DEBUG is on.
DEBUG = True
ALLOWED_HOSTS = ['127.0.0.1', 'localhost']

INSTALLED_APPS = ['app', 'django_forest']

MIDDLEWARE = ['django.middleware.common.CommonMiddleware']

ROOT_URLCONF = 'backoffice.urls'
APPEND_SLASH = False

DATABASES = {
    'default': {
        'ENGINE': 'django.db.backends.sqlite3',
        'NAME': os.getenv('DATABASE_FILE', BASE_DIR / 'smart-actions.db'),
    }
}
DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'
TIME_ZONE = 'UTC'
USE_TZ = True

FOREST = {
    'FOREST_URL': os.environ['FOREST_URL'],
    'FOREST_AUTH_SECRET': os.environ['FOREST_AUTH_SECRET'],
    'FOREST_ENV_SECRET': os.environ['FOREST_ENV_SECRET'],
}
