"""How long a sign-in lasts: a quarter of an hour without a sign of the person, eight hours in all, in real time."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

BEGAN, ACTED = "signed_in_at", "acted_at"
WRITE_EVERY = 30  # seconds: a busy person does not cost a write on every page
# Passwords and codes are typed here; they are never handed back.
NEVER_HANDED_BACK = ("/account/", "/admin/")

View = TypeVar("View", bound=Callable[..., Any])


def begin(sender: Any, request: HttpRequest, user: Any, **extra: Any) -> None:
    """Start both clocks, whichever way somebody has signed in."""
    request.session[BEGAN] = request.session[ACTED] = int(time.time())


def act(session: SessionBase) -> None:
    """Note that the person is there."""
    now = int(time.time())
    if now - session.get(ACTED, 0) >= WRITE_EVERY:
        session[ACTED] = now


def seconds_left(session: SessionBase) -> int:
    """How long this sign-in still lasts if nothing more happens; one without clocks is over."""
    return max(0, min(_idle_end(session), _last_end(session)) - int(time.time()))


def is_last(session: SessionBase) -> bool:
    """Whether the eight hours end first, so that no sign of the person makes it longer."""
    return _last_end(session) <= _idle_end(session)


def _idle_end(session: SessionBase) -> int:
    return int(session.get(ACTED, 0)) + int(settings.SESSION_IDLE)


def _last_end(session: SessionBase) -> int:
    return int(session.get(BEGAN, 0)) + int(settings.SESSION_COOKIE_AGE)


def background(view: View) -> View:
    """Declare a view that pages ask by themselves: it is no sign of the person."""
    view.is_background = True  # type: ignore[attr-defined]  # read by SessionLimits
    return view


class SessionLimits:
    """End a sign-in when its time is up, and lose nothing that was typed meanwhile."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session and not seconds_left(request.session):
            request.sign_in_ended = why_ended(request.session)  # type: ignore[attr-defined]  # said in process_view
            request.session.flush()
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Count a page as a sign of the person; hand back what somebody sends who is signed out."""
        if reason := getattr(request, "sign_in_ended", ""):
            messages.info(request, reason)
        if request.user.is_authenticated:
            if not getattr(view, "is_background", False):
                act(request.session)
            return None
        wants_sign_in = getattr(view, "login_required", True) and request.method == "POST"
        return hand_back(request) if wants_sign_in and may_hand_back(request) else None


def why_ended(session: SessionBase) -> str:
    """The calm sentence on the page that comes next."""
    if is_last(session):
        return _("You had been signed in for eight hours, so we signed you out. Sign in to go on where you were.")
    return _("We signed you out to protect the data, as nothing had happened for a while. Sign in to go on.")


# What somebody signed out has sent


class Typed(NamedTuple):
    """One value of a form, as it came."""

    name: str
    value: str

    @property
    def label(self) -> str:
        """The field's name as words."""
        return self.name.replace("_", " ").capitalize()

    @property
    def is_prose(self) -> bool:
        """Whether it is worth reading; the rest only travels along."""
        return any(mark in self.value.strip() for mark in " \n")


def may_hand_back(request: HttpRequest) -> bool:
    """Whether what was sent may stand on a page of ours with a button: not secrets, nor what others have sent."""
    return not request.path.startswith(NEVER_HANDED_BACK) and not comes_from_elsewhere(request, strictly=True)


def comes_from_elsewhere(request: HttpRequest, *, strictly: bool = False) -> bool:
    """Whether another site has sent this; `strictly` wants the browser's word that it was a page of ours."""
    origin = request.headers.get("Origin", "")
    return origin != f"{request.scheme}://{request.get_host()}" if origin or strictly else False


def hand_back(request: HttpRequest) -> HttpResponse:
    """The page with all that was typed, ready to be sent again; it is kept in no other place."""
    typed = [Typed(name, value) for name, values in request.POST.lists() for value in values]
    context = {
        "typed": [field for field in typed if field.name != "csrfmiddlewaretoken"],
        "has_files": bool(request.FILES),
        "minutes": settings.SESSION_IDLE // 60,
    }
    response = render(request, "session_ended.html", context, status=403)
    # Nobody is signed in, so nothing else takes the text off the screen of somebody who walks away.
    response.headers["Refresh"] = f"{settings.SESSION_IDLE};url={reverse(settings.LOGIN_URL)}"
    return response


# What a page knows about its time


class TimeLimit:
    """What base.html hands to the script that warns; nothing is looked up before a template asks."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def seconds(self) -> int:
        """How long the sign-in still lasts."""
        return seconds_left(self.request.session) if self.request.user.is_authenticated else 0

    @property
    def who(self) -> str:
        """A mark by which a tab knows its own person again: what one has typed is not shown to the next."""
        if not self.seconds:
            return ""
        return salted_hmac("time-limit", str(self.request.user.pk), algorithm="sha256").hexdigest()[:16]

    def as_json(self) -> dict[str, Any]:
        """What a tab gets that asks. A new sign-in has a new token, and forms that were open need it."""
        if not self.seconds:
            return {"seconds": 0, "who": ""}
        token = get_token(self.request)
        return {"seconds": self.seconds, "who": self.who, "last": is_last(self.request.session), "token": token}


def page_time(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `time_limit`, for pages of somebody signed in."""
    return {"time_limit": TimeLimit(request)}
