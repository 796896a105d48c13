"""The site's table of contents."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from returns_portal import views

handler400 = "returns_portal.views.bad_request"
handler429 = "returns_portal.views.too_many_requests"  # read by allauth
handler500 = "returns_portal.views.server_error"

urlpatterns = [
    path("", include(("cases.urls", "cases"))),
    path("", include(("reintegration.urls", "reintegration"))),
    path("", include(("partners.urls", "partners"))),
    path("account/session/", views.time_limit, name="time-limit"),
    path("account/hide/", views.hide, name="hide"),
    # Of allauth only these: its own pages for sign-on by others are looser than ours.
    path("account/", include("allauth.account.urls")),
    path("account/2fa/", include("allauth.mfa.urls")),
    path("account/sessions/", include("allauth.usersessions.urls")),
    *([path("account/sso/", include(("partners.oidc.urls", "sso")))] if settings.OIDC_ISSUER else []),
    path("admin/", admin.site.urls),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("month/", views.month, name="month"),
    path("csp-report/", views.csp_report, name="csp-report"),
    path("healthz/live", views.live, name="live"),
    path("healthz/ready", views.ready, name="ready"),
    path("demo/clock/", views.demo_clock, name="demo-clock"),
    path("demo/mail/", views.demo_mail, name="demo-mail"),
]
