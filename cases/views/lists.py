"""Lists of cases: all that one may see, Länsstyrelsen's queue, IOM Helsinki's board."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from django.db.models import Max, Q
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from cases import cards, clocks
from cases.codes import normalise_code
from cases.models import Case, Visit
from cases.models.case import RESPONSIBLE, CaseQuerySet
from cases.states import ENDED, State
from cases.views import rows as r
from partners.http import PortalRequest, reach
from partners.models import User
from returns_portal import clock, looks
from returns_portal.ui import local_day

DECIDED_LATELY = timedelta(days=14)
SOON = timedelta(days=14)
BOARD = (State.APPROVED, State.APPLICATION, State.ASSESSMENT, State.TRAVEL, State.IN_TRANSIT, State.FOLLOW_UP)
ON_BOARD, IN_SECTION = 300, 12


def responsible_field(user: User) -> str:
    """The field of a case that names who answers for it in this person's organisation."""
    return RESPONSIBLE[user.organisation_kind]


class OfACase(Protocol):
    """A row that shows a case."""

    @property
    def id(self) -> UUID:
        """The case."""


def note_list(request: PortalRequest, *lists: Iterable[OfACase], beside: Iterable[UUID] = ()) -> None:
    """A list is a look too, at every case that it shows; `beside` are cases of which it shows no row but the code."""
    name = request.resolver_match.view_name if request.resolver_match else ""
    shown = [*(row.id for rows in lists for row in rows), *beside]
    looks.record(user=request.user, case_id=None, section="", action="list", path_name=name, shown=shown)


def of_person(cases: CaseQuerySet, user: User, who: str) -> CaseQuerySet:
    """Those of these cases for which `who` answers: me, nobody, or a colleague by id; others change nothing."""
    field = responsible_field(user)
    if who == "me":
        return cases.filter(**{field: user})
    if who == "none":
        return cases.filter(**{f"{field}__isnull": True})
    if is_id(who):
        return cases.filter(**{f"{field}_id": who})
    return cases


def asked_of(request: PortalRequest) -> QueryDict:
    """What the reader filters and searches by."""
    return request.POST if request.method == "POST" else request.GET


def searched(request: PortalRequest) -> str:
    """What is searched for. Words come by POST alone: an address stays in histories and logs, and holds codes only."""
    text = asked_of(request).get("q", "").replace("\0", "").strip()[:80]  # a NUL is no text to the database
    return text if request.method == "POST" or normalise_code(text) else ""


def to_address(request: PortalRequest) -> HttpResponse | None:
    """To the address of a list that was asked for by POST and may have one: nothing is searched for.

    What looks like a code may be a name of eight letters.
    """
    if request.method != "POST" or searched(request):
        return None
    known = {name: request.POST.get(name, "") for name in ("tab", "state", "who")}
    return redirect(f"{request.path}?{urlencode({name: value for name, value in known.items() if value})}")


