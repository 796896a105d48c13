"""Step 7: the plan, its versions, the person's signature and the local office's answer."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse

from cases import emails, pdfs
from cases.actions import locked, record_event
from cases.models import Case, Document
from cases.permissions import Relation, Section
from cases.states import State
from partners.models import Organisation, User
from reintegration.actions.feedback import queue_draft
from reintegration.models import FeedbackReport, Plan, PlanItem
from returns_portal import clock

# From here on the partners have heard that everything is agreed.
AGREED_IN = frozenset({State.TRAVEL, State.IN_TRANSIT, State.FOLLOW_UP})
TEXTS = ("goal", "first_week", "contact_plan", "if_it_fails")


def plan_of(case: Case) -> Plan | None:
    """The current version of the plan, with its items ready."""
    return Plan.objects.of(case).filter(is_current=True).prefetch_related("items").first()


@transaction.atomic
def write_plan(case: Case, *, by: User, goal: str, first_week: list[str], contact_plan: str, if_it_fails: str) -> Plan:
    """Write what the plan says beside its items."""
    case = locked(case)
    plan = _version_to_change(case, by)
    plan.goal, plan.first_week = goal, first_week
    plan.contact_plan, plan.if_it_fails = contact_plan, if_it_fails
    plan.save()
    record_event(case, "change_plan", by=by, section=Section.PLAN)
    return plan


@transaction.atomic
def save_item(case: Case, *, by: User, item: PlanItem) -> PlanItem:
    """Add an item or change it; in a version that somebody relied on, the change is made in the next one."""
    case = locked(case)
    plan = _version_to_change(case, by)
    if item.plan_id != plan.pk:
        item = _same_line_in(plan, item)
    item.save()
    record_event(case, "change_plan", by=by, section=Section.PLAN)
    return item


@transaction.atomic
def delete_item(case: Case, *, by: User, item: PlanItem) -> None:
    """Take an item out of the plan."""
    case = locked(case)
    plan = _version_to_change(case, by)
    plan.items.filter(line=item.line).delete()
    record_event(case, "change_plan", by=by, section=Section.PLAN)


def changes_what_was_signed(plan: Plan) -> bool:
    """Whether the person signed an earlier version: then the change has its reason and the person's yes (step 10)."""
    return Plan.objects.of(plan.case).filter(version__lt=plan.version, signed_on__isnull=False).exists()


@transaction.atomic
def sign_plan(
    case: Case,
    *,
    by: User,
    signed_on: date,
    change_reason: str = "",
    document: Callable[[Case], Document | None] = lambda case: None,
) -> Plan:
    """The person signed the current version; the signed copy is stored beside it.

    Of a plan that is changed once the journey is cleared the Swedish partners hear (step 12).
    """
    case = locked(case)
    plan = _current(case)
    plan.signed_on, plan.change_reason = signed_on, change_reason
    plan.signed_document = document(case)
    plan.save(update_fields=["signed_on", "change_reason", "signed_document"])
    pdfs.queue(case, "reintegration_plan", row=plan.pk)
    if case.state in AGREED_IN and changes_what_was_signed(plan):
        queue_draft(case, FeedbackReport.Kind.PLAN_CHANGED, row=plan.pk)
    record_event(case, "sign_plan", by=by, section=Section.PLAN)
    return plan


@transaction.atomic
def send_plan(case: Case, *, by: User) -> Plan:
    """Ask the local office whether it can carry out the current version."""
    case = locked(case)
    plan = _current(case)
    _put_to_office(plan, case.local_office)
    plan.save(
        update_fields=["sent_to_office_at", "office", "office_answer", "office_answered_by", "office_answered_at"]
    )
    pdfs.queue(case, "reintegration_plan", row=plan.pk)
    record_event(case, "send_plan", by=by, section=Section.PLAN)
    page = reverse("reintegration:plan", args=[case.code_shown])
    emails.notify(case, emails.responsible_for(case, Relation.SUPPORTING), "plan_sent", page=page)
    return plan


@transaction.atomic
def answer_plan(case: Case, *, by: User, answer: str, reason: str = "") -> Plan:
    """The local office accepts the plan, asks for another one, or says that it cannot carry it out."""
    case = locked(case)
    plan = _current(case)
    if by.organisation is None or by.organisation_id != case.local_office_id or plan.office_id != by.organisation_id:
        raise PermissionDenied
    plan.office_answer, plan.office_reason = answer, reason
    plan.office_answered_by, plan.office_answered_at = by, clock.now()
    plan.save()
    record_event(case, f"plan_{answer}", by=by, section=Section.PLAN)
    page = reverse("reintegration:plan", args=[case.code_shown])
    emails.notify(case, emails.responsible_for(case, Relation.COORDINATING), f"plan_{answer}", page=page)
    return plan


def _current(case: Case) -> Plan:
    return Plan.objects.of(case).select_for_update(of=("self",)).get(is_current=True)


def _put_to_office(plan: Plan, office: Organisation | None) -> None:
    plan.office, plan.sent_to_office_at = office, clock.now()
    plan.office_answer, plan.office_answered_by, plan.office_answered_at = "", None, None


def _version_to_change(case: Case, by: User) -> Plan:
    """The version that may be changed: the current one, or the next where somebody has relied on it."""
    plan = Plan.objects.of(case).select_for_update(of=("self",)).filter(is_current=True).first()
    if plan is None:
        plan = Plan.begin(case, by=by)
        plan.save()
        return plan
    if not plan.is_settled:
        return plan
    items = list(plan.items.all())
    Plan.objects.filter(pk=plan.pk).update(is_current=False)
    new = Plan.begin(case, by=by, version=plan.version + 1)
    for name in TEXTS:
        setattr(new, name, getattr(plan, name))
    if by.organisation_id == case.local_office_id:  # the office's own change needs no sending, only its yes
        _put_to_office(new, case.local_office)
    new.save()
    for item in items:
        _copy(item, into=new, by=by).save()
    return new


PLAIN = (
    "line",
    "activity",
    "responsible",
    "start_on",
    "due_on",
    "amount",
    "currency",
    "rate_to_sek",
    "rate_on",
    "is_in_kind",
    "instalment",
    "created_at",
)
SEALED = ("description", "provider", "outcome")


def _copy(item: PlanItem, *, into: Plan, by: User) -> PlanItem:
    values: dict[str, Any] = {name: getattr(item, name) for name in PLAIN}
    copy = PlanItem(case=into.case, round=into.round, created_by=by, plan=into, **values)
    for name in SEALED:  # sealed to its row, so each copy is sealed anew
        setattr(copy, name, getattr(item, name))
    return copy


def _same_line_in(plan: Plan, item: PlanItem) -> PlanItem:
    """What was typed, on the row that carries the same line in this version."""
    kept = plan.items.filter(line=item.line).first() or PlanItem(
        case=plan.case, round=plan.round, created_by=item.created_by, plan=plan, line=item.line
    )
    for name in (*PLAIN, *SEALED):
        if name != "created_at":
            setattr(kept, name, getattr(item, name))
    return kept
