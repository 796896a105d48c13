"""The site's table of contents."""

from django.contrib import admin
from django.urls import include, path

from returns_portal import views

handler500 = "returns_portal.views.server_error"

urlpatterns = [
    path("", include(("cases.urls", "cases"))),
    path("", include(("reintegration.urls", "reintegration"))),
    path("", include(("partners.urls", "partners"))),
    path("account/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("healthz/live", views.live, name="live"),
    path("healthz/ready", views.ready, name="ready"),
    path("demo/clock/", views.demo_clock, name="demo-clock"),
    path("demo/mail/", views.demo_mail, name="demo-mail"),
]
