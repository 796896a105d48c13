"""Leaving, or not: every guard alone, a fact that is never refused, and the way back from a journey that was none."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from cases.actions import hold_case
from cases.guards import blockers
from cases.models import Case, CaseEvent, Notification
from reintegration.actions import journey as actions
from reintegration.demo import assessment, travel
from reintegration.journey import journey_of
from reintegration.models import FeedbackReport, Journey, Leg, Plan, Risk
from returns_portal import clock
from returns_portal.actor import acting_as
from returns_portal.models import OutboxItem

MONDAY = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
DEPARTS = datetime(2027, 3, 11, 9, 15, tzinfo=UTC)
ON_THE_DAY = DEPARTS - timedelta(hours=2)
AFTER = DEPARTS + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _english(settings):
    settings.LANGUAGE_CODE = "en-gb"


@pytest.fixture
def case(cast, make_case):
    with clock.moved_to(MONDAY):
        return assessment.clear(cast, make_case(reached="assessment"))


def url(case, name, *args):
    return reverse(f"reintegration:{name}", args=[case.code_shown, *args])


def fresh(case):
    return Case.objects.get(pk=case.pk)


def prepare(cast, case, without=""):
    with clock.moved_to(MONDAY):
        return travel.prepare_journey(cast, case, departs_at=DEPARTS, without=without)


def state_of(case):
    """What a refused step must leave as it was."""
    events = CaseEvent.objects.filter(case=case).count()
    return fresh(case).state, events, OutboxItem.objects.filter(case_id=case.pk).count(), fresh(case).departed_on


def sentences(case):
    return [str(blocker.sentence) for blocker in blockers(fresh(case), "confirm_departure")]


def test_hanna_confirms_the_departure_and_all_are_told(cast, as_, case):
    prepare(cast, case)
    with clock.moved_to(ON_THE_DAY):
        assert as_(cast.hanna).get(url(case, "confirm-departure")).context["blockers"] == []
        assert as_(cast.hanna).post(url(case, "confirm-departure")).status_code == 302
    case = fresh(case)
    assert (case.state, case.departed_on) == ("in_transit", DEPARTS.date())
    assert case.expected_at == DEPARTS + timedelta(hours=3)
    assert (case.ball_with, case.ball_what) == (cast.ilir.organisation, "confirm_arrival")
    assert case.ball_due == case.expected_at + timedelta(hours=2)
    told = Notification.objects.filter(case=case, what__in=["departed", "departed_office"])
    assert {(n.what, n.recipient) for n in told} >= {
        ("departed", cast.sara),
        ("departed", cast.lars),
        ("departed_office", cast.ilir),
    }
    reports = OutboxItem.objects.filter(case_id=case.pk, kind="report", data__kind="departed")
    assert [item.data["occasion"] for item in reports] == ["2027-03-11"]
    assert journey_of(case).departure_missing == ""


ALONE = {
    "document": "There is no travel document that is valid on the day.",
    "ticket": "The ticket is not issued.",
    "meeting": "The meeting point is not set.",
    "wish": "The person has not been asked again whether the wish to return stands.",
    "notice": "The local office has not had the booking notice.",
    "pack": "Nobody at the local office has read the hand-over pack.",
}


@pytest.mark.parametrize("without", [name for name in ALONE if name != "ticket"])
def test_each_thing_that_is_missing_blocks_alone(cast, as_, case, without):
    prepare(cast, case, without=without)
    with clock.moved_to(ON_THE_DAY):
        before = state_of(case)
        response = as_(cast.hanna).post(url(case, "confirm-departure"))
        assert response.status_code == 409
        assert [str(b.sentence) for b in response.context["blockers"]] == [ALONE[without]]
        assert ALONE[without] in response.content.decode()
        assert state_of(case) == before


def test_a_ticket_that_was_taken_back_blocks(cast, as_, case):
    prepare(cast, case)
    with clock.moved_to(MONDAY), acting_as(cast.hanna):
        actions.save_ticket(fresh(case), by=cast.hanna, state=Journey.TicketState.BOOKED)
    with clock.moved_to(ON_THE_DAY):
        response = as_(cast.hanna).post(url(case, "confirm-departure"))
        assert response.status_code == 409
        assert [str(b.sentence) for b in response.context["blockers"]] == [ALONE["ticket"]]


def test_the_day_must_have_come(cast, as_, case):
    prepare(cast, case)
    with clock.moved_to(DEPARTS - timedelta(days=1)):
        before = state_of(case)
        response = as_(cast.hanna).post(url(case, "confirm-departure"))
        assert response.status_code == 409
        words = "The booked departure is 11 Mar. That day has not come."
        assert [str(b.sentence) for b in response.context["blockers"]] == [words]
        assert state_of(case) == before


def test_without_legs_there_is_no_departure(cast, as_, case):
    with clock.moved_to(MONDAY):
        response = as_(cast.hanna).post(url(case, "confirm-departure"))
        assert response.status_code == 409
        assert "The journey is not booked: enter its legs." in sentences(case)
        assert "The time of arrival is not set." in sentences(case)


def test_a_document_that_ends_before_the_day_blocks(cast, case):
    prepare(cast, case)
    with clock.moved_to(MONDAY):
        travel.write(cast, fresh(case), document_expires_on=DEPARTS.date() - timedelta(days=1))
    with clock.moved_to(ON_THE_DAY):
        assert sentences(case) == [ALONE["document"]]


def test_a_notice_that_became_late_wants_its_reason(cast, as_, case):
    prepare(cast, case)
    leg = Leg.objects.get(case=case)
    leg.departs_at, leg.arrives_at = MONDAY + timedelta(days=2), MONDAY + timedelta(days=2, hours=3)
    with clock.moved_to(MONDAY), acting_as(cast.hanna):
        actions.save_leg(fresh(case), by=cast.hanna, leg=leg)
        travel.pack(cast, fresh(case), DEPARTS)
    with clock.moved_to(leg.departs_at - timedelta(hours=1)):
        assert [sentence.partition(",")[0] for sentence in sentences(case)] == ["The booking notice was sent 1 Mar"]
        as_(cast.hanna).post(url(case, "booking-notice"), {"late_reason": "An earlier seat."})
        assert sentences(case) == []


def test_the_guards_of_clearing_still_hold(cast, as_, case):
    prepare(cast, case)
    with clock.moved_to(MONDAY):
        risk = assessment.add_risk(cast, fresh(case), decision=Risk.Decision.HOLD)
    with clock.moved_to(ON_THE_DAY):
        assert as_(cast.hanna).post(url(case, "confirm-departure")).status_code == 409
        assert sentences(case) == ["1 risk stands at hold or no-go."]
    Risk.objects.filter(pk=risk.pk).delete()
    Plan.objects.filter(case=case).update(signed_on=None)
    with clock.moved_to(ON_THE_DAY):
        assert sentences(case) == ["The person has not signed the plan."]


def test_a_fact_is_recorded_with_its_reason(cast, as_, case):
    prepare(cast, case, without="wish")
    with clock.moved_to(AFTER):
        page = as_(cast.hanna).get(url(case, "confirm-departure"))
        assert ALONE["wish"] in page.content.decode()
        without = as_(cast.hanna).post(url(case, "confirm-departure"), {})
        assert without.status_code == 200
        assert list(without.context["form"].errors) == ["reason"]
        response = as_(cast.hanna).post(url(case, "confirm-departure"), {"reason": "Asked by phone at the gate."})
        assert response.status_code == 302
    journey = journey_of(fresh(case))
    assert fresh(case).state == "in_transit"
    assert (journey.departure_missing, journey.departure_reason) == (ALONE["wish"], "Asked by phone at the gate.")
    noted = CaseEvent.objects.get(case=case, verb="departure_missing")
    assert (noted.section, noted.note) == ("journey", "Asked by phone at the gate.")


def test_a_fact_is_recorded_during_a_hold_and_ends_it(cast, as_, case):
    prepare(cast, case)
    with clock.moved_to(MONDAY), acting_as(cast.hanna):
        hold_case(
            fresh(case), by=cast.hanna, reason="medical", owner=cast.hanna, until=DEPARTS.date() + timedelta(days=5)
        )
    with clock.moved_to(ON_THE_DAY):
        response = as_(cast.hanna).post(url(case, "confirm-departure"))
        assert response.status_code == 409
        assert sentences(case) == ["The case is paused. End the pause first."]
    with clock.moved_to(AFTER):
        response = as_(cast.hanna).post(url(case, "confirm-departure"), {"reason": "She flew as booked."})
        assert response.status_code == 302
    assert (fresh(case).state, fresh(case).held_until) == ("in_transit", None)


def test_only_iom_helsinki_confirms_a_departure(cast, as_, case):
    prepare(cast, case)
    with clock.moved_to(ON_THE_DAY):
        for user, status in ((cast.ilir, 403), (cast.sara, 403), (cast.lars, 403), (cast.ioana, 404), (cast.otto, 404)):
            assert as_(user).post(url(case, "confirm-departure")).status_code == status
            assert as_(user).post(url(case, "report-no-show"), {"reason": "delay"}).status_code == status
    assert fresh(case).state == "travel"


def test_who_did_not_travel_is_prepared_for_anew(cast, as_, case):
    prepare(cast, case)
    with clock.moved_to(AFTER):
        response = as_(cast.hanna).post(url(case, "report-no-show"), {"reason": "did_not_come", "text": "No answer."})
        assert response.status_code == 302
        case = fresh(case)
        assert (case.state, case.departs_at, case.expected_at, case.departed_on) == ("travel", None, None, None)
        journey = journey_of(case)
        assert (journey.ticket_state, journey.no_show_reason, journey.no_show_note) == (
            "none",
            "did_not_come",
            "No answer.",
        )
        anew = ("wish_confirmed_on", "booking_notice_sent_at", "pack_opened_at", "pack_acknowledged_at")
        assert [getattr(journey, name) for name in anew] == [None] * 4
        assert [leg.is_marked for leg in Leg.objects.filter(case=case)] == [True]
        assert journey.booked_legs == []
        page = as_(cast.hanna).get(url(case, "journey")).content.decode()
        assert "Legs that the person did not travel on" in page
    told = set(Notification.objects.filter(case=case, what="no_show").values_list("recipient__email", flat=True))
    assert {cast.sara.email, cast.lars.email, cast.ilir.email} <= told


def test_a_second_journey_goes_all_the_way(cast, as_, case):
    prepare(cast, case)
    with clock.moved_to(AFTER):
        as_(cast.hanna).post(url(case, "report-no-show"), {"reason": "delay"})
    again = DEPARTS + timedelta(days=14)
    with clock.moved_to(AFTER):
        travel.prepare_journey(cast, case, departs_at=again)
        for risk in Risk.objects.filter(case=case):
            Risk.objects.filter(pk=risk.pk).update(reviewed_on=(again - timedelta(days=1)).date())
    with clock.moved_to(again - timedelta(hours=1)):
        assert as_(cast.hanna).post(url(case, "confirm-departure")).status_code == 302
    assert (fresh(case).state, fresh(case).departed_on) == ("in_transit", again.date())


def test_who_turned_back_on_the_way_is_prepared_for_anew(cast, as_, case):
    prepare(cast, case)
    travel.depart(cast, case)
    with clock.moved_to(AFTER + timedelta(hours=5)):
        assert as_(cast.hanna).post(url(case, "report-no-show"), {"reason": "turned_back"}).status_code == 302
    case = fresh(case)
    assert (case.state, case.departed_on, case.expected_at) == ("travel", None, None)
    event = CaseEvent.objects.get(case=case, verb="report_no_show")
    assert (event.was, event.became) == ("in_transit", "travel")


def test_no_report_tells_of_a_departure_that_was_none(cast, as_, case, deliver):
    prepare(cast, case)
    travel.depart(cast, case)
    with clock.moved_to(AFTER):
        deliver()
    drafted = FeedbackReport.objects.filter(case=case, kind="departed")
    assert [report.state for report in drafted] == ["drafted"]
    with clock.moved_to(AFTER + timedelta(hours=5)):
        as_(cast.hanna).post(url(case, "report-no-show"), {"reason": "turned_back"})
    assert [report.state for report in drafted.all()] == ["retracted"]


def test_a_report_that_waits_in_the_outbox_is_not_drafted_either(cast, as_, case, deliver):
    prepare(cast, case)
    travel.depart(cast, case)
    with clock.moved_to(AFTER + timedelta(hours=5)):
        as_(cast.hanna).post(url(case, "report-no-show"), {"reason": "turned_back"})
        deliver()
    assert not FeedbackReport.objects.filter(case=case, kind="departed").exists()


def test_the_confirmation_says_from_when_the_arrival_is_watched(cast, as_, case):
    prepare(cast, case)
    with clock.moved_to(AFTER):
        page = as_(cast.hanna).post(url(case, "confirm-departure"), follow=True).content.decode()
    assert "The departure is confirmed. The arrival is watched from Thursday 11 March 2027" in page


def test_a_no_show_goes_despite_a_hold_and_wants_a_reason(cast, as_, case):
    prepare(cast, case)
    with clock.moved_to(MONDAY), acting_as(cast.hanna):
        hold_case(
            fresh(case), by=cast.hanna, reason="medical", owner=cast.hanna, until=DEPARTS.date() + timedelta(days=5)
        )
    with clock.moved_to(AFTER):
        empty = as_(cast.hanna).post(url(case, "report-no-show"), {})
        assert list(empty.context["form"].errors) == ["reason"]
        assert as_(cast.hanna).post(url(case, "report-no-show"), {"reason": "document"}).status_code == 302


def test_whoever_comes_second_is_told_who_was_first(cast, as_, case):
    prepare(cast, case)
    with clock.moved_to(AFTER):
        as_(cast.hanna).post(url(case, "confirm-departure"))
        response = as_(cast.henrik).post(url(case, "confirm-departure"))
        assert response.status_code == 409
        assert "Hanna was first" in response.content.decode()
