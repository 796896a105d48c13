"""The states, the lawful ways between them, and what the database itself refuses."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import DatabaseError, transaction
from django.urls import NoReverseMatch, reverse

from cases import permissions
from cases.models import Case, CaseEvent, CaseGroupObjectPermission
from cases.states import BEFORE_DEPARTURE, ENDED, LAWFUL_CHANGES, OPEN, State
from cases.words import EVENT_WORDS
from partners.models import User
from returns_portal.actor import acting_as
from tests.builders import refer, walk_on

STEPS = list(Case._meta.get_field("state").get_all_transitions(Case))
VERBS = {
    "submit_referral": "Send referral",
    "ask_for_more": "Ask for more information",
    "answer": "Send answer",
    "recall": "Take back",
    "approve": "Approve and notify IOM",
    "decline": "Decline",
    "start_application": "Take on the case",
    "receive_application": "Receive signed application",
    "clear_for_travel": "Clear for travel",
    "back_to_assessment": "Back to assessment",
    "confirm_departure": "Confirm departure",
    "confirm_arrival": "Confirm arrival",
    "report_no_show": "Did not travel",
    "decline_return": "Decline on safety grounds",
    "withdraw": "Record that the person changed their mind",
    "end_early": "End the case early",
    "close": "Close the case",
    "reopen": "Reopen",
}


def test_the_trigger_lets_through_exactly_what_the_transitions_do():
    lawful = {(str(step.source), str(step.target)) for step in STEPS if step.source != step.target}
    assert set(LAWFUL_CHANGES) == lawful


def test_every_verb_of_the_process_is_a_transition_and_no_other():
    assert {step.name: str(step.custom["label"]) for step in STEPS} == VERBS


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step.name}-from-{step.source}")
def test_every_transition_asks_a_permission_function_of_ours(step):
    assert callable(step.permission)
    assert step.permission.__module__ == permissions.__name__
    assert step.custom["label"]
    assert step.name in EVENT_WORDS
    namespace, _colon, page = step.custom["page"].partition(":")
    assert (namespace in {"cases", "reintegration"}, page) == (True, step.name.replace("_", "-"))


@pytest.mark.parametrize("name", sorted({step.custom["page"] for step in STEPS}))
def test_every_transition_has_its_page_at_its_own_name(name):
    try:
        address = reverse(name, args=["K7Q2-9FWM"])
    except NoReverseMatch:
        pytest.fail(f"{name} has no address")
    assert address == f"/cases/K7Q2-9FWM/{name.partition(':')[2]}/"


def test_from_every_state_there_is_a_way_out():
    assert {source for source, _target in LAWFUL_CHANGES} == set(State.values)
    assert set(State) == OPEN | ENDED
    assert {str(step.source) for step in STEPS if step.name == "withdraw"} == {str(state) for state in BEFORE_DEPARTURE}


@pytest.mark.django_db
def test_no_right_on_cases_is_ever_given_globally(cast):
    rights = Permission.objects.filter(content_type__app_label="cases")
    assert not Group.objects.filter(permissions__in=rights).exists()
    assert not User.objects.filter(user_permissions__in=rights).exists()


@pytest.mark.parametrize("wanted", [State.APPROVED, State.TRAVEL, State.CLOSED, "lost"])
def test_the_database_refuses_an_unlawful_state_whoever_asks(wanted, make_case):
    case = make_case(reached="draft")
    with pytest.raises(DatabaseError), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(state=wanted)
    assert Case.objects.get(pk=case.pk).state == State.DRAFT


def test_the_state_is_not_assigned_by_hand(make_case):
    case = make_case(reached="draft")
    with pytest.raises(AttributeError):
        case.state = State.REFERRED


def test_history_can_be_neither_changed_nor_deleted(make_case):
    case = make_case(reached="referred")
    events = CaseEvent.objects.filter(case=case)
    with pytest.raises(DatabaseError), transaction.atomic():
        events.update(verb="decline")
    with pytest.raises(DatabaseError), transaction.atomic():
        events.delete()
    assert [event.verb for event in events] == ["submit_referral"]


@pytest.mark.parametrize("column", ["created_by", "submitted_by", "reopened_by"])
def test_the_database_keeps_four_eyes_even_when_the_code_does_not(column, cast, make_case):
    case = make_case(reached="referred")
    with pytest.raises(DatabaseError, match="case_four_eyes"), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(**{"approved_by": cast.lars, column: cast.lars})


def test_a_draft_writes_no_history(cast, make_case):
    case = make_case(reached="draft")
    assert not CaseEvent.objects.filter(case=case).exists()
    refer(cast, case)
    assert list(CaseEvent.objects.filter(case=case).values_list("verb", "was", "became")) == [
        ("submit_referral", "draft", "referred")
    ]


def test_a_grant_counts_only_until_its_end(cast, make_case):
    case = make_case(reached="approved")
    assert Case.objects.visible_to(cast.hanna).get() == case
    grants = CaseGroupObjectPermission.objects.filter(content_object=case, group=cast.hanna.organisation.group)
    grants.update(valid_until=case.created_at)
    assert not Case.objects.visible_to(cast.hanna).exists()
    assert Case.objects.get(pk=case.pk).access_for(cast.hanna).codenames == frozenset()


def test_an_administrator_sees_no_case_by_being_one(cast, make_case):
    make_case(reached="approved")
    assert (cast.admin.is_staff, Case.objects.visible_to(cast.admin).count()) == (True, 0)
    with acting_as(cast.admin):
        cast.admin.is_superuser = True
        cast.admin.save()
    assert Case.objects.visible_to(User.objects.get(pk=cast.admin.pk)).count() == 0


def test_walking_goes_through_the_states_in_their_order(cast, make_case):
    case = walk_on(cast, make_case(reached="draft"), "approved")
    events = CaseEvent.objects.filter(case=case).order_by("created_at")
    assert list(events.values_list("verb", "became")) == [("submit_referral", "referred"), ("approve", "approved")]
