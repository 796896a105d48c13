"""Reminding whoever has the turn: one page that says who is told, one button."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import actions
from cases.actions import nudge as n
from cases.guards import Blocker
from cases.models import Case
from cases.views.lookup import case_for
from partners.http import PortalRequest, reach
from partners.models import User


@reach("case")
@require_http_methods(["GET", "POST"])
def nudge(request: PortalRequest, code: str) -> HttpResponse:
    """Who is told, when the last reminder was, and the button."""
    case = case_for(request, code)
    if not n.may_know(case, request.user):
        raise PermissionDenied
    if request.method == "POST":
        try:
            people = n.nudge(case, by=request.user)
        except actions.StepRefused as refused:
            return _page(request, case, refused.blockers, status=409)
        messages.success(request, _("Reminded: %(who)s.") % {"who": told(case, people)})
        return redirect(case)
    return _page(request, case, n.why_not(case, request.user))


def _page(request: PortalRequest, case: Case, blockers: list[Blocker], status: int = 200) -> HttpResponse:
    people = [] if blockers else n.whom_to_remind(case)
    context = {
        "case": case,
        "said": blockers[0].sentence if blockers else "",
        "told": told(case, people) if people else "",
        "before": "" if blockers else n.standing(case, request.user),
    }
    return render(request, "cases/helm/nudge.html", context, status=status)


def told(case: Case, people: list[User]) -> str:
    """Who is told: the one who answers for the case, else the organisation; nobody hears who is in a circle there."""
    organisation = case.ball_with.name if case.ball_with else ""
    if len(people) == 1 and people[0].pk in case.answering_ids:
        return f"{people[0].name}, {organisation}"
    return _("everybody who works with the case at %(organisation)s") % {"organisation": organisation}
