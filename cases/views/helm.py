"""The manager's helm: who has how much, work handed from one to another, and what a leaver leaves behind."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from cases import desks
from cases.actions import hand_over as h
from cases.forms.helm import QUEUE, GiveForm, LeavingForm, Line, read_duty
from cases.models import Case
from cases.models.case import RESPONSIBLE
from cases.states import OPEN, State
from cases.views import rows as r
from cases.views.lists import is_id, note_list, of_person, responsible_field
from partners.http import PortalRequest, reach
from partners.models import Organisation, User
from returns_portal import looks

SHOWS: dict[str, Any] = {
    "open": gettext_lazy("All open"),
    "ours": gettext_lazy("Waiting for us"),
    "late": gettext_lazy("Late"),
    "soon": gettext_lazy("Due within 5 working days"),
    "leaving": gettext_lazy("Departure within 14 days"),
    "paused": gettext_lazy("Paused"),
}
# What an office that is only informed does not know of a case; see `cases.permissions`.
HIDDEN_FROM_LOCAL = ("leaving", "paused")


def shows_for(user: User) -> dict[str, Any]:
    """The columns and filters of this person's organisation: some of a local office's cases are not its own yet."""
    hidden = () if shows_flags(user) else HIDDEN_FROM_LOCAL
    return {name: label for name, label in SHOWS.items() if name not in hidden}


def shows_flags(user: User) -> bool:
    """Whether rows say what makes a case special, as the lists do."""
    return user.organisation_kind != Organisation.Kind.IOM_LOCAL


def own_organisation(user: User) -> Organisation:
    """The organisation of whoever `reach("managers")` let in."""
    assert user.organisation is not None  # noqa: S101  # a manager has one
    return user.organisation


# Work: the load of each colleague, and many cases to another at once


@reach("managers")
@require_http_methods(["GET", "POST"])
def work(request: PortalRequest) -> HttpResponse:
    """The organisation's open cases by who answers for them; ticked ones are given to somebody else."""
    user, own = request.user, own_organisation(request.user)
    colleagues = list(own.users.filter(is_active=True).order_by("name"))
    is_sent = request.method == "POST"
    ticked = request.POST.getlist("row") if is_sent else []
    form = GiveForm(request.POST if is_sent else None, colleagues=colleagues, ticked=ticked)
    if form.is_valid():
        outcomes = h.hand_over(form.chosen(), by=user)
        return _given(request, form, outcomes)
    who, show, state = (request.GET.get(name, "") for name in ("who", "show", "state"))
    shows = shows_for(user)
    show = show if show in shows else "open"
    state = state if state in OPEN else ""
    cases = of_person(Case.objects.visible_to(user).open(), user, who).filter(desks.conditions(own)[show])
    if state:
        cases = cases.filter(state=state)
    page = r.page_of(cases, user, responsible_field(user), request.GET.get("after", ""), by="ball_due")
    note_list(request, page["rows"])
    if request.GET.get("tick") == "all" and not is_sent:
        ticked = [value_of(row) for row in page["rows"]]
    loads = desks.loads(own, user)
    context = {
        **page,
        "rows": [(row, value_of(row), value_of(row) in ticked) for row in page["rows"]],
        "form": form,
        "loads": [(one, loads.get(one.pk, desks.Load())) for one in colleagues],
        "nobody": loads.get(None, desks.Load()),
        "total": desks.Load(*map(sum, zip(*loads.values(), strict=True))) if loads else desks.Load(),
        "colleagues": colleagues,
        "who": who if who in {"me", "none"} or is_id(who) else "",
        "show": show,
        "shows": list(shows.items()),
        "shows_flags": shows_flags(user),
        "state": state,
        "states": [one for one in State if one in OPEN],
        "is_filtered": bool(who or state or show != "open"),
    }
    return render(request, "cases/helm/work.html", context)


def value_of(row: r.Row) -> str:
    """What a ticked row sends: the case, and who answers for it as the page shows it."""
    return f"{row.id}_{row.responsible or ''}"


def _given(request: PortalRequest, form: GiveForm, outcomes: Sequence[h.Outcome]) -> HttpResponse:
    """What came of each row; those that failed stand there ticked, to try again."""
    note_cases(request, {one.duty.case_id for one in outcomes if one.code})
    failed = {one.duty.row for one in outcomes if not one.is_done}
    now = _answering_now(request.user, failed)
    context = {
        "outcomes": sorted(outcomes, key=lambda one: one.is_done),
        "done": sum(one.is_done for one in outcomes),
        "failed": [(one, f"{one.duty.row}_{now[one.duty.row] or ''}") for one in outcomes if one.duty.row in now],
        "form": GiveForm(colleagues=form.colleagues, initial={"to": form.cleaned_data["to"]}),
        "back": f"{reverse('cases:work')}?{request.GET.urlencode()}".rstrip("?"),
    }
    return render(request, "cases/helm/given.html", context)


