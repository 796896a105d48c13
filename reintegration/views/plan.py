"""Step 7 on screen: the plan with its money, versions, signature and the local office's answer."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.actions import StepRefused, add_document
from cases.guards import Blocker
from cases.models import Case, Document
from cases.permissions import Relation, Section
from cases.views.lookup import case_for, is_open
from cases.views.registers import record_page
from partners.http import PortalRequest, reach
from reintegration.actions import plan as actions
from reintegration.assessment import approved_ceiling, kronor
from reintegration.differences import differences
from reintegration.forms.plan import FIRST_WEEK, PlanAnswerForm, PlanForm, PlanItemForm, SignForm
from reintegration.models import Plan, PlanItem
from reintegration.views.needs import coordinating, of_the_office


def plans_of(case: Case) -> list[Plan]:
    """All versions with their items, the newest first; all rows share the case, and so its opened key."""
    plans = list(
        Plan.objects.of(case)
        .select_related("office", "office_answered_by", "signed_document")
        .prefetch_related("items")
        .order_by("-version")
    )
    for plan in plans:
        plan.case = case
        for item in plan.items.all():
            item.case = case
    return plans


def money(case: Case, plan: Plan | None) -> dict[str, Any]:
    """Total, ceiling and by how much the one is above the other."""
    ceiling = approved_ceiling(case)
    total = plan.total_sek if plan else 0
    over = total - ceiling if ceiling is not None and total > ceiling else 0
    return {
        "total": kronor(total),
        "ceiling": "" if ceiling is None else kronor(ceiling),
        "over": kronor(over) if over else "",
        "left": kronor(ceiling - total) if ceiling is not None and not over else "",
    }


@reach("case")
def plan(request: PortalRequest, code: str) -> HttpResponse:
    """The plan as it stands, what changed since the version before, and who has said yes."""
    case = case_for(request, code, read=Section.PLAN)
    return _plan_page(request, case)


def _plan_page(request: PortalRequest, case: Case, answer_form: PlanAnswerForm | None = None) -> HttpResponse:
    plans = plans_of(case)
    current = plans[0] if plans else None
    may_change = is_open(case, Section.PLAN, request.access)
    is_office = request.access.relation == Relation.SUPPORTING
    waits = current is not None and current.sent_to_office_at is not None and not current.office_answer
    context = {
        "case": case,
        "plan": current,
        "earlier": plans[1:],
        "changes": differences(plans[1], plans[0]) if len(plans) > 1 else [],
        "may_change": may_change,
        "may_send": may_change and not is_office,
        "may_answer": may_change and is_office and current is not None and current.sent_to_office_at is not None,
        "waits": waits,
        "answer_form": answer_form or PlanAnswerForm(initial={"version": current.version if current else None}),
        **money(case, current),
    }
    return render(request, "reintegration/plan.html", context)


@reach("case")
def write_plan(request: PortalRequest, code: str) -> HttpResponse:
    """The goal, the first week, the contact plan and what to do if it fails."""
    case = case_for(request, code, write=Section.PLAN)
    current = actions.plan_of(case)
    initial: dict[str, Any] = {"first_week": str(FIRST_WEEK)}
    if current is not None:
        current.case = case
        initial = {name: getattr(current, name) for name in ("goal", "contact_plan", "if_it_fails")}
        initial["first_week"] = "\n".join(current.first_week or []) or str(FIRST_WEEK)
    return record_page(
        request,
        case,
        PlanForm(request.POST or None, initial=initial),
        lambda form: actions.write_plan(case, by=request.user, **form.cleaned_data),
        title=_("Write the plan"),
        submit_label=_("Save"),
        back=_back(case),
        success=_("The plan is saved."),
        context={"help": _next_version_note(current)},
    )


@reach("case")
def add_item(request: PortalRequest, code: str) -> HttpResponse:
    """Add an item."""
    case = case_for(request, code, write=Section.PLAN)
    current = actions.plan_of(case)
    if current is None:
        messages.info(request, _("Write the goal first, then add what is done."))
        return redirect("reintegration:write-plan", case.code_shown)
    item = PlanItem.begin(case, by=request.user, plan=current)
    return _item_page(request, case, item, _("Add to the plan"), {"help": _next_version_note(current)})


@reach("case")
def change_item(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """Change an item of the current version."""
    case = case_for(request, code, write=Section.PLAN)
    item = item_of(case, row)
    context = {
        "delete_url": reverse("reintegration:delete-item", args=[case.code_shown, row]),
        "help": _next_version_note(item.plan),
    }
    return _item_page(request, case, item, _("Change the plan"), context)


def item_of(case: Case, row: UUID) -> PlanItem:
    """An item of the current version; 404 for any other."""
    items = PlanItem.objects.of(case).select_related("plan").filter(plan__is_current=True)
    item = get_object_or_404(items, pk=row)
    item.case = item.plan.case = case
    return item


def _item_page(request: PortalRequest, case: Case, item: PlanItem, title: str, context: dict[str, Any]) -> HttpResponse:
    form = PlanItemForm(request.POST or None, instance=item)
    return record_page(
        request,
        case,
        form,
        lambda _form: actions.save_item(case, by=request.user, item=item),
        title=title,
        submit_label=_("Save"),
        back=_back(case),
        success=_("The plan is saved."),
        template="reintegration/row.html",
        context=context,
    )


@reach("case")
@require_POST
def delete_item(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """Take an item out of the plan."""
    case = case_for(request, code, write=Section.PLAN)
    actions.delete_item(case, by=request.user, item=item_of(case, row))
    messages.success(request, _("The item is removed from the plan."))
    return redirect(_back(case))


@reach("case")
def sign_plan(request: PortalRequest, code: str) -> HttpResponse:
    """The person has signed the current version."""
    case = case_for(request, code, write=Section.PLAN)
    current = _current(case)
    if request.method == "POST" and current.is_signed:
        raise StepRefused(case, "", [Blocker(_("This version is already signed."), _back(case))])

    def act(form: Any) -> None:
        file = form.cleaned_data["file"]
        _require_version(case, current, form.cleaned_data["version"])
        actions.sign_plan(
            case,
            by=request.user,
            signed_on=form.cleaned_data["signed_on"],
            change_reason=form.cleaned_data.get("change_reason", ""),
            document=lambda held: (
                add_document(held, by=request.user, kind=Document.Kind.SIGNED_PLAN, file=file, row_id=current.pk)
                if file
                else None
            ),
        )

    return record_page(
        request,
        case,
        SignForm(
            request.POST or None,
            request.FILES or None,
            initial={"version": current.version},
            is_change=actions.changes_what_was_signed(current),
        ),
        act,
        title=_("Signed by the person: version %(n)d") % {"n": current.version},
        submit_label=_("Save the signature"),
        back=_back(case),
        success=_("The signature is saved. A change from now on becomes a new version."),
    )


@reach("case")
@require_POST
def send_plan(request: PortalRequest, code: str) -> HttpResponse:
    """Send the current version to the local office."""
    case = case_for(request, code, write=Section.PLAN)
    coordinating(request)
    _current(case)
    actions.send_plan(case, by=request.user)
    messages.success(request, _("The plan is sent to the local office."))
    return redirect(_back(case))


@reach("case")
@require_POST
def answer_plan(request: PortalRequest, code: str) -> HttpResponse:
    """The local office accepts, wants the plan adapted, or cannot."""
    case = case_for(request, code, write=Section.PLAN, side=Relation.SUPPORTING)
    of_the_office(request, case)
    current = _current(case)
    if current.sent_to_office_at is None or current.office_id != request.user.organisation_id:
        raise StepRefused(case, "", [Blocker(_("This version has not been sent to you yet."), _back(case))])
    form = PlanAnswerForm(request.POST)
    if not form.is_valid():
        return _plan_page(request, case, form)
    _require_version(case, current, form.cleaned_data.pop("version"))
    actions.answer_plan(case, by=request.user, **form.cleaned_data)
    messages.success(request, _("Your answer is saved. IOM Helsinki has been told."))
    return redirect(_back(case))


def _current(case: Case) -> Plan:
    current = actions.plan_of(case)
    if current is None:
        raise Http404
    return current


def _require_version(case: Case, current: Plan, shown: int | None) -> None:
    """Nobody says yes to a version that they have not seen."""
    if shown is not None and shown != current.version:
        sentence = _("The plan has become version %(n)d in the meantime. Read it first.") % {"n": current.version}
        raise StepRefused(case, "", [Blocker(sentence, _back(case))])


def _back(case: Case) -> str:
    return reverse("reintegration:plan", args=[case.code_shown])


def _next_version_note(current: Plan | None) -> str:
    if current is None or not current.is_settled:
        return ""
    return _("Version %(n)d is signed or sent. What you change here becomes version %(next)d.") % {
        "n": current.version,
        "next": current.version + 1,
    }
