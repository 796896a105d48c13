"""The one road from state to state: rights, guards, history, and two people who press at once."""

import threading
import time
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, connections, transaction
from django.test import Client

from cases import actions, guards
from cases.actions import StepRefused, end_share, move
from cases.actions.move import moved_on
from cases.guards import Blocker, blockers, guard
from cases.models import Case, CaseEvent, Decision, Notification
from cases.preview import preview_for_iom
from cases.states import LAWFUL_CHANGES, State
from returns_portal import clock
from returns_portal.actor import acting_as
from returns_portal.models import OutboxItem
from tests.cases.test_decision import approval, at, grants_of, present

STEPS = list(Case._meta.get_field("state").get_all_transitions(Case))
VERBS = sorted({step.name for step in STEPS})
WALKED = ["draft", "referred", "more_info", "approved", "application", "assessment", "declined", "withdrawn"]
WHO = ["sara", "lars", "hanna", "ilir", "otto", "admin"]


def everything_about(case):
    """What a refused step must leave as it was."""
    return (
        Case.objects.filter(pk=case.pk).values().get(),
        CaseEvent.objects.filter(case=case).count(),
        Decision.objects.filter(case=case).count(),
        Notification.objects.filter(case=case).count(),
        OutboxItem.objects.filter(case_id=case.pk).count(),
        sorted(case.group_grants.live().values_list("group_id", "permission_id")),
    )


@pytest.mark.parametrize("state", WALKED)
def test_nobody_moves_a_case_without_the_right_or_out_of_its_turn(state, cast, make_case):
    case = make_case(reached=state)
    before = everything_about(case)
    for verb in VERBS:
        permission = next(step.permission for step in STEPS if step.name == verb)
        leaves = {str(step.source) for step in STEPS if step.name == verb}
        for name in WHO:
            user = getattr(cast, name)
            expected = PermissionDenied if not permission(present(case), user) else StepRefused
            if expected is StepRefused and state in leaves and not blockers(present(case), verb, by=user):
                continue  # the one who may, in time, with nothing missing: the chapters' own tests
            with pytest.raises(expected), acting_as(user):
                move(case, verb, by=user)
    assert everything_about(case) == before


def test_a_step_writes_state_time_history_and_ball_together(cast, make_case):
    case = make_case(reached="referred")
    with acting_as(cast.lars):
        moved = move(case, "ask_for_more", by=cast.lars, note="See the file.")
    assert (moved.state, present(case).state) == (State.MORE_INFO, State.MORE_INFO)
    event = CaseEvent.objects.filter(case=case).order_by("-created_at").first()
    assert (event.verb, event.was, event.became, event.note, event.created_by, event.organisation) == (
        "ask_for_more",
        "referred",
        "more_info",
        "See the file.",
        cast.lars,
        cast.lars.organisation,
    )
    assert present(case).ball_with == cast.sara.organisation
    assert present(case).state_since == event.created_at or present(case).state_since <= clock.now()


def test_the_note_of_an_event_is_sealed(cast, make_case):
    case = make_case(reached="referred")
    with acting_as(cast.lars):
        move(case, "ask_for_more", by=cast.lars, note="A word nobody else reads.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT note FROM cases_caseevent WHERE case_id = %s AND note IS NOT NULL", [case.pk])
        assert b"nobody else" not in bytes(cursor.fetchone()[0])


def test_a_guard_says_what_is_missing_and_where_it_is_mended(cast, make_case, monkeypatch):
    case = make_case(reached="referred")
    monkeypatch.setitem(guards._guards, "ask_for_more", [])

    @guard("ask_for_more")
    def moon_is_full(case):
        yield Blocker("Wait for the moon.", at(case, "decide/"))

    with pytest.raises(StepRefused) as refused, acting_as(cast.lars):
        move(case, "ask_for_more", by=cast.lars)
    assert refused.value.blockers == [Blocker("Wait for the moon.", at(case, "decide/"))]
    assert refused.value.moved_on == ""
    assert present(case).state == State.REFERRED


def test_only_these_steps_go_while_a_case_is_paused(cast, make_case):
    case = make_case(reached="referred")
    with acting_as(cast.lars):
        actions.hold_case(case, by=cast.lars, reason="medical", owner=cast.lars, until=clock.today())
    held = {verb for verb in VERBS if any(b.page.endswith("/hold/") for b in blockers(present(case), verb))}
    assert set(VERBS) - held == {"withdraw", "decline", "decline_return", "recall", "report_no_show", "end_early"}


def test_who_was_first_is_told_from_steps_and_not_from_what_sections_hide(cast, make_case):
    case = make_case(reached="approved")
    with acting_as(cast.sara):
        actions.withdraw_referral_consent(case, by=cast.sara)
    assert "Lars" in moved_on(case)
    assert "Sara" not in moved_on(case)


def test_every_lawful_change_is_made_by_a_verb_of_its_own():
    assert len(LAWFUL_CHANGES) == len({(s.source, s.target) for s in STEPS if s.source != s.target})


# Two people at once, each on a connection of their own


