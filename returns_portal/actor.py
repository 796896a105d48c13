"""The transaction bound to an actor: for requests, tasks, commands and builders alike."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse

# Sign-in, health and static files hold no case data; limits and replay marks must stay when a request fails.
OUTSIDE = ("/account/", "/healthz/", "/static/")


def bind_actor(actor: str) -> None:
    """Tell the database, until this transaction ends, for whom it works: a user's id, `system:name`, or nobody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.actor', %s, true)", [actor])


@contextmanager
def acting_as(user: Any) -> Iterator[None]:
    """One transaction on behalf of `user`; nested use keeps the outer actor afterwards."""
    with _bound(str(user.pk)):
        yield


@contextmanager
def acting_as_system(name: str) -> Iterator[None]:
    """One transaction on behalf of a part of the portal itself, such as `reminders`."""
    with _bound(f"system:{name}"):
        yield


@contextmanager
def _bound(actor: str) -> Iterator[None]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(current_setting('app.actor', true), '')")
            before = cursor.fetchone()[0]
        bind_actor(actor)
        yield
        bind_actor(before)


class Refused(Exception):
    """An act was refused and has written nothing; the page that says so is kept, and so is the trail."""


class ActorTransaction:
    """Innermost middleware: the whole request, template rendering included, is one actor-bound transaction."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(OUTSIDE):
            return self.get_response(request)
        with transaction.atomic():
            bind_actor(str(request.user.pk or ""))
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
            return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """A 404, 403 or 409 must be able to ask the database and to keep the line about the refused look."""
        if not isinstance(exception, Http404 | PermissionDenied | Refused) and connection.in_atomic_block:
            transaction.set_rollback(True)
