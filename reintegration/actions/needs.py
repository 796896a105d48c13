"""Step 6: needs, the local office's answers to them, and gaps that are accepted."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse

from cases import emails
from cases.actions import ask_kinds, locked, record_event
from cases.clocks import number
from cases.models import Case
from cases.permissions import Relation, Section
from cases.states import State
from partners.models import User
from reintegration.models import Need, ReceptionConfirmation, SupportAnswer
from returns_portal import clock


@transaction.atomic
def save_need(case: Case, *, by: User, need: Need) -> Need:
    """Add a need or change it. Another kind of need asks for another answer and another acceptance."""
    case = locked(case)
    before = Need.objects.of(case).filter(pk=need.pk).only("case", "domain", "urgency").first()
    if before is not None and (before.domain, before.urgency) != (need.domain, need.urgency):
        need.gap_accepted_by_person_at = need.gap_accepted_by_iom_at = need.gap_accepted_by_iom = None
    if before is not None and before.domain != need.domain:
        need.answers.filter(is_current=True).update(is_current=False)
    need.save()
    record_event(case, "change_need" if before else "add_need", by=by, section=Section.NEEDS)
    return need


@transaction.atomic
def delete_need(case: Case, *, by: User, need: Need) -> None:
    """Take a need off the list, with what was answered to it."""
    case = locked(case)
    need.delete()
    record_event(case, "delete_need", by=by, section=Section.NEEDS)


@transaction.atomic
def ask_local_office(case: Case, *, by: User, needs: Iterable[Need]) -> int:
    """Ask the local office about these needs. Returns how many questions are open now that were not."""
    case = locked(case)
    if case.local_office is None:
        raise PermissionDenied
    needs = list(needs)
    if case.state == State.APPLICATION:  # the office knows no person yet: only kinds of support are asked about
        ask_kinds(case, by=by, kinds=sorted({need.domain for need in needs}))
        return len(needs)
    asked = 0
    for need in needs:
        current = need.answers.filter(is_current=True).only("case", "status", "office").first()
        if current and current.status == SupportAnswer.Status.ASKED and current.office_id == case.local_office_id:
            continue
        need.answers.filter(is_current=True).update(is_current=False)
        SupportAnswer.begin(case, by=by, need=need, office=case.local_office, asked_at=clock.now()).save()
        asked += 1
    if asked:
        record_event(case, "ask_needs", by=by, section=Section.NEEDS)
        page = reverse("reintegration:answers", args=[case.code_shown])
        emails.notify(case, emails.responsible_for(case, Relation.SUPPORTING), "needs_asked", page=page)
    return asked


@transaction.atomic
def answer_need(
    case: Case, *, by: User, need: Need, status: str, valid_until: date | None = None, note: str = ""
) -> SupportAnswer:
    """The local office says what there is at home; a confirmation ends by itself after some time."""
    case = locked(case)
    if by.organisation is None or by.organisation_id != case.local_office_id:
        raise PermissionDenied
    if status == SupportAnswer.Status.CONFIRMED and valid_until is None:
        valid_until = clock.today() + timedelta(days=number("support_valid_days"))
    answer = need.answers.filter(is_current=True, status=SupportAnswer.Status.ASKED, office=by.organisation).first()
    if answer is None:
        need.answers.filter(is_current=True).update(is_current=False)
        answer = SupportAnswer.begin(case, by=by, need=need, office=by.organisation, asked_at=clock.now())
    answer.status, answer.valid_until, answer.note = status, valid_until, note
    answer.answered_by, answer.answered_at = by, clock.now()
    answer.save()
    record_event(case, "answer_need", by=by, section=Section.NEEDS)
    page = reverse("reintegration:needs", args=[case.code_shown])
    emails.notify(case, emails.responsible_for(case, Relation.COORDINATING), "needs_answered", page=page)
    return answer


@transaction.atomic
def confirm_reception(
    case: Case,
    *,
    by: User,
    can_receive: bool,
    from_on: date | None = None,
    valid_until: date | None = None,
    note: str = "",
) -> ReceptionConfirmation:
    """The local office says whether it can receive the person; its latest word counts."""
    case = locked(case)
    if by.organisation is None or by.organisation_id != case.local_office_id:
        raise PermissionDenied
    ReceptionConfirmation.objects.of(case).filter(is_current=True).update(is_current=False)
    word = ReceptionConfirmation.begin(
        case,
        by=by,
        office=by.organisation,
        can_receive=can_receive,
        confirmed_by=by,
        confirmed_at=clock.now(),
        from_on=from_on,
        valid_until=valid_until,
    )
    word.note = note
    word.save()
    record_event(case, "can_receive" if can_receive else "cannot_receive", by=by, section=Section.NEEDS)
    page = reverse("reintegration:needs", args=[case.code_shown])
    what = "office_can_receive" if can_receive else "office_cannot_receive"
    emails.notify(case, emails.responsible_for(case, Relation.COORDINATING), what, page=page)
    return word


@transaction.atomic
def accept_gap(case: Case, *, by: User, need: Need, reason: str) -> Need:
    """The person and IOM accept to travel although this support is not in place."""
    case = locked(case)
    need.gap_accepted_by_person_at = need.gap_accepted_by_iom_at = clock.now()
    need.gap_accepted_by_iom = by
    need.gap_reason = reason
    need.save()
    record_event(case, "accept_gap", by=by, section=Section.NEEDS)
    return need


@transaction.atomic
def take_back_gap(case: Case, *, by: User, need: Need) -> Need:
    """The gap is not accepted any more."""
    case = locked(case)
    need.gap_accepted_by_person_at = need.gap_accepted_by_iom_at = need.gap_accepted_by_iom = None
    need.gap_reason = ""
    need.save()
    record_event(case, "take_back_gap", by=by, section=Section.NEEDS)
    return need


def reception_of(case: Case) -> ReceptionConfirmation | None:
    """The present local office's latest word on whether it can receive the person."""
    return (
        ReceptionConfirmation.objects.of(case)
        .filter(is_current=True, office_id=case.local_office_id)
        .select_related("confirmed_by")
        .first()
    )
