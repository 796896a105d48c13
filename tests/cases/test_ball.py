"""Somebody always holds the ball: what is stored of it is what a full recomputation finds, after every act."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F

from cases import actions, ball, clocks
from cases.actions.remind import walk_the_clocks
from cases.models import Case, ClockRule, InformationRequest, NeedsAsked, Thread, Turn
from cases.models.case_queryset import SAFETY_TASKS
from cases.states import ENDED
from reintegration.actions import clear, departure, feedback, follow_up, needs, plan, watch
from reintegration.demo import aftercare, assessment, travel
from reintegration.models import ArrivalAttempt, FeedbackReport
from returns_portal import clock
from returns_portal.actor import acting_as
from returns_portal.models import OutboxItem
from tests.balls import DAY, HOUR, ask, fresh, held, pause, reply, wrong
from tests.builders import ENDS, ROAD, STEPS
from tests.clockwork import MONDAY

# What is stored is what is so


@pytest.mark.parametrize("state", [*ROAD, *ENDS])
def test_in_every_state_what_is_stored_is_what_a_full_recomputation_finds(state, make_case):
    case = make_case(reached=state)
    assert case.state == state
    assert wrong() == []
    assert (case.ball_with is None) == (state in ENDED)


def test_on_the_whole_road_it_is_so_after_every_step_and_in_the_days_between(cast, make_case, deliver):
    case = make_case(reached="draft")
    at = MONDAY
    for state in ROAD[1:-1]:
        for _day in range(3):  # nobody does anything, and the worker runs
            at += DAY
            with clock.moved_to(at):
                walk_the_clocks()
                deliver()
                assert wrong() == []
        with clock.moved_to(at):
            STEPS[state](cast, fresh(case))
            if state != "in_transit":  # which happened on the booked day
                assert wrong() == [], state
        at = max(at, Turn.objects.latest("began_at").began_at)
    with clock.moved_to(at):
        assert wrong() == []


def test_before_the_decision_it_is_so_after_every_act(cast, make_case):
    case = make_case(reached="referred")
    to_lars = ask(case, cast.sara, cast.lars)
    assert (held(case), wrong()) == ((cast.lars.organisation, "decide"), [])
    with acting_as(cast.lars):
        actions.ask_for_more(fresh(case), by=cast.lars, question="Which?", due_on=clock.today() + 9 * DAY)
    # Sara is to answer, but waits for Lars herself: her question comes first.
    assert (held(case), wrong()) == ((cast.lars.organisation, "answer_question"), [])
    reply(to_lars, cast.lars)
    assert (held(case), wrong()) == ((cast.sara.organisation, "answer"), [])
    with acting_as(cast.lars):
        actions.recall(fresh(case), by=cast.lars, note="Not needed.")
    assert (held(case), wrong()) == ((cast.lars.organisation, "decide"), [])
    with acting_as(cast.lars):
        actions.ask_for_more(fresh(case), by=cast.lars, question="Which?")
    request = InformationRequest.objects.get(recalled_at__isnull=True)
    with clock.moved_to(clock.now() + 3 * DAY):
        with acting_as(cast.sara):
            actions.answer_request(fresh(case), by=cast.sara, answers={request: "That one."})
        assert wrong() == []
        pause(case, cast.lars)
        assert (held(case), wrong()) == ((cast.lars.organisation, "end_hold"), [])
        with acting_as(cast.lars):
            actions.extend_hold(fresh(case), by=cast.lars, until=clock.today() + 20 * DAY)
        assert wrong() == []
    with clock.moved_to(clock.now() + 15 * DAY):
        with acting_as(cast.lars):
            actions.resume_case(fresh(case), by=cast.lars, responsible=cast.lars)
        assert (held(case), wrong()) == ((cast.lars.organisation, "decide"), [])
        with acting_as(cast.maja):
            actions.reassign(fresh(case), by=cast.maja, to=cast.maja)
        STEPS["approved"](cast, fresh(case))
        assert wrong() == []
        to_hanna = ask(case, cast.hanna, cast.sara)
        assert (held(case), wrong()) == ((cast.sara.organisation, "answer_question"), [])
        with acting_as(cast.lars):
            actions.recall(fresh(case), by=cast.lars, note="A mistake.")
        # Helsinki has left the case: nobody owes it an answer any more.
        assert (held(case), wrong()) == ((cast.lars.organisation, "decide"), [])
        assert Thread.objects.get(pk=to_hanna.pk).closed_at is not None


def test_while_the_case_is_assessed_it_is_so_after_every_act(cast, make_case):
    case = make_case(reached="application")
    with acting_as(cast.ilir):
        actions.answer_kinds(fresh(case), by=cast.ilir, answers=dict.fromkeys(NeedsAsked.objects.of(case), ("yes", "")))
    assert wrong() == []
    STEPS["assessment"](cast, fresh(case))
    need = assessment.add_need(cast, fresh(case))
    with acting_as(cast.hanna):
        needs.ask_local_office(fresh(case), by=cast.hanna, needs=[need])
    assert (held(case), wrong()) == ((cast.ilir.organisation, "answer_needs"), [])
    back = ask(case, cast.ilir, cast.hanna)
    assert (held(case), wrong()) == ((cast.hanna.organisation, "answer_question"), [])
    with clock.moved_to(clock.now() + 4 * DAY):
        assert wrong() == []
        reply(back, cast.hanna)
        assert (held(case), wrong()) == ((cast.ilir.organisation, "answer_needs"), [])
        with acting_as(cast.ilir):
            needs.answer_need(fresh(case), by=cast.ilir, need=need, status="confirmed")
        assert (held(case), wrong()) == ((cast.hanna.organisation, "assess"), [])
        assessment.write_plan(cast, fresh(case))
        with acting_as(cast.hanna):
            plan.send_plan(fresh(case), by=cast.hanna)
        assert (held(case)[0], wrong()) == (cast.ilir.organisation, [])
        open_still = ask(case, cast.ilir, cast.hanna)
        with acting_as(cast.hanna):
            actions.change_office(fresh(case), by=cast.hanna, local_office=cast.ioana.organisation, note="Moved.")
        assert wrong() == []
        assert Thread.objects.get(pk=open_still.pk).closed_at is not None
    with clock.moved_to(clock.now() + 9 * DAY):  # nor does it stop the new office's clock
        assert wrong() == []


def test_an_act_on_a_case_as_it_was_before_stores_what_is_so_now(cast, make_case):
    stale = make_case(reached="referred")
    STEPS["approved"](cast, fresh(stale))
    with acting_as(cast.sara):
        actions.record_event(stale, "add_document", by=cast.sara)
    assert (held(stale), wrong()) == ((cast.hanna.organisation, "take_on"), [])


def test_a_pause_of_those_who_leave_the_case_is_watched_over_by_whoever_let_them_go(cast, make_case):
    case = make_case(reached="assessment")
    pause(case, cast.ilir)
    with acting_as(cast.hanna):
        actions.change_office(fresh(case), by=cast.hanna, local_office=cast.ioana.organisation, note="Moved.")
    assert (held(case), wrong()) == ((cast.hanna.organisation, "end_hold"), [])
    other = make_case(reached="approved")
    pause(other, cast.hanna)
    with acting_as(cast.lars):
        actions.recall(fresh(other), by=cast.lars, note="A mistake.")
    assert (held(other), wrong()) == ((cast.lars.organisation, "end_hold"), [])


def test_while_the_journey_is_prepared_it_is_so_after_every_act(cast, make_case):
    case = make_case(reached="travel")
    departs_at = clock.now() + 12 * DAY
    for name in travel.ALL:
        travel.STEPS[name](cast, fresh(case), departs_at)
        assert wrong() == [], name
    travel.write(cast, fresh(case), meeting_point="By the other door")
    assert (held(case), wrong()) == ((cast.ilir.organisation, "read_pack"), [])
    with acting_as(cast.hanna):
        clear.back_to_assessment(fresh(case), by=cast.hanna, note="A new need.")
    assert wrong() == []
    with acting_as(cast.hanna):
        clear.clear_for_travel(fresh(case), by=cast.hanna)
    assert wrong() == []
    with clock.moved_to(departs_at + HOUR):
        walk_the_clocks()
        with acting_as(cast.hanna):
            departure.report_no_show(fresh(case), by=cast.hanna, reason="did_not_come")
        assert (held(case), wrong()) == ((cast.hanna.organisation, "prepare_journey"), [])
        with acting_as(cast.sara):
            actions.withdraw(fresh(case), by=cast.sara)
        assert (held(case), wrong()) == ((None, "nothing"), [])


def test_on_the_way_and_at_home_it_is_so_after_every_act(cast, make_case, deliver):
    case = make_case(reached="in_transit")
    with clock.moved_to(fresh(case).expected_at + 5 * HOUR):
        walk_the_clocks()
        with acting_as(cast.ilir):
            attempt = ArrivalAttempt.begin(case, by=cast.ilir, at=clock.now(), channel="phone")
            watch.record_arrival_attempt(fresh(case), by=cast.ilir, attempt=attempt)
        assert (held(case), wrong()) == ((cast.ilir.organisation, "confirm_arrival"), [])
        ask(case, cast.ilir, cast.hanna)
        assert (held(case), wrong()) == ((cast.ilir.organisation, "confirm_arrival"), [])
        travel.arrive(cast, fresh(case))
        assert (held(case), wrong()) == ((cast.ilir.organisation, "hold_contact"), [])
        deliver()
        assert wrong() == []
        for report in FeedbackReport.objects.of(case).filter(state="drafted"):
            with acting_as(cast.hanna):
                feedback.release_report(fresh(case), by=cast.hanna, report=report)
            assert wrong() == []
        aftercare.hold(cast, fresh(case), "day_2", next_on=clock.today() + 4 * DAY)
        assert wrong() == []
        aftercare.try_in_vain(cast, fresh(case), "week_1")
        assert wrong() == []
        with acting_as(cast.ilir):
            follow_up.add_contact(fresh(case), by=cast.ilir, due_on=clock.today() + DAY)
        assert wrong() == []
        with acting_as(cast.ilir):
            follow_up.stop_contacts(fresh(case), by=cast.ilir)
        assert (held(case)[0], wrong()) == (cast.hanna.organisation, [])
    with clock.moved_to(clock.now() + 30 * DAY):
        with acting_as(cast.hanna):
            report = feedback.request_report(fresh(case), by=cast.hanna, kind="plan_changed")
        assert wrong() == []
        with acting_as(cast.hanna):
            feedback.discard_report(fresh(case), by=cast.hanna, report=report)
        assert wrong() == []


# Open questions


def test_whoever_is_asked_by_the_ball_holder_holds_it_until_the_answer(cast, make_case):
    case = make_case(reached="application")
    due = fresh(case).ball_due
    thread = ask(case, cast.hanna, cast.sara)
    assert held(case) == (cast.sara.organisation, "answer_question")
    # The same day as the reminder's.
    (running,) = [one for one in clocks.FACTS["question"](clock.now()) if one.case_id == case.pk]
    assert fresh(case).ball_due == clocks.due("question", case, running.start, running.agreed)
    with clock.moved_to(clock.now() + 6 * DAY):
        reply(thread, cast.sara)
        assert held(case) == (cast.hanna.organisation, "application")
        assert fresh(case).ball_due == due + 6 * DAY


def test_at_their_desks_a_question_passes_the_ball_and_the_answer_gives_it_back(cast, as_, make_case):
    case = make_case(reached="assessment")
    page = f"{case.get_absolute_url()}questions/"
    question = {"of": cast.sara.organisation.pk, "subject": "Passport", "text": "Is there one?", "wants_answer": "on"}
    assert as_(cast.hanna).post(page, question).status_code == 302
    assert (held(case), wrong()) == ((cast.sara.organisation, "answer_question"), [])
    hers = as_(cast.sara).get(case.get_absolute_url()).content.decode()
    assert "Your turn: answer the question" in hers
    assert "otherwise work waits for the answer" in hers
    his = as_(cast.lars).get(case.get_absolute_url()).content.decode()
    assert f"Waiting for {cast.sara.organisation.name} until" in his
    as_(cast.sara).post(f"{page}{Thread.objects.get().pk}/reply/", {"text": "Yes."})
    assert (held(case), wrong()) == ((cast.hanna.organisation, "assess"), [])


def test_an_office_that_passes_on_a_withdrawal_closes_its_own_turn(cast, as_, make_case):
    case = make_case(reached="assessment")
    ask(case, cast.hanna, cast.ilir)
    assert as_(cast.ilir).post(f"{case.get_absolute_url()}withdraw/", {}).status_code == 302
    assert (held(case), wrong()) == ((None, "nothing"), [])
    assert not Turn.objects.filter(case=case, ended_at__isnull=True).exists()


def test_the_answer_is_due_on_the_day_agreed_and_of_several_the_first_counts(cast, make_case):
    case = make_case(reached="application")
    ask(case, cast.hanna, cast.sara, due_on=clock.today() + 9 * DAY)
    assert fresh(case).ball_due == clocks.end_of(clock.today() + 9 * DAY)
    ask(case, cast.hanna, cast.lars, due_on=clock.today() + 2 * DAY)
    assert held(case) == (cast.lars.organisation, "answer_question")
    assert [one.holder for one in ball.balls(fresh(case))] == [cast.lars.organisation, cast.sara.organisation]
    assert wrong() == []


def test_a_question_to_the_local_office_is_due_by_its_own_rule(cast, make_case):
    case = make_case(reached="application")
    ask(case, cast.hanna, cast.ilir)
    ClockRule.objects.filter(code="question").update(amount=1)
    assert fresh(case).ball_due == clocks.due("local_office_answers", case, Thread.objects.get().created_at)


def test_a_question_of_somebody_else_leaves_the_ball_where_it_is_and_is_owed_beside_it(cast, make_case):
    case = make_case(reached="referred")
    thread = ask(case, cast.sara, cast.lars)
    main, beside = ball.balls(fresh(case))
    assert (main.holder, main.what) == (cast.lars.organisation, "decide")
    assert (beside.holder, beside.what) == (cast.lars.organisation, "answer_question")
    reply(thread, cast.lars)
    assert len(ball.balls(fresh(case))) == 1


def test_two_who_ask_each_other_do_not_wait_for_ever(cast, make_case):
    case = make_case(reached="application")
    ask(case, cast.hanna, cast.ilir)
    ask(case, cast.ilir, cast.hanna)
    assert held(case) == (cast.hanna.organisation, "answer_question")
    assert wrong() == []


def test_neither_a_question_nor_a_pause_takes_somebodys_safety_from_its_holder(cast, make_case):
    case = make_case(reached="travel")
    travel.prepare_journey(cast, case)
    pause(case, cast.hanna, days=60)
    assert held(case) == (cast.hanna.organisation, "end_hold")
    with clock.moved_to(fresh(case).departs_at + HOUR):
        walk_the_clocks()
        assert held(case) == (cast.hanna.organisation, "confirm_departure")
        assert [one.what for one in ball.balls(fresh(case))] == ["confirm_departure", "end_hold"]
        ask(case, cast.hanna, cast.ilir)
        assert held(case) == (cast.hanna.organisation, "confirm_departure")
    assert {name for name, task in ball.TASKS.items() if task.is_safety} == set(SAFETY_TASKS)


# What time alone moves


def test_the_booked_departure_and_the_booked_arrival_pass_the_ball_on_by_themselves(cast, make_case):
    case = travel.prepare_journey(cast, make_case(reached="travel"), without="pack")
    assert held(case) == (cast.ilir.organisation, "read_pack")
    with clock.moved_to(case.departs_at + timedelta(minutes=1)):
        assert len(wrong()) == 1
        walk_the_clocks()
        assert (held(case), wrong()) == ((cast.hanna.organisation, "confirm_departure"), [])
    with clock.moved_to(case.expected_at + timedelta(minutes=1)):
        walk_the_clocks()
        assert (held(case), wrong()) == ((cast.ilir.organisation, "confirm_arrival"), [])
        assert fresh(case).ball_due == case.expected_at + 2 * HOUR


def test_after_the_last_day_of_a_pause_nobody_waits_for_it_any_more(cast, make_case):
    case = make_case(reached="application")
    pause(case, cast.hanna, days=5)
    assert fresh(case).ball_waits_for == "pause"
    with clock.moved_to(clock.now() + 5 * DAY):
        walk_the_clocks()
        assert fresh(case).ball_waits_for == "pause"
    with clock.moved_to(clock.now() + 6 * DAY):
        walk_the_clocks()
        assert (held(case), fresh(case).ball_waits_for, wrong()) == ((cast.hanna.organisation, "end_hold"), "", [])


def test_what_time_has_not_moved_costs_one_statement_however_many_cases_there_are(
    make_case, many_like, django_assert_num_queries
):
    many_like(make_case(reached="travel"), 30)
    with django_assert_num_queries(1):
        assert ball.refresh_what_time_moved(clock.now()) == 0


def test_what_time_has_moved_is_found_by_index(cast):
    found = Case.objects.filter(ball.has_moved(clock.now()), ball.is_open())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "Seq Scan" not in found.explain()


# When an administrator changes a rule


def test_a_changed_rule_moves_every_day_that_hangs_on_it_in_pieces(cast, make_case, deliver, monkeypatch):
    monkeypatch.setattr("cases.actions.balls.CHUNK", 2)
    cases = [make_case(reached="referred") for _number in range(5)]
    before = {case.pk: (case.ball_due, case.changed_at) for case in cases}
    ClockRule.objects.filter(code="decision").update(amount=F("amount") + 5)
    assert len(wrong()) == 5
    actions.queue_ball_refresh()
    deliver()
    assert wrong() == []
    assert OutboxItem.objects.filter(kind="refresh-balls", done_at__isnull=False).count() == 3
    for case in cases:
        now = fresh(case)
        assert now.ball_due > before[case.pk][0]
        assert now.changed_at == before[case.pk][1]  # nothing has happened in the case


# The command


def check(*arguments):
    """What the command says."""
    out = StringIO()
    try:
        call_command("check_balls", *arguments, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue()
    return 0, out.getvalue()


@pytest.mark.parametrize(
    "change",
    [
        {"ball_what": "take_on"},
        {"ball_with": None},
        {"ball_due": datetime(2026, 1, 1, tzinfo=clock.STOCKHOLM)},
        {"ball_waits_for": "consulate"},
    ],
)
def test_a_ball_that_was_written_wrong_is_found_named_by_its_code_and_mended(change, cast, make_case):
    case, right = make_case(reached="referred", alias="Zofia"), make_case(reached="application")
    assert check() == (0, "2 open cases checked, 0 differ.\n")
    Case.objects.filter(pk=case.pk).update(**change)
    status, said = check()
    assert (status, case.code_shown in said, right.code_shown in said) == (1, True, False)
    assert "lansstyrelsen" in said
    assert "Zofia" not in said
    assert check("--mend")[0] == 0
    assert check() == (0, "2 open cases checked, 0 differ.\n")
    assert held(case) == (cast.lars.organisation, "decide")


def test_a_turn_that_is_missing_is_found_and_mended(make_case):
    case = make_case(reached="referred")
    Turn.objects.filter(case=case).delete()
    assert check()[0] == 1
    check("--mend")
    assert (check()[0], Turn.objects.get(case=case).began_at) == (0, case.state_since)
