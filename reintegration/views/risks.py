"""Step 8 on screen: the register of risks. The local office sees and adds those at arrival and after."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.clocks import number
from cases.models import Case
from cases.permissions import Relation, Section
from cases.views.lookup import case_for, is_open
from cases.views.registers import record_page
from partners.http import PortalRequest, reach
from reintegration.actions import risks as actions
from reintegration.forms.risks import ReviewForm, RiskAtHomeForm, RiskForm
from reintegration.models import Risk
from reintegration.views.needs import coordinating
from returns_portal import clock

KIND_OF_DECISION = {"go": "ok", "go_with_measures": "info", "hold": "warn", "no_go": "danger", "": "neutral"}


@dataclass(frozen=True)
class RiskLine:
    """A risk with its level in a word."""

    risk: Risk
    high_from: int
    medium_from: int

    @property
    def level_kind(self) -> str:
        """The colour of the level."""
        level = self.risk.level
        if level is None:
            return "neutral"
        return "danger" if level >= self.high_from else "warn" if level >= self.medium_from else "ok"

    @property
    def level_word(self) -> str:
        """The level in a word, with its number."""
        level = self.risk.level
        if level is None:
            return _("Not assessed")
        if level >= self.high_from:
            return _("High (%(n)d)") % {"n": level}
        if level >= self.medium_from:
            return _("Medium (%(n)d)") % {"n": level}
        return _("Low (%(n)d)") % {"n": level}

    @property
    def decision_kind(self) -> str:
        """The colour of the decision."""
        return KIND_OF_DECISION[self.risk.decision]

    @property
    def is_due(self) -> bool:
        """Whether the risk should be looked at again."""
        return self.risk.next_review_on is not None and self.risk.next_review_on <= clock.today()


def risks_for(request: PortalRequest, case: Case) -> "QuerySet[Risk]":
    """The risks that this reader sees."""
    risks = Risk.objects.of(case).select_related("owner", "created_by")
    if request.access.relation != Relation.COORDINATING:
        risks = risks.filter(phase__in=Risk.AT_HOME)
    return risks


def risk_of(request: PortalRequest, case: Case, row: UUID) -> Risk:
    """One risk that this reader sees; 404 for any other."""
    risk = get_object_or_404(risks_for(request, case), pk=row)
    risk.case = case
    return risk


@reach("case")
def risks(request: PortalRequest, code: str) -> HttpResponse:
    """The register: who, when, how likely, how severe, what is done, what follows."""
    case = case_for(request, code, read=Section.RISKS)
    high, medium = number("risk_high"), number("risk_medium")
    found = list(risks_for(request, case))
    for risk in found:
        risk.case = case
    lines = [RiskLine(risk, high, medium) for risk in found]
    may_change = is_open(case, Section.RISKS, request.access)
    context = {
        "case": case,
        "lines": sorted(lines, key=lambda line: -(line.risk.level or 26)),
        "may_add": may_change,
        "may_keep": may_change and request.access.relation == Relation.COORDINATING,
        "is_office": request.access.relation == Relation.SUPPORTING,
        "high": high,
        "medium": medium,
    }
    return render(request, "reintegration/risks.html", context)


@reach("case")
def add_risk(request: PortalRequest, code: str) -> HttpResponse:
    """Add a risk; the local office adds those at arrival and after."""
    case = case_for(request, code, write=Section.RISKS)
    form_class = RiskForm if request.access.relation == Relation.COORDINATING else RiskAtHomeForm
    risk = Risk.begin(case, by=request.user)
    return _risk_page(request, case, risk, form_class, _("Add a risk"))


@reach("case")
def change_risk(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """Change a risk."""
    case = case_for(request, code, write=Section.RISKS)
    coordinating(request)
    context = {"delete_url": reverse("reintegration:delete-risk", args=[case.code_shown, row])}
    return _risk_page(request, case, risk_of(request, case, row), RiskForm, _("Change the risk"), context)


def _risk_page(
    request: PortalRequest,
    case: Case,
    risk: Risk,
    form_class: type[RiskForm],
    title: str,
    context: dict[str, Any] | None = None,
) -> HttpResponse:
    return record_page(
        request,
        case,
        form_class(request.POST or None, instance=risk, case=case),
        lambda _form: actions.save_risk(case, by=request.user, risk=risk),
        title=title,
        submit_label=_("Save"),
        back=reverse("reintegration:risks", args=[case.code_shown]),
        success=_("The risk is saved."),
        template="reintegration/row.html",
        context=context,
    )


@reach("case")
def review_risk(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """Look at a risk again and decide anew."""
    case = case_for(request, code, write=Section.RISKS)
    coordinating(request)
    risk = risk_of(request, case, row)
    return record_page(
        request,
        case,
        ReviewForm(request.POST or None, instance=risk, case=case),
        lambda _form: actions.review_risk(case, by=request.user, risk=risk),
        title=_("Review: %(risk)s") % {"risk": risk.get_category_display()},
        submit_label=_("Save the review"),
        back=reverse("reintegration:risks", args=[case.code_shown]),
        success=_("The review is saved."),
    )


@reach("case")
@require_POST
def delete_risk(request: PortalRequest, code: str, row: UUID) -> HttpResponse:
    """Take a risk off the register."""
    case = case_for(request, code, write=Section.RISKS)
    coordinating(request)
    actions.delete_risk(case, by=request.user, risk=risk_of(request, case, row))
    messages.success(request, _("The risk is removed."))
    return redirect("reintegration:risks", case.code_shown)
