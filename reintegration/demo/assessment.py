"""The stretch from assessment to travel, walked through the real actions."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from cases.models import Case
from reintegration.actions import clear as clearing
from reintegration.actions import needs, plan, risks
from reintegration.models import Need, Plan, PlanItem, Risk, SupportAnswer
from returns_portal import clock
from returns_portal.actor import acting_as

TEXTS: dict[str, Any] = {
    "goal": "To open a small bakery.",
    "first_week": ["A bed for the first nights", "A phone with a local number"],
    "contact_plan": "Calls on Tuesdays after six.",
    "if_it_fails": "The office looks for another room.",
}

# What is written about a need of each kind.
WORDS = {
    "housing": "A room for three months.",
    "medical_support": "A doctor who speaks with time and discretion.",
}


def add_need(cast: SimpleNamespace, case: Case, **fields: Any) -> Need:
    """Hanna writes down a need."""
    need = Need.begin(case, by=cast.hanna, **{"domain": "housing", "urgency": "high", **fields})
    need.description = WORDS.get(need.domain, "A room for three months.")
    with acting_as(cast.hanna):
        return needs.save_need(case, by=cast.hanna, need=need)


def confirm_need(cast: SimpleNamespace, case: Case, need: Need, status: str = SupportAnswer.Status.CONFIRMED) -> None:
    """Hanna asks, Ilir answers."""
    with acting_as(cast.hanna):
        needs.ask_local_office(case, by=cast.hanna, needs=[need])
    with acting_as(cast.ilir):
        needs.answer_need(case, by=cast.ilir, need=need, status=status)


def receive(cast: SimpleNamespace, case: Case) -> None:
    """Ilir says that Tirana can receive the person."""
    with acting_as(cast.ilir):
        needs.confirm_reception(case, by=cast.ilir, can_receive=True, from_on=clock.today())


def add_item(cast: SimpleNamespace, case: Case, amount: int = 12_000, **fields: Any) -> PlanItem:
    """Hanna puts something into the plan."""
    current = plan.plan_of(case)
    item = PlanItem.begin(
        case,
        by=cast.hanna,
        **{"plan": current, "activity": "housing", "amount": Decimal(amount), "is_in_kind": True, **fields},
    )
    item.description = "Rent for three months."
    with acting_as(cast.hanna):
        return plan.save_item(case, by=cast.hanna, item=item)


def write_plan(cast: SimpleNamespace, case: Case, amount: int = 12_000) -> Plan:
    """Hanna writes a plan with one item."""
    with acting_as(cast.hanna):
        plan.write_plan(case, by=cast.hanna, **TEXTS)
    add_item(cast, case, amount)
    current = plan.plan_of(case)
    assert current is not None
    return current


def agree_on_plan(cast: SimpleNamespace, case: Case) -> None:
    """Hanna sends it, Ilir accepts, the person signs."""
    with acting_as(cast.hanna):
        plan.send_plan(case, by=cast.hanna)
    with acting_as(cast.ilir):
        plan.answer_plan(case, by=cast.ilir, answer="accepted")
    with acting_as(cast.hanna):
        plan.sign_plan(case, by=cast.hanna, signed_on=clock.today())


def add_risk(cast: SimpleNamespace, case: Case, **fields: Any) -> Risk:
    """Hanna assesses a risk."""
    risk = Risk.begin(
        case,
        by=cast.hanna,
        **{
            "phase": Risk.Phase.AFTER,
            "category": Risk.Category.HOUSING,
            "likelihood": 2,
            "severity": 3,
            "decision": Risk.Decision.GO_WITH_MEASURES,
            "next_review_on": clock.today() + timedelta(days=14),
            **fields,
        },
    )
    risk.measure = "The office books a room."
    with acting_as(cast.hanna):
        return risks.save_risk(case, by=cast.hanna, risk=risk)


def assess(cast: SimpleNamespace, case: Case) -> Case:
    """Everything that clearing for travel asks for."""
    confirm_need(cast, case, add_need(cast, case))
    receive(cast, case)
    write_plan(cast, case)
    agree_on_plan(cast, case)
    add_risk(cast, case)
    return Case.objects.get(pk=case.pk)


def clear(cast: SimpleNamespace, case: Case) -> Case:
    """Hanna assesses and clears the person for travel."""
    case = assess(cast, case)
    with acting_as(cast.hanna):
        return clearing.clear_for_travel(case, by=cast.hanna)


def begin(cast: SimpleNamespace, case: Case) -> Case:
    """Half-way: needs asked about and partly answered, a plan begun, a risk written down."""
    confirm_need(cast, case, add_need(cast, case))
    second = add_need(cast, case, domain="medical_support", urgency="normal")
    with acting_as(cast.hanna):
        needs.ask_local_office(case, by=cast.hanna, needs=[second])
    write_plan(cast, case)
    add_risk(cast, case)
    return Case.objects.get(pk=case.pk)


def review_risks(cast: SimpleNamespace, case: Case) -> None:
    """Hanna looks at every risk once more before anybody travels."""
    with acting_as(cast.hanna):
        for risk in Risk.objects.of(case).select_related("case__key"):
            risks.review_risk(case, by=cast.hanna, risk=risk)
