"""Django's admin behind the portal's own sign-in: no second door with a password alone."""

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _


class PortalAdminSite(AdminSite):
    """Open to active staff who, where it is required, used a second factor in this session that they still have."""

    site_title = site_header = _("Returns Portal: administration")
    index_title = _("Administration")

    def get_urls(self) -> list[Any]:
        """The jobs page stands beside what Django makes of the models."""
        from returns_portal import jobs  # needs the app registry, which loads this module

        page, retry = partial(jobs.page, site=self), partial(jobs.retry, site=self)
        ours = [
            path("jobs/", self.admin_view(page), name="jobs"),
            path("jobs/retry/", self.admin_view(retry), name="retry-jobs"),
        ]
        return ours + super().get_urls()

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The first page says whether the clock stands still."""
        from returns_portal import heartbeat  # needs the app registry, which loads this module

        return super().index(request, {**(extra_context or {}), "clock_stopped": heartbeat.stopped_since()})

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Take no password: strangers have been sent to the portal's sign-in, and whoever may be here goes on."""
        if not self.has_permission(request):
            raise PermissionDenied
        target = request.GET.get("next", "")
        is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
        return redirect(target if is_ours else "admin:index")

    def password_change(  # type: ignore[override]  # the stubs expect the page that it leads away from
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One page for everybody's password: the portal's own."""
        return redirect("account_change_password")

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether this person may open the administration at all."""
        from partners.middleware import has_second_factor  # needs the app registry, which loads this module
        from partners.models import User  # needs the app registry, which loads this module

        if not (isinstance(request.user, User) and request.user.is_active and request.user.is_staff):
            return False
        return not settings.REQUIRE_MFA or has_second_factor(request, request.user)


class PortalAdminConfig(AdminConfig):
    """Makes our site the admin site that every `admin.py` registers with."""

    default_site = "returns_portal.admin_site.PortalAdminSite"
