"""The reminders that stand in inboxes: each once, at most one open for case, rule and recipient, none without reason.

The walk over the clocks says what stands now (`cases.actions.remind`); this writes it down.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Q

from cases import emails
from cases.clocks import IN_PAUSES
from cases.models import Case, ClockRule, Notification
from returns_portal import clock

if TYPE_CHECKING:
    from django.db.models import QuerySet

# What goes on after a case has ended.
AFTER_THE_END = frozenset({"retention", "rights_request"})


class Changes(NamedTuple):
    """Which reminders of a rule are told for the first time, stand open again, and are settled."""

    new: list[Notification]
    back: list[Notification]
    gone: list[UUID]


def alone_with(rule: ClockRule) -> None:
    """Let two walks at once take this rule one after the other, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('walk_the_clocks'), hashtext(%s))", [rule.code])


def stand(rule: ClockRule, wanted: list[Notification], at: datetime) -> int:
    """Let exactly the reminders `wanted` stand open of this rule at `at`; returns how many were never told before.

    Whoever is reminded of the same case by several of them gets the latest. A reminder that was told and settled
    before, and whose reason is back, stands open again; only one of safety is unread and mailed once more.
    """
    new, back, gone = changes(rule, wanted, at)
    if gone:
        Notification.objects.filter(pk__in=gone).update(settled_at=clock.now())
    if back:
        stands_again = Notification.objects.filter(pk__in=[row.pk for row in back])
        stands_again.update(settled_at=None)
        stands_again.filter(is_safety=True).update(read_at=None)
        emails.tell_again(back)
    return emails.tell(new)


def changes(rule: ClockRule, wanted: list[Notification], at: datetime) -> Changes:
    """What `stand` would change; writes nothing."""
    newest = _newest(wanted)
    identities = {row.identity for row in newest}
    known = {row.identity: row for row in _of(rule).filter(case__in={row.case_id for row in newest})}
    is_open = _of(rule).filter(settled_at__isnull=True)
    replaced = {(row.case_id, row.recipient_id) for row in newest}
    gone = [
        row.pk
        for row in is_open.only("case_id", "subject", "due_at", "recipient_id")
        if row.identity not in identities and (_has_come(row, at) or (row.case_id, row.recipient_id) in replaced)
    ]
    back = [known[row.identity] for row in newest if row.identity in known and known[row.identity].settled_at]
    return Changes([row for row in newest if row.identity not in known], back, gone)


def settle(case: Case) -> None:
    """Close what no longer rings in this case, at once: it has ended, or it is paused (process, section 5)."""
    mine = Notification.objects.filter(~Q(rule=""), case=case, settled_at__isnull=True)
    if case.is_ended:
        mine = mine.exclude(rule__in=AFTER_THE_END)
    elif case.is_on_hold:
        goes_on = ClockRule.objects.filter(is_safety=True).values_list("code", flat=True)
        mine = mine.exclude(rule__in=[*IN_PAUSES, *goes_on])
    else:
        return
    mine.update(settled_at=clock.now())


def _of(rule: ClockRule) -> "QuerySet[Notification]":
    return Notification.objects.filter(rule=rule.code)


def _has_come(row: Notification, at: datetime) -> bool:
    """A reminder that somebody had sent ahead of its time stays until then."""
    return row.due_at is not None and row.due_at <= at


def _newest(wanted: Iterable[Notification]) -> list[Notification]:
    newest: dict[tuple[UUID | None, UUID], Notification] = {}
    for row in sorted(wanted, key=_how_late):
        newest[row.case_id, row.recipient_id] = row
    return list(newest.values())


def _how_late(row: Notification) -> tuple[datetime, int, str]:
    assert row.due_at is not None
    return row.due_at, row.rung or 0, row.subject
