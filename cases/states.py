"""The states of a case and the sets of them (process, section 2)."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """Where a case stands; changed only by the transitions of `Case`."""

    DRAFT = "draft", _("Draft")
    REFERRED = "referred", _("Awaiting decision")
    MORE_INFO = "more_info", _("More information needed")
    APPROVED = "approved", _("Approved")
    APPLICATION = "application", _("AVRR application")
    ASSESSMENT = "assessment", _("Needs, plan and risks")
    TRAVEL = "travel", _("Preparing the journey")
    IN_TRANSIT = "in_transit", _("Travelling")
    FOLLOW_UP = "follow_up", _("Reintegration and follow-up")
    CLOSED = "closed", _("Closed")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn by the person")


ENDED = frozenset({State.CLOSED, State.DECLINED, State.WITHDRAWN})
OPEN = frozenset(State) - ENDED
BEFORE_DEPARTURE = frozenset(
    {State.REFERRED, State.MORE_INFO, State.APPROVED, State.APPLICATION, State.ASSESSMENT, State.TRAVEL}
)
HOLDABLE = BEFORE_DEPARTURE
WITH_IOM = frozenset(
    {State.APPROVED, State.APPLICATION, State.ASSESSMENT, State.TRAVEL, State.IN_TRANSIT, State.FOLLOW_UP}
)
WITH_LOCAL_OFFICE = frozenset({State.APPLICATION, State.ASSESSMENT, State.TRAVEL, State.IN_TRANSIT, State.FOLLOW_UP})
FROM_APPLICATION = frozenset({State.APPLICATION, State.ASSESSMENT, State.TRAVEL, State.IN_TRANSIT, State.FOLLOW_UP})
FROM_ASSESSMENT = frozenset({State.ASSESSMENT, State.TRAVEL, State.IN_TRANSIT, State.FOLLOW_UP})
AFTER_ARRIVAL = frozenset({State.FOLLOW_UP, State.CLOSED})

# What the database's own trigger lets through; `tests/cases/test_states.py` holds it against the transitions of `Case`.
LAWFUL_CHANGES = frozenset(
    {
        (State.DRAFT.value, State.REFERRED.value),
        (State.REFERRED.value, State.MORE_INFO.value),
        (State.MORE_INFO.value, State.REFERRED.value),
        (State.APPROVED.value, State.REFERRED.value),
        (State.REFERRED.value, State.APPROVED.value),
        (State.APPROVED.value, State.APPLICATION.value),
        (State.APPLICATION.value, State.ASSESSMENT.value),
        (State.ASSESSMENT.value, State.TRAVEL.value),
        (State.TRAVEL.value, State.ASSESSMENT.value),
        (State.TRAVEL.value, State.IN_TRANSIT.value),
        (State.TRAVEL.value, State.FOLLOW_UP.value),
        (State.IN_TRANSIT.value, State.FOLLOW_UP.value),
        (State.IN_TRANSIT.value, State.TRAVEL.value),
        (State.REFERRED.value, State.DECLINED.value),
        (State.MORE_INFO.value, State.DECLINED.value),
        *((state.value, State.DECLINED.value) for state in WITH_IOM - {State.IN_TRANSIT, State.FOLLOW_UP}),
        *((state.value, State.WITHDRAWN.value) for state in BEFORE_DEPARTURE),
        *((state.value, State.CLOSED.value) for state in WITH_IOM),
        *((state.value, State.REFERRED.value) for state in ENDED),
    }
)
