"""One walk over all clocks: each reminder whose moment has come is sent, once."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from django.db import transaction

from cases import ball, reminders
from cases.actions.break_glass import escalate_unjudged
from cases.actions.files import forget_files
from cases.clocks import (
    FACTS,
    PAGES,
    Reminder,
    Running,
    due_by,
    is_paused,
    may_ring,
    reminders_of,
    stops_of,
)
from cases.clocks.recipients import WORDS, Circle
from cases.models import Case, ClockRule, Notification
from partners.models import User
from returns_portal import clock, outbox
from returns_portal.actor import acting_as_system
from returns_portal.logs import told_by_class

logger = logging.getLogger(__name__)

# Rings although processing is restricted, beside the safety rules: an answer to the person is no use of the case.
DESPITE_RESTRICTION = frozenset({"rights_request"})


@dataclass(frozen=True)
class Ringing:
    """A reminder whose moment has come."""

    case: Case
    running: Running
    due: datetime
    reminder: Reminder


Told = dict[Ringing, list[User]]

# What a ringing does besides telling people; later chapters add theirs. By the word that stands among a rule's
# recipients, and by the rule itself. What they do they do once, however often they are called.
deeds: dict[str, Callable[[Ringing], None]] = {}
alongside: dict[str, Callable[[Told], None]] = {}


class SafetyRuleFailed(Exception):
    """A safety rule did not do all of its work. The walk that says so is none: the portal counts as degraded."""


def walk_the_clocks(at: datetime | None = None) -> int:
    """Send what is due at `at` (now), and delete drafts that have expired; returns how many reminders are new.

    Each rule is a transaction of its own: what one breaks, the others still do. Safety rules come first. Raises
    SafetyRuleFailed, when everything else is done, where one of them failed in any case.
    """
    moment = at or clock.now()
    sent = 0
    broken: set[ClockRule] = set()
    with acting_as_system("reminders"):
        rules = list(ClockRule.objects.order_by("-is_safety", "code"))
    for rule in rules:
        if rule.code in FACTS:
            failed = partial(broken.add, rule)
            with told_by_class(logger, f"The rule {rule.code}", failed), acting_as_system("reminders"):
                sent += _ring(rule, moment, failed)
    with told_by_class(logger, "Passing on what time has moved"), acting_as_system("reminders"):
        ball.refresh_what_time_moved(moment)
    with told_by_class(logger, "Deleting old drafts"), acting_as_system("reminders"):
        delete_expired_drafts(moment)
    with (
        told_by_class(logger, "Escalating what nobody judged"),
        acting_as_system("reminders"),
        clock.moved_to(moment),
    ):
        escalate_unjudged()
    if broken:
        _ring_administrators(f"rule-failed:{clock.today()}:{rule.code}" for rule in broken)
    if any(rule.is_safety for rule in broken):
        raise SafetyRuleFailed
    return sent


def _ring_administrators(occasions: Iterable[str]) -> None:
    """A rule that fails reminds nobody of anything: the administrators are told, once for each occasion."""
    with acting_as_system("reminders"):
        for occasion in occasions:
            outbox.put("ring-administrators", key=occasion, is_safety=True)


def would_ring(rule: ClockRule, at: datetime, failed: Callable[[], None] | None = None) -> Told:
    """What rings by this rule at `at`, and whom it tells; the rule may be one that is not saved. Writes nothing.

    `failed` is called for each clock that cannot be read; the others ring.
    """
    with clock.moved_to(at):
        ringing = list(_ringing(rule, at, failed))
    if not ringing:
        return {}
    circle = Circle({one.case.pk: one.case for one in ringing}.values())
    return {one: _people(rule, one, circle) for one in ringing}


def _people(rule: ClockRule, one: Ringing, circle: Circle) -> list[User]:
    """Whom this ringing tells. Where nobody is left of those it means, a safety rule tells IOM Helsinki instead."""
    words = [who for who in one.reminder.to if who in WORDS]
    told = [user for who in words for user in circle.people(one.case, who, one.running)]
    if words and not told and rule.is_safety:
        return circle.people(one.case, "coordinating_managers", one.running)
    return told


def notices_of(rule: ClockRule, told: Told) -> list[Notification]:
    """The lines of the inbox that say so, not yet written."""
    return [_notice(rule, one, user) for one, people in told.items() for user in people if user.is_active]


def _ring(rule: ClockRule, at: datetime, failed: Callable[[], None]) -> int:
    reminders.alone_with(rule)
    told = would_ring(rule, at, failed) if rule.is_active else {}
    sent = reminders.stand(rule, notices_of(rule, told), at)
    unheard = [one for one, people in told.items() if not people] if rule.is_safety else []
    if unheard:
        _ring_administrators(f"nobody-told:{one.case.pk}:{rule.code}:{one.reminder.at:%Y%m%dT%H%M}" for one in unheard)
    if told and rule.code in alongside:
        _carefully(rule.code, partial(alongside[rule.code], told), failed)
    for one in told:
        for word in one.reminder.to:
            if word in deeds and word not in one.running.done:
                _carefully(word, partial(deeds[word], one))
    return sent


def _ringing(rule: ClockRule, at: datetime, failed: Callable[[], None] | None = None) -> Iterator[Ringing]:
    """The reminders of this rule whose moment has come; nothing is asked case by case."""
    running = [one for one in FACTS[rule.code](at) if may_ring(rule, one, at)]
    if not running:
        return
    cases = Case.objects.in_bulk({one.case_id for one in running})
    pauses = stops_of(rule, cases.values())
    # By case, so that two walks at once take the same rows in the same order.
    for one in sorted(running, key=lambda one: (str(one.case_id), one.subject)):
        case = cases.get(one.case_id)
        stops = pauses.get(one.case_id, [])
        if case is None or case.destroyed_at is not None or is_paused(stops):
            continue
        if case.limited_since is not None and not rule.is_safety and rule.code not in DESPITE_RESTRICTION:
            continue  # processing is restricted: only what keeps the person safe goes on
        come: list[Ringing] = []
        with told_by_class(logger, f"A clock of the rule {rule.code}", failed):
            due = due_by(rule, case, one.start, stops, one.agreed)
            come = [Ringing(case, one, due, reminder) for reminder in reminders_of(rule, case, due, at)]
        yield from (one for one in come if one.running.top is None or one.reminder.rung <= one.running.top)


def _notice(rule: ClockRule, one: Ringing, user: User) -> Notification:
    when = one.reminder.at.astimezone(UTC)
    return Notification(
        recipient=user,
        case=one.case,
        what=f"rule_{rule.code}",
        page=f"{one.case.get_absolute_url()}{one.running.page or PAGES[rule.code]}",
        key=f"{one.case.pk}:{rule.code}:{one.running.subject}:{when:%Y%m%dT%H%M%S}:{user.pk}",
        is_safety=rule.is_safety,
        rule=rule.code,
        subject=one.running.subject,
        due_at=when,
        rung=one.reminder.rung,
    )


def _carefully(name: str, deed: Callable[[], None], failed: Callable[[], None] | None = None) -> None:
    """What goes wrong with one case is not the end of the others."""
    with told_by_class(logger, f"The deed {name}", failed), transaction.atomic():
        deed()


def delete_expired_drafts(at: datetime) -> int:
    """A draft that was never sent is deleted when its clock has run out, in force or not (process, section 9)."""
    rule = ClockRule.objects.get(code="draft_expires")
    drafts = Case.objects.drafts().filter(changed_at__lte=at).select_for_update(of=("self",), skip_locked=True)
    expired = [case.pk for case in drafts if due_by(rule, case, case.changed_at) <= at]
    if expired:
        forget_files(expired)
        Case.objects.drafts().filter(pk__in=expired).delete()
    return len(expired)
