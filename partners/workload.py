"""What each person of an organisation has on the desk, as later chapters count it."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from django.utils.functional import Promise

from partners.models import Organisation, User


class Figure(NamedTuple):
    """One number on the organisation page, with the page where it can be changed."""

    label: str | Promise
    number: int
    page: str = ""


Counter = Callable[[Organisation, User], Mapping[UUID, Sequence[Figure]]]
_counters: list[Counter] = []


def register(counter: Counter) -> Counter:
    """Let `counter(organisation, viewer)` give figures by user id, in a fixed number of statements."""
    if counter not in _counters:
        _counters.append(counter)
    return counter


def of_people(organisation: Organisation, viewer: User) -> dict[UUID, list[Figure]]:
    """Every figure for every person of the organisation."""
    figures: dict[UUID, list[Figure]] = defaultdict(list)
    for counter in _counters:
        for person, counted in counter(organisation, viewer).items():
            figures[person].extend(counted)
    return dict(figures)
