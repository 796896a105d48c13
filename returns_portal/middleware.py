"""Headers that every answer of the portal carries, whoever gives it: a page, a refusal, a file, Django itself."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# Nothing here needs the device; a script that got in should not have it either.
ALWAYS = {
    "Permissions-Policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(),"
    " magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Django's middlewares set these too, but not on what is answered before them.
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": settings.X_FRAME_OPTIONS,
    "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
}
# Where one leaves, by the button or in haste.
WAYS_OUT = ("/account/logout/", "/account/hide/", "/admin/logout/")


class SecurityHeaders:
    """Isolate our pages from other sites, and let no page be kept: what stands on it may be someone's life.

    Stands outermost, so that redirects, files and errors of the middlewares below go through it too. Who leaves
    leaves nothing in a shared browser.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in ALWAYS.items():
            response.headers[name] = value
        # WhiteNoise says so of files whose name changes with their content, and nobody else does.
        if "immutable" not in response.headers.get("Cache-Control", ""):
            response.headers["Cache-Control"] = "no-store"
        if request.method == "POST" and request.path in WAYS_OUT and response.status_code < 400:
            response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
        return response
