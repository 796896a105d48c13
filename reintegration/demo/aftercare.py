"""The stretch from follow-up to the end, walked through the real actions."""

from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

from cases.models import Case
from reintegration.actions import closing, feedback, follow_up
from reintegration.models import Contact, FeedbackReport, FollowUpAttempt
from reintegration.reports import REPORTS_AT
from reintegration.schedule import programme_end
from returns_portal import clock
from returns_portal.actor import acting_as

NEXT_DAY = timedelta(days=1)


def fresh(case: Case) -> Case:
    """The case as it lies in the database now."""
    return Case.objects.get(pk=case.pk)


def on(contact: Contact, hour: int = 10) -> datetime:
    """An hour of the day on which a contact is due; never before now."""
    return max(datetime.combine(contact.due_on, time(hour), tzinfo=clock.STOCKHOLM), clock.now())


def contact(case: Case, label: str) -> Contact:
    """One contact of the schedule."""
    return Contact.objects.of(case).select_related("case__key").get(label=label)


def hold(cast: SimpleNamespace, case: Case, label: str, **said: Any) -> Contact:
    """Ilir rings on the day and writes down what the person says."""
    found = contact(case, label)
    with clock.moved_to(on(found)), acting_as(cast.ilir):
        for name, value in {"safety": 4, "housing": "good", "income": "fair", **said}.items():
            setattr(found, name, value)
        return follow_up.send_contact(fresh(case), by=cast.ilir, contact=found, channel="phone")


def try_in_vain(cast: SimpleNamespace, case: Case, label: str, times: int = 3) -> None:
    """Ilir rings on following days, each time an hour later, and nobody answers."""
    found = contact(case, label)
    for n in range(times):
        at = on(found, hour=9 + n) + n * NEXT_DAY
        with clock.moved_to(at), acting_as(cast.ilir):
            attempt = FollowUpAttempt.begin(case, by=cast.ilir, contact=found, at=at, channel="phone")
            attempt.result = FollowUpAttempt.Result.NOT_REACHED
            follow_up.record_follow_up_attempt(fresh(case), by=cast.ilir, attempt=attempt)


def follow_up_to_the_end(cast: SimpleNamespace, case: Case) -> Case:
    """Ilir holds every contact on its day."""
    for found in Contact.objects.of(case).filter(held_at__isnull=True, cancelled_at__isnull=True):
        hold(cast, case, found.label)
    return fresh(case)


def follow_up_until(cast: SimpleNamespace, case: Case, day: date) -> Case:
    """Ilir holds every contact that is due by `day`; what it drafts, Hanna releases the day after."""
    due = Contact.objects.of(case).filter(held_at__isnull=True, cancelled_at__isnull=True, due_on__lte=day)
    for found in due:
        hold(cast, case, found.label)
        if found.label in REPORTS_AT:
            with clock.moved_to(on(found) + NEXT_DAY), acting_as(cast.hanna):
                report = feedback.draft_report(
                    fresh(case), REPORTS_AT[Contact.Label(found.label)], contact=contact(case, found.label)
                )
                feedback.release_report(fresh(case), by=cast.hanna, report=report)
    return fresh(case)


def after_the_programme(case: Case) -> datetime:
    """Noon of the day after the programme."""
    assert case.arrived_on is not None
    return datetime.combine(programme_end(case.arrived_on) + NEXT_DAY, time(12), tzinfo=clock.STOCKHOLM)


def release(cast: SimpleNamespace, case: Case, kind: str = "closed", **changes: Any) -> FeedbackReport:
    """Hanna has a report drafted, reviews and releases it."""
    with acting_as(cast.hanna):
        report = feedback.request_report(fresh(case), by=cast.hanna, kind=kind)
        if changes:
            feedback.edit_report(fresh(case), by=cast.hanna, report=report, **changes)
        return feedback.release_report(fresh(case), by=cast.hanna, report=report)


def close(cast: SimpleNamespace, case: Case) -> Case:
    """Every contact held, the last report out, the programme over: Hanna closes the case."""
    case = follow_up_to_the_end(cast, case)
    with clock.moved_to(after_the_programme(case)):
        release(cast, case)
        with acting_as(cast.hanna):
            return closing.close_case(fresh(case), by=cast.hanna)
