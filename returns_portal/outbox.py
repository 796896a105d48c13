"""What has to happen after a step: mails, papers, notices. Written with the step, done by the worker.

A promise about a worker that may be killed at any moment: everything a handler writes happens exactly once, because it
is committed together with the mark that the item is done. What leaves the database (a mail) happens at least once: a
second time only where the mail server had taken it and the worker died before that was committed.

Two fences keep two workers off one item. A lease, by the domain's clock, from the claim on; and the row's own lock as
long as the handler runs, which no clock that jumps can end. A worker that dies loses the lock at once, the lease later.
"""

import logging
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import OperationalError, connection, transaction

from returns_portal import clock, mail
from returns_portal.actor import acting_as_system
from returns_portal.crypto import Shredded
from returns_portal.logs import told_by_class
from returns_portal.models import OutboxItem

logger = logging.getLogger(__name__)

Handler = Callable[[OutboxItem], None]

LEASE = timedelta(seconds=60)
FIRST_WAIT = timedelta(seconds=30)
# What rings for a life must not rest long after the mail server is back.
LONGEST_WAIT = timedelta(minutes=15)
# With these waits about a day: a mail server may be away over night.
ATTEMPTS = 100
# What is not done within it is told of (see `is_late`).
IN_TIME = timedelta(hours=1)
# One round is short, so that the clocks' walk never waits long for it; the next one goes on in five seconds.
ROUND_SECONDS = 20
# Longer than any handler may take: where a worker's whole machine vanishes, the database frees its item after that.
LONGEST_SILENCE = timedelta(minutes=5)

# The same as `_mine`, asked once for each item. Whoever looks for something to claim may lock the row for a moment;
# whoever works on it, for long.
HOLD = """
SET LOCAL lock_timeout = '2s';
SELECT set_config('idle_in_transaction_session_timeout', %s, true) FROM returns_portal_outboxitem
WHERE id = %s AND attempts = %s AND done_at IS NULL AND failed_at IS NULL FOR UPDATE
"""

_handlers: dict[str, Handler] = {}
_when_failing: dict[str, "FailureHandler"] = {}


class FailureHandler(Protocol):
    """What is told of a failed attempt."""

    def __call__(self, item: OutboxItem, *, is_final: bool) -> None:
        """`is_final`: the item is given up, nobody will try it again."""


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
    is_safety: bool = False,
) -> None:
    """Write down what is to be done, in the caller's transaction; a second item of the same `key` is dropped.

    `is_safety` items go first, however many others are due.
    """
    item = OutboxItem(
        kind=kind,
        key=key,
        case_id=case_id,
        row_id=row_id,
        recipient_id=recipient_id,
        due_at=due_at or clock.now(),
        data=dict(data or {}),
        is_safety=is_safety,
    )
    OutboxItem.objects.bulk_create([item], ignore_conflicts=True)


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register the decorated function as the one that does the items of `kind`."""

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return register


def when_failing(kind: str) -> Callable[[FailureHandler], FailureHandler]:
    """Register the decorated function to be told of each failed attempt at an item of `kind`, once it is noted."""

    def register(handler: FailureHandler) -> FailureHandler:
        _when_failing[kind] = handler
        return handler

    return register


def deliver(limit: int = 5000) -> int:
    """Do what is due, one item after the other, for the length of a round; returns how many were done."""
    done, ends = 0, time.monotonic() + ROUND_SECONDS
    with mail.one_line():
        for _turn in range(limit):
            if time.monotonic() > ends or (item := _claim()) is None:
                break
            done += _do(item)
    return done


def wait_after(attempt: int) -> timedelta:
    """How long an item rests after its failed attempt number `attempt`: 30 seconds, doubled each time, to a limit."""
    return min(FIRST_WAIT * float(2 ** min(attempt - 1, 10)), LONGEST_WAIT)


def is_late(item: OutboxItem) -> bool:
    """Whether even its next attempt comes too late. By its attempts, so that a clock that jumps makes nothing late."""
    waits = (wait_after(attempt) for attempt in range(1, item.attempts + 1))
    return sum(waits, timedelta()) > IN_TIME


def retry_failed(pks: Collection[int]) -> int:
    """Let these items, which were given up, be tried again from the first attempt on; returns how many they are."""
    given_up = OutboxItem.objects.filter(pk__in=pks, failed_at__isnull=False, done_at=None)
    return given_up.update(failed_at=None, attempts=0, leased_until=None, due_at=clock.now())


def _claim() -> OutboxItem | None:
    """Take the item longest due, for the length of a lease. Items are taken singly, so that none waits on a lease."""
    while True:
        with acting_as_system("outbox"):
            now = clock.now()
            waiting = OutboxItem.objects.filter(done_at=None, failed_at=None, due_at__lte=now)
            free = waiting.exclude(leased_until__gt=now).order_by("-is_safety", "due_at", "pk")
            item = free.select_for_update(skip_locked=True).first()
            if item is None:
                return None
            if _may_try(item):
                item.attempts += 1
                # An item that takes its workers down with it rests as long as one that fails.
                item.leased_until = now + max(LEASE, wait_after(item.attempts))
                item.save(update_fields=["attempts", "leased_until"])
                return item
            _give_up(item, "WorkerLost")


def _may_try(item: OutboxItem) -> bool:
    """Whether there is one more attempt; what somebody's safety hangs on is tried for as long as it takes."""
    return item.is_safety or item.attempts < ATTEMPTS


def _do(item: OutboxItem) -> bool:
    """Run the handler and mark the item done, both or neither."""
    try:
        with acting_as_system("outbox"):
            _hold(item)
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


def _hold(item: OutboxItem) -> None:
    """Lock the row until the transaction ends: nobody else can claim it meanwhile, whatever becomes of the lease."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(HOLD, [str(int(LONGEST_SILENCE.total_seconds() * 1000)), item.pk, item.attempts])
        except OperationalError as error:
            raise LeaseLost from error
        if cursor.fetchone() is None:
            raise LeaseLost
        cursor.execute("SET LOCAL lock_timeout = 0")


def _failed(item: OutboxItem, error: Exception) -> None:
    """Note the failure: only the class of the error, for its message may hold personal data."""
    name = type(error).__name__
    logger.warning("Outbox item %s (%s) failed, attempt %s: %s", item.pk, item.kind, item.attempts, name)
    with acting_as_system("outbox"):
        if not _may_try(item) or isinstance(error, Shredded) or mail.is_refused(error):
            _give_up(item, name)
            return
        again_at = clock.now() + wait_after(item.attempts)
        if _mine(item).update(due_at=again_at, leased_until=None, last_error=name[:100]):
            _tell_of_failure(item, is_final=False)


def _give_up(item: OutboxItem, name: str) -> None:
    logger.error("Outbox item %s (%s) is given up: %s", item.pk, item.kind, name)
    if _mine(item).update(failed_at=clock.now(), leased_until=None, last_error=name[:100]):
        _tell_of_failure(item, is_final=True)


def _tell_of_failure(item: OutboxItem, *, is_final: bool) -> None:
    """That nobody could be told must not take back what is noted."""
    tell = _when_failing.get(item.kind)
    if tell is not None:
        with told_by_class(logger, "Telling of a failure"), transaction.atomic():
            tell(item, is_final=is_final)


def _mine(item: OutboxItem) -> Any:
    """The row, if no other worker has claimed it since: the number of attempts is the fence."""
    return OutboxItem.objects.filter(pk=item.pk, attempts=item.attempts, done_at=None, failed_at=None)
