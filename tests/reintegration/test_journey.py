"""Step 9: the journey is prepared block by block; a ticket, a notice and a pack have their own conditions."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.actions import StepRefused, change_office
from cases.models import Case, CaseEvent, Document, Notification
from partners.models import Organisation
from reintegration.actions import journey as actions
from reintegration.actions.needs import confirm_reception
from reintegration.demo import assessment, travel
from reintegration.journey import journey_of
from reintegration.models import Journey, Leg, Risk
from returns_portal import clock
from returns_portal.actor import acting_as
from returns_portal.models import Look, OutboxItem
from tests.builders import a_pdf

MONDAY = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
DEPARTS = datetime(2027, 3, 11, 9, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _a_monday(settings):
    settings.LANGUAGE_CODE = "en-gb"
    with clock.moved_to(MONDAY):
        yield


@pytest.fixture
def case(cast, make_case):
    return assessment.clear(cast, make_case(reached="assessment"))


def url(case, name, *args):
    return reverse(f"reintegration:{name}", args=[case.code_shown, *args])


def fresh(case):
    return Case.objects.get(pk=case.pk)


def journey(case):
    return journey_of(fresh(case))


LEG = {
    "mode": "air",
    "carrier": "SK",
    "number": "1421",
    "from_place": "Stockholm",
    "from_airport": "arn",
    "departs_zone": "Europe/Stockholm",
    "departs_at_0": "2027-03-11",
    "departs_at_1": "10.15",
    "to_place": "London",
    "to_airport": "LHR",
    "arrives_zone": "Europe/London",
    "arrives_at_0": "2027-03-11",
    "arrives_at_1": "11:45",
}


def test_times_are_read_on_the_clocks_of_each_place(cast, as_, case):
    assert as_(cast.hanna).post(url(case, "add-leg"), LEG).status_code == 302
    leg = Leg.objects.get(case=case)
    assert (leg.departs_at, leg.arrives_at) == (DEPARTS, datetime(2027, 3, 11, 11, 45, tzinfo=UTC))
    assert leg.from_airport == "ARN"
    page = as_(cast.hanna).get(url(case, "journey")).content.decode()
    assert "11 Mar 10:15 (Stockholm)" in page
    assert "11 Mar 11:45 (London)" in page
    assert "11 Mar 12:45 (Stockholm)" in page


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("arrives_at", {"arrives_at_1": "09:00"}),
        ("from_airport", {"from_airport": "AR"}),
        ("to_airport", {"to_airport": "LH1"}),
        ("departs_at", {"departs_at_0": "2027-02-01"}),
        ("arrives_zone", {"arrives_zone": "Mars/Base"}),
    ],
)
def test_a_leg_that_cannot_be_says_so_next_to_the_field(cast, as_, case, field, changes):
    response = as_(cast.hanna).post(url(case, "add-leg"), {**LEG, **changes})
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert not Leg.objects.filter(case=case).exists()


def test_a_leg_departs_after_the_one_before_has_arrived(cast, as_, case):
    travel.leg(cast, case, DEPARTS, 2)
    early = {**LEG, "departs_at_1": "12:00", "arrives_at_1": "15:00"}
    assert list(as_(cast.hanna).post(url(case, "add-leg"), early).context["form"].errors) == ["departs_at"]
    late = {**LEG, "departs_at_1": "14:00", "arrives_at_1": "16:00"}
    assert as_(cast.hanna).post(url(case, "add-leg"), late).status_code == 302
    assert [leg.order for leg in Leg.objects.filter(case=case)] == [1, 2]


def test_an_earlier_leg_arrives_before_the_next_departs(cast, as_, case):
    first = travel.leg(cast, case, DEPARTS, 2)
    travel.leg(cast, case, DEPARTS + timedelta(hours=4), 2)
    response = as_(cast.hanna).post(url(case, "change-leg", first.pk), {**LEG, "arrives_at_1": "15:00"})
    assert list(response.context["form"].errors) == ["arrives_at"]


def test_a_new_leg_begins_where_the_last_one_ended(cast, as_, case):
    travel.leg(cast, case, DEPARTS, 2, to_place="Vienna", arrives_zone="Europe/Vienna")
    form = as_(cast.hanna).get(url(case, "add-leg")).context["form"]
    assert (form.initial["departs_zone"], form.initial["from_place"]) == ("Europe/Vienna", "Vienna")
    assert form.initial["arrives_zone"] == "Europe/Tirane"


def test_the_case_knows_when_the_person_leaves_and_from_the_ticket_on_when_expected(cast, as_, case):
    leg = travel.leg(cast, case, DEPARTS)
    assert (fresh(case).departs_at, fresh(case).expected_at) == (DEPARTS, None)
    travel.ticket(cast, fresh(case), DEPARTS)
    assert fresh(case).expected_at == DEPARTS + timedelta(hours=3)
    travel.write(cast, fresh(case), expected_exit_at=DEPARTS + timedelta(hours=4))
    assert fresh(case).expected_at == DEPARTS + timedelta(hours=4)
    leg.departs_at, leg.arrives_at = DEPARTS + timedelta(days=1), DEPARTS + timedelta(days=1, hours=3)
    with acting_as(cast.hanna):
        actions.save_leg(fresh(case), by=cast.hanna, leg=leg)
    assert fresh(case).departs_at == DEPARTS + timedelta(days=1)
    assert fresh(case).expected_at == DEPARTS + timedelta(days=1, hours=3)


def test_a_ticket_is_issued_and_the_papers_are_queued(cast, as_, case):
    travel.leg(cast, case, DEPARTS)
    response = as_(cast.hanna).post(
        url(case, "ticket"), {"state": "issued", "baggage": "23 kg", "file": a_pdf("t.pdf")}
    )
    assert response.status_code == 302
    assert journey(case).ticket_issued_by_id == cast.hanna.pk
    papers = OutboxItem.objects.filter(case_id=case.pk, kind="paper", row_id=journey(case).pk)
    assert sorted({item.data["name"] for item in papers}) == ["hand_over_pack", "journey_card"]
    assert Document.objects.filter(case=case, kind=Document.Kind.TICKET).count() == 1


def test_no_ticket_while_a_risk_stands_at_hold(cast, as_, case):
    travel.leg(cast, case, DEPARTS)
    assessment.add_risk(cast, fresh(case), decision=Risk.Decision.HOLD)
    response = as_(cast.hanna).post(url(case, "ticket"), {"state": "issued"})
    assert response.status_code == 409
    assert [str(b.sentence) for b in response.context["blockers"]] == ["A risk stands at hold or no-go."]
    assert journey(case).ticket_state == "none"


def test_no_ticket_before_the_local_office_can_receive(cast, as_, case):
    travel.leg(cast, case, DEPARTS)
    with acting_as(cast.ilir):
        confirm_reception(fresh(case), by=cast.ilir, can_receive=False)
    response = as_(cast.hanna).post(url(case, "ticket"), {"state": "issued"})
    assert response.status_code == 409
    assert b"has not confirmed that it can receive" in response.content
    assert as_(cast.hanna).post(url(case, "ticket"), {"state": "booked"}).status_code == 302


def test_no_ticket_without_legs_or_before_the_case_is_cleared(cast, make_case):
    case = assessment.assess(cast, make_case(reached="assessment"))
    with acting_as(cast.hanna), pytest.raises(StepRefused) as refused:
        actions.save_ticket(case, by=cast.hanna, state="issued")
    assert [str(b.sentence) for b in refused.value.blockers] == [
        "The case is not cleared for travel.",
        "The journey has no legs yet.",
    ]


def test_a_booking_notice_in_time_asks_the_local_office(cast, as_, case):
    travel.leg(cast, case, DEPARTS)
    assert as_(cast.hanna).post(url(case, "booking-notice")).status_code == 302
    assert Notification.objects.filter(case=case, what="booking_notice", recipient=cast.ilir).count() == 1
    assert (fresh(case).ball_with, fresh(case).ball_what) == (cast.ilir.organisation, "answer_booking")


def test_a_late_booking_notice_says_why(cast, as_, case):
    travel.leg(cast, case, MONDAY + timedelta(days=3))
    assert list(as_(cast.hanna).post(url(case, "booking-notice")).context["form"].errors) == ["late_reason"]
    response = as_(cast.hanna).post(url(case, "booking-notice"), {"late_reason": "The consulate was slow."})
    assert response.status_code == 302
    assert journey(case).booking_notice_late_reason == "The consulate was slow."


ANSWER = {"can_receive": "yes", "meeter_name": "Ilir", "meeter_phone": "+355 69 555 00 01"}


def test_ilir_answers_the_notice_and_names_who_meets(cast, as_, case):
    travel.leg(cast, case, DEPARTS)
    as_(cast.hanna).post(url(case, "booking-notice"))
    bad = as_(cast.ilir).post(url(case, "answer-booking"), {"can_receive": "yes"})
    assert list(bad.context["form"].errors) == ["meeter_name"]
    assert as_(cast.ilir).post(url(case, "answer-booking"), ANSWER).status_code == 302
    assert (journey(case).booking_can_receive, journey(case).meeter_name) == (True, "Ilir")
    assert Notification.objects.filter(case=case, what="booking_answered", recipient=cast.hanna).count() == 1


def test_a_no_to_the_notice_takes_the_reception_back(cast, as_, case):
    travel.leg(cast, case, DEPARTS)
    as_(cast.hanna).post(url(case, "booking-notice"))
    assert as_(cast.ilir).post(url(case, "answer-booking"), {"can_receive": "no", "note": "Strike."}).status_code == 302
    response = as_(cast.hanna).post(url(case, "ticket"), {"state": "issued"})
    assert response.status_code == 409


def test_only_the_local_office_answers_and_reads(cast, as_, case):
    travel.prepare_journey(cast, case, departs_at=DEPARTS, without="pack")
    assert as_(cast.hanna).post(url(case, "answer-booking"), ANSWER).status_code == 403
    assert as_(cast.hanna).post(url(case, "open-pack")).status_code == 403
    assert as_(cast.hanna).post(url(case, "hand-over"), {}).status_code == 403
    assert as_(cast.ilir).post(url(case, "ticket"), {"state": "none"}).status_code == 403
    for name in ("journey", "hand-over", "answer-booking"):
        assert as_(cast.sara).get(url(case, name)).status_code == 403
        assert as_(cast.ioana).get(url(case, name)).status_code == 404
        assert as_(cast.otto).get(url(case, name)).status_code == 404


def test_the_pack_is_closed_until_it_is_opened_and_read(cast, as_, case):
    travel.prepare_journey(cast, case, departs_at=DEPARTS, without="pack")
    ilir = as_(cast.ilir)
    read = {"meeter_name": "Ilir", "meeter_phone": "1", "has_read": "on"}
    assert "Mira Rexhepi" not in ilir.get(url(case, "hand-over")).content.decode()
    assert ilir.post(url(case, "hand-over"), read).status_code == 409
    assert ilir.post(url(case, "open-pack")).status_code == 302
    page = ilir.get(url(case, "hand-over")).content.decode()
    for words in ("Mira Rexhepi", "A blue folder", "Blue door", "The office books a room."):
        assert words in page
    assert list(ilir.post(url(case, "hand-over"), {"meeter_name": "Ilir"}).context["form"].errors) == [
        "meeter_phone",
        "has_read",
    ]
    assert ilir.post(url(case, "hand-over"), read).status_code == 302
    assert journey(case).pack_acknowledged_by_id == cast.ilir.pk
    verbs = (
        CaseEvent.objects.filter(case=case, section="journey").order_by("-created_at").values_list("verb", flat=True)
    )
    assert list(verbs[:2]) == ["acknowledge_pack", "open_pack"]


def test_health_stands_in_the_pack_only_with_consent(cast, as_, case):
    travel.prepare_journey(cast, case, departs_at=DEPARTS)
    assert "Needs help to sleep." in as_(cast.ilir).get(url(case, "hand-over")).content.decode()
    Case.objects.filter(pk=case.pk).update(shares_health=False)
    assert "Needs help to sleep." not in as_(cast.ilir).get(url(case, "hand-over")).content.decode()


def test_names_in_the_pack_open_for_the_office_alone_and_a_protected_one_for_who_is_named(cast, as_, case):
    travel.prepare_journey(cast, case, departs_at=DEPARTS)
    seen_by_hanna = as_(cast.hanna).get(url(case, "hand-over")).content.decode()
    assert "A blue folder" in seen_by_hanna
    assert "Mira Rexhepi" not in seen_by_hanna
    reveals = Look.objects.filter(case_id=case.pk, action="reveal")
    assert reveals.count() == 0
    assert "Mira Rexhepi" in as_(cast.ilir).get(url(case, "hand-over")).content.decode()
    assert [look.user_id for look in reveals] == [cast.ilir.pk]
    Case.objects.filter(pk=case.pk).update(is_protected=True)
    assert "Mira Rexhepi" not in as_(cast.ilir).get(url(case, "hand-over")).content.decode()
    Case.objects.filter(pk=case.pk).update(local_responsible=cast.ilir)
    assert "Mira Rexhepi" in as_(cast.ilir).get(url(case, "hand-over")).content.decode()


def test_there_is_no_pack_before_the_ticket(cast, as_, case):
    travel.leg(cast, case, DEPARTS)
    assert as_(cast.ilir).post(url(case, "open-pack")).status_code == 409


def test_a_changed_leg_is_read_about_again(cast, case):
    travel.prepare_journey(cast, case, departs_at=DEPARTS)
    leg = Leg.objects.get(case=case)
    leg.arrives_at += timedelta(hours=1)
    with acting_as(cast.hanna):
        actions.save_leg(fresh(case), by=cast.hanna, leg=leg)
    assert (journey(case).pack_opened_at, journey(case).pack_acknowledged_at) == (None, None)
    assert Notification.objects.filter(case=case, what="journey_changed", recipient=cast.ilir).count() == 1


def test_a_new_local_office_answers_and_reads_itself(cast, case):
    travel.prepare_journey(cast, case, departs_at=DEPARTS)
    bucharest = Organisation.objects.get(pk=cast.ioana.organisation_id)
    with acting_as(cast.hanna):
        change_office(fresh(case), by=cast.hanna, local_office=bucharest, note="The family moved.")
    present = journey(case)
    assert (present.booking_notice_answered_at, present.pack_acknowledged_at, present.meeter_name) == (None, None, "")
    assert present.booking_notice_sent_at is not None
    assert Notification.objects.filter(case=case, what="booking_notice", recipient=cast.ioana).count() == 1


def test_each_block_is_written_on_its_own_page(cast, as_, case):
    hanna = as_(cast.hanna)
    document = {"document_kind": "passport", "document_state": "issued", "document_expires_on": "2030-01-01"}
    assert hanna.post(url(case, "travel-document"), {**document, "document_number": "AB1"}).status_code == 302
    details = {"escort_kind": "medical", "escort_name": "A nurse", "assistance_arrival": "on"}
    assert hanna.post(url(case, "details"), details).status_code == 302
    assert hanna.post(url(case, "meeting"), {"meeting_point": "Desk", "recognition_sign": "Folder"}).status_code == 302
    assert hanna.post(url(case, "wish"), {"on": "2027-03-01", "asked_by": cast.henrik.pk}).status_code == 302
    money = {"amount": "500", "currency": "SEK", "file": a_pdf("receipt.pdf")}
    assert hanna.post(url(case, "pocket-money"), money).status_code == 302
    found = journey(case)
    assert (found.document_number, found.escort_name, found.meeting_point) == ("AB1", "A nurse", "Desk")
    assert (found.wish_asked_by, found.pocket_money_amount) == (cast.henrik, 500)
    assert found.pocket_money_receipt is not None


def test_a_block_says_what_is_missing(cast, as_, case):
    hanna = as_(cast.hanna)
    issued = hanna.post(url(case, "travel-document"), {"document_state": "issued"})
    assert sorted(issued.context["form"].errors) == ["document_expires_on", "document_kind"]
    assert list(hanna.post(url(case, "details"), {"escort_kind": "guardian"}).context["form"].errors) == ["escort_name"]
    money = hanna.post(url(case, "pocket-money"), {"amount": "5", "currency": "SEK"})
    assert list(money.context["form"].errors) == ["file"]
    tomorrow = hanna.post(url(case, "wish"), {"on": "2027-03-02", "asked_by": cast.hanna.pk})
    assert list(tomorrow.context["form"].errors) == ["on"]
    early = {"meeting_point": "Desk", "expected_exit_at_0": "2027-03-11", "expected_exit_at_1": "09:00"}
    assert list(hanna.post(url(case, "meeting"), early).context["form"].errors) == ["expected_exit_at"]


def test_ready_checks_are_made_shortly_before(cast, as_, case):
    travel.leg(cast, case, DEPARTS)
    assert as_(cast.hanna).post(url(case, "ready", 72)).status_code == 409
    with clock.moved_to(DEPARTS - timedelta(hours=70)):
        assert as_(cast.hanna).post(url(case, "ready", 72)).status_code == 302
        assert as_(cast.hanna).post(url(case, "ready", 24)).status_code == 409
        assert as_(cast.hanna).post(url(case, "ready", 48)).status_code == 404
    assert journey(case).ready_72h_by_id == cast.hanna.pk


def test_the_overview_takes_the_same_statements_with_many_legs(cast, as_, case):
    travel.prepare_journey(cast, case, departs_at=DEPARTS)
    hanna = as_(cast.hanna)
    hanna.get(url(case, "journey"))
    with CaptureQueriesContext(connection) as one:
        hanna.get(url(case, "journey"))
    for number in range(5):
        travel.leg(cast, fresh(case), DEPARTS + timedelta(days=number + 1))
    with CaptureQueriesContext(connection) as many:
        hanna.get(url(case, "journey"))
    assert len(many) == len(one)
    assert len(one) <= 26


def test_the_step_list_follows_the_journey(cast, case):
    from cases.steps import _rows

    assert (_rows[9](fresh(case)).status, _rows[10](fresh(case)).status) == ("now", "todo")
    travel.prepare_journey(cast, case, departs_at=DEPARTS, without="pack")
    assert _rows[9](fresh(case)).status == "wait"
    travel.pack(cast, fresh(case), DEPARTS)
    travel.depart(cast, case)
    assert (_rows[9](fresh(case)).status, _rows[10](fresh(case)).status) == ("now", "wait")
    travel.arrive(cast, case)
    assert (_rows[9](fresh(case)).status, _rows[10](fresh(case)).status) == ("done", "now")


def test_a_journey_is_one_in_a_round(cast, case):
    travel.leg(cast, case, DEPARTS)
    travel.write(cast, fresh(case), meeting_point="Desk")
    assert Journey.objects.filter(case=case).count() == 1
