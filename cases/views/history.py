"""What has happened in a case, and who has looked at it."""

from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, F, Max, Q
from django.db.models.functions import TruncDate
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from cases.models import Case, CaseEvent
from cases.models.event import CaseEventQuerySet
from cases.permissions import NOTE_READ_WITH, Access, Relation, Section
from cases.views.lookup import case_for
from cases.words import event_words
from partners.http import PortalRequest, reach
from partners.models import User
from returns_portal import clock
from returns_portal.actor import acting_as_system
from returns_portal.models import Look

SHOWS = (("steps", _("Only steps")), ("messages", _("Messages")), ("all", _("All")))
MAY_ASK_WHO_LOOKED = {Relation.REFERRING, Relation.APPROVING, Relation.COORDINATING}


class Happening(NamedTuple):
    """One line of the timeline as this reader sees it."""

    words: str
    at: datetime
    by: str
    organisation: str
    is_step: bool
    is_new: bool
    section: str
    note: str


def events_for(case: Case, user: User, access: Access, show: str = "all") -> CaseEventQuerySet:
    """The events of the case that this reader may see, newest first."""
    events = CaseEvent.objects.in_sight(case, access).told_to(user.organisation_id)
    if show == "steps":
        events = events.exclude(was="").exclude(was=F("became"))
    elif show == "messages":
        events = events.filter(section=Section.QUESTIONS)
    return events.select_related("created_by", "organisation").order_by("-created_at", "-id")


def as_lines(
    events: list[CaseEvent], case: Case, user: User, *, since: datetime | None = None, notes: bool = False
) -> list[Happening]:
    """Events in words; a note is opened with the case's key only where it is shown."""
    lines, access = [], case.access_for(user)
    for event in events:
        event.case = case  # so that the note opens with the key that has been read already
        mine = event.created_by_id == user.pk
        lines.append(
            Happening(
                words=event_words(event.verb),
                at=event.created_at,
                by=gettext("You") if mine else event.created_by.name if event.created_by else gettext("The portal"),
                organisation="" if mine or event.organisation is None else event.organisation.short_name,
                is_step=event.is_step,
                is_new=since is not None and event.created_at > since and not mine,
                section=event.get_section_display(),
                note=str(event.note or "") if notes and access.may_read(_note_section(event)) else "",
            )
        )
    return lines


def _note_section(event: CaseEvent) -> Section:
    return NOTE_READ_WITH.get(event.verb, Section(event.section))


def shown(request: PortalRequest) -> str:
    """Which events the reader asks for."""
    asked = request.GET.get("show", "all")
    return asked if asked in dict(SHOWS) else "all"


@reach("case")
@require_GET
def history(request: PortalRequest, code: str) -> HttpResponse:
    """Everything that has happened, as far as this reader may know it."""
    case = case_for(request, code, read=Section.STATUS)
    show = shown(request)
    page = Paginator(events_for(case, request.user, request.access, show), 50).get_page(request.GET.get("page"))
    lines = as_lines(list(page.object_list), case, request.user, notes=True)
    return render(
        request, "cases/history.html", {"case": case, "page": page, "lines": lines, "show": show, "shows": SHOWS}
    )


# What is worth a mark, beside the sections that were opened.
MARKS = {
    Look.Action.REVEAL: (_("Name opened"), "warn"),
    Look.Action.DOWNLOAD: (_("Document downloaded"), "info"),
    Look.Action.LIST: (_("Stood in a list"), "neutral"),
    Look.Action.SEARCH: (_("Found by a search"), "warn"),
    Look.Action.EXPORT: (_("Extract taken out"), "danger"),
    Look.Action.BREAK_GLASS: (_("Opened in an emergency"), "danger"),
    Look.Action.DESTROY: (_("Destroyed"), "danger"),
    Look.Action.REFUSED: (_("Refused"), "danger"),
}


class Looked(NamedTuple):
    """What one person looked at on one day."""

    day: Any
    name: str
    organisation: str
    sections: list[str]
    times: int
    last: datetime
    marks: list[tuple[str, str]]


@reach("case")
@require_GET
def seen(request: PortalRequest, code: str) -> HttpResponse:
    """Who has looked at the case, by person and day, in lists and searches too.

    Open to the case's own organisations in Sweden and to Helsinki.
    """
    case = case_for(request, code, read=Section.STATUS)
    if request.access.relation not in MAY_ASK_WHO_LOOKED:
        raise PermissionDenied
    rows = (
        Look.objects.filter(Q(case_id=case.pk) | Q(shown__contains=[case.pk]))
        .annotate(day=TruncDate("at", tzinfo=clock.STOCKHOLM))
        .values("day", "user_id")
        .annotate(
            count=Count("pk"),
            last=Max("at"),
            seen=ArrayAgg("section", distinct=True),
            acts=ArrayAgg("action", distinct=True),
            outcomes=ArrayAgg("outcome", distinct=True),
        )
        .order_by("-day", "-last")
    )
    # A line about a list names no one case, so it is nobody's to read but the portal's own.
    with acting_as_system("oversight"):
        page = Paginator(rows, 50).get_page(request.GET.get("page"))
        found: list[dict[str, Any]] = list(page.object_list)
    people = User.objects.select_related("organisation").in_bulk([row["user_id"] for row in found if row["user_id"]])
    return render(
        request, "cases/seen.html", {"case": case, "page": page, "looks": [_looked(r, people) for r in found]}
    )


def _looked(row: dict[str, Any], people: dict[Any, User]) -> Looked:
    person = people.get(row["user_id"])
    labels = dict(Section.choices)
    acts = {*row["acts"], *([Look.Action.REFUSED] if Look.Outcome.REFUSED in row["outcomes"] else [])}
    return Looked(
        day=row["day"],
        name=person.name if person else gettext("The portal"),
        organisation=person.organisation.short_name if person and person.organisation else "",
        sections=[str(labels.get(code, code)) for code in sorted(row["seen"]) if code],
        times=row["count"],
        last=row["last"],
        marks=[(str(words), kind) for act, (words, kind) in MARKS.items() if act in acts],
    )
