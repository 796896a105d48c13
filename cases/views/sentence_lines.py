"""Ball sentences as lines of a list: what is the reader's turn, what they owe beside it, whom they wait for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.urls import reverse

from cases.ball import dues_of, waiting_threads
from cases.models import Case, Thread
from cases.sentences import Sentence, Told, reader_of_list, say
from cases.states import State
from cases.views import rows as r
from partners.models import User
from returns_portal import clock

QUESTIONS = 50


@dataclass(frozen=True)
class Line:
    """One sentence with the case that it is about."""

    id: UUID
    code: str
    state: str
    sentence: Sentence
    url: str
    held_until: date | None = None
    asked_by: str = ""
    # What else a list may show of the case; a question stands without it.
    row: r.Row | None = None

    @property
    def code_shown(self) -> str:
        """The code as people write it."""
        return f"{self.code[:4]}-{self.code[4:]}"

    @property
    def alias(self) -> str:
        """The alias, where this reader may know the person by it."""
        return self.row.alias if self.row else ""

    @property
    def state_label(self) -> str:
        """The state in the reader's language."""
        return str(State(self.state).label)

    @property
    def ball_due(self) -> datetime | None:
        """By when."""
        return self.sentence.due

    @property
    def is_late(self) -> bool:
        """Whether it is late."""
        return self.sentence.is_late

    @property
    def days_late(self) -> int:
        """By how many days."""
        return self.sentence.days_late

    @property
    def is_paused(self) -> bool:
        """Whether the case is on hold today; somebody's safety never is."""
        return self.held_until is not None and self.held_until >= clock.today() and not self.sentence.is_safety


def lines_of(rows: Iterable[r.Row], user: User) -> list[Line]:
    """The main ball of each of these cases as its sentence."""
    lines = []
    for row in rows:
        sentence = say(row.told, reader_of_list(user, row.state, asks=row.asks))
        lines.append(Line(row.id, row.code, row.state, sentence, row.url, row.held_until, row=row))
    return lines


def in_order(lines: Iterable[Line]) -> list[Line]:
    """Safety first, then what is overdue, then what is due."""
    return sorted(lines, key=lambda line: (line.sentence.order, line.code))


def questions_to(user: User, shown: Iterable[r.Row]) -> list[Line]:
    """The questions that wait for an answer of the reader's organisation, beside the main balls that are `shown`."""
    threads = _threads_to(user)
    due = dues_of(threads)
    threads.sort(key=lambda thread: (due[thread.pk], thread.created_at))
    main = {row.id for row in shown if row.ball_what == "answer_question" and row.ball_with == user.organisation_id}
    lines = []
    for thread in threads:
        if thread.case_id in main:  # the one that is due first is the case's main ball
            main.discard(thread.case_id)
            continue
        told = Told(user.organisation_id, "", False, "answer_question", due[thread.pk])
        sentence = say(told, reader_of_list(user, thread.case.state))
        url = reverse("cases:questions", args=[thread.case.code])
        case = thread.case
        lines.append(Line(case.pk, case.code, case.state, sentence, url, case.held_until, thread.asked_by.short_name))
    return lines


def _threads_to(user: User) -> list[Thread]:
    """Without a word of what is asked: the subject is sealed, and a list does not open it."""
    found = (
        waiting_threads()
        .filter(asked_of=user.organisation, case__in=Case.objects.visible_to(user).open().sent())
        .select_related("case", "asked_by")
        .only(
            *("asked_of", "created_at", "due_on", "round", "asked_by__kind", "asked_by__short_name"),
            *("case__code", "case__state", "case__round", "case__is_urgent", "case__destination"),
            *("case__held_until", "case__local_office"),
        )
    )
    return list(found.order_by("due_on", "created_at")[:QUESTIONS])
