"""Steps 6 to 8 on the case: its step rows, whose turn it is, and the clocks that run."""

from datetime import timedelta

import pytest

from cases.clocks import FACTS
from cases.models import Case
from cases.steps import _rows
from reintegration.actions import needs, plan
from reintegration.demo import assessment
from reintegration.models import Journey, Risk
from returns_portal import clock
from returns_portal.actor import acting_as


def rows(case):
    return [str(_rows[number](Case.objects.get(pk=case.pk)).status.value) for number in (6, 7, 8)]


def running(code, case):
    return [(fact.start, fact.subject) for fact in FACTS[code](clock.now()) if fact.case_id == case.pk]


@pytest.mark.parametrize(
    ("state", "expected"),
    [("referred", "todo"), ("application", "todo"), ("travel", "done"), ("declined", "skip"), ("withdrawn", "skip")],
)
def test_outside_the_assessment_the_state_says_it(state, expected, make_case):
    assert rows(make_case(reached=state)) == [expected] * 3


def test_the_rows_follow_what_is_written(cast, make_case):
    case = make_case(reached="assessment")
    assert rows(case) == ["now", "todo", "todo"]
    need = assessment.add_need(cast, case)
    with acting_as(cast.hanna):
        needs.ask_local_office(case, by=cast.hanna, needs=[need])
    assert rows(case) == ["wait", "todo", "todo"]
    with acting_as(cast.ilir):
        needs.answer_need(case, by=cast.ilir, need=need, status="confirmed")
    assessment.receive(cast, case)
    assessment.write_plan(cast, case)
    assessment.add_risk(cast, case, decision="hold")
    assert rows(case) == ["done", "now", "now"]
    assessment.agree_on_plan(cast, case)
    Risk.objects.of(case).update(decision="go")
    assert rows(case) == ["done", "done", "done"]


def test_the_ball_is_helsinkis_until_the_office_is_asked(cast, make_case):
    case = make_case(reached="assessment")
    assert (case.ball_with, case.ball_what) == (cast.hanna.organisation, "assess")
    assessment.write_plan(cast, case)
    with acting_as(cast.hanna):
        plan.send_plan(case, by=cast.hanna)
    case = Case.objects.get(pk=case.pk)
    assert (case.ball_with, case.ball_what) == (cast.ilir.organisation, "answer_needs")
    assert case.ball_due > clock.now() + timedelta(days=4)


def test_the_clock_of_the_office_runs_until_it_answers(cast, make_case):
    case = make_case(reached="assessment")
    need = assessment.add_need(cast, case)
    before = running("local_office_answers", case)
    with acting_as(cast.hanna):
        needs.ask_local_office(case, by=cast.hanna, needs=[need])
    assert [subject for _start, subject in running("local_office_answers", case) if subject == "needs"] == ["needs"]
    with acting_as(cast.ilir):
        needs.answer_need(case, by=cast.ilir, need=need, status="none")
    assert running("local_office_answers", case) == before


def test_a_confirmation_and_a_review_have_their_days(cast, make_case):
    case = make_case(reached="travel")
    day = clock.today() + timedelta(days=60)
    assert [start.date() for start, _subject in running("support_expires", case)] == [day]
    assert [start.date() for start, _subject in running("risk_review", case)] == [clock.today() + timedelta(days=14)]


def test_risks_are_reviewed_in_the_last_two_days_before_the_departure(cast, make_case):
    case = make_case(reached="travel")
    assert running("risk_review_departure", case) == []
    departs_at = clock.now() + timedelta(days=20)
    Journey.begin(case, by=cast.hanna).save()
    Case.objects.filter(pk=case.pk).update(departs_at=departs_at)
    assert running("risk_review_departure", case) == [(departs_at, "risks")]
    Risk.objects.of(case).update(reviewed_on=departs_at.date())
    assert running("risk_review_departure", case) == []
