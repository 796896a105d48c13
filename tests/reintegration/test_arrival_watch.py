"""The arrival watch (process, sections 2 and 5): nobody who should have come home is forgotten, whatever goes wrong."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import actions
from cases.models import Case, CaseEvent, Notification
from partners.actions import place
from partners.models import Organisation, User
from reintegration.actions import closing, departure
from reintegration.actions import journey as journeys
from reintegration.demo import travel
from reintegration.models import ArrivalAlarm, ArrivalAttempt, Leg, NotMetProtocol, NotMetTick
from returns_portal import clock
from returns_portal.actor import acting_as
from tests.cases.test_move import Presses, press_together
from tests.clockwork import MONDAY, moment, rung, undone
from tests.doors import Desk

THURSDAY = moment("10-22 12:00")  # the flight; it lands at three
RINGS, CLIMBS, REACHES_SWEDEN = "10-22 17:00", "10-22 19:00", "10-23 03:00"


def present(case):
    return Case.objects.get(pk=case.pk)


def url(case, name, *args):
    return reverse(f"reintegration:{name}", args=[case.code_shown, *args])


def rings(*moments):
    return [rung("arrival_watch", at) for at in moments]


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
def desk(as_):
    """A person before a browser without scripts, at a moment of that autumn."""

    def sit(user):
        return Desk(as_(user))

    return sit


def minute(at):
    """The clock of a test goes on while it runs."""
    return at.replace(second=0, microsecond=0)


def alarm_of(case, number=1):
    return ArrivalAlarm.objects.of(case).get(rung=number, closed_at__isnull=True)


def move_flight(cast, case, departs, at):
    """Hanna books another flight."""
    with clock.moved_to(moment(at)), acting_as(cast.hanna):
        leg = Leg.objects.get(case=case)
        leg.departs_at, leg.arrives_at = moment(departs), moment(departs) + timedelta(hours=3)
        journeys.save_leg(present(case), by=cast.hanna, leg=leg)


# Whom it tells, and where that leads


def test_it_rings_two_hours_late_although_nobody_confirmed_the_departure(cast, as_, booked):
    assert booked.state == "travel"
    assert rings("10-22 16:59", RINGS, CLIMBS, REACHES_SWEDEN) == ["", "hanna henrik ilir", "henrik", "lars lena"]
    told = Notification.objects.filter(what="rule_arrival_watch")
    assert set(told.values_list("is_safety", flat=True)) == {True}
    people = {user.pk: user.name for user in (cast.hanna, cast.henrik, cast.ilir, cast.lars, cast.lena)}
    said = {alarm.rung: sorted(people[pk] for pk in alarm.told) for alarm in ArrivalAlarm.objects.of(booked)}
    assert said == {1: ["Hanna", "Henrik", "Ilir"], 2: ["Henrik"], 3: ["Lars", "Lena"]}


def test_everybody_who_is_told_may_open_what_the_notice_leads_to(cast, as_, late):
    assert rings(CLIMBS, REACHES_SWEDEN) == ["henrik", "lars lena"]
    with clock.moved_to(moment("10-23 04:00")):
        for notice in Notification.objects.filter(what="rule_arrival_watch").select_related("recipient"):
            page = as_(notice.recipient).get(reverse("cases:open-notice", args=[notice.pk]), follow=True)
            assert (page.status_code, page.redirect_chain[-1][0]) == (200, late.get_absolute_url())
            assert "The arrival has not been confirmed" in page.content.decode()


def test_lansstyrelsen_reads_a_line_and_nothing_of_the_arrival(cast, as_, late):
    rings(REACHES_SWEDEN)
    with clock.moved_to(moment("10-23 04:00")):
        page = as_(cast.lars).get(late.get_absolute_url()).content.decode()
        assert "IOM Helsinki and the local office know of it. Nobody has said yet" in page
        assert url(late, "arrival") not in page and url(late, "not-met") not in page
        as_(cast.ilir).post(url(late, "answer-alarm", alarm_of(late).pk), {"note": "Driving to the airport."})
        page = as_(cast.lars).get(late.get_absolute_url()).content.decode()
        assert "somebody there takes care of it" in page
        assert "Driving to the airport." not in page
        assert "The arrival has not been confirmed" not in as_(cast.sara).get(late.get_absolute_url()).content.decode()


def test_each_rung_says_who_was_told_when_and_who_comes_next(cast, desk, late):
    with clock.moved_to(moment("10-22 18:00")):
        for user in (cast.ilir, cast.hanna):
            at = desk(user)
            at.open(url(late, "arrival"))
            assert "Told 22 Oct 17:00 (Tirana, Stockholm): Hanna, Henrik, Ilir" in at.page.said["ladder"]
            assert "Not answered" in at.page.said["ladder"]
            next_rung = "If nobody answers, the alarm goes on to IOM Helsinki's managers, 22 Oct 19:00"
            assert next_rung in at.page.said["next-rung"]


def test_a_restricted_circle_keeps_the_alarm_among_those_it_names(cast, booked):
    helmi = User.objects.create(email="helmi@demo.example", name="Helmi", organisation=cast.hanna.organisation)
    place(helmi)
    with undone():
        assert rings(RINGS) == ["hanna helmi henrik ilir"]
    with clock.moved_to(moment("10-20 12:00")), acting_as(cast.henrik):
        actions.close_circle(present(booked), by=cast.henrik, keep=[])
    assert rings(RINGS) == ["hanna henrik ilir"]
    assert helmi.pk not in alarm_of(booked).told


def test_it_rings_although_processing_is_restricted_and_may_be_answered(cast, as_, booked):
    Case.objects.filter(pk=booked.pk).update(limited_since=moment("10-20 12:00"))
    assert rings(RINGS) == ["hanna henrik ilir"]
    with clock.moved_to(moment("10-22 17:30")):
        ilir = as_(cast.ilir)
        assert "I take care of it" in ilir.get(booked.get_absolute_url()).content.decode()
        answer = ilir.post(url(booked, "answer-alarm", alarm_of(booked).pk), {"note": "On my way."}, follow=True)
        assert answer.status_code == 200
        assert ilir.post(url(booked, "not-met"), follow=True).status_code == 200
    assert alarm_of(booked).acknowledged_by == cast.ilir


def test_it_rings_on_a_paused_case(cast, booked):
    with clock.moved_to(moment("10-20 12:00")), acting_as(cast.hanna):
        actions.hold_case(present(booked), by=cast.hanna, reason="medical", owner=cast.hanna, until=date(2026, 11, 20))
    assert rings(RINGS) == ["hanna henrik ilir"]


# Somebody takes care of it


def test_one_press_on_today_stops_the_climbing_and_hides_nothing(cast, as_, desk, late):
    with clock.moved_to(moment("10-22 17:30")):
        at = desk(cast.ilir)
        at.open("/")
        at.send(to=url(late, "answer-alarm", alarm_of(late).pk))
        assert at.address == url(late, "arrival")
    assert rings(CLIMBS, REACHES_SWEDEN, "10-30 12:00") == ["", "", ""]
    with clock.moved_to(moment("10-30 12:00")):
        for user, pages in ((cast.ilir, ["/"]), (cast.hanna, ["/", "/cases/board/"])):
            browser = as_(user)
            browser.post(reverse("cases:read-all"))
            for page in [*pages, late.get_absolute_url(), url(late, "arrival"), url(late, "not-met")]:
                assert "Ilir takes care of it since 22 Oct 17:30" in browser.get(page).content.decode(), page


@pytest.mark.parametrize("start", ["case", "arrival", "notice"])
def test_it_is_answered_in_two_presses_from_wherever_one_reads_of_it(cast, desk, late, start):
    notice = Notification.objects.get(what="rule_arrival_watch", recipient=cast.hanna)
    addresses = {
        "case": late.get_absolute_url(),
        "arrival": url(late, "arrival"),
        "notice": reverse("cases:open-notice", args=[notice.pk]),
    }
    with clock.moved_to(moment("10-22 17:30")):
        at = desk(cast.hanna)
        at.open(addresses[start])
        at.send(to=url(late, "answer-alarm", alarm_of(late).pk), note="I ring the airline.")
        assert "I ring the airline." in at.page.text
    alarm = alarm_of(late)
    assert (alarm.acknowledged_by, minute(alarm.acknowledged_at)) == (cast.hanna, moment("10-22 17:30"))
    assert alarm.note == "I ring the airline."


def test_whoever_comes_second_reads_who_was_first_and_keeps_the_note(cast, as_, late):
    address = url(late, "answer-alarm", alarm_of(late).pk)
    with clock.moved_to(moment("10-22 17:30")):
        assert as_(cast.hanna).post(address, {"note": "I ring the airline."}).status_code == 302
        second = as_(cast.ilir).post(address, {"note": "I drive there."})
    assert second.status_code == 409
    page = second.content.decode()
    assert "Hanna was first: takes care of the alarm (22 Oct 17:30)." in page
    assert "I drive there." in page
    assert alarm_of(late).acknowledged_by == cast.hanna


@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_at_the_same_moment_one_takes_care_of_it(transactional_db, cast, make_case):
    case = make_case(reached="travel")
    expected = clock.now() - timedelta(hours=3)
    Case.objects.filter(pk=case.pk).update(departs_at=expected - timedelta(hours=3), expected_at=expected)
    alarm = ArrivalAlarm.begin(case, by=None, rung=1, expected_at=expected)
    alarm.save()
    address = url(case, "answer-alarm", alarm.pk)
    presses = [Presses(user, address, {"note": f"{user.name} goes."}) for user in (cast.ilir, cast.hanna)]
    press_together(present(case), *presses)
    winner, loser = sorted(presses, key=lambda press: press.status)
    assert (winner.status, loser.status) == (302, 409)
    alarm = alarm_of(case)
    assert f"{alarm.acknowledged_by.name} was first: takes care of the alarm" in loser.content
    assert f"{alarm.acknowledged_by.name} goes." == alarm.note
    assert CaseEvent.objects.filter(case=case, verb="answer_alarm").count() == 1


def test_who_answers_answers_every_rung_that_has_rung(cast, as_, late):
    assert rings(CLIMBS) == ["henrik"]
    with clock.moved_to(moment("10-22 19:30")):
        as_(cast.henrik).post(url(late, "answer-alarm", alarm_of(late, 1).pk))
    answered = ArrivalAlarm.objects.of(late).values_list("rung", "acknowledged_by__name")
    assert list(answered) == [(1, "Henrik"), (2, "Henrik")]
    assert rings(REACHES_SWEDEN) == [""]


def test_only_those_who_may_receive_the_person_answer(cast, as_, late):
    with clock.moved_to(moment("10-22 17:30")):
        for user, status in ((cast.sara, 403), (cast.lars, 403), (cast.ioana, 404), (cast.otto, 404)):
            for address in (
                url(late, "answer-alarm", alarm_of(late).pk),
                url(late, "not-met"),
                url(late, "tick-not-met"),
                url(late, "arrival-attempt"),
            ):
                assert as_(user).post(address, {"item": "police"}).status_code == status
    assert alarm_of(late).acknowledged_at is None
    assert not NotMetProtocol.objects.exists()


def test_a_note_that_is_too_long_comes_back_with_its_error(cast, as_, late):
    with clock.moved_to(moment("10-22 17:30")):
        answer = as_(cast.ilir).post(url(late, "answer-alarm", alarm_of(late).pk), {"note": "x" * 501})
    assert list(answer.context["form"].errors) == ["note"]
    assert "x" * 501 in answer.content.decode()


# The time moves


def test_a_moved_departure_moves_what_hangs_on_it(cast, booked):
    assert booked.ball_what == "confirm_departure"
    due = booked.ball_due
    move_flight(cast, booked, "11-10 12:00", at="10-15 10:00")
    case = present(booked)
    assert (case.departs_at, case.expected_at) == (moment("11-10 12:00"), moment("11-10 15:00"))
    # The pack is read again first, by the day before the new landing.
    assert (case.ball_what, case.ball_due) == ("read_pack", moment("11-09 15:00"))
    assert case.ball_due != due
    assert rung("ready_check", "10-21 12:00") == rung("pack_unopened", "10-22 14:00") == rings(RINGS)[0] == ""
    assert rung("risk_review_departure", "10-27 11:59") == ""
    assert rung("risk_review_departure", "10-27 12:00") == "hanna"
    assert rung("ready_check", "11-07 11:59") == ""
    assert rung("ready_check", "11-07 12:00") == "hanna ilir"
    assert rung("pack_unopened", "11-09 14:59") == ""
    assert rung("pack_unopened", "11-09 15:00") == "hanna henrik ilir lars lena"
    assert rings("11-10 16:59", "11-10 17:00") == ["", "hanna henrik ilir"]


def test_a_moved_departure_moves_the_booking_notice(cast, make_case):
    with clock.moved_to(MONDAY):
        case = make_case(reached="travel")
    with clock.moved_to(MONDAY + timedelta(hours=1)):
        for name in ("document", "legs", "ticket", "meeting", "wish"):
            travel.STEPS[name](cast, present(case), THURSDAY)
    move_flight(cast, case, "10-29 12:00", at="10-06 10:00")
    assert rung("booking_notice", "10-22 06:59") == ""
    assert rung("booking_notice", "10-22 07:00") == "hanna"


def test_the_time_at_the_exit_moves_the_watch(cast, booked):
    with clock.moved_to(moment("10-20 12:00")):
        travel.write(cast, present(booked), expected_exit_at=moment("10-22 16:10"))
    assert rings(RINGS, "10-22 18:09", "10-22 18:10") == ["", "", "hanna henrik ilir"]


def test_the_ball_of_the_one_who_meets_moves_with_the_journey(cast, booked):
    with clock.moved_to(moment("10-22 13:00")), acting_as(cast.hanna):
        case = departure.confirm_departure(booked, by=cast.hanna, reason="The risks were reviewed by phone.")
    assert (case.ball_what, case.ball_due) == ("confirm_arrival", moment("10-22 17:00"))
    with clock.moved_to(moment("10-22 14:00")):
        travel.write(cast, case, expected_exit_at=moment("10-22 18:30"))
    assert present(booked).ball_due == moment("10-22 20:30")


def test_after_a_move_the_ladder_starts_anew_and_the_old_alarm_is_history(cast, as_, late):
    old = alarm_of(late)
    with clock.moved_to(moment("10-22 17:10")):
        as_(cast.ilir).post(url(late, "answer-alarm", old.pk), {"note": "The flight is late."})
    move_flight(cast, late, "10-22 20:00", at="10-22 17:20")
    with clock.moved_to(moment("10-22 17:30")):
        page = as_(cast.ilir).get(url(late, "arrival")).content.decode()
        assert "takes care of it since" not in page
        assert "Alarms that are over" in page
        assert "The flight is late." in page
        assert "takes care of it since" not in as_(cast.hanna).get("/").content.decode()
    assert rings("10-22 19:00", "10-23 00:59") == ["", ""]
    assert rings("10-23 01:00", "10-23 03:00", "10-23 11:00") == ["hanna henrik ilir", "henrik", "lars lena"]


def test_an_alarm_of_the_old_time_is_not_answered_any_more(cast, as_, late):
    old = alarm_of(late)
    move_flight(cast, late, "10-22 20:00", at="10-22 17:20")
    with clock.moved_to(moment("10-22 17:30")):
        answer = as_(cast.ilir).post(url(late, "answer-alarm", old.pk), {"note": "On my way."})
    assert answer.status_code == 409
    assert "This alarm is over" in answer.content.decode()
    assert ArrivalAlarm.objects.get(pk=old.pk).acknowledged_at is None


def test_a_time_that_comes_back_rings_anew(cast, as_, late):
    with clock.moved_to(moment("10-22 17:10")):
        as_(cast.ilir).post(url(late, "answer-alarm", alarm_of(late).pk), {"note": "The flight is late."})
    move_flight(cast, late, "10-22 20:00", at="10-22 17:20")
    move_flight(cast, late, "10-22 12:00", at="10-22 17:40")  # it was a mistake: the first flight had left
    assert rings("10-22 17:41", CLIMBS, REACHES_SWEDEN) == ["hanna henrik ilir", "henrik", "lars lena"]


# The person was not met


def test_not_met_starts_the_protocol_once_and_tells_the_other_office_at_once(cast, desk, late):
    with clock.moved_to(moment("10-22 17:30")):
        at = desk(cast.ilir)
        at.open(url(late, "arrival"))
        at.send(to=url(late, "not-met"))
        assert at.address == url(late, "not-met")
        assert "Not met: looked for since 22 Oct 17:30, reported by Ilir." in at.page.text
    with clock.moved_to(moment("10-22 17:31")):
        assert at.browser.post(url(late, "not-met")).status_code == 302
        hanna = desk(cast.hanna)
        assert hanna.browser.post(url(late, "not-met")).status_code == 302
    protocol = NotMetProtocol.objects.get(case=late)
    assert (protocol.created_by, minute(protocol.created_at)) == (cast.ilir, moment("10-22 17:30"))
    assert protocol.ended_at is None
    told = Notification.objects.filter(case=late, what="not_met").values_list("recipient__name", "is_safety")
    assert sorted(told) == [("Hanna", True), ("Henrik", True)]
    assert CaseEvent.objects.filter(case=late, verb="report_not_met").count() == 1


def test_the_protocol_says_whom_to_ring_what_to_try_and_what_to_write(cast, desk, late):
    with clock.moved_to(moment("10-22 17:30")):
        ilir = desk(cast.ilir)
        ilir.browser.post(url(late, "not-met"))
        ilir.open(url(late, "not-met"))
    numbers = {link for link in ilir.page.links if link.startswith("tel:")}
    assert {"tel:+355695550001", "tel:112"} < numbers
    assert len(numbers) == 5  # who meets, the local office, IOM Helsinki, the emergency number, the page's own help
    for words in (
        "SK 1421 to Tirana (TIA): ask the carrier's desk there.",
        "Look for delays",
        "What to write",
        "If nobody answers, the alarm goes on to IOM Helsinki's managers, 22 Oct 19:00",
    ):
        assert words in ilir.page.text
    assert url(late, "confirm-arrival") in ilir.page.links
    assert url(late, "report-no-show") not in ilir.page.links
    with clock.moved_to(moment("10-22 17:35")):
        hanna = desk(cast.hanna)
        hanna.open(url(late, "not-met"))
    assert {url(late, name) for name in ("confirm-arrival", "report-no-show", "end-early")} < hanna.page.links


def test_an_item_of_the_list_is_ticked_with_time_and_name_once(cast, as_, late):
    with clock.moved_to(moment("10-22 17:30")):
        ilir = as_(cast.ilir)
        ilir.post(url(late, "not-met"))
        assert ilir.post(url(late, "tick-not-met"), {"item": "wait"}).status_code == 302
        assert ilir.post(url(late, "tick-not-met"), {"item": "nothing"}).status_code == 302
    with clock.moved_to(moment("10-22 17:40")):
        second = as_(cast.hanna).post(url(late, "tick-not-met"), {"item": "wait"})
        assert second.status_code == 409
        assert "Ilir was first: did this (22 Oct 17:30)." in second.content.decode()
        page = as_(cast.hanna).get(url(late, "not-met")).content.decode()
    assert "22 Oct 17:30 (Tirana, Stockholm), Ilir" in page
    assert list(NotMetTick.objects.values_list("item", "created_by__name")) == [("wait", "Ilir")]


def test_a_call_that_is_written_down_starts_the_protocol_and_loses_no_word(cast, as_, late):
    tried = {"at_0": "2026-10-22", "at_1": "23:30", "channel": "phone", "result": "not_reached", "note": "No answer."}
    with clock.moved_to(moment("10-22 17:30")):
        ilir = as_(cast.ilir)
        wrong = ilir.post(url(late, "arrival-attempt"), tried)
        assert (list(wrong.context["form"].errors), "No answer." in wrong.content.decode()) == (["at"], True)
        assert ilir.post(url(late, "arrival-attempt"), {**tried, "at_1": "17:20"}).status_code == 302
    assert ArrivalAttempt.objects.get(case=late).note == "No answer."
    assert NotMetProtocol.objects.get(case=late).created_by == cast.ilir
    assert Notification.objects.filter(case=late, what="not_met").count() == 2


def test_nobody_is_looked_for_who_has_not_left(cast, as_, booked):
    with clock.moved_to(THURSDAY - timedelta(hours=1)):
        assert as_(cast.ilir).post(url(booked, "not-met")).status_code == 409
        assert as_(cast.ilir).get(url(booked, "not-met")).status_code == 200
    assert not NotMetProtocol.objects.exists()


def test_reporting_not_met_before_the_alarm_does_not_silence_it(cast, as_, booked):
    with clock.moved_to(moment("10-22 15:40")):
        as_(cast.ilir).post(url(booked, "not-met"))
    assert rings(RINGS) == ["hanna henrik ilir"]


# How it ends

MET = {
    "was_met": "yes",
    "met_by": "Ilir",
    "at_0": "2026-10-22",
    "at_1": "17:50",
    "place": "Arrivals hall",
    "condition": "Tired.",
}


def is_watched(as_, user, case):
    return "takes care of it" in as_(user).get("/").content.decode()


@pytest.fixture
def looked_for(cast, as_, late):
    """Ilir has answered and reported that the person was not met."""
    with clock.moved_to(moment("10-22 17:30")):
        as_(cast.ilir).post(url(late, "answer-alarm", alarm_of(late).pk))
        as_(cast.ilir).post(url(late, "not-met"))
        assert is_watched(as_, cast.ilir, late) and is_watched(as_, cast.hanna, late)
    return present(late)


def over(case):
    alarms = ArrivalAlarm.objects.filter(case=case, closed_at__isnull=True).exists()
    return not alarms and not NotMetProtocol.objects.filter(case=case, ended_at__isnull=True).exists()


def test_it_ends_when_the_person_is_met_confirmed_departure_or_not(cast, as_, looked_for):
    with clock.moved_to(moment("10-22 18:00")):
        assert as_(cast.ilir).post(url(looked_for, "confirm-arrival"), MET).status_code == 302
        assert over(looked_for)
        assert not is_watched(as_, cast.ilir, looked_for)
        assert "Ilir answered 22 Oct 17:30" in as_(cast.ilir).get(url(looked_for, "arrival")).content.decode()
    assert present(looked_for).departed_on == THURSDAY.date()
    assert rings(CLIMBS, REACHES_SWEDEN) == ["", ""]


def test_it_ends_when_the_person_did_not_travel(cast, as_, looked_for):
    with clock.moved_to(moment("10-22 18:00")):
        answer = as_(cast.hanna).post(
            url(looked_for, "report-no-show"), {"reason": "did_not_come", "text": "Overslept."}
        )
        assert answer.status_code == 302
        assert over(looked_for)
        assert not is_watched(as_, cast.ilir, looked_for)
    assert rings(CLIMBS, REACHES_SWEDEN) == ["", ""]


def test_it_ends_when_the_case_ends_early(cast, as_, looked_for):
    with clock.moved_to(moment("10-22 18:00")), acting_as(cast.hanna):
        closing.end_early(looked_for, by=cast.hanna, reason="left_another_way", text="She is with her sister.")
    with clock.moved_to(moment("10-22 18:10")):
        assert not is_watched(as_, cast.hanna, looked_for)
    assert rings(CLIMBS, REACHES_SWEDEN) == ["", ""]


# The countdown


def test_the_countdown_stands_first_for_both_offices_in_both_times(cast, as_, booked):
    Leg.objects.filter(case=booked).update(arrives_zone="Europe/Istanbul")
    with clock.moved_to(moment("10-22 11:40")):
        for user, page in (
            (cast.ilir, "/"),
            (cast.hanna, "/"),
            (cast.hanna, "/cases/board/"),
            (cast.ilir, booked.get_absolute_url()),
            (cast.hanna, url(booked, "arrival")),
        ):
            text = as_(user).get(page).content.decode()
            assert "Expected in 3 h 20 min" in text, page
            assert 'data-minutes="200"' in text
            assert "22 Oct 16:00 (Istanbul)" in text and "22 Oct 15:00 (Stockholm)" in text
        for user, page in ((cast.ilir, "/"), (cast.hanna, "/"), (cast.hanna, "/cases/board/")):
            text = as_(user).get(page).content.decode()
            first = text.index("<h2")
            assert text.index("On the way and expected today") < text.index("<h2", first + 5)
    with clock.moved_to(moment("10-22 17:10")):
        assert "Expected 2 h 10 min ago" in as_(cast.ilir).get("/").content.decode()


@pytest.fixture
def several(cast, make_case):
    """Three people are expected that day."""
    found = []
    for hour in ("16:00", "10:00", "13:00"):
        with clock.moved_to(MONDAY):
            case = make_case(reached="travel")
        with clock.moved_to(MONDAY + timedelta(hours=1)):
            found.append(travel.prepare_journey(cast, case, departs_at=moment(f"10-22 {hour}")))
    return found


def test_whoever_is_late_stands_first(cast, as_, several):
    evening, morning, noon = several
    with clock.moved_to(moment("10-22 16:30")):
        for user, page in ((cast.ilir, "/"), (cast.hanna, "/cases/board/")):
            rows = as_(user).get(page).context["arrivals"]
            assert [row.id for row in rows] == [morning.pk, noon.pk, evening.pk]


def test_the_lists_take_the_same_statements_for_one_as_for_three(cast, as_, several):
    rings("10-23 03:00")
    evening, morning, _noon = several
    with clock.moved_to(moment("10-23 03:10")):
        ilir = as_(cast.ilir)
        ilir.post(url(morning, "answer-alarm", alarm_of(morning).pk))
        ilir.post(url(morning, "not-met"))
        ilir.get("/")
        with CaptureQueriesContext(connection) as three:
            assert len(ilir.get("/").context["arrivals"]) == 3
        Case.objects.filter(pk__in=[case.pk for case in several if case != evening]).update(state="follow_up")
        with CaptureQueriesContext(connection) as one:
            assert len(ilir.get("/").context["arrivals"]) == 1
    assert len(three) <= len(one)


def test_the_local_office_is_told_of_a_search_that_helsinki_begins(cast, as_, late):
    with clock.moved_to(moment("10-22 17:30")):
        as_(cast.hanna).post(url(late, "not-met"))
    told = Notification.objects.filter(what="not_met").values_list("recipient__organisation__kind", flat=True)
    assert set(told) == {Organisation.Kind.IOM_LOCAL}
