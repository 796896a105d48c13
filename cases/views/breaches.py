"""The breach log, for managers of Länsstyrelsen and IOM Helsinki."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases.actions import breach as actions
from cases.forms.breach import BreachForm, SeenForm
from cases.models import Breach
from cases.permissions import Section
from partners.http import PortalRequest, reach
from partners.step_up import fresh_factor
from returns_portal import looks


def _keeper_only(request: PortalRequest) -> None:
    if not actions.keeps_breaches(request.user):
        raise PermissionDenied


def _breach(request: PortalRequest, pk: UUID) -> Breach:
    _keeper_only(request)
    return get_object_or_404(Breach.objects.select_related("key", "created_by", "closed_by"), pk=pk)


def _note_reading(request: PortalRequest, breach: Breach) -> None:
    """What an entry tells may name people: reading it is a look, though at no case; the line names the entry."""
    name = request.resolver_match.view_name if request.resolver_match else ""
    looks.record(request.user, None, "", "view", f"{name}:{breach.reference}")


@reach("managers")
@require_GET
def breaches(request: PortalRequest) -> HttpResponse:
    """Every entry, the newest first, with what is left of the 72 hours."""
    _keeper_only(request)
    entries = Breach.objects.select_related("key", "created_by").order_by("-found_at", "pk")
    return render(
        request, "cases/breaches/list.html", {"page": Paginator(entries, 25).get_page(request.GET.get("page"))}
    )


@reach("managers")
@require_http_methods(["GET", "POST"])
def new_breach(request: PortalRequest) -> HttpResponse:
    """Begin an entry."""
    _keeper_only(request)
    form = BreachForm(request.POST or None)
    if form.is_valid():
        breach = actions.open_breach(by=request.user, answers=form.cleaned_data)
        messages.success(request, _("The breach is in the log."))
        return redirect("cases:breach", breach.pk)
    return render(request, "cases/breaches/edit.html", {"form": form})


@reach("managers")
@require_GET
def breach(request: PortalRequest, pk: UUID) -> HttpResponse:
    """One entry, whole."""
    found = _breach(request, pk)
    _note_reading(request, found)
    context = {"breach": found, "may_close": actions.is_ready_to_close(found), "categories": categories_of(found)}
    return render(request, "cases/breaches/breach.html", context)


def categories_of(breach: Breach) -> list[Any]:
    """Which data, in words."""
    labels = dict(Breach.Category.choices)
    return [labels.get(code, code) for code in breach.categories]


FIELDS = tuple(BreachForm.base_fields)


@reach("managers")
@require_http_methods(["GET", "POST"])
def edit_breach(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Write what is known by now."""
    found = _breach(request, pk)
    _note_reading(request, found)
    initial = {name: getattr(found, name) for name in FIELDS}
    form = BreachForm(request.POST or None, initial=initial)
    refused = found.closed_at is not None
    if not refused and form.is_valid():
        try:
            actions.change_breach(found, by=request.user, answers=form.cleaned_data)
        except actions.BreachRefused:
            refused = True
        else:
            messages.success(request, _("The breach is saved."))
            return redirect("cases:breach", found.pk)
    context = {"form": form, "breach": found, "refused": refused}
    return render(request, "cases/breaches/edit.html", context, status=409 if refused else 200)


@reach("managers")
@require_http_methods(["GET", "POST"])
def close_breach(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Close an entry: nothing more is to be done."""
    found = _breach(request, pk)
    refused = found.closed_at is not None or not actions.is_ready_to_close(found)
    if request.method == "POST" and not refused:
        try:
            actions.close_breach(found, by=request.user)
        except actions.BreachRefused:
            refused = True
        else:
            messages.success(request, _("The entry is closed."))
            return redirect("cases:breach", found.pk)
    context = {"breach": found, "refused": refused}
    return render(request, "cases/breaches/close.html", context, status=409 if refused else 200)


@reach("managers")
@require_GET
def authority(request: PortalRequest, pk: UUID) -> HttpResponse:
    """The text for the authority's form, to copy or print."""
    found = _breach(request, pk)
    _note_reading(request, found)
    return render(request, "cases/breaches/authority.html", {"breach": found, "categories": categories_of(found)})


@reach("managers")
@fresh_factor
@require_http_methods(["GET", "POST"])
def seen(request: PortalRequest) -> HttpResponse:
    """Whose cases did this person or session see between two moments."""
    _keeper_only(request)
    form, found, is_asked, too_many = SeenForm(request.POST or None), [], False, False
    if form.is_valid():
        given = form.cleaned_data
        try:
            found = actions.cases_seen_by(
                by=request.user,
                user=form.user,
                session=given["session"],
                since=given["since"],
                until=given["until"],
            )
            is_asked = True
        except actions.TooMany:
            too_many = True
    labels = dict(Section.choices)
    context = {
        "form": form,
        "found": [(one, [labels.get(code, code) for code in one.sections]) for one in found],
        "is_asked": is_asked,
        "too_many": too_many,
    }
    return render(request, "cases/breaches/seen.html", context)
