"""Break-glass: a manager opens one case for an hour; another manager gives more time, and judges."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases import actions
from cases.forms.access import BreakGlassForm, JudgeForm
from cases.models import BreakGlass
from partners.http import PortalRequest, reach
from partners.models import User
from partners.step_up import fresh_factor
from returns_portal import looks
from returns_portal.actor import acting_as_system
from returns_portal.crypto import Shredded
from returns_portal.ui import clock_time


class Use(NamedTuple):
    """One use of break-glass as a manager sees it: its words are opened, the case is not."""

    id: UUID
    code: str
    who: str
    organisation: str
    at: datetime
    until: datetime
    reason: str
    is_open: bool
    asks_for_more: bool
    extended_by: str
    due: datetime
    is_overdue: bool
    judgement: str
    words: str
    reviewed_by: str
    reviewed_at: datetime | None
    is_mine: bool
    may_judge: bool


@reach("managers")
@fresh_factor
@never_cache
@require_http_methods(["GET", "POST"])
def break_glass(request: PortalRequest) -> HttpResponse:
    """Code and reason, then what it means, then the case for an hour."""
    form = BreakGlassForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "cases/break_glass.html", {"form": form})
    case = actions.case_behind_glass(form.cleaned_data["code"], request.user)
    if case is None:
        # Foreign or not there at all: one answer, and one line in the trail.
        looks.record(request.user, None, "", "refused", "cases:break-glass")
        form.add_error("code", _("Your organisation takes part in no case with this code."))
        return render(request, "cases/break_glass.html", {"form": form})
    if not actions.is_closed_to(case, request.user):
        form.add_error("code", _("This case is open to you already."))
    elif actions.waits_for_review(case, request.user):
        form.add_error("code", _("Your last emergency opening of this case must be reviewed first."))
    if form.errors or "confirm" not in request.POST:
        # That the code is right has been told: a line, whatever comes of it.
        looks.record(request.user, None, "", "search", "cases:break-glass", shown=[case.pk])
    if form.errors:
        return render(request, "cases/break_glass.html", {"form": form})
    if "confirm" not in request.POST:
        return render(request, "cases/break_glass_confirm.html", {"form": form, "code": case.code_shown})
    glass = actions.break_glass(case, by=request.user, reason=form.cleaned_data["reason"])
    messages.success(request, _("The case is open to you until %(time)s.") % {"time": clock_time(glass.until)})
    return redirect(case)


@reach("managers")
@never_cache
@require_GET
def review(request: PortalRequest) -> HttpResponse:
    """The uses that this manager judges, and their own; how many have been judged."""
    with acting_as_system("special_access"):
        found = actions.uses_for(request.user)
        uses = [_use(glass, request.user) for glass in found]
    looks.record(request.user, None, "", "list", "cases:glass-review", shown=[glass.case_id for glass in found])
    reviewed = sum(use.reviewed_at is not None for use in uses)
    context = {
        "uses": uses,
        "total": len(uses),
        "reviewed": reviewed,
        "percent": 100 * reviewed // len(uses) if uses else 100,
        "overdue": sum(use.is_overdue for use in uses),
    }
    return render(request, "cases/break_glass_review.html", context)


def _use(glass: BreakGlass, user: User) -> Use:
    """What is shown of it. The reason opens with the case's key, beyond the cases that the manager sees."""
    breaker = glass.created_by
    return Use(
        id=glass.pk,
        code=glass.case.code_shown,
        who=breaker.name if breaker else "",
        organisation=glass.organisation.short_name,
        at=glass.created_at,
        until=glass.until,
        reason=_opened(glass, "reason"),
        is_open=glass.is_open,
        asks_for_more=glass.waits_for_more_time,
        extended_by=glass.extended_by.name if glass.extended_by else "",
        due=glass.review_due,
        is_overdue=glass.is_overdue,
        judgement=glass.get_judgement_display(),
        words=_opened(glass, "words"),
        reviewed_by=glass.reviewed_by.name if glass.reviewed_by else "",
        reviewed_at=glass.reviewed_at,
        is_mine=glass.created_by_id == user.pk,
        may_judge=actions.may_judge(glass, user),
    )


def _opened(glass: BreakGlass, name: str) -> str:
    try:
        return str(getattr(glass, name) or "")
    except Shredded:
        return _("(destroyed with the case)")


@reach("managers")
@require_POST
def more_time(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Ask for another hour."""
    glass = _glass(request, pk)

    def ask() -> None:
        actions.ask_for_more_time(glass, by=request.user)

    return _done(request, ask, _("Another manager has been asked for 60 more minutes."))


def _done(request: PortalRequest, act: Callable[[], None], success: str) -> HttpResponse:
    """Back to the list. Who comes late learns there what became of the use, and nothing of where the case stands."""
    try:
        act()
    except actions.StepRefused:
        messages.warning(request, _("Nothing was changed: this was answered already, or the hour is over."))
    else:
        messages.success(request, success)
    return redirect("cases:glass-review")


@reach("managers")
@fresh_factor
@require_http_methods(["GET", "POST"])
def extend(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Give another hour: the second person's page."""
    glass = _glass(request, pk)
    if request.method == "POST":

        def extend_it() -> None:
            actions.extend_break_glass(glass, by=request.user)

        return _done(request, extend_it, _("The case stays open for 60 more minutes."))
    use = _one(request, glass)
    if not use.may_judge or not use.asks_for_more:
        return redirect("cases:glass-review")
    return render(request, "cases/break_glass_extend.html", {"use": use})


@reach("managers")
@fresh_factor
@never_cache
@require_http_methods(["GET", "POST"])
def judge(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Say whether it was right to open the case."""
    glass = _glass(request, pk)
    use = _one(request, glass)
    if request.method == "GET" and (not use.may_judge or use.reviewed_at is not None):
        return redirect("cases:glass-review")
    form = JudgeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        said = form.cleaned_data

        def judge_it() -> None:
            actions.judge_break_glass(glass, by=request.user, **said)

        return _done(request, judge_it, _("The review is recorded."))
    return render(request, "cases/break_glass_judge.html", {"use": use, "form": form})


def _glass(request: PortalRequest, pk: UUID) -> BreakGlass:
    """A use that this manager has a part in; every other one is not there."""
    with acting_as_system("special_access"):
        found = actions.uses_seen_by(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    # Here, and not within the act: where it is one case too many, the line that says so stays.
    looks.record(request.user, found.case_id, "", "view", "cases:glass-review")
    return found


def _one(request: PortalRequest, glass: BreakGlass) -> Use:
    with acting_as_system("special_access"):
        return _use(glass, request.user)
