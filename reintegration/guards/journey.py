"""What must be true before a departure or an arrival is confirmed (process, section 2)."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from cases import permissions as may
from cases.guards import Blocker, guard
from cases.models import Case
from cases.states import State
from partners.models import User
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


@guard("back_to_assessment", "decline_return", "withdraw")
def nobody_is_on_the_way(case: Case, by: User | None) -> Iterator[Blocker]:
    """These steps end the arrival watch: not while the person may be travelling (a change of mind goes until boarding).

    `report_no_show` and `end_early` are facts and stay open.
    """
    if case.state != State.TRAVEL or not case.has_departed:
        return
    if by is None or case.access_for(by).holds(may.COORDINATE):
        sentence = _("The booked departure has passed: confirm it, or say that the person did not travel.")
        yield Blocker(sentence, page(case, "report-no-show"))
    else:
        sentence = _("The person may be on the way. Ring IOM Helsinki: it says first that the person did not go.")
        yield Blocker(sentence, case.get_absolute_url())
