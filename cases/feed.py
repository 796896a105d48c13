"""A person's calendar feed: the dates on their desk by reference. No names, no places, no organisations.

It leaves the portal for calendars that others run, so it holds the least that still helps. Arrivals are not in it: a
calendar may be a day old, and nobody who comes home may wait for it.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import pgettext
from icalendar import Calendar, Event

from cases.models import Case
from cases.models.case import RESPONSIBLE
from cases.states import HOLDABLE, State
from partners.models import Organisation, User
from returns_portal import clock
from returns_portal.ui import local_day

# The nearest dates first. A case has two dates at most, so a feed has 500 events at most; and fetching it shows fewer
# cases than the trail takes for somebody who pages through all of them.
MOST_CASES = 250
REFRESH = timedelta(hours=3)
TRAVELS, FOLLOWS = ("iom_helsinki", "iom_local"), ("iom_helsinki", "iom_local")


class Dated(NamedTuple):
    """One date of one case."""

    case_id: UUID
    code: str
    kind: str
    on: date


def dates_of(user: User) -> list[Dated]:
    """The dates on this person's desk. Run as this person, so that both walls agree on every case."""
    organisation = user.organisation
    name = RESPONSIBLE.get(user.organisation_kind, "")
    if organisation is None or not name:
        return []
    desk = Q(**{name: user}) | Q(**{f"{name}__isnull": True})
    # While processing is restricted nothing of the case is used, a date least of all outside the portal (article 18).
    cases = Case.objects.visible_to(user).sent().open().filter(desk, limited_since__isnull=True)
    # Nor where it matters who of an organisation knows of the case; an emergency opens such cases alone.
    cases = cases.filter(is_restricted=False, is_protected=False)
    found = cases.order_by(F("ball_due").asc(nulls_last=True), "id").only(
        "id", "code", "state", "ball_with", "ball_what", "ball_due", "departs_at", "next_contact_on", "held_until"
    )
    return [dated for case in found[:MOST_CASES] for dated in _dates_in(case, organisation)]


def _dates_in(case: Case, organisation: Organisation) -> Iterator[Dated]:
    is_ours = case.ball_with_id == organisation.pk and case.ball_due is not None
    due = local_day(case.ball_due) if case.ball_due is not None else None
    follow_up = case.next_contact_on if case.state == State.FOLLOW_UP and organisation.kind in FOLLOWS else None
    if case.state == State.TRAVEL and case.departs_at is not None and organisation.kind in TRAVELS:
        yield Dated(case.pk, case.code_shown, "departure", local_day(case.departs_at))
    if follow_up is not None:
        yield Dated(case.pk, case.code_shown, "follow-up", follow_up)
    if is_ours and due is not None and due != follow_up:
        yield Dated(case.pk, case.code_shown, _kind_of(case), due)


def _kind_of(case: Case) -> str:
    if case.held_until is not None and case.state in HOLDABLE:
        return "pause"
    return "decision" if case.state == State.REFERRED else "task"


def calendar_of(user: User, dates: list[Dated]) -> bytes:
    """The feed as calendars read it (RFC 5545), in the language now in use."""
    calendar = Calendar()
    calendar.add("prodid", "-//portal//calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", pgettext("name of a calendar", "Portal"))
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    for dated in dates:
        calendar.add_component(_event(dated))
    return bytes(calendar.to_ical())


def _event(dated: Dated) -> Event:
    event = Event()
    place = f"{settings.PORTAL_ADDRESS}/calendar/{dated.case_id}/{dated.kind}"
    event.add("uid", f"{uuid5(NAMESPACE_URL, place)}@portal")
    event.add("dtstamp", clock.now())
    event.add("dtstart", dated.on)
    event.add("summary", f"{dated.code}: {_words_of(dated.kind)}")
    event.add("url", f"{settings.PORTAL_ADDRESS}{reverse('cases:case', args=[dated.code])}")
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    return event


def _words_of(kind: str) -> str:
    return {
        "departure": pgettext("calendar", "departure"),
        "follow-up": pgettext("calendar", "follow-up"),
        "decision": pgettext("calendar", "decision due"),
        "pause": pgettext("calendar", "pause ends"),
    }.get(kind, pgettext("calendar", "to do"))
