"""The portal's addresses where passkeys open it, as in production; allauth decides when it is loaded."""

from allauth.mfa.webauthn.views import login_webauthn
from django.urls import path

from returns_portal import urls
from returns_portal.urls import handler400, handler429, handler500  # noqa: F401  # read by Django and allauth

urlpatterns = [path("account/2fa/webauthn/login/", login_webauthn, name="mfa_login_webauthn"), *urls.urlpatterns]
