"""Pages that add or change one row of a case's register, and are no transition."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect, render

from cases.models import Case
from partners.http import PortalRequest


def record_page(
    request: PortalRequest,
    case: Case,
    form: BaseForm,
    act: Callable[[BaseForm], Any],
    *,
    title: Any,
    submit_label: Any,
    back: str,
    success: Any = "",
    template: str = "cases/record.html",
    context: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the form, or do `act(form)` with a valid one and go `back`; a ValidationError from the action is shown."""
    if request.method == "POST" and form.is_valid():
        try:
            act(form)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            if success:
                messages.success(request, success)
            return redirect(back)
    shown = {
        "case": case,
        "form": form,
        "title": title,
        "submit_label": submit_label,
        "cancel_url": back,
        "access": request.access,
        **(context or {}),
    }
    return render(request, template, shown, status=status)
