"""Rows 6 to 8 of the step list: needs, plan, risks."""

from cases.models import Case
from cases.states import ENDED, State
from cases.steps import Status, StepRow, step_row
from reintegration.assessment import assessment_of
from reintegration.models import Plan

BEFORE = frozenset({State.DRAFT, State.REFERRED, State.MORE_INFO, State.APPROVED, State.APPLICATION})
BEHIND = frozenset({State.TRAVEL, State.IN_TRANSIT, State.FOLLOW_UP})


def _outside(case: Case) -> StepRow | None:
    """Where the state alone says how the step stands; None while it is being worked on."""
    if case.state in BEFORE:
        return StepRow(Status.TODO)
    if case.state in BEHIND or (case.state == State.CLOSED and case.arrived_on):
        return StepRow(Status.DONE)
    if case.state in ENDED:
        return StepRow(Status.SKIP)
    return None


def _waiting_for(case: Case) -> str:
    return case.local_office.short_name if case.local_office else ""


@step_row(6)
def needs(case: Case) -> StepRow:
    """Done when every urgent need is met or its gap accepted and the office can receive the person."""
    if row := _outside(case):
        return row
    found = assessment_of(case)
    if not found.needs:
        return StepRow(Status.NOW if found.plan is None else Status.DONE)
    if any(need.waits_for(case.local_office_id) for need in found.needs):
        return StepRow(Status.WAIT, waiting_for=_waiting_for(case))
    return StepRow(Status.DONE if not found.unmet() and found.can_receive else Status.NOW)


@step_row(7)
def plan(case: Case) -> StepRow:
    """Done when the plan is signed, accepted and within the ceiling."""
    if row := _outside(case):
        return row
    found = assessment_of(case)
    if found.plan is None:
        return StepRow(Status.TODO)
    if found.plan.sent_to_office_at and not found.plan.office_answer:
        return StepRow(Status.WAIT, waiting_for=_waiting_for(case))
    is_done = (
        found.plan.signed_on is not None
        and found.plan.office_answer == Plan.OfficeAnswer.ACCEPTED
        and not found.over_ceiling
    )
    return StepRow(Status.DONE if is_done else Status.NOW, on=found.plan.signed_on if is_done else None)


@step_row(8)
def risks(case: Case) -> StepRow:
    """Done when all risks are assessed and none stops the journey."""
    if row := _outside(case):
        return row
    found = assessment_of(case)
    if not found.risks:
        return StepRow(Status.TODO)
    is_done = all(risk.is_assessed and not risk.stops_travel for risk in found.risks)
    return StepRow(Status.DONE if is_done else Status.NOW)
