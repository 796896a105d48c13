"""What has to happen after a step: mails, papers, notices. Written with the step, done by the worker.

A promise about a worker that may be killed at any moment: everything a handler writes happens exactly once, because it
is committed together with the mark that the item is done. What leaves the database (a mail) happens at least once.
"""

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from returns_portal import clock
from returns_portal.actor import acting_as_system
from returns_portal.crypto import Shredded
from returns_portal.models import OutboxItem

logger = logging.getLogger(__name__)

Handler = Callable[[OutboxItem], None]

LEASE = timedelta(seconds=60)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=2)
# With these waits about a day: a mail server may be away over night.
ATTEMPTS = 20
# One round ends well before the worker's own time limit; the next one goes on.
ROUND_SECONDS = 120

_handlers: dict[str, Handler] = {}


class LeaseLost(Exception):
    """Another worker took the item over: what this one wrote is rolled back."""


class NoHandler(Exception):
    """Nobody registered for this kind of item."""


def put(
    kind: str,
    *,
    key: str,
    case_id: uuid.UUID | None = None,
    row_id: uuid.UUID | None = None,
    recipient_id: uuid.UUID | None = None,
    due_at: datetime | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Write down what is to be done, in the caller's transaction; a second item of the same `key` is dropped."""
    item = OutboxItem(
        kind=kind,
        key=key,
        case_id=case_id,
        row_id=row_id,
        recipient_id=recipient_id,
        due_at=due_at or clock.now(),
        data=dict(data or {}),
    )
    OutboxItem.objects.bulk_create([item], ignore_conflicts=True)


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register the decorated function as the one that does the items of `kind`."""

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return register


def deliver(limit: int = 50) -> int:
    """Do what is due, one item after the other; returns how many were done."""
    done, ends = 0, time.monotonic() + ROUND_SECONDS
    for _turn in range(limit):
        item = _claim()
        if item is None or time.monotonic() > ends:
            break
        done += _do(item)
    return done


def wait_after(attempt: int) -> timedelta:
    """How long an item rests after its failed attempt number `attempt`: 30 seconds, doubled each time, to 2 hours."""
    return min(FIRST_WAIT * float(2 ** min(attempt - 1, 10)), LONGEST_WAIT)


def _claim() -> OutboxItem | None:
    """Take the item longest due, for the length of a lease. Items are taken singly, so that none waits on a lease."""
    with acting_as_system("outbox"):
        now = clock.now()
        waiting = OutboxItem.objects.filter(done_at=None, failed_at=None, due_at__lte=now)
        for item in (
            waiting.exclude(leased_until__gt=now).order_by("due_at", "pk").select_for_update(skip_locked=True)[:20]
        ):
            if item.attempts >= ATTEMPTS:
                # Its last attempt took the worker down with it.
                _give_up(item, "WorkerLost")
                continue
            item.attempts += 1
            item.leased_until = now + LEASE
            item.save(update_fields=["attempts", "leased_until"])
            return item
    return None


def _do(item: OutboxItem) -> bool:
    """Run the handler and mark the item done, both or neither."""
    try:
        with acting_as_system("outbox"):
            handler = _handlers.get(item.kind)
            if handler is None:
                raise NoHandler
            handler(item)
            if not _mine(item).update(done_at=clock.now(), leased_until=None, last_error=""):
                raise LeaseLost
    except LeaseLost:
        logger.warning("Outbox item %s (%s) was taken over by another worker", item.pk, item.kind)
        return False
    except Exception as error:  # one bad item must not stop the others; its class is noted below
        _failed(item, error)
        return False
    return True


def _failed(item: OutboxItem, error: Exception) -> None:
    """Note the failure: only the class of the error, for its message may hold personal data."""
    name = type(error).__name__
    logger.warning("Outbox item %s (%s) failed, attempt %s: %s", item.pk, item.kind, item.attempts, name)
    with acting_as_system("outbox"):
        if item.attempts >= ATTEMPTS or isinstance(error, Shredded):
            _give_up(item, name)
        else:
            again_at = clock.now() + wait_after(item.attempts)
            _mine(item).update(due_at=again_at, leased_until=None, last_error=name[:100])


def _give_up(item: OutboxItem, name: str) -> None:
    logger.error("Outbox item %s (%s) is given up: %s", item.pk, item.kind, name)
    _mine(item).update(failed_at=clock.now(), leased_until=None, last_error=name[:100])


def _mine(item: OutboxItem) -> Any:
    """The row, if no other worker has claimed it since: the number of attempts is the fence."""
    return OutboxItem.objects.filter(pk=item.pk, attempts=item.attempts, done_at=None, failed_at=None)
