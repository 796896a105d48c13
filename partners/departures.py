"""Who must know when a colleague leaves, or is thrown out of where they are signed in."""

from collections.abc import Callable, Sequence

from django.utils.functional import Promise

from partners.models import User

Remains = Callable[[User], Sequence[str | Promise]]
_told: list[Callable[[User], None]] = []
_remains: list[Remains] = []
_closed: list[Callable[[User], None]] = []


def register(tell: Callable[[User], None]) -> Callable[[User], None]:
    """Let `tell(user)` run, in the same transaction, whenever somebody leaves their organisation."""
    if tell not in _told:
        _told.append(tell)
    return tell


def announce(user: User) -> None:
    """Tell everybody who asked that this person leaves."""
    for tell in _told:
        tell(user)


def register_remains(say: Remains) -> Remains:
    """Let `say(user)` tell, in sentences with numbers, what the person still answers for and what becomes of it."""
    if say not in _remains:
        _remains.append(say)
    return say


def remains(user: User) -> list[str | Promise]:
    """Everything that the person has not handed over."""
    return [sentence for say in _remains for sentence in say(user)]


def register_door(close: Callable[[User], None]) -> Callable[[User], None]:
    """Let `close(user)` shut a way in that needs no session, whenever the person's access is thrown out."""
    if close not in _closed:
        _closed.append(close)
    return close


def throw_out(user: User) -> None:
    """Shut every way in that outlives a session: whoever made it may not have been the person."""
    for close in _closed:
        close(user)
