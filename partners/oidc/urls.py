"""The pages of the single sign-on; routed only where an identity provider is set."""

from django.urls import path

from partners.oidc import views

app_name = "sso"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("start/", views.start, name="start"),
    path("callback/", views.callback, name="callback"),
    path("keys/", views.keys, name="keys"),
    path("confirm/", views.confirm, name="confirm"),
    path("bind/", views.bind, name="bind"),
    path("end/", views.end, name="end"),
]
