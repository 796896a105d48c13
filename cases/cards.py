"""What later chapters show on pages of this one, registered with it: a card on the case page, a line of a list."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from cases.models import Case
from partners.models import User


class Card(NamedTuple):
    """A part of a page: its template, which reads what it shows from `card`."""

    template: str
    shows: Any


class Traveller(NamedTuple):
    """A case as the watch needs it: where the person goes, and when they are expected."""

    id: UUID
    destination: str
    expected_at: Any


CaseCard = Callable[[Case, User], Card | None]
Lines = Callable[[Sequence[Traveller]], dict[UUID, Card]]
_cards: list[CaseCard] = []
_lines: list[Lines] = []


def case_card(function: CaseCard) -> CaseCard:
    """Register what stands first on the case page: `f(case, user)`, None where there is nothing to say."""
    _cards.append(function)
    return function


def cards_of(case: Case, user: User) -> list[Card]:
    """What later chapters put first on the page of this case."""
    return [card for function in _cards if (card := function(case, user)) is not None]


def beside_travellers(function: Lines) -> Lines:
    """Register what stands beside those who are expected, in lists: asked once for all of them."""
    _lines.append(function)
    return function


def lines_of(travellers: Sequence[Traveller]) -> dict[UUID, list[Card]]:
    """Case → what stands beside it in a list of those who are on the way."""
    found: dict[UUID, list[Card]] = {}
    for function in _lines if travellers else ():
        for case_id, card in function(travellers).items():
            found.setdefault(case_id, []).append(card)
    return found
