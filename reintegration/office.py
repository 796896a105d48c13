"""What a new local office is asked anew: answers, the plan, whether it can receive the person."""

from cases.actions.hold import when_office_changes
from cases.models import Case
from partners.models import User
from reintegration.actions.journey import ask_new_office
from reintegration.assessment import forget
from reintegration.models import Need, Plan, ReceptionConfirmation, SupportAnswer
from returns_portal import clock


def ask_anew(case: Case, by: User) -> None:
    """Put to the new office what the old one was asked; the old answers stay as history."""
    ReceptionConfirmation.objects.of(case).filter(is_current=True).update(is_current=False)
    asked = Need.objects.of(case).filter(answers__is_current=True)
    for need in list(asked):
        need.answers.filter(is_current=True).update(is_current=False)
        SupportAnswer.begin(case, by=by, need=need, office=case.local_office).save()
    Plan.objects.of(case).filter(is_current=True, sent_to_office_at__isnull=False).update(
        office=case.local_office,
        sent_to_office_at=clock.now(),
        office_answer="",
        office_answered_by=None,
        office_answered_at=None,
    )
    forget(case)


when_office_changes += [ask_anew, ask_new_office]
