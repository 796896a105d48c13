"""What the tests of lists need."""

import pytest
from django.db import connection

from cases.models import Case, CaseGroupObjectPermission
from cases.models.case import new_code


@pytest.fixture
def many_like():
    """Copies of a case with its grants: lists read nothing else, so they need no past."""

    def copy(case, number, **changes):
        grants = list(CaseGroupObjectPermission.objects.filter(content_object=case))
        made = []
        for _copy in range(number):
            twin = Case.objects.get(pk=case.pk)
            state = twin.state
            twin = Case(
                **{
                    field.attname: getattr(twin, field.attname)
                    for field in Case._meta.concrete_fields
                    if field.attname not in {"id", "code", "state"}
                }
            )
            twin.code = new_code()
            twin.__dict__["state"] = state
            for name, value in changes.items():
                setattr(twin, name, value)
            made.append(twin)
        Case.objects.bulk_create(made)
        CaseGroupObjectPermission.objects.bulk_create(
            CaseGroupObjectPermission(
                content_object=twin,
                group_id=grant.group_id,
                permission_id=grant.permission_id,
                reason=grant.reason,
                valid_until=grant.valid_until,
            )
            for twin in made
            for grant in grants
        )
        assert connection.in_atomic_block
        return made

    return copy
