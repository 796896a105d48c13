"""Each rule of steps 6 to 12: silent before its moment, heard by those it is for, and silent without its reason."""

from datetime import date, datetime, timedelta

import pytest

from cases import actions
from cases.models import Case, NeedsAsked, Notification
from reintegration.actions import closing, departure, feedback, needs, plan, risks
from reintegration.actions import journey as journeys
from reintegration.demo import aftercare, assessment, travel
from reintegration.models import ArrivalAlarm, Contact, FeedbackReport, Leg, Risk
from returns_portal import clock
from returns_portal.actor import acting_as
from tests.clockwork import MINUTE, MONDAY, moment, rung, undone

THURSDAY = moment("10-22 12:00")  # the flight; it lands at three


def present(case):
    return Case.objects.get(pk=case.pk)


def rings(rule, moments):
    """Nothing a minute before each moment, then those people, then nothing more."""
    for at, who in moments.items():
        assert (rung(rule, moment(at) - MINUTE), rung(rule, at), rung(rule, moment(at) + MINUTE)) == ("", who, "")


@pytest.fixture(autouse=True)
def no_rule_fails(caplog):
    """A rule that fails stops no other, so it is the log that tells."""
    yield
    assert [record.message for record in caplog.get_records("call") if record.name == "cases.actions.remind"] == []


@pytest.fixture
def assessed(make_case):
    with clock.moved_to(MONDAY):
        return make_case(reached="assessment")


@pytest.fixture
def cleared(make_case):
    with clock.moved_to(MONDAY):
        return make_case(reached="travel")


@pytest.fixture
def booked(cast, cleared):
    """Everything is prepared but the booking notice and the hand-over pack."""
    with clock.moved_to(MONDAY + timedelta(hours=1)):
        for name in ("document", "legs", "ticket", "meeting", "wish"):
            travel.STEPS[name](cast, present(cleared), THURSDAY)
    return present(cleared)


@pytest.fixture
def home(cast, booked):
    with clock.moved_to(MONDAY + timedelta(hours=2)):
        travel.notice(cast, present(booked), THURSDAY)
        travel.pack(cast, present(booked), THURSDAY)
    with clock.moved_to(moment("10-20 12:00")), acting_as(cast.hanna):
        risks.review_risk(present(booked), by=cast.hanna, risk=Risk.objects.of(booked).get())
    travel.depart(cast, booked)
    return travel.arrive(cast, booked)


# Steps 6 to 8


def test_assessment(cast, assessed):
    rings("assessment", {"11-02 07:00": "hanna", "11-09 07:00": "henrik"})
    with clock.moved_to(moment("11-09 08:00")):
        assessment.clear(cast, present(assessed))
    assert rung("assessment", "11-20 12:00") == ""


def test_answers_of_the_local_office(cast, assessed):
    with clock.moved_to(moment("10-06 10:00")), acting_as(cast.ilir):
        actions.answer_kinds(assessed, by=cast.ilir, answers={row: ("yes", "") for row in NeedsAsked.objects.all()})
    with clock.moved_to(moment("10-07 10:00")):
        need = assessment.add_need(cast, present(assessed))
        with acting_as(cast.hanna):
            needs.ask_local_office(present(assessed), by=cast.hanna, needs=[need])
    rings("local_office_answers", {"10-14 07:00": "ilir", "10-19 07:00": "hanna henrik"})
    with undone():
        with clock.moved_to(moment("10-19 08:00")), acting_as(cast.ilir):
            needs.answer_need(present(assessed), by=cast.ilir, need=need, status="none")
        assert rung("local_office_answers", "11-20 12:00") == ""
    with clock.moved_to(moment("10-19 08:00")), acting_as(cast.hanna):
        actions.change_office(present(assessed), by=cast.hanna, local_office=cast.ioana.organisation, note="Moved.")
    assert rung("local_office_answers", "10-26 07:00") == "ioana"


def test_answer_on_the_plan(cast, assessed):
    with clock.moved_to(moment("10-07 10:00")):
        assessment.write_plan(cast, present(assessed))
        with acting_as(cast.hanna):
            plan.send_plan(present(assessed), by=cast.hanna)
    assert rung("local_office_answers", "10-13 07:00") == "ilir"  # the kinds of support, asked before
    assert rung("local_office_answers", "10-14 07:00") == "ilir"
    pages = Notification.objects.filter(what="rule_local_office_answers").values_list("page", flat=True)
    assert f"{assessed.get_absolute_url()}plan/answer/" in pages


