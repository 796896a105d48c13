"""Which clocks of steps 1 to 5 run, each computed from the database: a lost queue loses nothing."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet

from cases.clocks.days import end_of
from cases.clocks.rules import Running, fact
from cases.models import Case, ContactAttempt, CounsellingSession, Hold, NeedsAsked, Referral, RightsRequest, Thread
from cases.states import BEFORE_DEPARTURE, ENDED, HOLDABLE, State
from partners.models import Organisation
from returns_portal import clock

OF_THIS_ROUND = Q(round=F("case__round"))


def _since(state: State, at: datetime, moment: str = "state_since") -> Iterable[Running]:
    rows = Case.objects.filter(state=state, **{f"{moment}__lte": at}).values_list("pk", moment)
    return [Running(pk, start) for pk, start in rows]


@fact("decision", "decide/")
def decision(at: datetime) -> Iterable[Running]:
    """A referral waits for Länsstyrelsen; a reopened case anew from that day."""
    rows = Case.objects.filter(state=State.REFERRED).values_list("pk", "submitted_at", "state_since", "is_urgent")
    return [Running(pk, sent or since, is_urgent=urgent) for pk, sent, since, urgent in rows]


@fact("more_information", "answer/")
def more_information(at: datetime) -> Iterable[Running]:
    """Länsstyrelsen has asked the referrer, perhaps with a day to answer by."""
    is_open = Q(
        informationrequest__answered_at__isnull=True,
        informationrequest__recalled_at__isnull=True,
        informationrequest__round=F("round"),
    )
    rows = (
        Case.objects.filter(state=State.MORE_INFO)
        .annotate(by=Min("informationrequest__due_on", filter=is_open))
        .values_list("pk", "state_since", "by")
    )
    return [Running(pk, since, agreed=end_of(by) if by else None) for pk, since, by in rows]


@fact("receipt_by_iom", "start-application/")
def receipt_by_iom(at: datetime) -> Iterable[Running]:
    """An approved case waits to be taken on."""
    return _since(State.APPROVED, at)


@fact("first_contact", "counselling/")
def first_contact(at: datetime) -> Iterable[Running]:
    """Taken on, and nobody has spoken with the person or tried to."""
    here = {"case": OuterRef("pk"), "round": OuterRef("round")}
    tried = Exists(ContactAttempt.objects.filter(**here)) | Exists(CounsellingSession.objects.filter(**here))
    rows = Case.objects.filter(~tried, state=State.APPLICATION).values_list("pk", "state_since")
    return [Running(pk, since) for pk, since in rows]


@fact("local_office_answers", "kinds/")
def local_office_answers(at: datetime) -> Iterable[Running]:
    """IOM Helsinki has asked the local office which kinds of support there are, or another question."""
    kinds = (
        NeedsAsked.objects.filter(
            OF_THIS_ROUND,
            office=F("case__local_office"),
            answered_at__isnull=True,
            case__state__in=[State.APPLICATION, State.ASSESSMENT],
        )
        .values_list("case_id")
        .annotate(Min("created_at"))
    )
    yield from (Running(case_id, since, "kinds") for case_id, since in kinds)
    yield from _asked(_questions().filter(_TO_LOCAL_OFFICE))


_TO_LOCAL_OFFICE = Q(asked_by__kind=Organisation.Kind.IOM_HELSINKI, asked_of=F("case__local_office"))


@fact("question", "questions/")
def question(at: datetime) -> Iterable[Running]:
    """Any other question waits for its answer: the asked party's clock runs."""
    return _asked(_questions().exclude(_TO_LOCAL_OFFICE))


def _questions() -> QuerySet[Thread]:
    return Thread.objects.filter(
        OF_THIS_ROUND, wants_answer=True, answered_at__isnull=True, closed_at__isnull=True
    ).exclude(case__state__in=ENDED)


def _asked(threads: QuerySet[Thread]) -> Iterable[Running]:
    rows = threads.values_list("case_id", "created_at", "pk", "due_on", "asked_of_id", "asked_by_id")
    return [
        Running(
            case_id,
            since,
            str(pk),
            agreed=end_of(by) if by else None,
            page="questions/",
            office=asked,
            asked_by=asker,
        )
        for case_id, since, pk, by, asked, asker in rows
    ]


@fact("application_unsigned", "application/")
def application_unsigned(at: datetime) -> Iterable[Running]:
    """Taken on, and the application is not signed yet."""
    return _since(State.APPLICATION, at)


@fact("reflection_period", "referral/", is_fixed=True)
def reflection_period(at: datetime) -> Iterable[Running]:
    """The reflection period ends."""
    today = at.astimezone(clock.STOCKHOLM).date()
    rows = Referral.objects.filter(OF_THIS_ROUND, reflection_until__gte=today, case__state__in=BEFORE_DEPARTURE)
    return [Running(pk, end_of(day)) for pk, day in rows.values_list("case_id", "reflection_until") if day]


@fact("draft_expires", "referral/")
def draft_expires(at: datetime) -> Iterable[Running]:
    """A draft that was never sent will be deleted."""
    return _since(State.DRAFT, at, "changed_at")


@fact("retention", is_fixed=True)
def retention(at: datetime) -> Iterable[Running]:
    """An ended case has reached the day of its destruction list."""
    ended = Case.objects.filter(state__in=ENDED, destroyed_at__isnull=True)
    rows = ended.filter(retention_on__isnull=False).values_list("pk", "retention_on")
    return [Running(pk, end_of(day)) for pk, day in rows if day]


@fact("rights_request", "rights/", is_fixed=True, rings_in_pauses=True)
def rights_request(at: datetime) -> Iterable[Running]:
    """The person has asked something under data protection law: a month to answer, whatever else stands still."""
    rows = RightsRequest.objects.filter(answered_on__isnull=True).values_list("case_id", "due_on", "pk")
    return [Running(case_id, end_of(day), str(pk)) for case_id, day, pk in rows]


@fact("hold_ends", "hold/", is_fixed=True, rings_in_pauses=True)
def hold_ends(at: datetime) -> Iterable[Running]:
    """A pause has reached its end, and somebody watches over it."""
    rows = Hold.objects.filter(ended_at__isnull=True, case__state__in=HOLDABLE)
    return [
        Running(case_id, end_of(until), person=owner, office=office)
        for case_id, until, owner, office in rows.values_list("case_id", "until", "owner_id", "owner__organisation_id")
    ]
