"""From assessment to travel, and back."""

from django.db import transaction
from django.urls import reverse

from cases import emails
from cases.actions import move
from cases.models import Case
from cases.permissions import Relation
from partners.models import User
from reintegration.models import Journey


@transaction.atomic
def clear_for_travel(case: Case, *, by: User, note: str = "") -> Case:
    """Needs, plan and risks allow the journey: it can be booked now (leaflet, steps 6 to 8)."""
    case = move(case, "clear_for_travel", by=by, note=note)
    Journey.objects.of(case).filter(is_marked=True).update(is_marked=False)
    page = reverse("cases:case", args=[case.code_shown])
    people = emails.responsible_for(case, Relation.SUPPORTING)
    emails.notify(case, people, "cleared_for_travel", page=page)
    return case


@transaction.atomic
def back_to_assessment(case: Case, *, by: User, note: str) -> Case:
    """Something new must be assessed first; what is booked stays, marked."""
    case = move(case, "back_to_assessment", by=by, note=note)
    Journey.objects.of(case).exclude(ticket_state=Journey.TicketState.NONE).update(is_marked=True)
    Journey.objects.of(case).filter(legs__isnull=False).update(is_marked=True)
    page = reverse("cases:case", args=[case.code_shown])
    people = emails.responsible_for(case, Relation.SUPPORTING)
    emails.notify(case, people, "back_to_assessment", page=page)
    return case
