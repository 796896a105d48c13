"""The arrival watch ends by an arrival, a report or the end of the case: by nothing else, and never silently."""

from datetime import timedelta

import pytest

from cases.actions.remind import would_ring
from cases.models import Case, CaseEvent, ClockRule, Notification
from reintegration.actions import journey as journeys
from reintegration.actions.watch import sound_the_alarm
from reintegration.demo import travel
from reintegration.models import ArrivalAlarm, Journey, Leg, NotMetProtocol
from returns_portal import clock
from returns_portal.actor import acting_as
from tests.clockwork import MONDAY, moment
from tests.reintegration.test_arrival_watch import (
    CLIMBS,
    REACHES_SWEDEN,
    RINGS,
    THURSDAY,
    alarm_of,
    present,
    rings,
    url,
)

PASSED = "The booked departure has passed: confirm it, or say that the person did not travel."
BACK = {"reason": "need", "text": "A new need."}
DECLINE = {"reason_code": "no_safe_return", "text": "Not safe.", "help_path": "Social services."}


@pytest.fixture
def booked(cast, make_case):
    """The ticket is issued and everything else is prepared; nobody confirms the departure."""
    with clock.moved_to(MONDAY):
        case = make_case(reached="travel")
    with clock.moved_to(MONDAY + timedelta(hours=1)):
        return travel.prepare_journey(cast, case, departs_at=THURSDAY)


@pytest.fixture
def late(booked):
    """Two hours have passed since the person should have come out, and the alarm has rung."""
    assert rings(RINGS) == ["hanna henrik ilir"]
    return present(booked)


@pytest.fixture
def taken_care_of(cast, as_, late):
    """Ilir has answered the alarm."""
    with clock.moved_to(moment("10-22 17:30")):
        as_(cast.ilir).post(url(late, "answer-alarm", alarm_of(late).pk), {"note": "I drive there."})
    return late


# Steps that would end the watch


@pytest.mark.parametrize(
    ("verb", "said"), [("back-to-assessment", BACK), ("decline-return", DECLINE), ("withdraw", {})]
)
def test_nothing_else_ends_the_watch_while_the_person_may_be_on_the_way(cast, as_, booked, verb, said):
    address = f"{booked.get_absolute_url()}{verb}/"
    with clock.moved_to(THURSDAY + timedelta(minutes=5)):
        answer = as_(cast.hanna).post(address, said)
        assert answer.status_code == 409
        assert PASSED in answer.content.decode() and url(booked, "report-no-show") in answer.content.decode()
    assert present(booked).state == "travel"
    assert rings(RINGS) == ["hanna henrik ilir"]


def test_who_has_not_boarded_changes_her_mind_once_that_is_recorded(cast, as_, booked):
    address = f"{booked.get_absolute_url()}withdraw/"
    with clock.moved_to(THURSDAY + timedelta(minutes=5)):
        refused = as_(cast.sara).post(address, {})
        assert (refused.status_code, "Ring IOM Helsinki" in refused.content.decode()) == (409, True)
        assert url(booked, "report-no-show") not in refused.content.decode()
        no_show = {"reason": "did_not_come", "text": "Nobody at the gate."}
        assert as_(cast.hanna).post(url(booked, "report-no-show"), no_show).status_code == 302
        assert as_(cast.sara).post(address, {}).status_code == 302
    assert present(booked).state == "withdrawn"


@pytest.mark.parametrize("who", ["sara", "ilir", "hanna"])
def test_until_boarding_she_changes_her_mind_in_one_act(cast, as_, booked, who):
    with clock.moved_to(THURSDAY - timedelta(minutes=5)):
        assert as_(getattr(cast, who)).post(f"{booked.get_absolute_url()}withdraw/", {}).status_code == 302
    assert present(booked).state == "withdrawn"


def take_ticket_back(cast, case):
    with acting_as(cast.hanna):
        journeys.save_ticket(present(case), by=cast.hanna, state=Journey.TicketState.BOOKED)


def test_a_ticket_taken_back_after_the_departure_does_not_end_the_watch(cast, booked):
    expected = booked.expected_at
    with clock.moved_to(THURSDAY + timedelta(minutes=5)):
        take_ticket_back(cast, booked)
        assert present(booked).expected_at == expected
        with acting_as(cast.hanna):
            journeys.remove_leg(present(booked), by=cast.hanna, leg=Leg.objects.get(case=booked))
        assert (present(booked).departs_at, present(booked).expected_at) == (THURSDAY, expected)
    assert rings(RINGS) == ["hanna henrik ilir"]


def test_a_ticket_taken_back_before_the_departure_ends_it(cast, booked):
    with clock.moved_to(THURSDAY - timedelta(days=1)):
        take_ticket_back(cast, booked)
    assert present(booked).expected_at is None


# Whose answer counts


def leaves(cast, case):
    cast.ilir.is_active = False
    cast.ilir.save(update_fields=["is_active"])


