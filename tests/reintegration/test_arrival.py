"""Step 10: met, or reached another way, or not at all; then what was given and delivered."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import Case, CaseEvent, Notification
from reintegration.assessment import kronor
from reintegration.demo import assessment, travel
from reintegration.models import Arrival, ArrivalAlarm, ArrivalAttempt, Contact, Delivery, ImmediateSupport, PlanItem
from returns_portal import clock
from returns_portal.models import OutboxItem
from tests.builders import a_pdf

MONDAY = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
DEPARTS = datetime(2027, 3, 11, 9, 15, tzinfo=UTC)
LANDS = DEPARTS + timedelta(hours=3)
LATER = LANDS + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _english(settings):
    settings.LANGUAGE_CODE = "en-gb"


@pytest.fixture
def prepared(cast, make_case):
    with clock.moved_to(MONDAY):
        case = assessment.clear(cast, make_case(reached="assessment"))
        return travel.prepare_journey(cast, case, departs_at=DEPARTS)


@pytest.fixture
def travelling(cast, prepared):
    return travel.depart(cast, prepared)


@pytest.fixture
def home(cast, travelling):
    return travel.arrive(cast, travelling)


def url(case, name, *args):
    return reverse(f"reintegration:{name}", args=[case.code_shown, *args])


def fresh(case):
    return Case.objects.get(pk=case.pk)


def drafts(case):
    """The reports on the journey that the worker is asked to draft."""
    items = OutboxItem.objects.filter(case_id=case.pk, kind="report", data__kind__in=["departed", "met"])
    return sorted(item.data["kind"] for item in items)


MET = {
    "was_met": "yes",
    "met_by": "Ilir",
    "at_0": "2027-03-11",
    "at_1": "13:40",
    "place": "Arrivals hall",
    "condition": "Tired.",
    "support": ["reception", "food"],
}
REACHED = {**MET, "was_met": "no", "met_by": "", "how": "phone", "condition": "", "place": "At her aunt's"}


def test_ilir_meets_the_person_and_all_are_told(cast, as_, travelling):
    with clock.moved_to(LATER):
        assert as_(cast.ilir).post(url(travelling, "confirm-arrival"), MET).status_code == 302
    case = fresh(travelling)
    assert (case.state, case.arrived_on, case.expected_at) == ("follow_up", DEPARTS.date(), None)
    arrival = Arrival.objects.get(case=case)
    assert (arrival.was_met, arrival.how, arrival.met_by) == (True, "met", "Ilir")
    assert arrival.at == datetime(2027, 3, 11, 12, 40, tzinfo=UTC)
    given = ImmediateSupport.objects.filter(case=case).values_list("kind", flat=True)
    assert sorted(given) == ["food", "reception"]
    assert Contact.objects.filter(case=case).exists()
    assert drafts(case) == ["departed", "met"]
    told = set(Notification.objects.filter(case=case, what="arrived").values_list("recipient__email", flat=True))
    assert told >= {cast.sara.email, cast.lars.email, cast.hanna.email}


def test_not_met_but_reached_counts(cast, as_, travelling):
    with clock.moved_to(LATER):
        without = as_(cast.ilir).post(url(travelling, "confirm-arrival"), {**REACHED, "how": ""})
        assert list(without.context["form"].errors) == ["how"]
        assert as_(cast.ilir).post(url(travelling, "confirm-arrival"), REACHED).status_code == 302
    arrival = Arrival.objects.get(case=travelling)
    assert (arrival.was_met, arrival.how, arrival.place) == (False, "phone", "At her aunt's")


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"was_met": ""}, ["was_met"]),
        ({"met_by": "", "condition": ""}, ["condition", "met_by"]),
        ({"at_1": "18:00"}, ["at"]),
        ({"at_1": "08:00"}, ["at"]),
        ({"place": ""}, ["place"]),
    ],
)
def test_what_is_missing_stands_next_to_its_field(cast, as_, travelling, changes, errors):
    with clock.moved_to(LATER):
        response = as_(cast.ilir).post(url(travelling, "confirm-arrival"), {**MET, **changes})
    assert response.status_code == 200
    assert sorted(response.context["form"].errors) == errors
    assert fresh(travelling).state == "in_transit"


def test_hanna_confirms_in_the_offices_place_with_a_reason(cast, as_, travelling):
    with clock.moved_to(LATER):
        without = as_(cast.hanna).post(url(travelling, "confirm-arrival"), MET)
        assert list(without.context["form"].errors) == ["stood_in_reason"]
        filled = {**MET, "stood_in_reason": "Tirana has no network."}
        assert as_(cast.hanna).post(url(travelling, "confirm-arrival"), filled).status_code == 302
    assert Arrival.objects.get(case=travelling).stood_in_reason == "Tirana has no network."
    assert Notification.objects.filter(case=travelling, what="arrived", recipient=cast.ilir).count() == 1


def test_only_those_who_may_confirm(cast, as_, travelling):
    with clock.moved_to(LATER):
        for user, status in ((cast.sara, 403), (cast.lars, 403), (cast.ioana, 404), (cast.otto, 404)):
            assert as_(user).post(url(travelling, "confirm-arrival"), MET).status_code == status
            assert as_(user).get(url(travelling, "arrival")).status_code == status
            assert as_(user).get(url(travelling, "not-met")).status_code == status
    assert fresh(travelling).state == "in_transit"


def test_nobody_arrives_before_the_booked_departure(cast, as_, prepared):
    with clock.moved_to(DEPARTS - timedelta(hours=1)):
        events = CaseEvent.objects.filter(case=prepared).count()
        response = as_(cast.ilir).post(url(prepared, "confirm-arrival"), MET)
        assert response.status_code == 409
        words = "The departure is not confirmed, and the booked time has not come."
        assert [str(b.sentence) for b in response.context["blockers"]] == [words]
    assert (fresh(prepared).state, CaseEvent.objects.filter(case=prepared).count()) == ("travel", events)


def test_an_arrival_counts_although_nobody_confirmed_the_departure(cast, as_, prepared):
    with clock.moved_to(LATER):
        assert as_(cast.ilir).post(url(prepared, "confirm-arrival"), MET).status_code == 302
    case = fresh(prepared)
    assert (case.state, case.departed_on, case.arrived_on) == ("follow_up", DEPARTS.date(), DEPARTS.date())
    assert drafts(case) == ["departed", "met"]


def test_the_arrival_page_says_when_and_whom_to_ring(cast, as_, travelling):
    with clock.moved_to(LANDS - timedelta(hours=2, minutes=10)):
        page = as_(cast.ilir).get(url(travelling, "arrival")).content.decode()
    assert "Expected in 2 h 9 min" in page or "Expected in 2 h 10 min" in page
    assert "11 Mar 13:15 (Tirana, Stockholm)" in page
    assert 'href="tel:+355695550001"' in page
    with clock.moved_to(LANDS + timedelta(hours=3)):
        assert "Expected 3 h 0 min ago" in as_(cast.ilir).get(url(travelling, "arrival")).content.decode()


def test_who_was_not_met_is_looked_for(cast, as_, travelling):
    alarm = ArrivalAlarm.begin(travelling, by=None, rung=1, expected_at=LANDS, rung_at=LANDS + timedelta(hours=2))
    alarm.save()
    tried = {"at_0": "2027-03-11", "at_1": "15:30", "channel": "phone", "result": "not_reached", "note": "No answer."}
    with clock.moved_to(LANDS + timedelta(hours=3)):
        ilir = as_(cast.ilir)
        assert ilir.post(url(travelling, "arrival-attempt"), tried).status_code == 302
        assert ilir.post(url(travelling, "answer-alarm", alarm.pk), {"note": "On my way."}).status_code == 302
        page = ilir.get(url(travelling, "not-met")).content.decode()
    assert "Phone call: Not reached" in page
    assert "On my way." in page
    attempt = ArrivalAttempt.objects.get(case=travelling)
    assert (attempt.note, attempt.created_by) == ("No answer.", cast.ilir)
    assert Notification.objects.filter(case=travelling, what="not_met", recipient=cast.hanna).count() == 1


def test_meeting_the_person_closes_every_alarm_and_says_of_nobody_that_they_answered(cast, as_, travelling):
    ArrivalAlarm.begin(travelling, by=None, rung=1, expected_at=LANDS).save()
    with clock.moved_to(LATER):
        as_(cast.ilir).post(url(travelling, "confirm-arrival"), MET)
    alarm = ArrivalAlarm.objects.get(case=travelling)
    assert LATER <= alarm.closed_at < LATER + timedelta(minutes=1)
    assert alarm.acknowledged_by_id is None


def delivery(**changes):
    return {"amount": "4000", "currency": "SEK", "delivered_on": "2027-03-12", "what": "Rent for March", **changes}


def test_ilir_records_deliveries_against_the_plan(cast, as_, home):
    item = PlanItem.objects.get(case=home)
    with clock.moved_to(LATER + timedelta(days=2)):
        ilir = as_(cast.ilir)
        form = delivery(plan_item=item.pk, file=a_pdf("receipt.pdf"))
        assert ilir.post(url(home, "add-delivery"), form).status_code == 302
        page = ilir.get(url(home, "arrival")).content.decode()
        assert f"{kronor(4000)} of {kronor(12_000)}" in page
        assert "over-plan" not in page
        euros = delivery(plan_item=item.pk, amount="800", currency="EUR", rate_to_sek="11.5")
        assert ilir.post(url(home, "add-delivery"), euros).status_code == 302
        page = ilir.get(url(home, "arrival")).content.decode()
    assert f"Deliveries are {kronor(1200)} over the plan." in page
    first = Delivery.objects.get(case=home, currency="SEK")
    assert first.receipt is not None
    assert (first.what, first.amount) == ("Rent for March", Decimal(4000))
    with clock.moved_to(LATER + timedelta(days=2)):
        change = as_(cast.ilir).post(url(home, "change-delivery", first.pk), delivery(plan_item=item.pk, amount="1"))
        assert change.status_code == 302
    assert Delivery.objects.get(pk=first.pk).amount == 1


def test_a_delivery_says_what_is_missing(cast, as_, home):
    with clock.moved_to(LATER + timedelta(days=2)):
        bad = delivery(what="", currency="EUR", delivered_on="2027-05-01")
        response = as_(cast.ilir).post(url(home, "add-delivery"), bad)
    assert sorted(response.context["form"].errors) == ["delivered_on", "rate_to_sek", "what"]


def test_only_the_local_office_records_what_it_delivers(cast, as_, home):
    with clock.moved_to(LATER + timedelta(days=2)):
        for user, status in ((cast.hanna, 403), (cast.sara, 403), (cast.ioana, 404)):
            assert as_(user).post(url(home, "add-delivery"), delivery()).status_code == status
            assert as_(user).post(url(home, "after-arrival"), {}).status_code == status
        assert as_(cast.hanna).get(url(home, "arrival")).status_code == 200


def test_the_first_counselling_is_due_within_a_week(cast, as_, home):
    with clock.moved_to(LATER + timedelta(days=8)):
        ilir = as_(cast.ilir)
        assert "Late" in ilir.get(url(home, "arrival")).content.decode()
        form = {"first_counselling_on": "2027-03-16", "referred_on_to": "The housing office"}
        assert ilir.post(url(home, "after-arrival"), form).status_code == 302
        early = ilir.post(url(home, "after-arrival"), {"first_counselling_on": "2027-03-01"})
        assert list(early.context["form"].errors) == ["first_counselling_on"]
        support = {"kind": "health_check", "given_on": "2027-03-12"}
        assert ilir.post(url(home, "add-support"), support).status_code == 302
        assert list(ilir.post(url(home, "add-support"), support).context["form"].errors) == ["kind"]
        page = ilir.get(url(home, "arrival")).content.decode()
    assert "The housing office" in page
    assert "Tuesday 16 March 2027" in page


def test_the_arrival_page_takes_the_same_statements_with_many_deliveries(cast, as_, home):
    item = PlanItem.objects.get(case=home)
    with clock.moved_to(LATER + timedelta(days=2)):
        ilir = as_(cast.ilir)
        ilir.post(url(home, "add-delivery"), delivery(plan_item=item.pk))
        ilir.get(url(home, "arrival"))
        with CaptureQueriesContext(connection) as one:
            ilir.get(url(home, "arrival"))
        for number in range(10):
            ilir.post(url(home, "add-delivery"), delivery(plan_item=item.pk, amount=str(number)))
        ilir.get(url(home, "arrival"))
        with CaptureQueriesContext(connection) as many:
            ilir.get(url(home, "arrival"))
    assert len(many) == len(one)
    assert len(one) <= 20
