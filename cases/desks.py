"""What lies on each person's desk, for the organisation page; and what becomes of it when they leave."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cases.actions import end_grants_of, release_cases_of
from cases.models import Case
from cases.models.case import RESPONSIBLE
from partners import departures, workload
from partners.models import Organisation, User
from partners.workload import Figure
from returns_portal import clock


@workload.register
def open_and_late(organisation: Organisation, viewer: User) -> Mapping[UUID, Sequence[Figure]]:
    """Each colleague's open cases, and those among them in which their organisation is late."""
    name = RESPONSIBLE.get(organisation.kind, "")
    if not name:
        return {}
    late = Q(ball_with=organisation, ball_due__lt=clock.now())
    rows = (
        Case.objects.visible_to(viewer)
        .open()
        .filter(**{f"{name}__organisation": organisation})
        .values_list(name)
        .annotate(count=Count("pk"), late=Count("pk", filter=late))
        .order_by(name)
    )
    return {person: _figures(person, count, overdue) for person, count, overdue in rows}


def _figures(person: UUID, count: int, overdue: int) -> list[Figure]:
    page = f"{reverse('cases:list')}?who={person}"
    figures = [Figure(_("open cases"), count, page)]
    return [*figures, Figure(_("late"), overdue, page)] if overdue else figures


@departures.register
def back_to_the_queue(user: User) -> None:
    """A leaver's cases go back to the organisation, and what was opened to the leaver by name is closed."""
    release_cases_of(user)
    end_grants_of(user)
