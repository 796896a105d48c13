"""Who may do what with a case, and who sees which part of it (process, sections 1, 2 and 4).

Rights come from live grants on the case, never from a role alone and never from being a superuser.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from cases.states import (
    BEFORE_DEPARTURE,
    FROM_APPLICATION,
    FROM_ASSESSMENT,
    OPEN,
    State,
)

VIEW, REFER, DECIDE = "view_case", "refer_case", "decide_case"
COORDINATE, INFORM, SUPPORT = "coordinate_case", "inform_case", "support_case"
GRANTS = (VIEW, REFER, DECIDE, COORDINATE, INFORM, SUPPORT)
# Opens a protected identity to one named person; it stands beside the rights of their organisation, never alone.
OPEN_IDENTITY = "identity_case"


class Section(TextChoices):
    """The parts of a case that are opened separately (process, section 4)."""

    STATUS = "status", _("Status and timeline")
    IDENTITY = "identity", _("Identity and contact")
    REFERRAL = "referral", _("Referral")
    CRIMINAL = "criminal", _("Criminal case")
    DECISION = "decision", _("Decision")
    APPLICATION = "application", _("Counselling, application and consents")
    HEALTH = "health", _("Health")
    NEEDS = "needs", _("Needs and support at home")
    PLAN = "plan", _("Reintegration plan")
    RISKS = "risks", _("Risks")
    JOURNEY = "journey", _("Journey")
    ARRIVAL = "arrival", _("Arrival and follow-up")
    FEEDBACK = "feedback", _("Feedback")
    QUESTIONS = "questions", _("Questions and messages")


class Relation(TextChoices):
    """What a user's live grants on a case make of them."""

    REFERRING = "referring", _("Referring organisation")
    APPROVING = "approving", _("Länsstyrelsen")
    COORDINATING = "coordinating", _("IOM Helsinki")
    INFORMED = "informed", _("Local IOM office, informed")
    SUPPORTING = "supporting", _("Local IOM office")


class Level(IntEnum):
    """How much of a section somebody sees; LINE is its status only, KINDS only the kinds of needs."""

    NONE = 0
    LINE = 1
    KINDS = 2
    READ = 3
    WRITE = 4


def _row(referring: str, approving: str, coordinating: str, informed: str, supporting: str) -> dict[Relation, Level]:
    level = {"-": Level.NONE, "s": Level.LINE, "k": Level.KINDS, "r": Level.READ, "w": Level.WRITE}
    return {
        Relation.REFERRING: level[referring],
        Relation.APPROVING: level[approving],
        Relation.COORDINATING: level[coordinating],
        Relation.INFORMED: level[informed],
        Relation.SUPPORTING: level[supporting],
    }


MATRIX: dict[Section, dict[Relation, Level]] = {
    Section.STATUS: _row("r", "r", "r", "s", "r"),
    Section.IDENTITY: _row("w", "r", "w", "-", "r"),
    Section.REFERRAL: _row("w", "r", "r", "-", "-"),
    Section.CRIMINAL: _row("w", "r", "r", "-", "-"),
    Section.DECISION: _row("r", "w", "r", "-", "s"),
    Section.APPLICATION: _row("s", "s", "w", "-", "r"),
    Section.HEALTH: _row("-", "-", "w", "-", "r"),
    Section.NEEDS: _row("s", "s", "w", "k", "w"),
    Section.PLAN: _row("s", "s", "w", "-", "w"),
    Section.RISKS: _row("-", "s", "w", "-", "w"),
    Section.JOURNEY: _row("s", "s", "w", "-", "r"),
    Section.ARRIVAL: _row("s", "s", "w", "-", "w"),
    Section.FEEDBACK: _row("r", "r", "w", "-", "r"),
    Section.QUESTIONS: _row("w", "w", "w", "w", "w"),
}

# The states in which a section is open for writing; outside them it is read.
OPEN_IN: dict[Section, frozenset[State]] = {
    Section.STATUS: OPEN,
    Section.IDENTITY: OPEN - {State.IN_TRANSIT},
    Section.REFERRAL: frozenset({State.DRAFT, State.MORE_INFO}),
    Section.CRIMINAL: frozenset({State.DRAFT}) | BEFORE_DEPARTURE,
    Section.DECISION: frozenset({State.REFERRED, State.MORE_INFO}),
    Section.APPLICATION: FROM_APPLICATION,
    Section.HEALTH: FROM_APPLICATION,
    Section.NEEDS: FROM_ASSESSMENT | {State.APPLICATION},
    Section.PLAN: FROM_ASSESSMENT,
    Section.RISKS: FROM_APPLICATION,
    Section.JOURNEY: frozenset({State.ASSESSMENT, State.TRAVEL, State.IN_TRANSIT}),
    Section.ARRIVAL: frozenset({State.TRAVEL, State.IN_TRANSIT, State.FOLLOW_UP}),
    Section.FEEDBACK: frozenset(State) - {State.DRAFT},
    Section.QUESTIONS: OPEN - {State.DRAFT},
}

