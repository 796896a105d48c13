"""The transaction bound to an actor: for requests, tasks, commands and builders alike.

The database learns for whom it works from a signed token, set for one transaction only. A token set for the session
would outlive its request in a pooled connection, and an unsigned one could be set by an injected statement.
"""

import hmac
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse

from returns_portal import clock

# Sign-in, health and static files hold no case data; limits and replay marks must stay when a request fails.
OUTSIDE = ("/account/", "/healthz/", "/static/")
# A token outlives the longest request, and no more; a task may walk over every case.
USER_SECONDS, SYSTEM_SECONDS = 10 * 60, 30 * 60
_person: ContextVar[UUID | None] = ContextVar("person", default=None)


def token_key() -> tuple[str, bytes]:
    """The key that signs tokens, with its name; derived from SECRET_KEY and known to the database's owner alone."""
    key = sha256(b"returns-portal wall token\0" + settings.SECRET_KEY.encode()).digest()
    return sha256(key).hexdigest()[:12], key


def new_token(actor: str, *, seconds: int = 0) -> str:
    """What the database believes: the actor, the domain's time (see `clock`), and until when, signed."""
    if not actor:
        return ""
    name, key = token_key()
    lasts = seconds or (SYSTEM_SECONDS if actor.startswith("system:") else USER_SECONDS)
    said = f"{name}|{actor}|{int(clock.now().timestamp() * 1_000_000)}|{int(time.time()) + lasts}"
    return f"{said}|{hmac.new(key, said.encode(), sha256).hexdigest()}"


def bind_actor(actor: str) -> str:
    """Tell the database, until this transaction ends, for whom it works: a user's id, `system:name`, or nobody.

    Returns the token that stood before, for whoever gives it back with `give_back`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH before AS MATERIALIZED (SELECT coalesce(current_setting('app.token', true), '') AS token)"
            " SELECT token, set_config('app.token', %s, true) FROM before",
            [new_token(actor)],
        )
        return str(cursor.fetchone()[0])


def give_back(token: str) -> None:
    """Let the transaction go on for whom it worked before `bind_actor`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.token', %s, true)", [token])


@contextmanager
def acting_as(user: Any) -> Iterator[None]:
    """One transaction on behalf of `user`; nested use keeps the outer actor afterwards."""
    with _acting(user.pk), _bound(str(user.pk)):
        yield


@contextmanager
def acting_as_system(name: str) -> Iterator[None]:
    """One transaction on behalf of a part of the portal itself, such as `reminders` (see `walls.SYSTEM_ACTORS`)."""
    with _bound(f"system:{name}"):
        yield


def current_person() -> UUID | None:
    """Whose act is being done. What the portal itself does as a part of a person's act is still that person's."""
    return _person.get()


@contextmanager
def _acting(person: UUID | None) -> Iterator[None]:
    before = _person.set(person)
    try:
        yield
    finally:
        _person.reset(before)


@contextmanager
def _bound(actor: str) -> Iterator[None]:
    is_nested = connection.in_atomic_block  # else the token ends with the transaction
    with transaction.atomic():
        before = bind_actor(actor)
        yield
        if is_nested:
            give_back(before)


class Refused(Exception):
    """An act was refused and has written nothing; the page that says so is kept, and so is the trail."""


class ActorTransaction:
    """Innermost middleware: the whole request, template rendering included, is one actor-bound transaction."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(OUTSIDE):
            return self.get_response(request)
        is_nested = connection.in_atomic_block  # in a test's own transaction, which works for the test afterwards
        with _acting(request.user.pk), transaction.atomic():
            before = bind_actor(str(request.user.pk or ""))
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
            elif is_nested and not connection.needs_rollback:
                give_back(before)
            return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """A 404, 403 or 409 must be able to ask the database and to keep the line about the refused look."""
        is_ours = connection.in_atomic_block and not request.path.startswith(OUTSIDE)
        if is_ours and not isinstance(exception, Http404 | PermissionDenied | Refused):
            transaction.set_rollback(True)
