"""The leaflet's twelve steps as a case's step list: derived from data, never ticked by hand (process, section 3)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import TextChoices
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.permissions import Access, Section

if TYPE_CHECKING:
    from cases.models import Case


class Status(TextChoices):
    """The five words a step can be described with."""

    DONE = "done", _("Done")
    NOW = "now", _("Under way")
    WAIT = "wait", _("Waiting")
    TODO = "todo", pgettext_lazy("step", "Not yet")
    SKIP = "skip", _("Not needed")


@dataclass(frozen=True)
class Step:
    """One of the twelve steps: its number, its name, who does it, which section and page it opens."""

    number: int
    name: Any
    column: int
    by: Any
    section: Section
    page: str


@dataclass(frozen=True)
class StepRow:
    """A step as it stands in one case."""

    status: Status
    on: date | None = None
    waiting_for: str = ""
    step: Step | None = None
    url: str = ""


COLUMNS = (_("Information and support"), _("Decision and preparation"), _("Reintegration and follow-up"))
HELSINKI, LOCAL = _("IOM Helsinki"), _("Local IOM office")

STEPS = (
    Step(1, _("New case"), 0, _("Referring organisation"), Section.REFERRAL, "cases:referral"),
    Step(2, _("Referral"), 0, _("Referring organisation"), Section.REFERRAL, "cases:referral"),
    Step(3, pgettext_lazy("step", "Notification"), 0, _("Länsstyrelsen"), Section.DECISION, "cases:decision"),
    Step(4, _("Support"), 0, HELSINKI, Section.APPLICATION, "cases:counselling"),
    Step(5, _("Informed decision"), 1, _("The person"), Section.APPLICATION, "cases:application"),
    Step(6, _("Needs inventory"), 1, HELSINKI, Section.NEEDS, "reintegration:needs"),
    Step(7, _("Reintegration plan"), 1, HELSINKI, Section.PLAN, "reintegration:plan"),
    Step(8, _("Risk management"), 1, HELSINKI, Section.RISKS, "reintegration:risks"),
    Step(9, _("Preparations before and during the journey"), 1, HELSINKI, Section.JOURNEY, "reintegration:journey"),
    Step(10, _("Reintegration support"), 2, LOCAL, Section.ARRIVAL, "reintegration:arrival"),
    Step(11, _("Follow-up"), 2, LOCAL, Section.ARRIVAL, "reintegration:follow-up"),
    Step(12, _("Feedback"), 2, HELSINKI, Section.FEEDBACK, "reintegration:feedback"),
)

Row = Callable[["Case"], StepRow]
_rows: dict[int, Row] = {}


def step_row(number: int) -> Callable[[Row], Row]:
    """Register how step `number` finds out where it stands."""

    def register(function: Row) -> Row:
        _rows[number] = function
        return function

    return register


def step_map(case: "Case", access: Access) -> list[tuple[Any, list[StepRow]]]:
    """The three columns with their rows; a row is a link only for those who read its section.

    Who sees the status line only (process, section 4) sees where each step stands, not when nor for whom it waits.
    """
    columns: list[list[StepRow]] = [[], [], []]
    for step in STEPS:
        row = _rows[step.number](case) if step.number in _rows else StepRow(Status.TODO)
        if not access.may_read(Section.STATUS):
            row = StepRow(row.status)
        columns[step.column].append(replace(row, step=step, url=_url(case, step, access)))
    return list(zip(COLUMNS, columns, strict=True))


def _url(case: "Case", step: Step, access: Access) -> str:
    if not access.may_read(step.section):
        return ""
    try:
        return reverse(step.page, args=[case.code_shown])
    except NoReverseMatch:
        return ""
