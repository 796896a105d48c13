"""Rows of lists of cases: read as tuples from the one table, never as objects (performance)."""

from datetime import date, datetime
from typing import Any, NamedTuple, Self
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from cases import ball
from cases.ball import waiting_threads
from cases.codes import country_name
from cases.models import Case
from cases.models.case_queryset import SAFETY_TASKS, CaseQuerySet
from cases.sentences import Told, name_for, reader_of_list
from cases.states import State
from partners.models import Organisation, User
from returns_portal import clock
from returns_portal.ui import local_day

COLUMNS = (
    "id",
    "code",
    "state",
    "state_since",
    "submitted_at",
    "decided_at",
    "destination",
    "ball_with_id",
    "ball_with__short_name",
    "ball_with__kind",
    "ball_what",
    "ball_due",
    "ball_waits_for",
    "held_until",
    "departs_at",
    "expected_at",
    "is_urgent",
    "has_minor",
    "is_protected",
    "completeness",
    "referring__short_name",
)
PAGE = 50
CAP = 1000


class Row(NamedTuple):
    """A case as a list shows it: no name, and the alias only where this reader may know it."""

    id: UUID
    code: str
    state: str
    state_since: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    destination: str
    ball_with: UUID | None
    ball_name: str | None
    ball_kind: str | None
    ball_what: str
    ball_due: datetime | None
    ball_waits_for: str
    held_until: date | None
    departs_at: datetime | None
    expected_at: datetime | None
    is_urgent: bool
    has_minor: bool
    is_protected: bool
    completeness: int
    referring: str
    responsible: UUID | None
    responsible_name: str | None
    # Whether the reader's organisation waits for an answer in this case.
    asks: bool
    alias: str

    @property
    def code_shown(self) -> str:
        """The code as people write it."""
        return f"{self.code[:4]}-{self.code[4:]}"

    @property
    def url(self) -> str:
        """The case page."""
        return reverse("cases:case", args=[self.code])

    @property
    def state_label(self) -> str:
        """The state in the reader's language."""
        return str(State(self.state).label)

    @property
    def country(self) -> str:
        """Where the person returns to, in the reader's language."""
        return country_name(self.destination) if self.destination else ""

    @property
    def days(self) -> int:
        """How long the case has stood in its state, in days."""
        return max(0, (clock.today() - local_day(self.state_since)).days)

    @property
    def task(self) -> ball.Task:
        """What its ball holder has to do."""
        return ball.TASKS.get(self.ball_what, ball.TASKS["nothing"])

    @property
    def is_late(self) -> bool:
        """Whether the ball holder is late."""
        return self.ball_due is not None and self.ball_due < clock.now()

    @property
    def days_late(self) -> int:
        """By how many days the ball holder is late, the first day included."""
        return (clock.today() - local_day(self.ball_due)).days if self.ball_due and self.is_late else 0

    @property
    def told(self) -> Told:
        """The ball, for the sentence about it."""
        is_helsinki = self.ball_kind == Organisation.Kind.IOM_HELSINKI
        name = self.ball_name or ""
        return Told(self.ball_with, name, is_helsinki, self.ball_what, self.ball_due, self.ball_waits_for)

    @property
    def is_paused(self) -> bool:
        """Whether the case is on hold today."""
        return self.held_until is not None and self.held_until >= clock.today()


def rows(cases: CaseQuerySet, user: User, responsible: str, limit: int) -> list[Row]:
    """The first `limit` of these cases as rows for this reader."""
    return [_for_reader(Row(*values), user) for values in _columns(cases, user, responsible)[:limit]]


def safety_first(cases: CaseQuerySet, user: User, responsible: str, limit: int) -> list[Row]:
    """The same with those first in which somebody's safety waits, then by the day; one statement, two short walks."""
    ordered = _columns(cases.order_by("ball_due", "id"), user, responsible)
    urgent = ordered.filter(ball_what__in=SAFETY_TASKS)[:limit]
    found = urgent.union(ordered.exclude(ball_what__in=SAFETY_TASKS)[:limit], all=True)
    return [_for_reader(Row(*values), user) for values in found][:limit]


def _columns(cases: CaseQuerySet, user: User, responsible: str) -> "QuerySet[Case, tuple[Any, ...]]":
    waits = Exists(waiting_threads().filter(case=OuterRef("pk"), asked_by=user.organisation_id))
    return (
        cases.annotate(asks=waits)
        .with_alias_for(user)
        .values_list(*COLUMNS, f"{responsible}_id", f"{responsible}__name", "asks", "alias_seen")
    )


def _for_reader(row: Row, user: User) -> Row:
    """An office that is only informed learns of no organisation but IOM Helsinki (process, section 4)."""
    reader = reader_of_list(user, row.state, asks=row.asks)
    if row.ball_with is None or name_for(row.told._replace(waits_for=""), reader) == row.ball_name:
        return row
    return row._replace(ball_name=None)


def count(cases: QuerySet[Case]) -> int:
    """How many there are; counting stops one above the cap."""
    return cases.order_by()[: CAP + 1].count()


def shown(number: int) -> str:
    """A count as it stands on a tab."""
    return f"{CAP}+" if number > CAP else str(number)


class Place(NamedTuple):
    """Where a page of a list begins: after this moment and this row. It stands in the address, and says nothing."""

    at: datetime | None
    id: UUID

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The place in an address; None where there is none, or none that can be read."""
        moment, _dash, row = text.partition("_")
        try:
            at = datetime.fromtimestamp(int(moment) / 1_000_000, tz=clock.STOCKHOLM) if moment else None
            return cls(at, UUID(row))
        except (ValueError, OverflowError, OSError):
            return None

    def __str__(self) -> str:
        moment = "" if self.at is None else str(round(self.at.timestamp() * 1_000_000))
        return f"{moment}_{self.id}"


def after(cases: CaseQuerySet, place: Place | None, *, by: str, newest_first: bool = False) -> CaseQuerySet:
    """These cases in order of `by`, from `place` on: the deepest page costs what the first one costs."""
    cases = cases.order_by(f"-{by}" if newest_first else by, "id")
    if place is None:
        return cases
    same = Q(**{by: place.at, "id__gt": place.id}) if place.at else Q(**{f"{by}__isnull": True, "id__gt": place.id})
    if newest_first:  # what has no moment stands before everything that has one
        return cases.filter(same | (Q(**{f"{by}__lt": place.at}) if place.at else Q(**{f"{by}__isnull": False})))
    if place.at is None:
        return cases.filter(same)
    return cases.filter(same | Q(**{f"{by}__gt": place.at}) | Q(**{f"{by}__isnull": True}))


def page_of(
    cases: CaseQuerySet, user: User, responsible: str, cursor: str, *, by: str, newest_first: bool = False
) -> dict[str, Any]:
    """One page of rows, and where the next one begins ('' on the last)."""
    place = Place.read(cursor)
    found = rows(after(cases, place, by=by, newest_first=newest_first), user, responsible, PAGE + 1)
    has_more = len(found) > PAGE
    found = found[:PAGE]
    return {
        "rows": found,
        "is_later": place is not None,
        "next": str(Place(getattr(found[-1], by), found[-1].id)) if has_more else "",
    }
