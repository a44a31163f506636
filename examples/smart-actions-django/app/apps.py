import sys

from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = 'app'

    def ready(self):
        # The library sends its schema to Forest's server as it starts: not for `migrate` and the like.
        if 'runserver' in sys.argv:
            from django_forest import init_forest

            init_forest()
