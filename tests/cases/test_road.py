"""The main road: each state is reached through the real actions, and the database agrees."""

import pytest

from cases.models import CaseEvent
from cases.states import State


@pytest.mark.parametrize("state", State.values)
def test_a_case_can_be_walked_to(state, make_case):
    case = make_case(reached=state)
    assert case.state == state
    assert CaseEvent.objects.filter(case=case).exists() is (state != "draft")
