"""What must be true before a departure or an arrival is confirmed (process, section 2)."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from cases.guards import Blocker, guard
from cases.models import Case
from cases.states import State
from reintegration.journey import departure_missing, journey_of, page


@guard("confirm_departure")
def journey_is_ready(case: Case) -> Iterator[Blocker]:
    """Document, ticket, wish, booking notice, hand-over pack, arrival and meeting point."""
    yield from departure_missing(case, journey_of(case))


@guard("confirm_arrival")
def booked_departure_has_passed(case: Case) -> Iterator[Blocker]:
    """Nobody arrives before leaving; once the booked departure has passed, a fact is never refused."""
    if case.state == State.TRAVEL and not case.has_departed:
        yield Blocker(_("The departure is not confirmed, and the booked time has not come."), page(case, "journey"))
