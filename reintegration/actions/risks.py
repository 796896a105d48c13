"""Step 8: the register of risks."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse

from cases import emails
from cases.actions import locked, record_event
from cases.clocks import number
from cases.models import Case
from cases.permissions import Relation, Section
from partners.models import Organisation, User
from reintegration.models import Risk
from returns_portal import clock


@transaction.atomic
def save_risk(case: Case, *, by: User, risk: Risk) -> Risk:
    """Add a risk or change it; a high one tells two named people at once."""
    case = locked(case)
    before = Risk.objects.of(case).filter(pk=risk.pk).only("case", "likelihood", "severity", "decision").first()
    if by.organisation_id == case.local_office_id and not risk.is_at_home:
        raise PermissionDenied
    if risk.is_assessed:
        risk.reviewed_on = clock.today()
        risk.decided_by = by
    risk.save()
    record_event(case, "change_risk" if before else "add_risk", by=by, section=Section.RISKS)
    _tell_of_high(case, risk, was_high=before is not None and is_high(before))
    return risk


@transaction.atomic
def review_risk(case: Case, *, by: User, risk: Risk) -> Risk:
    """Look at a risk again and decide anew."""
    case = locked(case)
    before = Risk.objects.of(case).only("case", "likelihood", "severity").get(pk=risk.pk)
    risk.reviewed_on, risk.decided_by = clock.today(), by
    risk.save()
    record_event(case, "review_risk", by=by, section=Section.RISKS)
    _tell_of_high(case, risk, was_high=is_high(before))
    return risk


@transaction.atomic
def delete_risk(case: Case, *, by: User, risk: Risk) -> None:
    """Take a risk off the register."""
    case = locked(case)
    risk.delete()
    record_event(case, "delete_risk", by=by, section=Section.RISKS)


def is_high(risk: Risk) -> bool:
    """Whether the level reaches what the programme calls high."""
    return risk.level is not None and risk.level >= number("risk_high")


def _tell_of_high(case: Case, risk: Risk, *, was_high: bool) -> None:
    if was_high or not is_high(risk):
        return
    page = reverse("reintegration:risks", args=[case.code_shown])
    emails.notify(case, two_named_people(case), "high_risk", page=page, is_safety=True)


def two_named_people(case: Case) -> list[User]:
    """Who is told of a high risk at once: who is responsible at IOM Helsinki, and a manager there."""
    helsinki = Organisation.objects.iom_helsinki()
    people = emails.responsible_for(case, Relation.COORDINATING)[:1]
    others = [user for user in emails.managers_of(helsinki) + emails.people_in(helsinki) if user not in people]
    return people + others[:1]
