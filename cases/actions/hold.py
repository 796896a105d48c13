"""Pauses, withdrawal, and another local office."""

from collections.abc import Callable
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction

from cases import ball, emails, reminders
from cases import permissions as may
from cases.actions.ask import close_questions_with
from cases.actions.move import StepRefused, locked, move, record_event
from cases.actions.reassign import name_responsible
from cases.actions.share import end_share, share
from cases.actions.special_access import colleagues_in, whom_to_name
from cases.models import Case, Hold, NeedsAsked
from cases.permissions import Relation
from cases.states import HOLDABLE, WITH_LOCAL_OFFICE, State
from partners.models import Organisation, User
from returns_portal import clock


@transaction.atomic
def hold_case(case: Case, *, by: User, reason: str, owner: User, until: date) -> Case:
    """Pause the case's clocks until a day; safety rules go on."""
    case = _holdable(case, by)
    if case.is_on_hold:
        raise StepRefused(case, "hold")
    if owner not in colleagues_in(case, by):
        raise PermissionDenied
    Hold.objects.filter(case=case, ended_at__isnull=True).update(ended_at=clock.now())
    Hold.begin(case, by=by, reason=reason, owner=owner, until=until).save()
    _held_until(case, until)
    reminders.settle(case)
    record_event(case, "hold", by=by)
    emails.notify(case, _everybody_responsible(case), "held")
    return case


@transaction.atomic
def extend_hold(case: Case, *, by: User, until: date) -> Case:
    """Give the pause another end."""
    case = _holdable(case, by)
    hold = Hold.objects.select_for_update().filter(case=case, ended_at__isnull=True).first()
    if hold is None:
        raise StepRefused(case, "extend_hold")
    hold.until = until
    hold.save(update_fields=["until"])
    _held_until(case, until)
    record_event(case, "extend_hold", by=by)
    return case


@transaction.atomic
def resume_case(case: Case, *, by: User, responsible: User) -> Case:
    """End the pause; somebody is named responsible again."""
    case = _holdable(case, by)
    hold = Hold.objects.select_for_update().filter(case=case, ended_at__isnull=True).first()
    if hold is None:
        raise StepRefused(case, "resume")
    if responsible.pk not in whom_to_name(case, by).values_list("pk", flat=True):
        raise PermissionDenied
    hold.ended_at, hold.ended_by = clock.now(), by
    hold.save(update_fields=["ended_at", "ended_by"])
    _held_until(case, None)
    name_responsible(case, responsible, by)
    record_event(case, "resume", by=by)
    emails.notify(case, _everybody_responsible(case), "resumed")
    return case


def _holdable(case: Case, by: User) -> Case:
    case = locked(case)
    if not may.MAY_PAUSE(case, by):
        raise PermissionDenied
    if case.state not in HOLDABLE:
        raise StepRefused(case, "hold")
    return case


def _held_until(case: Case, until: date | None) -> None:
    case.held_until = until
    Case.objects.filter(pk=case.pk).update(held_until=until)


def _everybody_responsible(case: Case) -> list[User]:
    live = emails.with_live_grant(case)
    people = emails.partners_of(case)
    helsinki = Organisation.objects.iom_helsinki()
    if helsinki.pk in live:
        people += emails.responsible_for(case, Relation.COORDINATING)
    if case.local_office_id in live and may.SUPPORT in live[case.local_office_id]:
        people += emails.responsible_for(case, Relation.SUPPORTING)
    return people


@transaction.atomic
def withdraw(case: Case, *, by: User, note: str = "") -> Case:
    """The person changed their mind: everything stops, nobody asks why (process, rule 1)."""
    told = _everybody_responsible(case)
    informed = []
    live = emails.with_live_grant(case)
    if case.local_office_id in live and may.SUPPORT not in live[case.local_office_id]:
        informed = emails.people_in(case.local_office)
    case = move(case, "withdraw", by=by, note=note)
    end_share(case, case.local_office, reason="withdraw")
    stop_hold(case, by)
    emails.notify(case, [user for user in told if user != by], "withdrawn")
    emails.notify(case, informed, "office_released")
    return case


def stop_hold(case: Case, by: User) -> None:
    """A case that has ended is not on hold."""
    Hold.objects.filter(case=case, ended_at__isnull=True).update(ended_at=clock.now(), ended_by=by)
    _held_until(case, None)
    ball.refresh(case)


@transaction.atomic
def change_office(case: Case, *, by: User, local_office: Organisation, note: str) -> Case:
    """Give the case to another local office: the old share ends, answers and acceptance are asked anew."""
    case = locked(case)
    if not case.access_for(by).holds(may.COORDINATE):
        raise PermissionDenied
    if case.state not in WITH_LOCAL_OFFICE or case.local_office_id == local_office.pk:
        raise StepRefused(case, "change_office")
    old, rights = case.local_office, (may.INFORM,) if case.state == "application" else (may.VIEW, may.SUPPORT)
    released = emails.people_in(old)
    end_share(case, old, reason="change_office")
    case.local_office, case.local_responsible = local_office, None
    Case.objects.filter(pk=case.pk).update(local_office=local_office, local_responsible=None)
    share(case, local_office, *rights, by=by, reason="change_office")
    for forget in when_office_changes:
        forget(case, by)
    close_questions_with(case, old)
    take_over_hold(case, old, by)
    record_event(case, "change_office", by=by, note=note)
    emails.notify(case, released, "office_released")
    emails.notify(case, emails.people_in(local_office), "office_informed")
    emails.notify(case, emails.partners_of(case), "office_changed")
    return case


def take_over_hold(case: Case, left: Organisation | None, by: User) -> None:
    """Whoever lets an organisation go watches over the pause that it began: nobody else is there to end it."""
    Hold.objects.of(case).filter(ended_at__isnull=True, owner__organisation=left).update(owner=by)


def ask_kinds_anew(case: Case, by: User) -> None:
    """While the office knows no person yet, the new one is asked about the same kinds of support."""
    if case.state != State.APPLICATION:
        return
    asked = NeedsAsked.objects.of(case)
    # An office that gets the case back answers anew.
    asked.filter(office=case.local_office).update(
        answer="", answered_at=None, answered_by=None, created_at=clock.now(), created_by=by
    )
    kinds = set(asked.values_list("domain", flat=True))
    known = set(asked.filter(office=case.local_office).values_list("domain", flat=True))
    for kind in sorted(kinds - known):
        NeedsAsked.begin(case, by=by, office=case.local_office, domain=kind).save()


# What must be asked anew of a new office; later chapters put theirs here.
when_office_changes: list[Callable[[Case, User], None]] = [ask_kinds_anew]