def another_office(cast, case):
    Case.objects.filter(pk=case.pk).update(local_office=cast.ioana.organisation)


@pytest.mark.parametrize("goes", [leaves, another_office])
def test_an_answer_counts_no_longer_than_who_gave_it_is_there(cast, as_, taken_care_of, goes):
    assert rings(CLIMBS) == [""]
    goes(cast, taken_care_of)
    assert "henrik" in rings("10-22 19:01")[0]
    with clock.moved_to(moment("10-22 19:10")):
        hanna = as_(cast.hanna)
        for page in ("/", taken_care_of.get_absolute_url(), url(taken_care_of, "arrival")):
            text = hanna.get(page).content.decode()
            assert "Ilir takes care of it since" not in text and "nobody else is told" not in text, page
        assert "Whoever answered is no longer there: the alarm goes on." in text
        assert hanna.post(url(taken_care_of, "answer-alarm", alarm_of(taken_care_of).pk), {}).status_code == 302
        assert "Hanna takes care of it since" in hanna.get("/").content.decode()
    assert rings(REACHES_SWEDEN) == [""]
    answers = CaseEvent.objects.filter(case=taken_care_of, verb="answer_alarm").values_list(
        "created_by__name", flat=True
    )
    assert sorted(answers) == ["Hanna", "Ilir"]


def test_who_left_before_the_next_rung_is_followed_by_somebody_at_once(cast, as_, taken_care_of):
    leaves(cast, taken_care_of)
    with clock.moved_to(moment("10-22 17:40")):
        page = as_(cast.hanna).get(url(taken_care_of, "arrival")).content.decode()
        assert "Ilir had answered the alarm and is no longer there: it goes on." in page
        assert "If nobody answers, the alarm goes on to" in page
        assert "I take care of it" in page


def test_a_rung_without_anybody_says_so(cast, as_, late):
    ArrivalAlarm.objects.filter(case=late).update(told=[])
    with clock.moved_to(moment("10-22 17:30")):
        page = as_(cast.hanna).get(url(late, "arrival")).content.decode()
    assert "Nobody there could be told, 22 Oct 17:00 (Tirana, Stockholm)" in page
    assert "Told 22 Oct" not in page


# A move is told


def move_flight(cast, case, departs):
    with acting_as(cast.hanna):
        leg = Leg.objects.get(case=case)
        leg.departs_at, leg.arrives_at = moment(departs), moment(departs) + timedelta(hours=3)
        journeys.save_leg(present(case), by=cast.hanna, leg=leg)


def test_a_move_that_ends_an_alarm_or_a_search_is_told_to_both_offices_once(cast, as_, late):
    with clock.moved_to(moment("10-22 17:10")):
        as_(cast.ilir).post(url(late, "not-met"))
    told = Notification.objects.filter(case=late, what="watch_moved")
    with clock.moved_to(moment("10-22 17:20")):
        move_flight(cast, late, "10-22 20:00")
        assert not NotMetProtocol.objects.filter(case=late, ended_at__isnull=True).exists()
        assert sorted(told.values_list("recipient__name", "is_safety")) == [
            ("Hanna", True),
            ("Henrik", True),
            ("Ilir", True),
        ]
        page = as_(cast.ilir).get(url(late, "arrival")).content.decode()
        assert "Told: Hanna, Henrik, Ilir" in page[page.index("Alarms that are over") :]
    with clock.moved_to(moment("10-22 17:25")):
        move_flight(cast, late, "10-22 21:00")
    assert told.count() == 3


def test_a_move_before_anything_rang_tells_nobody_of_the_watch(cast, booked):
    with clock.moved_to(moment("10-20 12:00")):
        move_flight(cast, booked, "10-22 20:00")
    assert not Notification.objects.filter(what="watch_moved").exists()


# An answer between the reading of the clock and the ringing


def test_no_rung_rings_after_an_answer_that_came_in_between(cast, as_, late):
    told = would_ring(ClockRule.objects.get(code="arrival_watch"), moment(CLIMBS))
    assert {one.reminder.rung for one in told} == {1, 2}
    with clock.moved_to(moment(CLIMBS)):
        as_(cast.ilir).post(url(late, "answer-alarm", alarm_of(late).pk))
        sound_the_alarm(told)
    assert [(alarm.rung, alarm.acknowledged_by) for alarm in ArrivalAlarm.objects.of(late)] == [(1, cast.ilir)]


def test_no_rung_rings_for_a_time_that_has_moved_in_between(cast, late):
    told = would_ring(ClockRule.objects.get(code="arrival_watch"), moment(CLIMBS))
    with clock.moved_to(moment("10-22 17:20")):
        move_flight(cast, late, "10-22 20:00")
        sound_the_alarm(told)
    assert not ArrivalAlarm.objects.filter(case=late, closed_at__isnull=True).exists()
