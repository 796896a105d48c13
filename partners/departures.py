"""Who must know when a colleague leaves: later chapters put the person's work back in the queue."""

from collections.abc import Callable

from partners.models import User

_told: list[Callable[[User], None]] = []


def register(tell: Callable[[User], None]) -> Callable[[User], None]:
    """Let `tell(user)` run, in the same transaction, whenever somebody leaves their organisation."""
    if tell not in _told:
        _told.append(tell)
    return tell


def announce(user: User) -> None:
    """Tell everybody who asked that this person leaves."""
    for tell in _told:
        tell(user)
