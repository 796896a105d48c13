"""Whatever happens in a case and whenever, its reminders follow: random lives of a case, its clocks walked through.

`CLOCK_MACHINE_LIVES=200 pytest tests/cases/test_clock_machine.py` lives longer than the suite has time for.
"""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cases import actions, ball
from cases.actions import remind
from cases.clocks import FACTS, IN_PAUSES, due_by, is_paused, reminders_of, stops_of
from cases.clocks.recipients import WORDS, Circle
from cases.models import Case, ClockRule, InformationRequest, Notification, Thread
from cases.states import ENDED
from reintegration.actions import arrival, departure, watch
from reintegration.actions.closing import end_early
from reintegration.models import Arrival, ArrivalAlarm
from returns_portal import clock
from returns_portal.actor import Refused, acting_as
from returns_portal.models import OutboxItem
from tests import builders
from tests.clockwork import MONDAY

LIVES = int(os.environ.get("CLOCK_MACHINE_LIVES", "25"))
PEOPLE = ("sara", "lars", "hanna", "ilir")
STATES = ("referred", "approved", "application", "assessment", "travel", "in_transit", "follow_up")
AFTER_THE_END = {"retention", "rights_request"}
Act = Callable[[SimpleNamespace, Case], Any]


def answer(cast: SimpleNamespace, case: Case) -> None:
    asked = InformationRequest.objects.of(case).filter(answered_at=None, recalled_at=None)
    actions.answer_request(case, by=cast.sara, answers=dict.fromkeys(asked, "Albanian."))


def recall(cast: SimpleNamespace, case: Case) -> None:
    actions.recall(case, by=cast.lars, note="Too early.")


def reopen(cast: SimpleNamespace, case: Case) -> None:
    actions.reopen(case, by=cast.lena, note="Anew.", consent_given_on=clock.today(), consent_language="sqi")


def decline_return(cast: SimpleNamespace, case: Case) -> None:
    actions.decline_return(case, by=cast.hanna, reason_code="risk", text="Not safe.", help_path="Social services.")


def leave_early(cast: SimpleNamespace, case: Case) -> None:
    end_early(case, by=cast.hanna, reason="other_programme", text="Another programme.")


def book(cast: SimpleNamespace, case: Case) -> None:
    builders.travel.prepare_journey(cast, case, departs_at=clock.now() + timedelta(days=9))


def leave(cast: SimpleNamespace, case: Case) -> None:
    departure.confirm_departure(case, by=cast.hanna, reason="The person has left.")


def stay_behind(cast: SimpleNamespace, case: Case) -> None:
    departure.report_no_show(case, by=cast.hanna, reason="did_not_come")


def arrive(cast: SimpleNamespace, case: Case) -> None:
    met = Arrival.begin(case, by=cast.ilir, was_met=True, how=Arrival.How.MET, at=clock.now())
    met.met_by, met.place = "Ilir", "Arrivals hall"
    arrival.confirm_arrival(case, by=cast.ilir, arrival=met, support=["food"])


def take_care(cast: SimpleNamespace, case: Case) -> None:
    alarm = ArrivalAlarm.objects.of(case).order_by("-rung_at").first()
    if alarm is not None:
        watch.answer_alarm(case, by=cast.ilir, alarm=alarm)


# What may be tried in each state, and by whom; what the case refuses has changed nothing.
ACTS: dict[str, list[tuple[str, Act]]] = {
    "draft": [("sara", builders.refer)],
    "referred": [("lars", builders.ask), ("lars", builders.approve), ("lars", builders.decline)],
    "more_info": [("sara", answer), ("lars", recall), ("lars", builders.decline)],
    "approved": [("hanna", builders.take_on), ("lars", recall), ("hanna", decline_return)],
    "application": [("hanna", builders.receive), ("hanna", decline_return), ("hanna", leave_early)],
    "assessment": [("hanna", builders.clear), ("hanna", leave_early)],
    "travel": [("hanna", book), ("hanna", leave), ("ilir", arrive), ("ilir", take_care), ("hanna", stay_behind)],
    "in_transit": [("ilir", take_care), ("ilir", arrive), ("hanna", stay_behind), ("hanna", leave_early)],
    "follow_up": [("hanna", leave_early)],
    **{state: [("lena", reopen)] for state in ("closed", "declined", "withdrawn")},
}


