"""The language of each answer, and the second factor before anything about a person opens."""

from collections.abc import Callable

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation.trans_real import parse_accept_lang_header

from partners.models import User

LANGUAGE_COOKIE = "language"
OPEN_WITHOUT_FACTOR = ("/account/", "/healthz/", "/static/")
# The phone number set here is shown to partners as the one to ring.
BEHIND_FACTOR_ALL_THE_SAME = ("/account/settings/",)

GetResponse = Callable[[HttpRequest], HttpResponse]


class LanguageMiddleware:
    """The user's own setting, else what this browser asks for among the languages offered, else Swedish."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = language_of(request)
        request.LANGUAGE_CODE = language  # as Django's own middleware leaves it
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


def language_of(request: HttpRequest) -> str:
    """The language this request is answered in."""
    own = getattr(request.user, "language", "") or request.COOKIES.get(LANGUAGE_COOKIE, "")
    return own if own in dict(settings.LANGUAGES) else language_of_browser(request.headers.get("Accept-Language", ""))


def language_of_browser(header: str) -> str:
    """The first language offered among those the browser names; any English counts as ours."""
    offered = {"sv": "sv", "en": "en-gb"}
    for name, weight in parse_accept_lang_header(header.lower()):
        language = offered.get(name.partition("-")[0])
        if language and weight > 0:
            return language
    return settings.LANGUAGE_CODE


class RequireSecondFactor:
    """Without a second factor, used in this session and still enrolled, only the account's own pages open."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            settings.REQUIRE_MFA
            and not is_open_without_factor(request.path)
            and isinstance(request.user, User)
            and not has_second_factor(request, request.user)
        ):
            return ask_for_factor(request, request.user)
        return self.get_response(request)


def is_open_without_factor(path: str) -> bool:
    """Whether the page belongs to the way in."""
    return path.startswith(OPEN_WITHOUT_FACTOR) and not path.startswith(BEHIND_FACTOR_ALL_THE_SAME)


def has_second_factor(request: HttpRequest, user: User) -> bool:
    """Whether this session was opened with a factor that the account still has: the session's note outlives it."""
    used = [record["id"] for record in get_authentication_records(request, user) if record["method"] == "mfa"]
    return bool(used) and Authenticator.objects.filter(user=user, pk__in=used).exists()


def ask_for_factor(request: HttpRequest, user: User) -> HttpResponse:
    """To the page that sets up a factor, or, where the account has one, to the page that asks for it."""
    page = "mfa_reauthenticate" if Authenticator.objects.filter(user=user).exists() else "mfa_activate_totp"
    return redirect(f"{reverse(page)}?{urlencode({'next': request.get_full_path()})}")