def test_journey_not_booked(cast, cleared):
    rings("journey_not_booked", {"10-19 07:00": "hanna", "10-26 07:00": "henrik"})
    with clock.moved_to(moment("10-26 08:00")):
        travel.legs(cast, present(cleared), moment("11-10 12:00"))
        travel.ticket(cast, present(cleared), moment("11-10 12:00"))
    assert rung("journey_not_booked", "11-20 12:00") == ""


def test_a_confirmation_of_support_expires(cast, cleared):
    rings("support_expires", {"11-27 07:00": "hanna", "12-04 07:00": "hanna"})
    with clock.moved_to(moment("12-04 08:00")), acting_as(cast.hanna):
        actions.hold_case(present(cleared), by=cast.hanna, reason="medical", owner=cast.hanna, until=date(2026, 12, 10))
    # A pause does not make what was promised hold longer, so it does not ring anew.
    assert rung("support_expires", "12-20 12:00") == ""


def test_review_of_a_risk(cast, cleared):
    with undone():
        with clock.moved_to(moment("10-19 06:00")), acting_as(cast.hanna):
            risk = Risk.objects.of(cleared).get()
            risks.review_risk(present(cleared), by=cast.hanna, risk=risk)
        assert rung("risk_review", "10-19 07:00") == ""
    rings("risk_review", {"10-19 07:00": "hanna"})


def test_reviews_of_risks_before_the_departure(cast, booked):
    rings("risk_review_departure", {"10-08 12:00": "hanna"})
    with clock.moved_to(moment("10-09 12:00")), acting_as(cast.hanna):
        risks.review_risk(present(booked), by=cast.hanna, risk=Risk.objects.of(booked).get())
    assert rung("risk_review_departure", "10-19 12:00") == ""
    with undone():
        Risk.objects.of(booked).update(reviewed_on=date(2026, 10, 20))
        assert rung("risk_review_departure", "10-20 12:00") == ""
    rings("risk_review_departure", {"10-20 12:00": "hanna"})


def test_a_risk_that_was_never_reviewed_is_not_hidden_by_one_that_was(cast, booked):
    Risk.objects.of(booked).update(reviewed_on=date(2026, 10, 21))
    assert rung("risk_review_departure", "10-21 12:00") == ""
    Risk.begin(booked, by=cast.hanna, phase="after", category="debt").save()
    assert rung("risk_review_departure", "10-21 12:01") == "hanna"


# Steps 9 and 10


def test_booking_notice(cast, booked):
    rings("booking_notice", {"10-15 07:00": "hanna", "10-16 07:00": "henrik"})
    with undone():
        with clock.moved_to(moment("10-14 12:00")):
            travel.notice(cast, present(booked), THURSDAY)
        assert rung("booking_notice", "10-16 12:00") == ""


def test_ready_checks(cast, booked):
    with undone():
        with clock.moved_to(moment("10-19 12:01")), acting_as(cast.hanna):
            journeys.check_ready(present(booked), by=cast.hanna, hours=72)
        assert (rung("ready_check", "10-20 12:00"), rung("ready_check", "10-21 12:00")) == ("", "hanna ilir")
    rings("ready_check", {"10-19 12:00": "hanna ilir", "10-21 12:00": "hanna ilir"})


def test_a_moved_departure_moves_what_hangs_on_it(cast, booked):
    assert rung("ready_check", "10-19 12:00") == "hanna ilir"
    with clock.moved_to(moment("10-19 12:30")), acting_as(cast.hanna):
        journeys.check_ready(present(booked), by=cast.hanna, hours=72)
        leg = Leg.objects.get(case=booked)
        leg.departs_at, leg.arrives_at = moment("10-29 12:00"), moment("10-29 15:00")
        journeys.save_leg(present(booked), by=cast.hanna, leg=leg)
    assert rung("pack_unopened", "10-22 15:00") == rung("arrival_watch", "10-22 17:00") == ""
    # The check that was made for the old day does not count for the new one.
    rings("ready_check", {"10-26 11:00": "", "10-26 12:00": "hanna ilir", "10-28 12:00": "hanna ilir"})
    rings("pack_unopened", {"10-28 15:00": "hanna henrik ilir lars lena"})
    rings("arrival_watch", {"10-29 17:00": "hanna henrik ilir"})