class LifeOfACase(RuleBasedStateMachine):
    """Steps, pauses, questions, answers and jumps of time, in any order; the clocks are walked now and then."""

    cast: SimpleNamespace
    make_case: Callable[..., Case]

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.at: datetime = MONDAY
        self.walked_at: datetime | None = None

    def teardown(self) -> None:
        """Take everything back."""
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    def act(self, who: str, what: Callable[[Case], Any]) -> None:
        """Something is tried at the present moment; a refusal has written nothing."""
        self.walked_at, case = None, Case.objects.get(pk=self.pk)
        try:
            with clock.moved_to(self.at), acting_as(getattr(self.cast, who)), transaction.atomic():
                what(case)
        except (Refused, PermissionDenied, ValidationError) as refusal:
            note(f"refused: {type(refusal).__name__}")

    @initialize(reached=st.sampled_from(STATES))
    def begin(self, reached: str) -> None:
        """A case that came to its state on Monday 5 October."""
        with clock.moved_to(self.at):
            self.pk = self.make_case(reached=reached).pk

    @rule(
        hours=st.sampled_from([1, 5, 24, 30, 72, 24 * 8, 24 * 31]),
        beat_stands_still=st.sampled_from([False, False, True]),
    )
    def time_passes(self, hours: int, beat_stands_still: bool) -> None:
        """From an hour to a month; mostly the clocks are walked at its end, as they are each minute."""
        self.walked_at = None
        self.at += timedelta(hours=hours)
        if not beat_stands_still:
            self.the_clocks_are_walked()

    @rule(number=st.integers(min_value=0, max_value=5))
    def a_step_is_taken(self, number: int) -> None:
        """One of the steps that go from here."""
        if Case.objects.filter(pk=self.pk).exists():
            acts = ACTS[Case.objects.get(pk=self.pk).state]
            who, step = acts[number % len(acts)]
            self.act(who, lambda case: step(self.cast, case))

    @precondition(lambda self: Case.objects.filter(pk=self.pk).exclude(state="draft").exists())
    @rule()
    def the_person_changes_her_mind(self) -> None:
        """In one act, until boarding."""
        self.act("sara", lambda case: builders.withdraw(self.cast, case))

    @precondition(lambda self: Case.objects.filter(pk=self.pk).exclude(state="draft").exists())
    @rule(who=st.sampled_from(("sara", "lars", "hanna")), days=st.integers(min_value=1, max_value=20))
    def the_case_is_paused(self, who: str, days: int) -> None:
        """Until a day; whoever pauses watches over it."""
        by = getattr(self.cast, who)
        until = (self.at + timedelta(days=days)).date()
        self.act(who, lambda case: actions.hold_case(case, by=by, reason="medical", owner=by, until=until))

    @precondition(lambda self: Case.objects.filter(pk=self.pk, held_until__isnull=False).exists())
    @rule(who=st.sampled_from(("sara", "lars", "hanna")))
    def the_pause_ends(self, who: str) -> None:
        """Before or after its day."""
        by = getattr(self.cast, who)
        self.act(who, lambda case: actions.resume_case(case, by=by, responsible=by))

    @precondition(lambda self: Case.objects.filter(pk=self.pk).exclude(state="draft").exists())
    @rule(who=st.sampled_from(PEOPLE), of=st.sampled_from(PEOPLE))
    def a_question_is_asked(self, who: str, of: str) -> None:
        """Of any other party."""
        by, asked = getattr(self.cast, who), getattr(self.cast, of)
        ask = {"by": by, "of": asked.organisation, "subject": "Room", "text": "Is there one?"}
        self.act(who, lambda case: actions.ask(case, **ask))

    @precondition(lambda self: Case.objects.filter(pk=self.pk, open_questions__gt=0).exists())
    @rule()
    def the_oldest_question_is_answered(self) -> None:
        """By somebody of the party that was asked."""
        thread = Thread.objects.filter(case=self.pk, wants_answer=True, answered_at=None, closed_at=None).first()
        if thread is not None:
            who = next(name for name in PEOPLE if getattr(self.cast, name).organisation_id == thread.asked_of_id)
            self.act(who, lambda _case: actions.reply(thread, by=getattr(self.cast, who), text="Yes."))

    @rule()
    def the_clocks_are_walked_twice(self) -> None:
        """At the same moment, as when a beat runs double: the second finds nothing new."""
        self.the_clocks_are_walked()
        with clock.moved_to(self.at):
            assert remind.walk_the_clocks() == 0

    def the_clocks_are_walked(self) -> None:
        with clock.moved_to(self.at):
            remind.walk_the_clocks()
        self.walked_at = self.at

    # What always holds

    def open(self) -> list[Notification]:
        return list(Notification.objects.exclude(rule="").filter(settled_at__isnull=True, case=self.pk))

    @invariant()
    def at_most_one_open_reminder_for_case_rule_and_recipient(self) -> None:
        keys = [(row.case_id, row.rule, row.recipient_id) for row in self.open()]
        assert len(keys) == len(set(keys))

    @invariant()
    def an_ended_case_reminds_of_nothing_but_its_retention(self) -> None:
        if Case.objects.filter(pk=getattr(self, "pk", None), state__in=ENDED).exists():
            assert {row.rule for row in self.open()} <= AFTER_THE_END

    @invariant()
    def a_paused_case_reminds_of_safety_alone(self) -> None:
        case = Case.objects.filter(pk=getattr(self, "pk", None)).first()
        with clock.moved_to(self.at):
            is_paused_now = case is not None and case.is_on_hold
        if is_paused_now:
            safety = set(ClockRule.objects.filter(is_safety=True).values_list("code", flat=True))
            assert {row.rule for row in self.open()} <= safety | IN_PAUSES

    @invariant()
    def the_ball_is_where_a_full_recomputation_says(self) -> None:
        if self.walked_at is not None:  # time alone may have moved it since
            with clock.moved_to(self.at):
                assert list(ball.differences(Case.objects.filter(pk=self.pk))) == []

    @invariant()
    def nobody_is_mailed_twice_but_of_safety(self) -> None:
        mails = OutboxItem.objects.filter(kind="mail", case_id=getattr(self, "pk", None), is_safety=False)
        rows = mails.values_list("row_id", flat=True)
        assert len(rows) == len(set(rows))

    @invariant()
    def after_a_walk_everything_due_stands_and_nothing_else(self) -> None:
        if self.walked_at is None:
            return
        with clock.moved_to(self.at):
            due = {rule.code: self._who_is_due(rule) for rule in ClockRule.objects.filter(is_active=True)}
        stands: dict[str, dict[UUID, datetime]] = {code: {} for code in FACTS}
        for row in self.open():
            assert row.due_at is not None
            stands[row.rule][row.recipient_id] = row.due_at.replace(microsecond=0)
        assert {code: people for code, people in stands.items() if people} == {
            code: people for code, people in due.items() if people
        }

    def _who_is_due(self, rule: ClockRule) -> dict[UUID, datetime]:
        """Whom this rule reminds in this case now, and of the latest moment of each, counted clock by clock."""
        found: dict[UUID, datetime] = {}
        case = Case.objects.filter(pk=self.pk).first()
        for running in FACTS[rule.code](self.at):
            if case is None or running.case_id != case.pk:
                continue
            stops = stops_of(rule, [case]).get(case.pk, [])
            if is_paused(stops):
                continue
            due = due_by(rule, case, running.start, stops, running.agreed)
            for reminder in reminders_of(rule, case, due, self.at):
                if running.top is None or reminder.rung <= running.top:
                    at = reminder.at.astimezone(clock.STOCKHOLM).replace(microsecond=0)
                    for who in set(reminder.to) & WORDS:
                        for user in Circle([case]).people(case, who, running):
                            found[user.pk] = max(at, found.get(user.pk, at))
        return found


@pytest.mark.django_db
def test_whatever_happens_the_reminders_follow(cast, make_case, monkeypatch):
    monkeypatch.setattr(LifeOfACase, "cast", cast, raising=False)
    monkeypatch.setattr(LifeOfACase, "make_case", staticmethod(make_case), raising=False)
    run_state_machine_as_test(
        LifeOfACase,
        settings=settings(
            max_examples=LIVES,
            stateful_step_count=25,
            deadline=None,
            # The same lives in each run of the suite; a failure is told as it came, for making it small takes minutes.
            derandomize="CLOCK_MACHINE_LIVES" not in os.environ,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
