"""Each rule of steps 1 to 5: silent before its moment, then heard by those it is for, and silent without its reason."""

from datetime import date, timedelta

import pytest

from cases import actions, clocks
from cases.defaults import RULES
from cases.models import Case, ClockRule, ContactAttempt, InformationRequest, NeedsAsked, Referral
from returns_portal import clock
from returns_portal.actor import acting_as
from tests import builders
from tests.clockwork import MINUTE, MONDAY, moment, rung, undone


def present(case):
    return Case.objects.get(pk=case.pk)


@pytest.fixture(autouse=True)
def no_rule_fails(caplog):
    """A rule that fails stops no other, so it is the log that tells."""
    yield
    assert [record.message for record in caplog.get_records("call") if record.name == "cases.actions.remind"] == []


def answer(cast, case):
    request = InformationRequest.objects.get(case=case)
    actions.answer_request(case, by=cast.sara, answers={request: "Albanian."})


def try_to_reach(cast, case):
    attempt = ContactAttempt.begin(case, by=cast.hanna, tried_at=clock.now(), channel="phone", result="not_reached")
    actions.record_attempt(case, by=cast.hanna, attempt=attempt)


def answer_kinds(cast, case):
    kinds = {asked: ("yes", "") for asked in NeedsAsked.objects.of(case)}
    actions.answer_kinds(case, by=cast.ilir, answers=kinds)


def withdraw(cast, case):
    actions.withdraw(case, by=cast.sara)


# Rule, the state whose beginning on Monday 5 October starts it, when it rings for whom, and what ends its reason.
TABLE = [
    ("decision", "referred", {"10-08 07:00": "lars lena", "10-12 07:00": "lena"}, builders.approve),
    ("more_information", "more_info", {"10-12 07:00": "sara", "10-19 07:00": "lars lena"}, answer),
    ("receipt_by_iom", "approved", {"10-06 07:00": "hanna henrik", "10-07 07:00": "henrik"}, builders.take_on),
    ("first_contact", "application", {"10-07 07:00": "hanna", "10-09 07:00": "henrik"}, try_to_reach),
    ("local_office_answers", "application", {"10-12 07:00": "ilir", "10-15 07:00": "hanna henrik"}, answer_kinds),
    ("application_unsigned", "application", {"10-19 07:00": "hanna", "11-04 07:00": "lars lena"}, builders.receive),
    ("draft_expires", "draft", {"10-28 07:00": "sara", "11-02 07:00": "sara"}, builders.refer),
]


@pytest.mark.parametrize(("rule", "reached", "rings", "end"), TABLE, ids=[line[0] for line in TABLE])
def test_a_rule_rings_at_its_moments_and_not_without_its_reason(rule, reached, rings, end, cast, make_case):
    with clock.moved_to(MONDAY):
        case = make_case(reached=reached)
    with undone():
        with clock.moved_to(MONDAY + timedelta(hours=2)):
            end(cast, present(case))
        assert all(rung(rule, at) == "" for at in rings)
    for at, who in rings.items():
        assert rung(rule, moment(at) - MINUTE) == ""
        assert rung(rule, at) == who
        assert rung(rule, moment(at) + MINUTE) == ""
    with undone():
        with clock.moved_to(moment(at) + MINUTE):
            end(cast, present(case))
        assert rung(rule, moment(at) + timedelta(days=1)) == ""


def test_every_rule_of_the_table_stands_in_the_database_and_has_its_fact(db):
    assert {rule[0] for rule in RULES} == set(ClockRule.objects.values_list("code", flat=True)) == set(clocks.FACTS)


def test_an_urgent_referral_is_decided_in_a_day(cast, make_case):
    with clock.moved_to(MONDAY):
        case = make_case(reached="referred")
    Case.objects.filter(pk=case.pk).update(is_urgent=True)
    assert (rung("decision", "10-06 06:59"), rung("decision", "10-06 07:00")) == ("", "lars lena")


def test_the_day_that_lansstyrelsen_named_counts(cast, make_case):
    with clock.moved_to(MONDAY):
        case = make_case(reached="more_info")
    InformationRequest.objects.filter(case=case).update(due_on=date(2026, 10, 8))
    assert (rung("more_information", "10-08 06:59"), rung("more_information", "10-08 07:00")) == ("", "sara")
    assert rung("more_information", "10-15 07:00") == "lars lena"


def test_a_draft_is_deleted_when_its_clock_has_run_out(cast, make_case):
    with clock.moved_to(MONDAY):
        case = make_case()
        kept = make_case(reached="referred")
    rung("draft_expires", "11-04 16:59")
    assert Case.objects.filter(pk=case.pk).exists()
    rung("draft_expires", "11-04 17:00")
    assert list(Case.objects.all()) == [kept]


