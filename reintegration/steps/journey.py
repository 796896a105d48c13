"""Rows 9 and 10 of the step list: the journey, and coming home. Told by the case's own facts alone."""

from cases.models import Case
from cases.states import BEFORE_DEPARTURE, State
from cases.steps import Status, StepRow, step_row

BEFORE_TRAVEL = BEFORE_DEPARTURE - {State.TRAVEL} | {State.DRAFT}


def _office(case: Case) -> str:
    return case.local_office.short_name if case.local_office else ""


@step_row(9)
def journey(case: Case) -> StepRow:
    """Under way until the person has come home."""
    if case.state in BEFORE_TRAVEL:
        return StepRow(Status.TODO)
    if case.state == State.TRAVEL and case.ball_with_id is not None and case.ball_with_id == case.local_office_id:
        return StepRow(Status.WAIT, waiting_for=_office(case))
    if case.state in {State.TRAVEL, State.IN_TRANSIT}:
        return StepRow(Status.NOW, case.departed_on)
    if case.departed_on or case.arrived_on:
        return StepRow(Status.DONE, case.departed_on)
    return StepRow(Status.SKIP)


@step_row(10)
def arrival(case: Case) -> StepRow:
    """Waits for the local office while the person travels; goes on until the case ends."""
    if case.state in BEFORE_TRAVEL or case.state == State.TRAVEL:
        return StepRow(Status.TODO)
    if case.state == State.IN_TRANSIT:
        return StepRow(Status.WAIT, waiting_for=_office(case))
    if case.state == State.FOLLOW_UP:
        return StepRow(Status.NOW, case.arrived_on)
    return StepRow(Status.DONE, case.arrived_on) if case.arrived_on else StepRow(Status.SKIP)
