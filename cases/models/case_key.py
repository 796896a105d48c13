"""The key of a case: who destroys it makes everything sealed in the case unreadable."""

from typing import Self

from django.db import models

from cases.models.case import Case
from returns_portal import crypto


class CaseKey(crypto.WrappedKey):
    """The case's data key, wrapped by the key list. Destroying the row makes the sealed fields unreadable."""

    case = models.OneToOneField(Case, primary_key=True, on_delete=models.CASCADE, related_name="key")

    def wrap_aad(self) -> bytes:
        """The case's own id: a key that is moved to another case does not open."""
        return self.case_id.bytes

    @classmethod
    def make(cls, case: Case) -> Self:
        """Give a new case its key."""
        key_id, wrapped, _plain = crypto.new_data_key(case.pk.bytes)
        return cls.objects.create(case=case, key_id=key_id, wrapped=wrapped)