def test_a_draft_that_is_worked_on_lives_on(cast, make_case):
    with clock.moved_to(MONDAY):
        case = make_case()
    Case.objects.filter(pk=case.pk).update(changed_at=moment("10-30 12:00"))
    assert rung("draft_expires", "11-10 12:00") == ""
    assert rung("draft_expires", "11-22 07:00") == "sara"
    assert Case.objects.filter(pk=case.pk).exists()


@pytest.mark.parametrize(("reached", "who"), [("referred", "sara"), ("approved", "hanna henrik sara")])
def test_the_end_of_the_reflection_period_is_told_to_those_who_are_in_the_case(reached, who, cast, make_case):
    with clock.moved_to(MONDAY):
        case = make_case(reached=reached)
    Referral.objects.of(case).update(reflection_until=date(2026, 10, 30))
    for day in ("10-23", "10-28"):
        assert rung("reflection_period", f"{day} 06:59") == ""
        assert rung("reflection_period", f"{day} 07:00") == who
    with undone():
        Referral.objects.of(case).update(reflection_until=date(2026, 12, 1))
        assert rung("reflection_period", "11-24 07:00") == who
    assert rung("reflection_period", "11-02 07:00") == ""


def test_a_question_starts_the_clock_of_the_one_who_is_asked(cast, make_case):
    with clock.moved_to(MONDAY):
        case = make_case(reached="application")
        with acting_as(cast.hanna):
            thread = actions.ask(case, by=cast.hanna, of=cast.sara.organisation, subject="Doctor", text="Who?")
    assert rung("question", "10-12 06:59") == ""
    assert rung("question", "10-12 07:00") == "maja sara"
    assert rung("question", "10-15 07:00") == "hanna henrik"
    with clock.moved_to(moment("10-15 08:00")), acting_as(cast.sara):
        actions.reply(thread, by=cast.sara, text="Dr Ek.")
    assert rung("question", "10-30 07:00") == ""


def test_a_question_to_the_local_office_has_the_day_that_was_named(cast, make_case):
    with clock.moved_to(MONDAY):
        case = make_case(reached="application")
        with acting_as(cast.ilir):
            answer_kinds(cast, case)
        with acting_as(cast.hanna):
            office, by = cast.ilir.organisation, date(2026, 10, 7)
            actions.ask(case, by=cast.hanna, of=office, subject="Room", text="Is there one?", due_on=by)
    assert (rung("local_office_answers", "10-07 06:59"), rung("local_office_answers", "10-07 07:00")) == ("", "ilir")
    assert rung("question", "10-30 07:00") == ""


# Pauses


def hold(cast, case, until, by="sara", reason="medical"):
    who = getattr(cast, by)
    with acting_as(who):
        return actions.hold_case(present(case), by=who, reason=reason, owner=who, until=until)


def test_a_paused_case_is_silent_and_its_clocks_go_on_later(cast, make_case):
    with clock.moved_to(MONDAY):
        case = make_case(reached="referred")
    with clock.moved_to(moment("10-06 10:00")):
        hold(cast, case, date(2026, 10, 20))
    assert rung("decision", "10-12 12:00") == ""
    with clock.moved_to(moment("10-13 10:00")), acting_as(cast.sara):
        actions.resume_case(present(case), by=cast.sara, responsible=cast.sara)
    # Five working days were lost: Thursday the 8th has become Thursday the 15th.
    assert (rung("decision", "10-15 06:59"), rung("decision", "10-15 07:00")) == ("", "lars lena")


def test_a_pause_that_nobody_ended_is_over_with_its_last_day(cast, make_case):
    with clock.moved_to(MONDAY):
        case = make_case(reached="referred")
    with clock.moved_to(moment("10-06 10:00")):
        hold(cast, case, date(2026, 10, 9))
    assert (rung("decision", "10-13 06:59"), rung("decision", "10-13 07:00")) == ("", "lars lena")
    assert rung("decision", "10-15 07:00") == "lena"


def test_days_count_calendar_days_through_a_pause(cast, make_case):
    with clock.moved_to(MONDAY):
        case = make_case(reached="application")
        hold(cast, case, date(2026, 10, 30))
    with clock.moved_to(moment("10-15 10:00")), acting_as(cast.sara):
        actions.resume_case(present(case), by=cast.sara, responsible=cast.sara)
    assert (rung("application_unsigned", "10-29 06:59"), rung("application_unsigned", "10-29 07:00")) == ("", "hanna")


def test_the_end_of_a_pause_rings_for_whoever_watches_over_it(cast, make_case):
    with clock.moved_to(MONDAY):
        case = make_case(reached="referred")
        hold(cast, case, date(2026, 10, 15))
    assert rung("hold_ends", "10-15 06:59") == ""
    with undone():
        cast.sara.is_active = False
        cast.sara.save()
        assert rung("hold_ends", "10-15 07:00") == "maja"
    with undone():
        with clock.moved_to(moment("10-14 10:00")), acting_as(cast.maja):
            actions.resume_case(present(case), by=cast.maja, responsible=cast.maja)
        assert rung("hold_ends", "10-15 07:00") == ""
    assert rung("hold_ends", "10-15 07:00") == "sara"


