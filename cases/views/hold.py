"""Pausing a case, and the person's change of mind."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import actions, emails
from cases import permissions as may
from cases.forms.hold import ExtendForm, HoldForm, ResumeForm, WithdrawForm
from cases.models import Case, Hold
from cases.states import HOLDABLE
from cases.views.lookup import case_for
from cases.views.steps import step_page
from partners.http import PortalRequest, reach
from partners.models import Organisation
from returns_portal.ui import day_in_words


@reach("case")
@require_http_methods(["GET", "POST"])
def hold(request: PortalRequest, code: str) -> HttpResponse:
    """Pause the case; while it is paused, extend the pause or end it."""
    case = case_for(request, code)
    if not may.MAY_PAUSE(case, request.user):
        raise PermissionDenied
    if case.state not in HOLDABLE:
        if request.method == "POST":
            raise actions.StepRefused(case, "hold")
        return render(request, "cases/hold.html", {"case": case})
    present = Hold.objects.filter(case=case, ended_at__isnull=True).select_related("owner").first()
    return _begin(request, case) if present is None else _go_on(request, case, present)


def _begin(request: PortalRequest, case: Case) -> HttpResponse:
    user = request.user
    if request.POST.get("do") in {"extend", "resume"}:  # the pause was ended meanwhile
        raise actions.StepRefused(case, "resume")
    form = HoldForm(
        request.POST if request.method == "POST" else None,
        colleagues=actions.colleagues_in(case, user),
        initial={"owner": user.pk},
    )
    if form.is_valid():
        actions.hold_case(case, by=user, **form.cleaned_data)
        day = day_in_words(form.cleaned_data["until"])
        messages.success(request, _("Paused until %(day)s. Reminders stand still.") % {"day": day})
        return redirect(case)
    return render(request, "cases/hold.html", {"case": case, "form": form, "may_hold": True})


def _go_on(request: PortalRequest, case: Case, present: Hold) -> HttpResponse:
    user, do = request.user, request.POST.get("do", "")
    if request.method == "POST" and do not in {"extend", "resume"}:  # somebody else has paused it meanwhile
        raise actions.StepRefused(case, "hold")
    extend = ExtendForm(request.POST if do == "extend" else None)
    people = actions.whom_to_name(case, user)
    resume = ResumeForm(request.POST if do == "resume" else None, colleagues=people, initial={"responsible": user.pk})
    if do == "extend" and extend.is_valid():
        actions.extend_hold(case, by=user, until=extend.cleaned_data["until"])
        day = day_in_words(extend.cleaned_data["until"])
        messages.success(request, _("Paused until %(day)s. Reminders stand still.") % {"day": day})
        return redirect(case)
    if do == "resume" and resume.is_valid():
        actions.resume_case(case, by=user, responsible=resume.cleaned_data["responsible"])
        messages.success(request, _("The pause has ended. Time runs again."))
        return redirect(case)
    context = {
        "case": case,
        "hold": present,
        "extend": extend,
        "resume": resume,
        "error_form": extend if extend.is_bound else resume,
    }
    return render(request, "cases/hold.html", context)


@reach("case")
@require_http_methods(["GET", "POST"])
def withdraw(request: PortalRequest, code: str) -> HttpResponse:
    """Record that the person changed their mind: one page, one act, no reason asked."""
    case = case_for(request, code, step="withdraw")
    form = WithdrawForm(request.POST if request.method == "POST" else None)

    def act(data: dict[str, Any]) -> None:
        actions.withdraw(case, by=request.user, note=data["note"])

    return step_page(
        request,
        case,
        "withdraw",
        form,
        act,
        template="cases/withdraw.html",
        explanation=_(
            "The return happens only at the person's own request. The person can change their mind until boarding, "
            "and nobody has to know why. It is no failure, and the person can start again at any time."
        ),
        effects=what_withdrawing_does(case),
        success=_("Everything has stopped. Those who must know have been told."),
    )


def what_withdrawing_does(case: Case) -> list[str]:
    """What stops, and who is told."""
    live = emails.with_live_grant(case)
    named = Organisation.objects.filter(pk__in=live).order_by("name")
    full = [o.name for o in named if live[o.pk] != {may.INFORM}]
    informed = [o.name for o in named if live[o.pk] == {may.INFORM}]
    effects = [_("All tasks and reminders of the case stop."), _("Told at once: %(who)s.") % {"who": ", ".join(full)}]
    if case.local_office_id in live:
        effects.append(_("%(office)s can no longer open the case.") % {"office": case.local_office})
    effects += [_("%(office)s is told only that nobody is coming.") % {"office": name} for name in informed]
    return effects
