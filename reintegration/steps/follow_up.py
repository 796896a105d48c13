"""Rows 11 and 12 of the step list: contacts after the return, and what Sweden is told."""

from django.db.models import Count, Max, Q

from cases.models import Case
from cases.states import ENDED, State
from cases.steps import Status, StepRow, step_row
from reintegration.models import Contact, FeedbackReport
from returns_portal.ui import local_day


@step_row(11)
def follow_up(case: Case) -> StepRow:
    """Waits for the local office until every contact is held; not needed where no contact is wanted."""
    if case.state in ENDED:
        return StepRow(Status.DONE, case.arrived_on) if case.arrived_on else StepRow(Status.SKIP)
    if case.state != State.FOLLOW_UP:
        return StepRow(Status.TODO)
    if case.next_contact_on is not None:
        return StepRow(Status.NOW, case.next_contact_on)
    held = Contact.objects.of(case).filter(held_at__isnull=False).aggregate(n=Count("pk"), last=Max("due_on"))
    return StepRow(Status.DONE, held["last"]) if held["n"] else StepRow(Status.SKIP)


@step_row(12)
def feedback(case: Case) -> StepRow:
    """Under way from the first report on; done when the last is released and the case has ended."""
    if case.state in {State.DRAFT, State.REFERRED, State.MORE_INFO, State.DECLINED, State.WITHDRAWN}:
        return StepRow(Status.TODO if case.state not in ENDED else Status.SKIP)
    states = FeedbackReport.State
    found = FeedbackReport.objects.of(case).aggregate(
        drafts=Count("pk", filter=Q(state=states.DRAFTED)),
        released=Count("pk", filter=Q(state=states.RELEASED)),
        last=Max("released_at", filter=Q(state=states.RELEASED)),
    )
    on = local_day(found["last"]) if found["last"] else None
    if case.state == State.CLOSED and not found["drafts"]:
        return StepRow(Status.DONE, on) if found["released"] else StepRow(Status.SKIP)
    return StepRow(Status.NOW, on) if found["drafts"] or found["released"] else StepRow(Status.TODO)
