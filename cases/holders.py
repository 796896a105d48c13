"""Who holds the ball in steps 1 to 5, and while a case is paused."""

from datetime import datetime

from django.db.models import Min, Q

from cases import ball, clocks
from cases.models import Case, Hold, InformationRequest, WaitsFor
from cases.states import State
from partners.models import Organisation
from returns_portal import clock


@ball.holder(ball.ON_HOLD)
def pause_is_its_owners(case: Case) -> ball.Ball | None:
    """Whoever watches over a pause ends or extends it by its last day; after that day nothing is paused any more."""
    hold = Hold.objects.of(case).filter(ended_at__isnull=True).select_related("owner__organisation").first()
    if hold is None:
        return None
    waits_for = WaitsFor.PAUSE if hold.until >= clock.today() else ""
    return ball.Ball(hold.owner.organisation, "end_hold", clocks.end_of(hold.until), waits_for)


@ball.moved_by_time
def pause_has_run_out(at: datetime) -> Q:
    """The last day of a pause is over."""
    return Q(ball_waits_for=WaitsFor.PAUSE, held_until__lt=at.astimezone(clock.STOCKHOLM).date())


@ball.holder(State.DRAFT)
def draft_is_the_referrers(case: Case) -> ball.Ball:
    """A draft waits for whoever began it."""
    return ball.Ball(case.referring, "send_referral", clocks.due("draft_expires", case, case.changed_at))


@ball.holder(State.REFERRED)
def decision_is_lansstyrelsens(case: Case) -> ball.Ball:
    """Länsstyrelsen decides within its working days; those of an open question to the referrer do not count."""
    return ball.Ball(case.approving, "decide", clocks.due("decision", case, case.submitted_at or case.state_since))


@ball.holder(State.MORE_INFO)
def answer_is_the_referrers(case: Case) -> ball.Ball:
    """The referrer answers by the day that Länsstyrelsen named."""
    asked = InformationRequest.objects.of(case).filter(answered_at__isnull=True, recalled_at__isnull=True)
    due_on = asked.aggregate(first=Min("due_on"))["first"]
    agreed = clocks.end_of(due_on) if due_on else None
    return ball.Ball(case.referring, "answer", clocks.due("more_information", case, case.state_since, agreed))


@ball.holder(State.APPROVED)
def taking_on_is_helsinkis(case: Case) -> ball.Ball:
    """IOM Helsinki takes the case on."""
    return ball.Ball(
        Organisation.objects.iom_helsinki(), "take_on", clocks.due("receipt_by_iom", case, case.state_since)
    )


@ball.holder(State.APPLICATION)
def application_is_helsinkis(case: Case) -> ball.Ball:
    """IOM Helsinki informs the person and receives the application."""
    return ball.Ball(
        Organisation.objects.iom_helsinki(), "application", clocks.due("application_unsigned", case, case.state_since)
    )
