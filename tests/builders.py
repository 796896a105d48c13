"""Cases with a past that could have happened: each walks to its state through the real actions."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from cases.models import Case
from reintegration.demo import aftercare, assessment, travel
from reintegration.demo.referral import PDF, approve, ask, decline, draft, receive, refer, take_on, withdraw
from returns_portal import clock

# The shortest way to each state that lies on the main road.
ROAD = ("draft", "referred", "approved", "application", "assessment", "travel", "in_transit", "follow_up", "closed")


def clear(cast: SimpleNamespace, case: Case) -> Case:
    """Hanna and Ilir assess; Hanna clears for travel."""
    return assessment.clear(cast, case)


def depart(cast: SimpleNamespace, case: Case) -> Case:
    """Everything is booked, and the person leaves."""
    return travel.depart(cast, travel.prepare_journey(cast, case))


STEPS = {
    "referred": refer,
    "approved": approve,
    "application": take_on,
    "assessment": receive,
    "travel": clear,
    "in_transit": depart,
    "follow_up": travel.arrive,
    "closed": aftercare.close,
}
# Ways that leave the road after the referral.
ENDS = {"more_info": ask, "declined": decline, "withdrawn": withdraw}


def a_pdf(name: str = "signed.pdf") -> SimpleUploadedFile:
    """A small file of a taken type."""
    return SimpleUploadedFile(name, PDF, content_type="application/pdf")


# How long ago a case began that stands in a late state now: it has travelled, or come to its end, in the past.
BEGAN = {
    "in_transit": timedelta(days=10, hours=1, minutes=5),
    "follow_up": timedelta(days=10, hours=5),
    "closed": timedelta(days=110),
}


def walk(cast: SimpleNamespace, reached: str, **changes: Any) -> Case:
    """A case that stands in the state `reached` now, by the shortest lawful way."""
    with clock.moved_to(clock.now() - BEGAN.get(reached, timedelta())):
        return _walk(cast, reached, **changes)


def _walk(cast: SimpleNamespace, reached: str, **changes: Any) -> Case:
    case = draft(cast, **changes)
    if reached in ENDS:
        ENDS[reached](cast, walk_on(cast, case, "referred"))
        return Case.objects.get(pk=case.pk)
    return walk_on(cast, case, reached)


def walk_on(cast: SimpleNamespace, case: Case, reached: str) -> Case:
    """Go on along the main road from where the case stands."""
    for state in ROAD[ROAD.index(case.state) + 1 : ROAD.index(reached) + 1]:
        STEPS[state](cast, Case.objects.get(pk=case.pk))
    return Case.objects.get(pk=case.pk)
