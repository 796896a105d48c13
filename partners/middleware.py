"""The language of each answer, the second factor before anything about a person opens, and when a session was used."""

from collections.abc import Callable
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation.trans_real import parse_accept_lang_header

from partners import step_up
from partners.models import User
from partners.oidc import session
from returns_portal.sessions import ACTED

LANGUAGE_COOKIE = "language"
# Beside the pages that anybody may see: the way out, and what asks for the factor.
OPEN_WITHOUT_FACTOR = {
    "account_logout",
    "account_reauthenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "sso:confirm",
}
# Open as long as there is none to use; else a password that was stolen would be enough to take the factor away.
SETTING_UP_A_FACTOR = ("/account/2fa/", "/account/sso/")
NOTED = "noted_at"

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
    """Without a second factor, used in this session and still enrolled, only the pages that ask for one open."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Send whoever has not used a second factor to the page that asks for it, or sets up the first one."""
        if not settings.REQUIRE_MFA or not isinstance(request.user, User) or is_open_without_factor(request, view):
            return None
        if has_second_factor(request, request.user):
            return None
        enrolled = has_one_to_use(request.user)
        if not enrolled and request.path.startswith(SETTING_UP_A_FACTOR):
            return None
        return ask_for_factor(request, enrolled)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Ask again as our own pages do: the library would keep what was sent, with its cookies, in the session."""
        return step_up.ask_again(request) if isinstance(exception, ReauthenticationRequired) else None


def is_open_without_factor(request: HttpRequest, view: Callable[..., Any]) -> bool:
    """Whether the page belongs to the way in, or may be seen by anybody."""
    is_public = not getattr(view, "login_required", True)
    return is_public or (request.resolver_match is not None and request.resolver_match.view_name in OPEN_WITHOUT_FACTOR)


def has_second_factor(request: HttpRequest, user: User) -> bool:
    """Whether this session was opened with a factor that the account still has: the session's note outlives it."""
    used = [record["id"] for record in get_authentication_records(request, user) if record["method"] == "mfa"]
    if used and Authenticator.objects.filter(user=user, pk__in=used).exists():
        return True
    return session.counts_as_factor(request, user)


def has_one_to_use(user: User) -> bool:
    """Whether the account has a second factor at all: one of its own, or its authority's identity provider."""
    return Authenticator.objects.filter(user=user).exists() or session.is_second_factor_of(user)


def ask_for_factor(request: HttpRequest, enrolled: bool) -> HttpResponse:
    """To the page that sets up a factor, or, where the account has one, to the page that asks for it."""
    if enrolled:
        return redirect(step_up.way_to_prove(request, request.get_full_path()))
    return redirect(f"{reverse('mfa_activate_totp')}?{urlencode({'next': request.get_full_path()})}")


class SessionActivity:
    """Note when a session was last used and from where; its owner reads it in the list of their own."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> None:
        """Write as often as the session itself is told that the person is there: at most every half minute."""
        if isinstance(request.user, User) and request.session.get(NOTED) != (acted := request.session.get(ACTED)):
            request.session[NOTED] = acted
            UserSession.objects.create_from_request(request)
