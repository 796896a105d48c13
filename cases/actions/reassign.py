"""Who answers for a case in their organisation: named, changed, back to the queue, and what a leaver leaves."""

from collections.abc import Collection
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse

from cases import emails
from cases import permissions as may
from cases.actions.move import StepRefused, locked, record_event
from cases.actions.special_access import colleagues_in, is_special, let_answer, whom_to_name
from cases.models import Case, CaseEvent, Hold, Notification
from cases.models.case import RESPONSIBLE
from cases.states import State
from partners.models import User
from returns_portal import clock
from returns_portal.actor import acting_as_system


def name_responsible(case: Case, user: User, by: User) -> None:
    """Write who answers for the case in this person's organisation, and let them in."""
    field = RESPONSIBLE[user.organisation_kind]
    setattr(case, field, user)
    case.forget_access()
    Case.objects.filter(pk=case.pk).update(**{field: user})
    let_answer(case, user, by=by)


def _note(case: Case, verb: str, by: User) -> None:
    """A line of history. The turn is an organisation's, whoever answers for the case there: it is not asked for anew.

    That is most of what the act costs, and many cases are handed over at once. A draft's day counts from its last
    change.
    """
    if case.state == State.DRAFT:
        record_event(case, verb, by=by)
    else:
        CaseEvent.objects.record(case, verb, by=by, was=case.state)
        Case.objects.filter(pk=case.pk).update(changed_at=clock.now())


@transaction.atomic
def reassign(case: Case, *, by: User, to: User) -> Case:
    """A manager, or whoever takes an unassigned case of their own organisation, names who is responsible.

    A case with a protected identity is not there for the taking: whoever answers for it opens the identity.
    """
    case = locked(case)
    field = RESPONSIBLE.get(by.organisation_kind, "")
    takes_it = to == by and getattr(case, f"{field}_id", None) is None
    if to.organisation_id != by.organisation_id or not (by.is_manager or takes_it):
        raise PermissionDenied
    if not case.access_for(by).codenames or to not in whom_to_name(case, by):
        raise PermissionDenied
    if case.is_ended:
        raise StepRefused(case, "reassign")
    name_responsible(case, to, by)
    _note(case, "reassign", by)
    if to != by:
        emails.notify(case, [to], "reassigned_to_you")
    return case


def needs_a_name(case: Case) -> bool:
    """Whether somebody must always be named: else nobody would open the identity, or be sure to be in the circle."""
    return is_special(case)


@transaction.atomic
def release(case: Case, *, by: User) -> Case:
    """A manager puts the case back in the organisation's queue: nobody is named, everybody may take it."""
    case = locked(case)
    field = RESPONSIBLE.get(by.organisation_kind, "")
    if not field or not by.is_manager or not case.access_for(by).codenames or needs_a_name(case):
        raise PermissionDenied
    if case.is_ended:
        raise StepRefused(case, "release")
    setattr(case, field, None)
    case.forget_access()
    Case.objects.filter(pk=case.pk).update(**{field: None})
    _note(case, "release", by)
    return case


@transaction.atomic
def pass_hold(case: Case, *, by: User, hold: UUID, to: User) -> None:
    """Let another colleague watch over the pause; its end stays as it is."""
    case = locked(case)
    if not by.is_manager or not may.MAY_PAUSE(case, by) or to not in colleagues_in(case, by):
        raise PermissionDenied
    own = Hold.objects.filter(pk=hold, case=case, ended_at__isnull=True, owner__organisation=by.organisation_id)
    if case.is_ended or not own.update(owner=to):
        raise StepRefused(case, "hold")
    record_event(case, "pass_hold", by=by)
    if to != by:
        emails.notify(case, [to], "hold_given_to_you", page=f"{case.get_absolute_url()}hold/")


@transaction.atomic
def release_cases_of(user: User) -> list[Case]:
    """A leaver's open cases go back to the organisation's queue, so no ball is held by one who is away."""
    field = RESPONSIBLE.get(user.organisation_kind, "")
    if not field:
        return []
    with acting_as_system("special_access"):  # also those that whoever ends the account does not see
        mine = Case.objects.open().filter(**{field: user}).order_by("pk")
        cases = list(mine.select_for_update(of=("self",), no_key=True))
        Case.objects.filter(pk__in=[case.pk for case in cases]).update(**{field: None})
        for case in cases:
            setattr(case, field, None)
            if case.state != State.DRAFT:
                event = CaseEvent.begin(case, by=None, verb="release", was=case.state, became=case.state)
                event.organisation = user.organisation
                event.save(force_insert=True)
    return cases


def tell_who_remains(user: User, cases: Collection[Case]) -> None:
    """Somebody has left `cases` behind: the managers hear of it once; of a restricted one, those whom it names.

    Called when the leaver's own grants have ended, for then it is clear who is left in a circle.
    """
    if not cases:
        return
    people = [one for one in emails.people_in(user.organisation) if one != user]
    with acting_as_system(
        "special_access"
    ):  # a line of no case is out of the writer's sight at once, and is to be mailed
        at = clock.now().timestamp()
        emails.tell(
            Notification(
                recipient=one,
                what="cases_left",
                page=f"{reverse('cases:work' if one.is_manager else 'cases:list')}?who=none",
                key=f"left:{user.pk}:{at}:{one.pk}",
            )
            for one in [one for one in people if one.is_manager] or people
        )
        for case in cases:
            if case.is_restricted:
                emails.notify(case, people, "nobody_answers")
