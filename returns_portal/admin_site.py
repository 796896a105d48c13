"""Django's admin behind the portal's own sign-in: no second door with a password alone."""

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _


class PortalAdminSite(AdminSite):
    """Open to active staff who came in through allauth and, where it is required, hold a second factor."""

    site_title = site_header = _("Returns Portal: administration")
    index_title = _("Administration")

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send strangers to the portal's own sign-in page."""
        from allauth.account.decorators import secure_admin_login  # needs the app registry, which loads this module

        answer: HttpResponse = secure_admin_login(super().login)(request, extra_context=extra_context)
        return answer

    def password_change(  # type: ignore[override]  # the stubs expect the page that it leads away from
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One page for everybody's password: the portal's own."""
        return redirect("account_change_password")

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether this person may open the administration at all."""
        from allauth.mfa.utils import is_mfa_enabled  # needs the app registry, which loads this module

        if not (request.user.is_active and request.user.is_staff):
            return False
        return not settings.REQUIRE_MFA or bool(is_mfa_enabled(request.user))


class PortalAdminConfig(AdminConfig):
    """Makes our site the admin site that every `admin.py` registers with."""

    default_site = "returns_portal.admin_site.PortalAdminSite"