def is_id(text: str) -> bool:
    """Whether the text is an id."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@reach("signed-in")
def all_cases(request: PortalRequest) -> HttpResponse:
    """Every case that this person may see, the one that is due first on top."""
    if (address := to_address(request)) is not None:
        return address
    user, asked = request.user, asked_of(request)
    visible = Case.objects.visible_to(user)
    tabs: dict[str, tuple[str, CaseQuerySet]] = {
        "open": (_("Open"), visible.open()),
        "ours": (_("Waiting for us"), visible.open().held_by(user.organisation)),
        "ended": (_("Ended"), visible.filter(state__in=ENDED)),
    }
    tab = asked.get("tab", "open") if asked.get("tab", "open") in tabs else "open"
    states = [state for state in State if (state in ENDED) == (tab == "ended")]
    state = asked.get("state", "") if asked.get("state", "") in states else ""
    who, text = asked.get("who", ""), searched(request)
    cases = of_person(tabs[tab][1], user, who)
    if state:
        cases = cases.filter(state=state)
    if text:
        cases = cases.named(text, user)
    by = "changed_at" if tab == "ended" else "ball_due"
    context = {
        **r.page_of(cases, user, responsible_field(user), asked.get("after", ""), by=by, newest_first=tab == "ended"),
        "tab": tab,
        "tabs": [(name, label, r.shown(r.count(query))) for name, (label, query) in tabs.items()],
        "states": states,
        "state": state,
        "state_label": State(state).label if state else "",
        "who": who if who in {"me", "none"} or is_id(who) else "",
        "q": text,
        "ignored": bool(asked.get("state") and not state),
        "shows_flags": user.organisation_kind != "iom_local",
    }
    note_list(request, context["rows"])
    return render(request, "cases/list.html", context)


@reach("approving")
def queue(request: PortalRequest) -> HttpResponse:
    """What Länsstyrelsen has to decide, longest waiting first."""
    if (address := to_address(request)) is not None:
        return address
    user, asked = request.user, asked_of(request)
    mine = Case.objects.visible_to(user).filter(approving=user.organisation)
    lately = clock.now() - DECIDED_LATELY
    tabs: dict[str, tuple[str, CaseQuerySet, str]] = {
        "decide": (_("To decide"), mine.filter(state=State.REFERRED), "submitted_at"),
        "more": (_("Waiting for more information"), mine.filter(state=State.MORE_INFO), "state_since"),
        "decided": (
            _("Decided"),
            mine.filter(decided_at__gte=lately).exclude(state__in=[State.REFERRED, State.MORE_INFO]),
            "decided_at",
        ),
    }
    tab = asked.get("tab", "decide") if asked.get("tab", "decide") in tabs else "decide"
    _label, cases, by = tabs[tab]
    who, text = asked.get("who", ""), searched(request)
    cases = of_person(cases, user, who)
    if text:
        cases = cases.named(text, user)
    page = r.page_of(cases, user, "decider", asked.get("after", ""), by=by, newest_first=tab == "decided")
    note_list(request, page["rows"])
    seen = set(
        Visit.objects.filter(user=user, case_id__in=[row.id for row in page["rows"]]).values_list("case_id", flat=True)
    )
    context = {
        **page,
        "rows": [(row, working_days_of(row), row.id not in seen) for row in page["rows"]],
        "tab": tab,
        "tabs": [(name, label, r.shown(r.count(query))) for name, (label, query, _by) in tabs.items()],
        "who": who if who in {"me", "none"} else "",
        "q": text,
        "latest": None if page["rows"] else mine.aggregate(latest=Max("decided_at"))["latest"],
    }
    return render(request, "cases/queue.html", context)


def working_days_of(row: r.Row) -> int:
    """How many working days the referral has lain here."""
    return clocks.working_days_between(local_day(row.submitted_at or row.state_since), clock.today(), row.destination)


@reach("coordinating")
def board(request: PortalRequest) -> HttpResponse:
    """IOM Helsinki's cases by state, what blocks each, and who is travelling first."""
    user, who = request.user, request.GET.get("who", "")
    cases = of_person(Case.objects.visible_to(user).filter(state__in=BOARD), user, who)
    found = r.rows(cases.order_by("ball_due", "id"), user, "coordinator", ON_BOARD + 1)
    travelling = travelling_of(user, cases)
    by_state: dict[str, list[r.Row]] = defaultdict(list)
    for row in found[:ON_BOARD]:
        by_state[row.state].append(row)
    on_page = [row for state in BOARD for row in by_state[state][:IN_SECTION]]
    note_list(request, on_page, travelling["arrivals"], travelling["departures"])
    context = {
        "sections": [
            (state, state.label, len(by_state[state]), by_state[state][:IN_SECTION], len(by_state[state]) > IN_SECTION)
            for state in BOARD
        ],
        "is_cut": len(found) > ON_BOARD,
        "who": who if who in {"me", "none"} else "",
        **travelling,
    }
    return render(request, "cases/board.html", context)


class OnTheWay(NamedTuple):
    """Somebody who is expected, as the reader's list shows them, and what later chapters say of the watch."""

    row: r.Row
    cards: list[cards.Card]

    @property
    def id(self) -> UUID:
        """The case."""
        return self.row.id


def travelling_of(user: User, cases: CaseQuerySet) -> dict[str, Any]:
    """Who is on the way or expected today, whoever is late first, and who leaves within two weeks."""
    end_of_today = clocks.end_of(clock.today()) + timedelta(hours=7)
    near = Q(state=State.IN_TRANSIT) | Q(state=State.TRAVEL, departs_at__lte=clock.now() + SOON)
    found = r.rows(cases.filter(near).order_by("expected_at", "id"), user, responsible_field(user), 100)
    expected = [
        row
        for row in found
        if row.state == State.IN_TRANSIT
        or (row.departs_at is not None and row.departs_at <= clock.now())
        or (row.expected_at is not None and row.expected_at < end_of_today)
    ]
    lines = cards.lines_of([cards.Traveller(row.id, row.destination, row.expected_at) for row in expected])
    departures = [row for row in found if row not in expected]
    return {
        "arrivals": [OnTheWay(row, lines.get(row.id, [])) for row in expected],
        "departures": sorted(departures, key=lambda row: row.departs_at or clock.now()),
    }