# What IOM Helsinki reads only where the approval gave it (`Case.shared_with_iom`). Without it IOM hears of the person
# from the person: once the signed application is received, which states who they are, identity opens (process, step 5).
CHOSEN_FOR_IOM = frozenset({Section.IDENTITY, Section.CRIMINAL})

# What the referrer goes on reading with `view_case` alone, once the case is closed (process, `close`).
LEFT_TO_REFERRER = frozenset({Section.STATUS, Section.DECISION, Section.FEEDBACK, Section.QUESTIONS})

# What Sweden wrote in an earlier round: whoever came to the case by a later approval was never given it.
WRITTEN_IN_SWEDEN = frozenset({Section.IDENTITY, Section.REFERRAL, Section.CRIMINAL, Section.DECISION})

# A step is in everybody's timeline; the reason written with it is for the readers of the section it speaks of.
NOTE_READ_WITH: dict[str, Section] = {
    "recall": Section.DECISION,
    "reopen": Section.DECISION,
    "withdraw": Section.DECISION,
    "change_office": Section.DECISION,
    "clear_for_travel": Section.RISKS,
    "back_to_assessment": Section.RISKS,
}


@dataclass(frozen=True)
class Access:
    """What one user may see and do in one case, read from the live grants."""

    codenames: frozenset[str]
    relation: Relation | None
    hides_health: bool = False
    shared_with_iom: frozenset[str] = frozenset()
    # A protected identity is for those named in the case; to this reader names, numbers and papers stay closed.
    keeps_names: bool = False
    # Processing is restricted (article 18): no more than this of any section, whatever else the reader holds.
    at_most: Level = Level.WRITE

    def level(self, section: Section) -> Level:
        """How much of `section` this user sees."""
        return min(self._granted(section), self.at_most)

    def _granted(self, section: Section) -> Level:
        if self.relation is None:
            return Level.NONE
        if section == Section.HEALTH and self.relation == Relation.SUPPORTING and self.hides_health:
            return Level.NONE
        if section in CHOSEN_FOR_IOM and self.relation == Relation.COORDINATING and section not in self.shared_with_iom:
            return Level.NONE
        level = MATRIX[section][self.relation]
        if self.relation == Relation.REFERRING and REFER not in self.codenames and section not in LEFT_TO_REFERRER:
            return min(level, Level.LINE)
        if level == Level.WRITE and not self.codenames & WRITERS[self.relation]:
            return Level.READ
        return level

    def may_read(self, section: Section) -> bool:
        """Whether the section's contents may be shown."""
        return self.level(section) >= Level.READ

    def may_write(self, section: Section) -> bool:
        """Whether the section may be written by this user in the states where it is open."""
        return self.level(section) >= Level.WRITE

    def holds(self, codename: str) -> bool:
        """Whether the live grants include `codename`, to act by it."""
        return self.at_most == Level.WRITE and codename in self.codenames

    def sections(self) -> list[Section]:
        """The sections that may be read, in their order."""
        return [section for section in Section if self.may_read(section)]


WRITERS: dict[Relation, frozenset[str]] = {
    Relation.REFERRING: frozenset({REFER}),
    Relation.APPROVING: frozenset({DECIDE}),
    Relation.COORDINATING: frozenset({COORDINATE}),
    Relation.INFORMED: frozenset({INFORM}),
    Relation.SUPPORTING: frozenset({SUPPORT}),
}

_BY_KIND = {
    "lansstyrelsen": Relation.APPROVING,
    "iom_helsinki": Relation.COORDINATING,
    "iom_local": Relation.SUPPORTING,
}


def relation_of(codenames: frozenset[str], organisation_kind: str) -> Relation | None:
    """What these live grants make of a member of an organisation of this kind; None for a stranger."""
    if not codenames - {OPEN_IDENTITY}:
        return None
    for codename, relation in (
        (COORDINATE, Relation.COORDINATING),
        (DECIDE, Relation.APPROVING),
        (SUPPORT, Relation.SUPPORTING),
        (INFORM, Relation.INFORMED),
        (REFER, Relation.REFERRING),
    ):
        if codename in codenames:
            return relation
    return _BY_KIND.get(organisation_kind, Relation.REFERRING)


def holds(*codenames: str, despite_restriction: bool = False) -> Callable[[Any, Any], bool]:
    """A transition's permission: the user's live grants on the case include one of `codenames`.

    Where processing is restricted it is lifted first, except for what the person's will or safety cannot wait for.
    """

    def permission(case: Any, user: Any) -> bool:
        is_in_use = despite_restriction or case.limited_since is None
        return is_in_use and bool(case.access_for(user).codenames & set(codenames))

    return permission


MAY_REFER = holds(REFER)
MAY_DECIDE = holds(DECIDE)
MAY_COORDINATE = holds(COORDINATE)
MAY_RECEIVE_THE_PERSON = holds(SUPPORT, COORDINATE, despite_restriction=True)
MAY_PASS_ON_A_WITHDRAWAL = holds(REFER, DECIDE, COORDINATE, SUPPORT, despite_restriction=True)
MAY_PAUSE = holds(REFER, DECIDE, COORDINATE, SUPPORT)
