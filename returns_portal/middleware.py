"""Headers that every answer of the portal carries, beside those of Django and django-csp."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

# Nothing here needs the device; a script that got in should not have it either.
HEADERS = {
    "Permissions-Policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(),"
    " magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
LOGOUT = "/account/logout/"


class SecurityHeaders:
    """Isolate our pages from other sites, and let no page be kept: what stands on it may be someone's life.

    Who signs out leaves nothing in a shared browser.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers[name] = value
        patch_cache_control(response, no_store=True)
        if request.method == "POST" and request.path == LOGOUT and response.status_code == 302:
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response
