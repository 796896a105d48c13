"""The one page of a transition: what is missing, the form, what happens, one button."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect, render

from cases.actions import StepRefused, is_in_time, moved_on
from cases.actions.move import step_definitions
from cases.guards import blockers
from cases.models import Case
from partners.http import PortalRequest


def label_of(verb: str) -> Any:
    """The label of the transition's button (process, section 2)."""
    return step_definitions(verb)[0].custom["label"]


def step_page(
    request: PortalRequest,
    case: Case,
    verb: str,
    form: BaseForm,
    act: Callable[[dict[str, Any]], Any],
    *,
    template: str = "cases/step.html",
    context: dict[str, Any] | None = None,
    explanation: Any = "",
    effects: list[Any] | None = None,
    success: Any = "",
    to: str = "",
    only_look: bool = False,
    past_fact: bool = False,
) -> HttpResponse:
    """Show the transition's page, or take the step with what was typed.

    A GET lists what is missing. A POST answers 409 with that list (or with who was first) and keeps what was typed,
    200 with the fields' errors, or a redirect to the case once `act(cleaned_data)` is done. `only_look` is for a POST
    that asks to see the page anew without taking the step. With `past_fact` what is missing does not block: the form
    asks for a reason instead.
    """
    in_time = is_in_time(case, verb)
    missing = blockers(case, verb, by=request.user) if in_time else []
    first = "" if in_time else moved_on(case)
    status = 200
    if request.method == "POST" and not only_look:
        if not in_time or (missing and not past_fact):
            status = 409
        elif form.is_valid():
            try:
                act(form.cleaned_data)
            except StepRefused as refused:
                missing, first, status = refused.blockers, refused.moved_on, 409
                case.refresh_from_db(fields=["state"])
            else:
                if success:
                    messages.success(request, success)
                return redirect(to or _where_it_is_seen(request, case))
    shown = {
        "case": case,
        "form": form,
        "verb": verb,
        "label": label_of(verb),
        "blockers": missing,
        "moved_on": first,
        "explanation": explanation,
        "effects": effects or [],
        "access": request.access,
        **(context or {}),
    }
    return render(request, template, shown, status=status)


def _where_it_is_seen(request: PortalRequest, case: Case) -> str:
    """The case, or the start page for whom the step has ended the access."""
    still_seen = Case.objects.visible_to(request.user).filter(pk=case.pk).exists()
    return case.get_absolute_url() if still_seen else "/"
