"""Step 7 on paper: the reintegration plan to read through with the person and sign."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.kinds import Dimension
from cases.models import Case
from cases.pdfs import named, paper
from cases.pdfs.senders import sender_of
from cases.pdfs.words import day, money
from cases.permissions import Section
from reintegration.models import Plan, PlanItem
from returns_portal.ui import short_day


@paper("reintegration_plan", title=gettext_lazy("Reintegration plan"), section=Section.PLAN)
def reintegration_plan(case: Case, row: UUID | None) -> dict[str, Any]:
    """One version of the plan: the goal in the person's words, what is done, by whom, for how much."""
    plan = Plan.objects.select_related("office", "office_answered_by").get(case=case, pk=named(row))
    plan.case = case
    items = list(plan.items.order_by("created_at"))
    for item in items:
        item.case, item.plan = case, plan
    groups = [
        (dimension.label, [_line(item) for item in items if item.dimension == dimension]) for dimension in Dimension
    ]
    office = case.local_office.name if case.local_office else _("The local IOM office")
    return {
        "plan": plan,
        "alias": "" if case.is_protected else case.alias,
        "groups": [(title, lines) for title, lines in groups if lines],
        "total": money(sum((item.amount_sek for item in items), Decimal(0))),
        "first_week": [str(line) for line in plan.first_week or []],
        "versions": _versions(case, plan),
        "office_answer": _office_answer(plan),
        "signatories": [_("You, whose plan it is"), _("Interpreter or witness"), office, _("IOM Helsinki")],
        "paper": {"sender": sender_of(), "kind": _("Plan"), "version": plan.version},
    }


def _line(item: PlanItem) -> dict[str, Any]:
    sek = money(item.amount_sek)
    return {
        "kind": item.get_activity_display(),
        "description": item.description,
        "provider": item.provider,
        "outcome": item.outcome,
        "responsible": item.get_responsible_display(),
        "when": _when(item),
        "amount": sek if item.currency == "SEK" else money(item.amount, item.currency),
        "in_sek": "" if item.currency == "SEK" else sek,
        "rate_on": short_day(item.rate_on) if item.rate_on and item.currency != "SEK" else "",
        "how": _("in kind") if item.is_in_kind else _("in cash"),
        "instalments": item.instalment if item.instalment > 1 else 0,
    }


def _when(item: PlanItem) -> str:
    if item.start_on and item.due_on:
        return f"{short_day(item.start_on)} – {short_day(item.due_on)}"
    if item.start_on:
        return _("from %(day)s") % {"day": short_day(item.start_on)}
    return _("by %(day)s") % {"day": short_day(item.due_on)} if item.due_on else ""


def _versions(case: Case, plan: Plan) -> list[dict[str, Any]]:
    """This version and the ones before it, newest first: when each was signed, and why it changed."""
    found = []
    for version in Plan.objects.of(case).filter(version__lte=plan.version).order_by("-version"):
        version.case = case
        signed = _("signed %(day)s") % {"day": day(version.signed_on)} if version.signed_on else _("not signed")
        found.append({"number": version.version, "signed": signed, "reason": version.change_reason})
    return found


def _office_answer(plan: Plan) -> str:
    if not plan.office_answer:
        return ""
    return _("%(office)s, %(day)s: %(answer)s") % {
        "office": plan.office.name if plan.office else "",
        "day": day(plan.office_answered_at),
        "answer": plan.get_office_answer_display(),
    }
