"""The trail of looks: written in the transaction of the page that shows the thing. No line, no page.

It also counts: who opens twenty different cases within ten minutes is noticed, who opens sixty is stopped.
Lists show many cases and little of each: who pages through all of them is noticed too, by the worker.
"""

import secrets
import uuid
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from datetime import timedelta
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac

from returns_portal import outbox
from returns_portal.actor import Refused, acting_as_system
from returns_portal.models import AccessAlert, Look

WINDOW = timedelta(minutes=10)
MANY_CASES, TOO_MANY_CASES = 20, 60
# The worker counts lists every five minutes: so long a look back holds each ten minutes whole.
LIST_WINDOW, MANY_LISTED = timedelta(minutes=15), 300
# These ring by themselves, whoever writes them down.
RINGING = {Look.Action.EXPORT: AccessAlert.Kind.EXPORT, Look.Action.BREAK_GLASS: AccessAlert.Kind.BREAK_GLASS}

# A function keeps its plan: planned anew for each line, the policies would cost more than everything else together.
LINE = """
SELECT others, is_new, is_too_many FROM trail_write(
    %(user_id)s::uuid, %(case_id)s::uuid, %(section)s, %(action)s, %(path_name)s, %(outcome)s, %(session)s,
    %(request_id)s, %(shown)s::uuid[], %(counts)s, %(window)s, %(limit)s
)
"""
# By person, for that is how the lines are indexed.
LISTED = """
SELECT person.id FROM {people} person, LATERAL (
    SELECT count(DISTINCT one) AS cases FROM returns_portal_look line, unnest(line.shown) AS one
    WHERE line.user_id = person.id AND line.at > clock_timestamp() - %(window)s::interval
    AND line.action = ANY(%(actions)s) AND line.outcome = 'done'
) seen WHERE seen.cases >= %(many)s
"""


class TooManyCases(Refused):
    """One person opens so many different cases that it is no longer work."""


class Visit(NamedTuple):
    """What the lines of one request share."""

    session: str = ""
    request_id: str = ""


OUTSIDE_A_REQUEST = Visit()
_visit: ContextVar[Visit] = ContextVar("visit", default=OUTSIDE_A_REQUEST)


class Sessions:
    """Middleware: which session and which request the lines of the trail come from; and the page for who is stopped."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _visit.set(Visit(session_word(request.session.session_key), secrets.token_hex(8)))
        try:
            return self.get_response(request)
        finally:
            _visit.reset(token)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 429 to who opens too many cases; the refused line and the alert stay."""
        if not isinstance(exception, TooManyCases):
            return None
        response = render(request, "too_many_cases.html", {"limit": TOO_MANY_CASES - 1}, status=429)
        response.headers["Retry-After"] = str(int(WINDOW.total_seconds()))
        return response


def session_word(key: str | None) -> str:
    """A session as the trail knows it: a keyed hash, for whoever has the key of a session is signed in."""
    return salted_hmac("returns_portal.looks.session", key, algorithm="sha256").hexdigest()[:16] if key else ""


def record(
    user: Any,
    case_id: uuid.UUID | None,
    section: str,
    action: str,
    path_name: str = "",
    *,
    shown: Iterable[uuid.UUID] = (),
    outcome: str = Look.Outcome.DONE,
) -> None:
    """Note that `user` looked, or was refused a look; `path_name` is the name of the route, never its address.

    `shown` are the cases on a list. Raises TooManyCases, with the refusal noted, where this would be one too many.
    """
    act = Look.Action(action)
    if act == Look.Action.REFUSED:
        outcome = Look.Outcome.REFUSED
    counts = user is not None and case_id is not None and outcome == Look.Outcome.DONE
    others, is_new, is_too_many = _write(
        user_id=user.pk if user is not None else None,
        case_id=case_id,
        section=str(section),
        action=act.value,
        path_name=path_name,
        outcome=Look.Outcome(outcome).value,
        shown=list(dict.fromkeys(shown)) or None,
        counts=counts,
    )
    if is_too_many:
        alert(AccessAlert.Kind.TOO_MANY_CASES, user.pk)
        raise TooManyCases
    if counts and is_new and others >= MANY_CASES - 1:
        alert(AccessAlert.Kind.MANY_CASES, user.pk)
    if act in RINGING and outcome == Look.Outcome.DONE and user is not None:
        alert(RINGING[act], user.pk, case_id)


def _write(**line: Any) -> tuple[int, bool, bool]:
    values = {**line, **_visit.get()._asdict(), "window": WINDOW, "limit": TOO_MANY_CASES}
    with connection.cursor() as cursor:
        cursor.execute(LINE, values)
        others, is_new, is_too_many = cursor.fetchone()
        return others, is_new, is_too_many


def alert(kind: str, user_id: uuid.UUID, case_id: uuid.UUID | None = None) -> None:
    """Ring for something unusual: a row for the person's manager to judge, and notices by the worker.

    The same again within ten minutes does not ring twice.
    """
    with acting_as_system("oversight"):
        same = AccessAlert.objects.filter(kind=AccessAlert.Kind(kind), user_id=user_id, case_id=case_id)
        if same.filter(at__gt=timezone.now() - WINDOW).exists():
            return
        rung = AccessAlert.objects.create(kind=kind, user_id=user_id, case_id=case_id)
        outbox.put("access-alert", key=f"access-alert:{rung.pk}", row_id=rung.pk)


def ring_for_lists() -> int:
    """Ring for everyone who was lately shown very many different cases in lists and searches; returns for how many."""
    people = get_user_model()._meta.db_table
    with acting_as_system("trail"):
        with connection.cursor() as cursor:
            values = {"window": LIST_WINDOW, "actions": [Look.Action.LIST, Look.Action.SEARCH], "many": MANY_LISTED}
            cursor.execute(LISTED.format(people=people), dict[str, Any](values))
            found = {user_id for (user_id,) in cursor}
        with acting_as_system("oversight"):
            rung = AccessAlert.objects.filter(kind=AccessAlert.Kind.MANY_LISTED, at__gt=timezone.now() - LIST_WINDOW)
            found -= set(rung.values_list("user_id", flat=True))
        for user_id in found:
            alert(AccessAlert.Kind.MANY_LISTED, user_id)
    return len(found)


def cases_seen_in(session: str) -> set[uuid.UUID]:
    """Which cases one session (see `session_word`) opened, or was shown in lists: for a breach, the first question."""
    lines = Look.objects.filter(session=session, outcome=Look.Outcome.DONE).exclude(action=Look.Action.REFUSED)
    found: set[uuid.UUID] = set()
    for case_id, shown in lines.exclude(session="").values_list("case_id", "shown"):
        found |= {seen for seen in (case_id, *(shown or [])) if seen is not None}
    return found
