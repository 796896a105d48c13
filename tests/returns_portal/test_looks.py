import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from returns_portal import looks
from returns_portal.models import Look


@pytest.mark.django_db
def test_a_look_is_written_with_what_was_seen() -> None:
    user, case_id = SimpleNamespace(pk=uuid.uuid4()), uuid.uuid4()
    looks.record(user, case_id, "identity", "reveal", "cases:identity")
    looks.record(None, case_id, "", "refused")
    assert list(Look.objects.order_by("pk").values_list("user_id", "case_id", "section", "action", "path_name")) == [
        (user.pk, case_id, "identity", "reveal", "cases:identity"),
        (None, case_id, "", "refused", ""),
    ]


@pytest.mark.django_db
def test_only_known_actions_are_written() -> None:
    with pytest.raises(ValueError, match="peek"):
        looks.record(None, None, "identity", "peek")


@pytest.mark.django_db
@pytest.mark.parametrize("act", [lambda rows: rows.update(section="x"), lambda rows: rows.delete()])
def test_the_trail_is_never_changed(act: Any) -> None:
    looks.record(None, None, "identity", "view")
    with pytest.raises(DatabaseError), transaction.atomic():
        act(Look.objects.all())
    assert Look.objects.get().section == "identity"