def test_an_open_question_stops_only_the_clock_of_the_one_who_asked(cast, make_case):
    with clock.moved_to(MONDAY):
        case = make_case(reached="application")
        with acting_as(cast.hanna):
            thread = actions.ask(case, by=cast.hanna, of=cast.sara.organisation, subject="Doctor", text="Who?")
    assert rung("first_contact", "10-07 07:00") == ""
    assert rung("local_office_answers", "10-12 07:00") == "ilir"
    with clock.moved_to(moment("10-08 08:00")), acting_as(cast.sara):
        actions.reply(thread, by=cast.sara, text="Dr Ek.")
    assert (rung("first_contact", "10-12 06:59"), rung("first_contact", "10-12 07:00")) == ("", "hanna")


def test_the_decision_waits_for_the_answer_and_goes_on_where_it_stood(cast, make_case):
    with clock.moved_to(MONDAY):
        case = make_case(reached="more_info")
    assert rung("decision", "10-12 12:00") == ""
    with clock.moved_to(moment("10-14 10:00")), acting_as(cast.sara):
        answer(cast, present(case))
    assert (rung("decision", "10-19 06:59"), rung("decision", "10-19 07:00")) == ("", "lars lena")


def test_an_approval_that_was_taken_back_does_not_count_against_lansstyrelsen(cast, make_case):
    with clock.moved_to(MONDAY):
        case = make_case(reached="approved")
    with clock.moved_to(moment("10-09 10:00")), acting_as(cast.lars):
        actions.recall(present(case), by=cast.lars, note="A mistake.")
    assert (rung("decision", "10-14 06:59"), rung("decision", "10-14 07:00")) == ("", "lars lena")


def test_pauses_that_overlap_stop_the_clock_once(cast, make_case):
    with clock.moved_to(MONDAY):
        case = make_case(reached="application")
        with acting_as(cast.hanna):
            thread = actions.ask(case, by=cast.hanna, of=cast.sara.organisation, subject="Doctor", text="Who?")
    with clock.moved_to(moment("10-06 10:00")):
        hold(cast, case, date(2026, 10, 9))
    with clock.moved_to(moment("10-08 10:00")), acting_as(cast.sara):
        actions.reply(thread, by=cast.sara, text="Dr Ek.")
    with clock.moved_to(moment("10-09 10:00")), acting_as(cast.sara):
        actions.resume_case(present(case), by=cast.sara, responsible=cast.sara)
    assert (rung("first_contact", "10-13 06:59"), rung("first_contact", "10-13 07:00")) == ("", "hanna")


# Working days


@pytest.mark.parametrize(
    ("day", "country", "why"),
    [
        ("2026-06-19", "", "Midsummer's Eve is no office day in Sweden and Finland"),
        ("2026-12-06", "", "Finland's independence day"),
        ("2026-11-30", "AL", "the day after Albania's liberation day, which falls on a Sunday"),
        ("2026-12-01", "RO", "Romania's national day"),
        ("2026-10-10", "", "a Saturday"),
    ],
)
def test_no_working_day(day, country, why):
    assert not clocks.is_working_day(date.fromisoformat(day), country), why


def test_a_holiday_of_another_country_is_a_working_day_here():
    assert not clocks.is_working_day(date(2026, 11, 23), "AL")
    assert clocks.is_working_day(date(2026, 11, 23), "RO")
    assert clocks.is_working_day(date(2026, 12, 1))


def test_a_country_without_known_holidays_has_weekends_only():
    assert not clocks.has_holidays("ZZ")
    assert clocks.has_holidays("AL")
    assert clocks.add_working_days(date(2026, 10, 9), 1, "ZZ") == date(2026, 10, 12)


def test_working_days_are_counted_forward_and_back():
    assert clocks.add_working_days(date(2026, 10, 8), 2) == date(2026, 10, 12)
    assert clocks.add_working_days(date(2026, 10, 12), -2) == date(2026, 10, 8)
    assert clocks.working_days_between(date(2026, 10, 8), date(2026, 10, 12)) == 2
    assert clocks.working_days_between(date(2026, 10, 12), date(2026, 10, 8)) == 0


def test_a_destinations_holiday_moves_what_is_due(cast, make_case):
    with clock.moved_to(moment("11-27 09:00")):
        case = make_case(reached="referred", destination="RO")
        here = make_case(reached="referred", destination="AL")
    # Monday the 30th is Saint Andrew's day and Tuesday the 1st the national day in Romania.
    assert clocks.due("decision", case, case.submitted_at) == clocks.end_of(date(2026, 12, 4))
    assert clocks.due("decision", here, here.submitted_at) > clocks.end_of(date(2026, 12, 1))