def test_hand_over_pack_unopened(cast, booked):
    with undone():
        with clock.moved_to(moment("10-21 14:00")), acting_as(cast.ilir):
            journeys.open_pack(present(booked), by=cast.ilir)
        assert rung("pack_unopened", "10-21 15:00") == ""
    rings("pack_unopened", {"10-21 15:00": "hanna henrik ilir lars lena"})
    assert set(Notification.objects.filter(what="rule_pack_unopened").values_list("is_safety", flat=True)) == {True}


WATCH = {"10-22 17:00": "hanna henrik ilir", "10-22 19:00": "henrik", "10-23 03:00": "lars lena"}


def test_the_arrival_is_watched_although_nobody_confirmed_the_departure(cast, booked):
    rings("arrival_watch", WATCH)
    alarms = ArrivalAlarm.objects.of(booked).order_by("rung").values_list("rung", "expected_at")
    assert list(alarms) == [(n, moment("10-22 15:00")) for n in (1, 2, 3)]


def test_the_arrival_is_watched_on_a_paused_case(cast, booked):
    with clock.moved_to(moment("10-20 12:00")), acting_as(cast.hanna):
        actions.hold_case(present(booked), by=cast.hanna, reason="medical", owner=cast.hanna, until=date(2026, 11, 20))
    assert rung("booking_notice", "10-20 12:01") == ""
    rings("ready_check", {"10-21 12:00": "hanna ilir"})
    rings("arrival_watch", WATCH)
    rings("departure_recorded", {"10-24 07:00": "hanna"})


def test_the_watch_ends_with_the_arrival(cast, home):
    assert [rung("arrival_watch", at) for at in WATCH] == [""] * 3
    assert not ArrivalAlarm.objects.of(home).exists()


def test_the_watch_ends_when_the_person_did_not_travel(cast, booked):
    assert rung("arrival_watch", "10-22 17:00") == "hanna henrik ilir"
    with clock.moved_to(moment("10-22 18:00")), acting_as(cast.hanna):
        departure.report_no_show(present(booked), by=cast.hanna, reason="did_not_come")
    assert [rung("arrival_watch", at) for at in ("10-22 19:00", "10-23 03:00")] == ["", ""]


def test_a_departure_against_the_rules_is_watched_too(cast, cleared):
    with clock.moved_to(MONDAY + timedelta(hours=1)):
        travel.legs(cast, present(cleared), THURSDAY)
    with clock.moved_to(moment("10-22 13:00")), acting_as(cast.hanna):
        departure.confirm_departure(present(cleared), by=cast.hanna, reason="Left with an older ticket.")
    assert rung("arrival_watch", "10-22 17:00") == "hanna henrik ilir"


def test_departure_recorded(cast, booked):
    with undone():
        with clock.moved_to(moment("10-22 18:00")), acting_as(cast.hanna):
            departure.confirm_departure(present(booked), by=cast.hanna, reason="Written down later.")
        assert rung("departure_recorded", "10-24 07:00") == ""
    rings("departure_recorded", {"10-24 07:00": "hanna"})


# Steps 11 and 12


def test_follow_up_contact(cast, home):
    contact = Contact.objects.of(home).get(label="day_2")
    Contact.objects.of(home).exclude(pk=contact.pk).update(cancelled_at=clock.now())
    with undone():
        aftercare.hold(cast, home, "day_2")
        assert rung("follow_up_contact", "10-27 07:00") == ""
    # Tirana has no manager: everybody there is told, for an escalation never ends in nothing.
    rings(
        "follow_up_contact",
        {"10-23 07:00": "ilir", "10-24 07:00": "ilir", "10-27 07:00": "ilir", "10-29 07:00": "hanna henrik"},
    )
    pages = Notification.objects.filter(what="rule_follow_up_contact").values_list("page", flat=True)
    assert f"{home.get_absolute_url()}follow-up/{contact.pk}/" in pages


def test_a_contact_escalates_to_the_manager_who_is_there(cast, home):
    cast.ioana.organisation, cast.ioana.role = cast.ilir.organisation, "manager"
    cast.ioana.save()
    Case.objects.filter(pk=home.pk).update(local_responsible=cast.ilir)
    assert rung("follow_up_contact", "10-24 07:00") == "ilir"
    assert rung("follow_up_contact", "10-27 07:00") == "ioana"


def drafted(deliver, case, kind):
    """The one draft that waits: the others of the case have been put away."""
    deliver()
    FeedbackReport.objects.of(case).exclude(kind=kind).update(state="retracted")
    return FeedbackReport.objects.of(case).get(kind=kind)


def no_news(case):
    return FeedbackReport.objects.of(case).filter(kind="no_news_yet", state="released").count()


