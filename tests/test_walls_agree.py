"""Whatever grants come and go, the first wall and the second show the same cases, and both show what the rule says."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from cases.models import Case, CaseGroupObjectPermission, CaseUserObjectPermission
from partners.models import Organisation, User
from returns_portal import clock
from returns_portal.actor import acting_as

PEOPLE = ("sara", "maja", "lars", "hanna", "ilir", "otto", "admin")
CASES = range(3)
HOURS = st.one_of(st.none(), st.integers(min_value=-3, max_value=30))

people, cases = st.sampled_from(PEOPLE), st.sampled_from(CASES)


class Grants(RuleBasedStateMachine):
    """Grants to groups and to people, with ends; people and organisations that leave and come back; time."""

    cast: SimpleNamespace
    permission: Permission
    identity: Permission

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.now = clock.now()
        self.cases = [Case.objects.create(referring=self.cast.otto.organisation) for _ in CASES]

    def teardown(self) -> None:
        """Take everything back."""
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    def until(self, hours: int | None) -> Any:
        return None if hours is None else self.now + timedelta(hours=hours, seconds=1)

    @rule(who=people, case=cases, hours=HOURS, by_name_only=st.booleans())
    def grant_to_the_organisation(self, who: str, case: int, hours: int | None, by_name_only: bool) -> None:
        """A share, renewed or new."""
        if (organisation := getattr(self.cast, who).organisation) is not None:
            CaseGroupObjectPermission.objects.update_or_create(
                content_object=self.cases[case],
                group_id=organisation.group_id,
                permission=self.permission,
                defaults={"valid_until": self.until(hours), "reason": "test", "by_name_only": by_name_only},
            )

    @rule(who=people, case=cases, hours=HOURS)
    def grant_to_the_person(self, who: str, case: int, hours: int | None) -> None:
        """A named person, with or without an end."""
        CaseUserObjectPermission.objects.update_or_create(
            content_object=self.cases[case],
            user=getattr(self.cast, who),
            permission=self.permission,
            defaults={"valid_until": self.until(hours), "reason": "test"},
        )

    @rule(who=people, case=cases, hours=HOURS)
    def let_the_person_open_the_identity(self, who: str, case: int, hours: int | None) -> None:
        """The right to a protected identity, which opens no case alone."""
        CaseUserObjectPermission.objects.update_or_create(
            content_object=self.cases[case],
            user=getattr(self.cast, who),
            permission=self.identity,
            defaults={"valid_until": self.until(hours), "reason": "test"},
        )

    @rule(who=people, active=st.booleans())
    def close_or_open_the_account(self, who: str, active: bool) -> None:
        """People leave and come back."""
        User.objects.filter(pk=getattr(self.cast, who).pk).update(is_active=active)

    @rule(who=people, active=st.booleans())
    def leave_or_join_the_programme(self, who: str, active: bool) -> None:
        """Organisations leave and come back."""
        Organisation.objects.filter(users=getattr(self.cast, who)).update(is_active=active)

    @rule(hours=st.integers(min_value=1, max_value=12))
    def time_goes_by(self, hours: int) -> None:
        """What has an end ends."""
        self.now += timedelta(hours=hours)

    @invariant()
    def both_walls_show_what_the_rule_says(self) -> None:
        """Rule, queryset and row-level security."""
        with clock.moved_to(self.now):
            for name in PEOPLE:
                person = User.objects.select_related("organisation").get(pk=getattr(self.cast, name).pk)
                said = {case.pk for case in self.cases if self.is_granted(case, person)}
                first = set(Case.objects.visible_to(person).values_list("pk", flat=True))
                with acting_as(person):
                    second = set(Case.objects.values_list("pk", flat=True))
                assert first == said, f"{name}: the first wall"
                assert second == said, f"{name}: the second wall"

    def is_granted(self, case: Case, person: User) -> bool:
        """The rule, in words of its own (security, head lines): live grants of active people who take part."""
        if not person.is_active or person.organisation is None or not person.organisation.is_active:
            return False
        named = CaseUserObjectPermission.objects.filter(content_object=case, user=person, permission=self.permission)
        grants: list[Any] = [*named]
        here = CaseGroupObjectPermission.objects.filter(content_object=case, by_name_only=False)
        grants += here.filter(group=person.organisation.group)
        return any(grant.valid_until is None or grant.valid_until > self.now for grant in grants)


@pytest.mark.asvs("8.3.2")
def test_rule_queryset_and_row_level_security_agree(cast: SimpleNamespace) -> None:
    Grants.cast = cast
    Grants.permission = Permission.objects.get(codename="view_case", content_type__app_label="cases")
    Grants.identity = Permission.objects.get(codename="identity_case", content_type__app_label="cases")
    run_state_machine_as_test(
        Grants,
        settings=settings(
            max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
