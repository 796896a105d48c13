"""Which clocks of steps 6 to 8 run, each computed from the database."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Count, F, Min, Q
from django.utils.translation import gettext_lazy as _

from cases import notices
from cases.clocks import FACTS, Running, end_of, fact
from cases.models import Case
from cases.states import State
from reintegration.models import Plan, Risk, SupportAnswer
from returns_portal import clock

BEFORE_TRAVEL = (State.ASSESSMENT, State.TRAVEL)
OF_THIS_ROUND = Q(round=F("case__round"))
OF_THIS_OFFICE = Q(office=F("case__local_office"))

# Kinds of support and questions are asked about in step 4, needs and the plan from here on: one rule for all.
of_step_four = FACTS["local_office_answers"]


@fact("local_office_answers")
def local_office_answers(at: datetime) -> Iterable[Running]:
    """The local office has been asked about needs, about the plan, or anything else."""
    asked = SupportAnswer.objects.filter(
        OF_THIS_ROUND, OF_THIS_OFFICE, is_current=True, status="asked", case__state__in=BEFORE_TRAVEL
    )
    sent = Plan.objects.filter(
        OF_THIS_ROUND,
        OF_THIS_OFFICE,
        is_current=True,
        office_answer="",
        sent_to_office_at__isnull=False,
        case__state__in=(*BEFORE_TRAVEL, State.FOLLOW_UP),
    )
    oldest = asked.values_list("case_id").annotate(Min("asked_at"))
    yield from of_step_four(at)
    yield from (Running(case_id, since, "needs", page="needs/answers/") for case_id, since in oldest)
    plans = sent.values_list("case_id", "sent_to_office_at", "pk")
    yield from (Running(case_id, since, str(pk), page="plan/answer/") for case_id, since, pk in plans if since)


@fact("assessment")
def assessment(at: datetime) -> Iterable[Running]:
    """Needs, plan and risks are being assessed."""
    rows = Case.objects.filter(state=State.ASSESSMENT).values_list("pk", "state_since")
    return [Running(pk, since) for pk, since in rows]


@fact("support_expires", "needs/", is_fixed=True)
def support_expires(at: datetime) -> Iterable[Running]:
    """What the local office confirmed ends before the person has travelled."""
    rows = SupportAnswer.objects.filter(
        OF_THIS_ROUND,
        OF_THIS_OFFICE,
        is_current=True,
        status="confirmed",
        valid_until__isnull=False,
        case__state__in=BEFORE_TRAVEL,
    ).values_list("case_id", "valid_until")
    return [Running(case_id, end_of(day), "needs") for case_id, day in set(rows) if day]


@fact("risk_review", "risks/", is_fixed=True)
def risk_review(at: datetime) -> Iterable[Running]:
    """A risk is to be looked at again."""
    is_reviewed = Q(reviewed_on__gte=F("next_review_on"))
    rows = (
        Risk.objects.filter(
            OF_THIS_ROUND, next_review_on__isnull=False, case__state__in=(*BEFORE_TRAVEL, State.FOLLOW_UP)
        )
        .exclude(is_reviewed & Q(reviewed_on__isnull=False))
        .values_list("case_id", "next_review_on")
    )
    return [Running(case_id, end_of(day), "risks") for case_id, day in set(rows) if day]


# Every risk is looked at again 14 days before the departure, and once more in the last two days.
REVIEWS = (timedelta(hours=48), timedelta(days=14))


@fact("risk_review_departure", "risks/", is_fixed=True)
def risk_review_departure(at: datetime) -> Iterable[Running]:
    """A risk has not been looked at since the last of its days before the departure."""
    rows = (
        Risk.objects.filter(OF_THIS_ROUND, case__state=State.TRAVEL, case__departs_at__gt=at)
        .values_list("case_id", "case__departs_at")
        .annotate(Min("reviewed_on"), never=Count("pk", filter=Q(reviewed_on__isnull=True)))
    )
    for case_id, departs_at, reviewed_on, never in rows:
        wanted = next(
            (departs_at - before for before in REVIEWS if departs_at - before <= at), departs_at - REVIEWS[-1]
        )
        if never or reviewed_on < wanted.astimezone(clock.STOCKHOLM).date():
            yield Running(case_id, departs_at, "risks")


notices.register(
    {
        "rule_assessment": _("Needs, plan and risks are due"),
        "rule_support_expires": _("A confirmation of support expires soon"),
        "rule_risk_review": _("Risks must be reviewed"),
        "rule_risk_review_departure": _("Risks must be reviewed before departure"),
    }
)
