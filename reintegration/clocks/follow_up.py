"""Which clocks of steps 11 and 12 run: contacts, reports, closing."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F, Max, Q
from django.utils.translation import gettext_lazy as _

from cases import notices
from cases.clocks import Running, end_of, fact
from cases.models import Case
from cases.states import State
from reintegration.models import Contact, FeedbackReport
from reintegration.reports import REPORTS_AT
from reintegration.schedule import programme_end
from returns_portal import clock

OF_THIS_ROUND = Q(round=F("case__round"))
IS_OPEN = Q(held_at__isnull=True, cancelled_at__isnull=True)
Kind = FeedbackReport.Kind


@fact("follow_up_contact", "follow-up/", is_fixed=True)
def follow_up_contact(at: datetime) -> Iterable[Running]:
    """A contact of the schedule is due."""
    rows = Contact.objects.filter(OF_THIS_ROUND, IS_OPEN, case__state=State.FOLLOW_UP)
    return [
        Running(case_id, end_of(day), str(pk), page=f"follow-up/{pk}/")
        for case_id, day, pk in rows.values_list("case_id", "due_on", "pk")
    ]


@fact("feedback_report", "feedback/")
def feedback_report(at: datetime) -> Iterable[Running]:
    """A report has been drafted and the partners wait for it; her own words wait for nobody but the person."""
    rows = list(
        FeedbackReport.objects.filter(OF_THIS_ROUND, state=FeedbackReport.State.DRAFTED)
        .exclude(kind=Kind.OWN_WORDS, her_words_released=False)
        .values_list("case_id", "drafted_at", "pk", "due_on", "contact_id", "kind")
    )
    told = _told_of_no_news({case_id for case_id, *_rest in rows})
    return [
        Running(
            case_id,
            since,
            str(pk),
            agreed=end_of(by) if by else None,
            page=f"feedback/{pk}/",
            done=NO_NEWS if kind == Kind.OWN_WORDS or str(contact or pk) in told else frozenset(),
        )
        for case_id, since, pk, by, contact, kind in rows
    ]


NO_NEWS = frozenset({"no_news_yet"})


def _told_of_no_news(cases: set[object]) -> set[str]:
    """The contacts and reports for which the partners have been told that there is no news yet."""
    rows = FeedbackReport.objects.filter(kind=Kind.NO_NEWS_YET, case__in=cases)
    return set(rows.values_list("occasion", flat=True)) if cases else set()


@fact("feedback_missing")
def feedback_missing(at: datetime) -> Iterable[Running]:
    """A report was promised for a contact that has not been held: the partners are not left without a word."""
    rows = list(
        Contact.objects.filter(
            OF_THIS_ROUND,
            IS_OPEN,
            case__state=State.FOLLOW_UP,
            label__in=REPORTS_AT,
            due_on__lt=at.astimezone(clock.STOCKHOLM).date(),
        ).values_list("case_id", "due_on", "pk")
    )
    told = _told_of_no_news({case_id for case_id, *_rest in rows})
    return [Running(case_id, end_of(day), str(pk)) for case_id, day, pk in rows if str(pk) not in told]


OF_ROUND = Q(contact__round=F("round"))
STILL_OPEN = Q(contact__held_at__isnull=True, contact__cancelled_at__isnull=True, contact__pk__isnull=False)


@fact("closing", "close/")
def closing(at: datetime) -> Iterable[Running]:
    """No contact is left, the programme is over, and the case is still open."""
    rows = (
        Case.objects.filter(state=State.FOLLOW_UP)
        .annotate(
            last=Max("contact__held_at", filter=OF_ROUND),
            held=Max("contact__due_on", filter=OF_ROUND & Q(contact__held_at__isnull=False)),
            left=Max("contact__due_on", filter=OF_ROUND & STILL_OPEN),
        )
        .values_list("pk", "state_since", "arrived_on", "last", "held", "left")
    )
    for pk, since, arrived_on, last, held, left in rows:
        # A contact that was skipped, with a later one held, no longer stands in the way of the reminder.
        if left is None or (held is not None and left < held):
            start = last or since
            yield Running(pk, max(start, end_of(programme_end(arrived_on))) if arrived_on else start)


notices.register(
    {
        "rule_follow_up_contact": _("A follow-up contact is due"),
        "rule_feedback_report": _("A feedback report waits to be released"),
        "rule_closing": _("The case can be closed"),
    }
)
