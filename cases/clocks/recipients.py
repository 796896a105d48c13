"""Whom a rule's words mean in a case. Nobody is reminded of a case that is closed to them."""

from collections import defaultdict
from collections.abc import Collection
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q

from cases.models import Case, CaseGroupObjectPermission, CaseUserObjectPermission
from cases.models.case import RESPONSIBLE
from partners.models import Organisation, User

if TYPE_CHECKING:
    from cases.clocks.rules import Running

# Word → (side, who there): the named person, everybody (the queue), or the managers.
SIDES: dict[str, tuple[str, str]] = {
    "referring": ("referring", "named"),
    "referring_managers": ("referring", "managers"),
    "approving": ("approving", "all"),
    "approving_managers": ("approving", "managers"),
    "coordinator": ("coordinating", "named"),
    "coordinating": ("coordinating", "all"),
    "coordinating_managers": ("coordinating", "managers"),
    "local": ("local", "named"),
    "local_office": ("local", "all"),
    "local_managers": ("local", "managers"),
}
# Words that mean somebody whom the row itself names.
OF_THE_ROW = frozenset({"hold_owner", "asked", "asking"})
WORDS = frozenset(SIDES) | OF_THE_ROW


class Circle:
    """The people who may be told of these cases: active, and with a live right to the case."""

    def __init__(self, cases: Collection[Case]) -> None:
        here = {"content_object__in": [case.pk for case in cases]}
        self._let_in: dict[UUID, set[UUID]] = defaultdict(set)
        self._named: dict[UUID, set[UUID]] = defaultdict(set)
        groups = CaseGroupObjectPermission.objects.filter(**here).live()
        for case_id, organisation in groups.values_list("content_object_id", "group__organisation__id"):
            self._let_in[case_id].add(organisation)
        users = CaseUserObjectPermission.objects.filter(**here).live()
        for case_id, user_id in users.values_list("content_object_id", "user_id"):
            self._named[case_id].add(user_id)
        organisations = {pk for found in self._let_in.values() for pk in found}
        named = {pk for found in self._named.values() for pk in found}
        self._people: dict[UUID, list[User]] = defaultdict(list)
        self._helsinki: UUID | None = None
        everybody = User.objects.filter(is_active=True, organisation__is_active=True)
        for user in everybody.filter(Q(organisation__in=organisations) | Q(pk__in=named)).select_related(
            "organisation"
        ):
            assert user.organisation_id is not None
            self._people[user.organisation_id].append(user)
            if user.organisation_kind == Organisation.Kind.IOM_HELSINKI:
                self._helsinki = user.organisation_id

    def people(self, case: Case, who: str, running: "Running") -> list[User]:
        """The people whom the word `who` means for this clock."""
        if who == "hold_owner":
            return self._named_or_all(case, running.office, running.person)
        if who in OF_THE_ROW:
            return self._all(case, running.office if who == "asked" else running.asked_by)
        side, which = SIDES[who]
        organisation = self._helsinki if side == "coordinating" else getattr(case, f"{OFFICES[side]}_id")
        if which == "named":
            return self._named_or_all(case, organisation, getattr(case, f"{PERSONS[side]}_id"))
        if which == "managers":
            people = self._all(case, organisation)
            # Where there is no manager nobody is spared: an escalation never ends in nothing.
            return [user for user in people if user.is_manager] or people
        return self._all(case, organisation)

    def _all(self, case: Case, organisation: UUID | None) -> list[User]:
        if organisation is None:
            return []
        people = self._people.get(organisation, [])
        if organisation in self._let_in[case.pk]:
            return people
        return [user for user in people if user.pk in self._named[case.pk]]

    def _named_or_all(self, case: Case, organisation: UUID | None, person: UUID | None) -> list[User]:
        people = self._all(case, organisation)
        return [user for user in people if user.pk == person] or people


OFFICES = {"referring": "referring", "approving": "approving", "local": "local_office"}
PERSONS = {
    "referring": RESPONSIBLE[Organisation.Kind.SOCIAL_SERVICES],
    "coordinating": RESPONSIBLE[Organisation.Kind.IOM_HELSINKI],
    "local": RESPONSIBLE[Organisation.Kind.IOM_LOCAL],
}