class Presses(threading.Thread):
    """Somebody who posts from another browser, on another connection."""

    def __init__(self, user, address, data):
        super().__init__()
        self.client = Client(headers={"accept-language": "en-GB"})
        self.client.force_login(user)
        self.address, self.data = address, data
        self.status, self.content, self.error = 0, "", None

    def run(self):
        """Post, and give the connection back."""
        try:
            response = self.client.post(self.address, self.data)
            self.status, self.content = response.status_code, response.content.decode()
        except Exception as error:  # told by the test that waits for this thread
            self.error = error
        finally:
            connections.close_all()


def wait_until_blocked(how_many):
    """Until so many connections wait for the row that we hold."""
    for _turn in range(100):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # else one transaction sees one moment
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0] >= how_many:
                return
        time.sleep(0.1)
    pytest.fail(f"{how_many} requests did not reach the lock")


def press_together(case, *presses, meanwhile=None):
    """Hold the case's row until all of them stand before it, then let go."""
    with transaction.atomic():
        actions.locked(case)
        for press in presses:
            press.start()
        wait_until_blocked(len(presses))
        if meanwhile:
            meanwhile()
    for press in presses:
        press.join(timeout=30)
        assert not press.is_alive()
        assert press.error is None


@pytest.fixture
def town(transactional_db, cast, make_case) -> SimpleNamespace:
    """A referred case, really committed."""
    return SimpleNamespace(cast=cast, case=make_case(reached="referred"))


@pytest.mark.django_db(transaction=True)
def test_of_two_approvers_one_wins_and_the_other_keeps_what_was_typed(town):
    case, cast = town.case, town.cast
    lars = Presses(cast.lars, at(case, "approve/"), approval(case, conditions="Lars wrote this."))
    lena = Presses(cast.lena, at(case, "approve/"), approval(case, conditions="Lena wrote this."))
    press_together(case, lars, lena)
    assert sorted([lars.status, lena.status]) == [302, 409]
    winner, loser = (lars, lena) if lars.status == 302 else (lena, lars)
    first, second = ("Lars", "Lena") if winner is lars else ("Lena", "Lars")
    assert f"{first} was first: Support approved, IOM Helsinki notified" in loser.content
    assert f"{second} wrote this." in loser.content
    case = present(case)
    assert (case.state, case.approved_by.name) == (State.APPROVED, first)
    assert Decision.objects.get(case=case).conditions == f"{first} wrote this."
    assert CaseEvent.objects.filter(case=case, verb="approve").count() == 1
    assert Notification.objects.filter(case=case, what="approved_referrer").count() == 1


@pytest.mark.django_db(transaction=True)
def test_approval_and_refusal_at_once_leave_one_truth(town):
    case, cast = town.case, town.cast
    lars = Presses(cast.lars, at(case, "approve/"), approval(case))
    lena = Presses(cast.lena, at(case, "decline/"), {"reason_code": "other", "text": "Words.", "help_path": "There."})
    press_together(case, lars, lena)
    assert sorted([lars.status, lena.status]) == [302, 409]
    case = present(case)
    approved = lars.status == 302
    assert case.state == (State.APPROVED if approved else State.DECLINED)
    assert grants_of(cast.hanna, case) == ({"view_case", "coordinate_case"} if approved else set())
    assert Decision.objects.filter(case=case).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_that_comes_first_stops_the_approval(town):
    case, cast = town.case, town.cast

    def person_changes_her_mind():
        with acting_as(cast.sara):
            actions.withdraw(case, by=cast.sara)

    lars = Presses(cast.lars, at(case, "approve/"), approval(case))
    press_together(case, lars, meanwhile=person_changes_her_mind)
    assert lars.status == 409
    assert "Sara was first: The person changed their mind" in lars.content
    assert "Support for one adult." in lars.content
    case = present(case)
    assert (case.state, case.approved_by, Decision.objects.filter(case=case).count()) == (State.WITHDRAWN, None, 0)
    assert grants_of(cast.hanna, case) == set()


@pytest.mark.django_db(transaction=True)
def test_a_right_that_ends_during_the_request_is_gone_when_it_counts(town):
    case, cast = town.case, town.cast
    lars = Presses(cast.lars, at(case, "approve/"), approval(case))
    press_together(
        case, lars, meanwhile=lambda: end_share(present(case), cast.lars.organisation, reason="another Länsstyrelsen")
    )
    assert lars.status == 404
    case = present(case)
    assert (case.state, Decision.objects.filter(case=case).count()) == (State.REFERRED, 0)
    assert not CaseEvent.objects.filter(case=case, verb="approve").exists()


@pytest.mark.django_db(transaction=True)
def test_two_new_ceilings_at_once_are_two_decisions_and_the_later_is_in_force(town):
    case, cast = town.case, town.cast
    with acting_as(cast.lars):
        actions.approve_referral(
            case, by=cast.lars, ceiling_sek=40_000, diary_number="1", preview_sha256=preview_for_iom(case).sha256
        )
    presses = [
        Presses(user, at(case, "new-ceiling/"), {"ceiling_sek": amount, "diary_number": "2", "text": "More."})
        for user, amount in ((cast.lars, "50000"), (cast.lena, "60000"))
    ]
    press_together(case, *presses)
    assert [press.status for press in presses] == [302, 302]
    assert Decision.objects.filter(case=case, kind=Decision.Kind.NEW_CEILING).count() == 2
