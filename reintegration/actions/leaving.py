"""What a leaver answers for in steps 6 to 12: measures against risks."""

from collections.abc import Iterable
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cases import emails
from cases.actions import locked, record_event
from cases.actions.hand_over import Kind, Offers, Over, Wish, register
from cases.actions.move import StepRefused
from cases.models import Case
from cases.permissions import OPEN_IN, Section
from partners.models import User
from reintegration.models import Risk


@transaction.atomic
def pass_risk(case: Case, *, by: User, risk: UUID, to: User) -> None:
    """Let another colleague see to the measure against a risk."""
    case = locked(case)
    if not by.is_manager or to.organisation_id != by.organisation_id or not to.is_active:
        raise PermissionDenied
    if not case.access_for(by).may_write(Section.RISKS) or not case.access_for(to).may_read(Section.RISKS):
        raise PermissionDenied
    if case.state not in OPEN_IN[Section.RISKS]:
        raise StepRefused(case, "change_risk")
    Risk.objects.of(case).filter(pk=risk).update(owner=to)
    record_event(case, "change_risk", by=by, section=Section.RISKS)
    if to != by:
        page = reverse("reintegration:risks", args=[case.code_shown])
        emails.notify(case, [to], "risk_given_to_you", page=page)


def _risks_of(user: User) -> Iterable[tuple[UUID, UUID]]:
    risks = Risk.objects.filter(owner=user, case__in=Case.objects.open())
    return [(pk, case) for pk, case, row, now in risks.values_list("pk", "case", "round", "case__round") if row == now]


def _owner_of(case: Case, row: UUID, _by: User) -> set[UUID | None]:
    owner = Risk.objects.of(case).filter(pk=row).values_list("owner", flat=True)
    if case.is_ended or not owner:
        raise Over
    return set(owner)


def _give_risk(case: Case, wish: Wish, by: User) -> None:
    if wish.to is None:
        raise PermissionDenied
    pass_risk(case, by=by, risk=wish.duty.row, to=wish.to)


register("risk", Kind(_("Sees to a measure against a risk"), _risks_of, _owner_of, _give_risk, Offers.inside))