def _answering_now(user: User, cases: set[UUID]) -> dict[UUID, UUID | None]:
    found = Case.objects.visible_to(user).open().filter(pk__in=cases)
    return dict(found.values_list("pk", f"{RESPONSIBLE[user.organisation_kind]}_id"))


def note_cases(request: PortalRequest, cases: set[UUID]) -> None:
    """Codes on a page are a look at each case, as a list is."""
    name = request.resolver_match.view_name if request.resolver_match else ""
    looks.record(
        user=request.user, case_id=None, section="", action="list", path_name=name, shown=sorted(cases, key=str)
    )


# A leaver's work, before the account is closed


@reach("managers")
@require_http_methods(["GET", "POST"])
def leaving(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Everything a colleague answers for, row by row to somebody else; then the page that closes the account."""
    own = own_organisation(request.user)
    leaver = get_object_or_404(User, pk=pk, organisation=own, is_active=True)
    duties = h.duties_of(leaver)
    # What was sent stands in the answer, also where it has been done meanwhile.
    sent = [duty for name in request.POST if (duty := read_duty(name)) and duty not in duties]
    cases = cases_of(request.user, [*duties, *sent])
    offers = h.Offers(cases.values(), request.user, but=leaver)
    form = LeavingForm(
        request.POST if request.method == "POST" else None,
        lines=lines_of([*duties, *sent], cases, offers),
        chosen={},
    )
    outcomes: list[h.Outcome] = []
    if form.is_valid():
        outcomes = h.hand_over(form.chosen(leaver), by=request.user)
        done = {one.duty for one in outcomes if one.is_done}
        # Being named ends with the account; whom somebody else has been named for needs nothing more.
        duties = [one for one in h.duties_of(leaver) if one not in done]
        cases = cases_of(request.user, [*duties, *(one.duty for one in outcomes)])
        offers = h.Offers(cases.values(), request.user, but=leaver)
    everything = request.GET.get("all", "")
    lines = lines_of(duties, cases, offers)
    if not form.errors:
        chosen = suggested(lines, h.loads_of(request.user), everything)
        form = LeavingForm(lines=lines[: h.AT_MOST], chosen=chosen)
    note_cases(request, set(cases))
    context = {
        "person": leaver,
        "form": form,
        "outcomes": sorted(outcomes, key=lambda one: one.is_done),
        "done": sum(one.is_done for one in outcomes),
        "rows": [(line, field, not line.people) for line, field in form.rows()],
        "more": max(0, len(lines) - h.AT_MOST),
        "hidden": len({duty.case_id for duty in duties} - set(cases)),
        "colleagues": offers.colleagues,
        "everything": everything,
        "shows_flags": shows_flags(request.user),
        "not_for_all": not_for(lines, everything),
        "is_last_manager": leaver.is_manager and not any(one.is_manager for one in offers.colleagues),
    }
    return render(request, "cases/helm/leaving.html", context)


def cases_of(user: User, duties: Sequence[h.Duty]) -> dict[UUID, Case]:
    """The cases of these duties that this person sees, each with their rights in it: one statement."""
    rows = Case.objects.visible_to(user).with_rights_of(user).filter(pk__in={duty.case_id for duty in duties})
    found = {case.pk: case for case in rows.order_by("ball_due", "pk")}
    for case in found.values():
        case.take_access(user)
    return found


def lines_of(duties: Sequence[h.Duty], cases: Mapping[UUID, Case], offers: h.Offers) -> list[Line]:
    """The rows of the page: what is due first on top, a case before what hangs on it."""
    place = {case: number for number, case in enumerate(cases)}
    order = list(h.kinds)
    seen = sorted(
        (duty for duty in dict.fromkeys(duties) if duty.case_id in cases),
        key=lambda duty: (place[duty.case_id], order.index(duty.kind)),
    )
    return [Line(duty, cases[duty.case_id], h.kinds[duty.kind].offered(offers, cases[duty.case_id])) for duty in seen]


def suggested(lines: Sequence[Line], loads: Mapping[UUID, int], everything: str) -> dict[h.Duty, str]:
    """What stands on each row: the one chosen for all where they may get it, else the colleague with the least."""
    load, found = dict(loads), {}
    for line in lines:
        kind, people = h.kinds[line.duty.kind], line.people
        may = {str(one.pk) for one in people} | ({QUEUE} if h.may_go_to_the_queue(line.duty, line.case) else set())
        if kind.by_choice:
            continue
        if everything in may:
            found[line.duty] = everything
        elif people:
            least = min(people, key=lambda one: (load.get(one.pk, 0), one.name))
            load[least.pk] = load.get(least.pk, 0) + 1
            found[line.duty] = str(least.pk)
    return found


def not_for(lines: Sequence[Line], everything: str) -> int:
    """On how many rows the one chosen for all could not be put."""
    chosen = suggested(lines, {}, everything)
    return sum(chosen.get(line.duty) != everything for line in lines) if everything else 0
