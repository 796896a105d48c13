"""What lies on each person's desk, for managers; and what becomes of it when they leave."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cases import clocks, notices, words
from cases.actions import end_grants_of, release_cases_of, tell_who_remains
from cases.actions.hand_over import duties_of
from cases.actions.inbox import end_calendar_link
from cases.models import Case
from cases.models.case import RESPONSIBLE
from cases.states import BEFORE_DEPARTURE, HOLDABLE
from partners import departures, workload
from partners.models import Organisation, User
from partners.workload import Figure
from returns_portal import clock

# What is due within so many working days, and who leaves within so long, is soon.
SOON_DAYS, DEPARTURE = 5, timedelta(days=14)

notices.register(
    {
        "hold_given_to_you": _("You now watch over the pause of a case"),
        "risk_given_to_you": _("You now see to a measure against a risk"),
        "nobody_answers": _("A colleague has left; nobody of your organisation answers for the case now"),
        "nudged": _("Somebody in the case waits for you and asks you to go on"),
    },
    topic="course",
)
notices.register({"cases_left": _("A colleague has left; their cases need somebody responsible")}, topic="managers")
words.register(
    {
        "release": _("Responsible person taken off; the case is in the organisation’s queue"),
        "pass_hold": _("Another person watches over the pause"),
        "nudge": _("Reminded whose turn it is"),
    }
)


class Load(NamedTuple):
    """The open cases for which one person, or nobody, answers."""

    open: int = 0
    ours: int = 0
    late: int = 0
    soon: int = 0
    leaving: int = 0
    paused: int = 0


def conditions(organisation: Organisation) -> dict[str, Q]:
    """Which open cases each column of the workload counts."""
    now = clock.now()
    ours = Q(ball_with=organisation)
    soon = clocks.end_of(clocks.add_working_days(clock.today(), SOON_DAYS))
    return {
        "open": Q(),
        "ours": ours,
        "late": ours & Q(ball_due__lt=now),
        "soon": ours & Q(ball_due__gte=now, ball_due__lte=soon),
        "leaving": Q(state__in=BEFORE_DEPARTURE, departs_at__gte=now, departs_at__lte=now + DEPARTURE),
        "paused": Q(state__in=HOLDABLE, held_until__isnull=False),
    }


def loads(organisation: Organisation, viewer: User) -> dict[UUID | None, Load]:
    """What each colleague has, and nobody (None): one statement for however many."""
    name = RESPONSIBLE.get(organisation.kind, "")
    if not name:
        return {}
    counted = {column: Count("pk", filter=condition) for column, condition in conditions(organisation).items()}
    rows = Case.objects.visible_to(viewer).open().values_list(f"{name}_id").annotate(**counted).order_by()
    return {person: Load(*numbers) for person, *numbers in rows}


@workload.register
def open_and_late(organisation: Organisation, viewer: User) -> Mapping[UUID, Sequence[Figure]]:
    """Each colleague's open cases, and those among them in which their organisation is late."""
    found = loads(organisation, viewer)
    return {person: _figures(person, load.open, load.late) for person, load in found.items() if person is not None}


def _figures(person: UUID, count: int, overdue: int) -> list[Figure]:
    figures = [Figure(_("open cases"), count, f"{reverse('cases:list')}?who={person}")]
    late = f"{reverse('cases:work')}?who={person}&show=late"
    return [*figures, Figure(_("late"), overdue, late)] if overdue else figures


@departures.register
def back_to_the_queue(user: User) -> None:
    """A leaver's cases go back to the organisation, and what was opened to the leaver by name is closed."""
    left = release_cases_of(user)
    end_grants_of(user)
    tell_who_remains(user, left)


departures.register_door(end_calendar_link)


@departures.register_remains
def what_is_left(user: User) -> Sequence[str | Promise]:
    """What the account still answers for, in numbers: its cases may be closed to whoever asks."""
    duties = duties_of(user)
    number = {kind: sum(duty.kind == kind for duty in duties) for kind in {duty.kind for duty in duties}}
    others = sum(count for kind, count in number.items() if kind not in {"case", "name"})
    said = []
    if cases := number.get("case", 0):
        said.append(
            ngettext(
                "%(n)s open case goes back to the organisation’s queue.",
                "%(n)s open cases go back to the organisation’s queue.",
                cases,
            )
            % {"n": cases}
        )
    if others:
        said.append(
            ngettext(
                "%(n)s pause or measure keeps this person’s name until somebody else is named.",
                "%(n)s pauses and measures keep this person’s name until somebody else is named.",
                others,
            )
            % {"n": others}
        )
    if names := number.get("name", 0):
        said.append(
            ngettext(
                "In %(n)s case this person is named; that ends.",
                "In %(n)s cases this person is named; that ends.",
                names,
            )
            % {"n": names}
        )
    return said