def test_a_late_report_is_told_of(cast, home, deliver):
    contact = aftercare.hold(cast, home, "week_4")
    with clock.moved_to(contact.held_at):
        report = drafted(deliver, home, "month_1")
    due = datetime.combine(report.due_on, datetime.min.time(), tzinfo=clock.STOCKHOLM) + timedelta(hours=7)
    assert (report.due_on - contact.held_at.date()).days >= 7
    with undone():
        with clock.moved_to(contact.held_at), acting_as(cast.hanna):
            feedback.release_report(present(home), by=cast.hanna, report=report)
        assert rung("feedback_report", due + timedelta(days=7)) == ""
        assert not FeedbackReport.objects.of(home).filter(kind="no_news_yet", contact=contact).exists()
    rung("feedback_report", due - MINUTE)
    others = no_news(home)
    assert rung("feedback_report", due) == "hanna henrik"
    assert no_news(home) == others
    rung("feedback_report", due + timedelta(days=4))
    rung("feedback_report", due + timedelta(days=5))
    assert FeedbackReport.objects.of(home).filter(kind="no_news_yet", contact=contact).count() == 1
    told = Notification.objects.filter(what="report_released", created_at__gte=due).values_list("recipient__name")
    assert {name for (name,) in told} == {"Sara", "Lars"}


def test_what_was_promised_of_departure_and_arrival_comes_in_two_days(cast, home, deliver):
    with clock.moved_to(moment("10-22 17:00")):
        report = drafted(deliver, home, "met")
    assert report.due_on == date(2026, 10, 26)
    assert rung("feedback_report", "10-26 06:59") == ""
    assert rung("feedback_report", "10-26 07:00") == "hanna henrik"
    assert no_news(home) == 0
    rung("feedback_report", "10-27 07:00")
    assert FeedbackReport.objects.of(home).filter(kind="no_news_yet", occasion=str(report.pk)).count() == 1


def test_a_promised_report_whose_contact_was_never_held_leaves_nobody_without_a_word(cast, home, deliver):
    contact = Contact.objects.of(home).get(label="week_4")
    assert contact.due_on == date(2026, 11, 19)
    # Six working days later; the 23rd, the 30th and the 1st are holidays in Albania.
    rung("feedback_missing", "12-02 06:59")
    assert no_news(home) == 0
    rung("feedback_missing", "12-02 07:00")
    rung("feedback_missing", "12-03 07:00")
    report = FeedbackReport.objects.of(home).get(kind="no_news_yet")
    assert (report.contact, report.level, report.text, report.released_by) == (contact, "status", "", None)
    # The contact is held after all, and its report is late again: the same is not told twice.
    with clock.moved_to(moment("12-03 12:00")):
        aftercare.hold(cast, home, "week_4")
        drafted(deliver, home, "month_1")
    assert rung("feedback_report", "12-14 07:00") == "hanna henrik"
    rung("feedback_report", "12-18 07:00")
    assert FeedbackReport.objects.of(home).filter(kind="no_news_yet").count() == 1


def test_closing(cast, home):
    assert rung("closing", "12-31 12:00") == ""
    with undone():
        with clock.moved_to(moment("11-02 12:00")), acting_as(cast.ilir):
            Contact.objects.of(home).filter(due_on__gt=date(2026, 11, 1)).update(cancelled_at=clock.now())
        # The programme runs until 22 January, whatever the person wants of contacts.
        assert rung("closing", "12-31 12:00") == ""
    case = aftercare.follow_up_to_the_end(cast, home)
    start = datetime(2027, 1, 22, 17, tzinfo=clock.STOCKHOLM)
    morning = datetime(2027, 2, 5, 7, tzinfo=clock.STOCKHOLM)
    assert (morning - start).days == 13
    assert (rung("closing", morning - MINUTE), rung("closing", morning)) == ("", "hanna henrik")
    assert rung("closing", morning + timedelta(days=7)) == "henrik"
    assert case.state == "follow_up"


def test_retention(cast, make_case):
    with clock.moved_to(MONDAY):
        case = make_case(reached="approved")
        with acting_as(cast.hanna):
            closing.end_early(case, by=cast.hanna, reason="approved_by_mistake", text="Twice.")
    day = present(case).retention_on
    assert day is not None
    morning = datetime.combine(day, datetime.min.time(), tzinfo=clock.STOCKHOLM) + timedelta(hours=7)
    assert (rung("retention", morning - MINUTE), rung("retention", morning)) == ("", "maja")
