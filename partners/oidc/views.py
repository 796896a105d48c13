"""Coming in by single sign-on, proving oneself by it, and the connection that allows both."""

import logging
from collections.abc import Callable

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.utils import get_next_redirect_url, perform_login
from allauth.core import ratelimit
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from requests import RequestException

from partners.actions import Refusal
from partners.http import PortalRequest, reach
from partners.models import User
from partners.oidc import bindings, session, tokens
from partners.oidc.provider import SingleSignOn, State, WayBack
from partners.oidc.tokens import Proof, Refused
from partners.step_up import fresh_factor

log = logging.getLogger(__name__)

UNREACHABLE, REFUSED = 503, 403


@require_POST
@reach("public")
def start(request: HttpRequest) -> HttpResponse:
    """To the identity provider, to come in."""
    if request.user.is_authenticated:
        return redirect(get_next_redirect_url(request) or "/")
    limit: HttpResponse | None = ratelimit.consume_or_429(request, action="login")
    return limit or leave(request, "enter")


@require_GET
@reach("public")
def callback(request: HttpRequest) -> HttpResponse:
    """Back from the identity provider: nothing is believed that was not asked for here, and just now."""
    try:
        state = taken_state(request)
        if "error" in request.GET:
            return refuse(request, "cancelled" if request.GET["error"] == "access_denied" else "answer")
        proof = WayBack(request).proof(state)
    except (OAuth2Error, RequestException) as error:
        return explain(request, error)
    return FINISH[state["process"]](request, state, proof)


@require_GET
@reach("public")
def keys(request: HttpRequest) -> HttpResponse:
    """The public half of the portal's key, where the identity provider fetches it."""
    return JsonResponse({"keys": [tokens.own_key(settings.OIDC_PRIVATE_KEY)[1]]})


@reach("account")
def confirm(request: PortalRequest) -> HttpResponse:
    """Prove anew that it is you, at the identity provider."""
    if not session.bindings(request.user).exists():
        return redirect("partners:settings")
    if request.method == "POST":
        return leave(request, "confirm", again=True)
    return render(request, "socialaccount/confirm.html", {"next": get_next_redirect_url(request) or "/"})


@require_GET
@reach("account")
def overview(request: PortalRequest) -> HttpResponse:
    """Whether one's own account is connected, and the way to change that."""
    return render(request, "socialaccount/overview.html", {"binding": session.bindings(request.user).first()})


@reach("account")
@fresh_factor
def bind(request: PortalRequest) -> HttpResponse:
    """Connect one's own account with one's identity at the authority."""
    if session.bindings(request.user).exists():
        return no_connection(request, str(bindings.AlreadyBound.sentence))
    if request.method == "POST":
        return leave(request, "bind", again=True)
    return render(request, "socialaccount/bind.html")


@reach("account")
@fresh_factor
def end(request: PortalRequest) -> HttpResponse:
    """Ask once, then end the connection."""
    if not session.bindings(request.user).exists():
        return redirect("sso:overview")
    if request.method == "POST":
        bindings.unbind(request, request.user)
        messages.success(request, _("The connection is ended. You are signed out everywhere else."))
        return redirect("sso:overview")
    return render(request, "socialaccount/end.html", {"is_only_factor": session.is_second_factor_of(request.user)})


def finish_coming_in(request: HttpRequest, state: State, proof: Proof) -> HttpResponse:
    """Sign in whoever the identity is bound to; a second factor of their own is still asked for."""
    user = bindings.bound_to(proof)
    if user is None:
        return refuse(request, "unknown")
    if request.user.is_authenticated:
        get_account_adapter().logout(request)
    session.note(request, user, proof)
    answer: HttpResponse = perform_login(request, user, redirect_url=state.get("next"))
    return answer


def finish_confirming(request: HttpRequest, state: State, proof: Proof) -> HttpResponse:
    """Note the new proof, if it is of the same person."""
    user = asked_for(request, state)
    if user is None or bindings.bound_to(proof) != user:
        return refuse(request, "other")
    session.note(request, user, proof, again=True)
    session.remember(request, user)
    return redirect(state.get("next") or "/")


def finish_binding(request: HttpRequest, state: State, proof: Proof) -> HttpResponse:
    """Connect the account that asked for it a moment ago, after it had proved itself."""
    user = asked_for(request, state)
    if user is None:
        return refuse(request, "other")
    try:
        bindings.bind(user, proof)
    except Refusal as refusal:
        return no_connection(request, str(refusal))
    session.note(request, user, proof, again=True)
    session.remember(request, user)
    messages.success(request, _("Your account is connected. From now on you can sign in with it."))
    return redirect("sso:overview")


FINISH: dict[str, Callable[[HttpRequest, State, Proof], HttpResponse]] = {
    "enter": finish_coming_in,
    "confirm": finish_confirming,
    "bind": finish_binding,
}


def leave(request: HttpRequest, purpose: str, *, again: bool = False) -> HttpResponse:
    """To the identity provider, with what is needed to know the answer again."""
    provider: SingleSignOn = get_adapter().get_provider(request, settings.OIDC_ISSUER)
    back = get_next_redirect_url(request)
    try:
        return provider.redirect(request, purpose, next_url=back, again=again, user=str(request.user.pk or ""))
    except (OAuth2Error, RequestException) as error:
        return explain(request, error)


def taken_state(request: HttpRequest) -> State:
    """What this browser took along when it left; it is good for one return."""
    provider = get_adapter().get_provider(request, settings.OIDC_ISSUER)
    try:
        state: State = provider.unstash_redirect_state(request, request.GET.get("state", ""))
    except PermissionDenied as error:
        raise Refused("state") from error
    return state


def asked_for(request: HttpRequest, state: State) -> User | None:
    """Whoever is signed in, if it was they who left for the identity provider."""
    same = isinstance(request.user, User) and str(request.user.pk) == state["user"]
    return request.user if same and isinstance(request.user, User) else None


def explain(request: HttpRequest, error: Exception) -> HttpResponse:
    """One word to the log and a page to the person, who is told what to do and not what failed."""
    word = error.word if isinstance(error, Refused) else type(error).__name__
    log.warning("Single sign-on refused: %s", word)
    if isinstance(error, RequestException):
        return refuse(request, "unreachable", UNREACHABLE)
    return refuse(request, "late" if word == "state" else "answer")


def refuse(request: HttpRequest, why: str, status: int = REFUSED) -> HttpResponse:
    """The page that says that nobody was let in."""
    return render(request, "socialaccount/refused.html", {"why": why}, status=status)


def no_connection(request: HttpRequest, refusal: str) -> HttpResponse:
    """The page that says why nothing was connected."""
    return render(request, "socialaccount/no_connection.html", {"refusal": refusal}, status=409)
