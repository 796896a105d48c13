"""What must be true before the person travels: needs, plan, risks, reception, consents (process, section 2)."""

from collections.abc import Iterator

from cases.guards import Blocker, guard
from cases.models import Case
from reintegration.assessment import assessment_of


@guard("clear_for_travel", "confirm_departure")
def readiness(case: Case) -> Iterator[Blocker]:
    """Clearing for travel needs it, and it must still hold when the departure is confirmed."""
    yield from assessment_of(case).blockers()
