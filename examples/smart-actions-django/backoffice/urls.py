from django.urls import include, path

urlpatterns = [
    # The application's own routes come before the library's.
    path('forest', include('app.urls')),
    path('forest', include('django_forest.urls')),
]
