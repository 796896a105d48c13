"""Who the person is and how to reach them: closed by default, opened by an act that leaves a line."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from cases import permissions as may
from cases.actions.move import StepRefused, locked, record_event
from cases.actions.search import index_person
from cases.models import Case, CaseEvent, CaseUserObjectPermission, Person, SafeContact
from cases.permissions import OPEN_IN, Section
from cases.states import State
from partners.models import User
from returns_portal import looks


def person_of(case: Case) -> Person:
    """The person's identity; one row a case, whatever the round."""
    person = Person.objects.get(case=case)
    person.case = case
    return person


def contact_of(case: Case) -> SafeContact:
    """The safe way to make contact; one row a case, whatever the round."""
    contact = SafeContact.objects.get(case=case)
    contact.case = case
    return contact


def named_people(case: Case) -> list[User]:
    """Those who answer for the case or were named for its identity: the only ones who open it where protected."""
    answering = (case.caseworker, case.decider, case.coordinator, case.local_responsible)
    grants = CaseUserObjectPermission.objects.live().filter(content_object=case, permission__codename=may.OPEN_IDENTITY)
    named = User.objects.filter(pk__in=grants.values("user")).order_by("name")
    people = {person.pk: person for person in (*answering, *named) if person is not None and person.is_active}
    return list(people.values())


def may_open_identity(case: Case, user: User) -> bool:
    """Whether the section is this user's to read, and the protection lets them."""
    access = case.access_for(user)
    return access.may_read(Section.IDENTITY) and not access.keeps_names


@transaction.atomic
def reveal_identity(case: Case, *, by: User, page: str = "") -> tuple[Person, SafeContact]:
    """Open identity and safe contact: a line in the trail, and one in the history that everybody of the case sees."""
    if not may_open_identity(case, by):
        raise PermissionDenied
    looks.record(by, case.pk, Section.IDENTITY, "reveal", page)
    if case.state != State.DRAFT:
        CaseEvent.objects.record(case, "reveal", by=by, was=case.state, section=Section.IDENTITY)
    return person_of(case), contact_of(case)


@transaction.atomic
def change_identity(case: Case, *, by: User, person: Mapping[str, Any], contact: Mapping[str, Any]) -> None:
    """Write the person's identity and safe contact."""
    case = locked(case)
    if not case.access_for(by).may_write(Section.IDENTITY) or not may_open_identity(case, by):
        raise PermissionDenied
    if case.state not in OPEN_IN[Section.IDENTITY]:
        raise StepRefused(case, "")
    identity = person_of(case)
    for row, values in ((identity, person), (contact_of(case), contact)):
        for name, value in values.items():
            setattr(row, name, value)
        row.save(update_fields=list(values))
    index_person(identity)
    record_event(case, "change_identity", by=by, section=Section.IDENTITY)
