"""The ball in words, for one reader: who must do what, by when, or else. Case page and Today say the same sentence."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from cases.ball import TASKS, Task
from cases.models import Case, WaitsFor
from cases.permissions import MATRIX, Level, Relation, Section, relation_of
from cases.states import State
from partners.models import Organisation, User
from returns_portal import clock
from returns_portal.ui import local_day

ANOTHER = gettext_lazy("another organisation")


@dataclass(frozen=True)
class Sentence:
    """The ball sentence as one reader sees it."""

    is_yours: bool
    who: str = ""
    what: str = ""
    due: datetime | None = None
    otherwise: str = ""
    page: str = ""
    label: str = ""
    is_safety: bool = False
    last_word: str = ""

    @property
    def is_late(self) -> bool:
        """Whether the holder is late."""
        return self.due is not None and self.due < clock.now()

    @property
    def days_late(self) -> int:
        """By how many days, the first day included."""
        return (clock.today() - local_day(self.due)).days if self.due and self.is_late else 0

    @property
    def order(self) -> tuple[bool, bool, datetime | None]:
        """Safety first, then what is overdue, then what is due; what has no day comes last."""
        return (not self.is_safety, self.due is None, self.due)

    @property
    def heading(self) -> str:
        """Whose turn it is."""
        if self.is_yours:
            return _("Your turn: %(what)s") % {"what": self.what}
        return pgettext("ball", "Nothing for you now.")

    @property
    def text(self) -> str:
        """What the case page says under the heading."""
        if self.is_yours or not self.who:
            return self.rest or self.last_word
        if self.day:
            return _("Waiting for %(organisation)s until %(day)s.") % {"organisation": self.who, "day": self.day}
        return _("Waiting for %(organisation)s.") % {"organisation": self.who}

    @property
    def line(self) -> str:
        """What a list says: the task, and of others whose it is."""
        if self.is_yours or not self.who:
            return self.what
        if not self.what:
            return _("Waiting for %(organisation)s.") % {"organisation": self.who}
        return _("%(who)s: %(what)s") % {"who": self.who, "what": self.what}

    @property
    def rest(self) -> str:
        """By when, or else."""
        if self.day and self.otherwise:
            return _("By %(day)s, otherwise %(otherwise)s.") % {"day": self.day, "otherwise": self.otherwise}
        return _("By %(day)s.") % {"day": self.day} if self.day else ""

    @property
    def day(self) -> str:
        """The day with its weekday; '' where there is none."""
        return date_format(self.due.astimezone(clock.STOCKHOLM), "l j F") if self.due else ""


class Told(NamedTuple):
    """A ball as it is told: whose, by which name, what for, until when, who keeps the holder waiting."""

    holder: UUID | None
    name: str
    is_helsinki: bool
    what: str
    due: datetime | None
    waits_for: str = ""


class Reader(NamedTuple):
    """Who reads it: their organisation, and what is open to them in this case."""

    organisation: UUID | None
    relation: Relation | None
    reads: frozenset[Section]
    # Whether they take part in a question that keeps this case waiting: else it is a matter between two others.
    asks: bool = False


def say(told: Told, reader: Reader) -> Sentence:
    """The one place that words a ball: what the reader may know of it, and nothing else."""
    task = TASKS.get(told.what, TASKS["nothing"])
    if told.holder is None:
        return Sentence(False)
    is_theirs = told.holder == reader.organisation
    if is_theirs and (task.section in reader.reads or task.section == Section.STATUS):
        return Sentence(
            True,
            "",
            str(task.what),
            told.due,
            str(task.otherwise),
            task.page,
            str(task.what),
            is_safety=task.is_safety,
        )
    knows = _knows(task, told, reader)
    return Sentence(
        False,
        name_for(told, reader),
        str(task.what) if knows else "",
        told.due,
        str(task.otherwise) if knows else "",
        is_safety=task.is_safety,
    )


def _knows(task: Task, told: Told, reader: Reader) -> bool:
    """What somebody else has to do is told to those who read the section; a question is a matter between two."""
    return reader.asks if told.what == "answer_question" else task.section in reader.reads


def name_for(told: Told, reader: Reader) -> str:
    """The holder's name, and who keeps them waiting. An office that is informed only learns of nobody but Helsinki."""
    if reader.relation == Relation.INFORMED and not told.is_helsinki and told.holder != reader.organisation:
        return str(ANOTHER)
    # That a case is paused says its task already.
    if told.waits_for in {"", WaitsFor.PAUSE} or Section.STATUS not in reader.reads:
        return told.name
    return _("%(organisation)s (%(party)s)") % {"organisation": told.name, "party": WaitsFor(told.waits_for).label}


def sentence(case: Case, user: User) -> Sentence:
    """The ball sentence of the case for `user`."""
    access = case.access_for(user)
    if case.ball_with_id is None or case.ball_with is None:
        return Sentence(False, last_word=_last_word(case))
    told = Told(
        case.ball_with_id,
        case.ball_with.name,
        case.ball_with.kind == Organisation.Kind.IOM_HELSINKI,
        case.ball_what,
        case.ball_due,
        case.ball_waits_for,
    )
    return say(told, Reader(user.organisation_id, access.relation, frozenset(access.sections())))


def reader_of_list(user: User, state: str, *, asks: bool = False) -> Reader:
    """A reader of a list, by the matrix alone: of each case a list says no more than everybody on that side may read.

    A local office is only informed until the application is received.
    """
    codenames = frozenset({"inform_case"} if state == State.APPLICATION else {"view_case"})
    is_local = user.organisation_kind == Organisation.Kind.IOM_LOCAL
    relation = relation_of(codenames if is_local else frozenset({"view_case"}), user.organisation_kind)
    reads = frozenset(s for s in Section if relation is not None and MATRIX[s][relation] >= Level.READ)
    return Reader(user.organisation_id, relation, reads, asks)


def _last_word(case: Case) -> str:
    """What is said of a case that waits for nobody."""
    if case.destroyed_at is not None:
        return ""
    if case.state == State.WITHDRAWN:
        said = _("The person can start again at any time.")
    elif case.state == State.DECLINED:
        said = _("Reason and other help are in the decision.")
    else:
        said = ""
    if case.is_ended and case.retention_on:
        kept = _("Data is erased on %(day)s.") % {"day": date_format(case.retention_on, "j F Y")}
        said = f"{said} {kept}".strip()
    return said
