"""The blind index of identities: digests that can be compared and not be read."""

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from django.db import models

from cases.models.case import Case
from returns_portal.crypto.index import digests, folded

CENTURIES = ("18", "19", "20")


class SearchKey(models.Model):
    """What one answer of a case's person is found by; equality is all that can be asked."""

    class Field(models.TextChoices):
        """The fields of `Person` that may be searched for."""

        NAME = "full_name"
        BIRTH_DATE = "birth_date"
        IDENTITY_NUMBER = "identity_number"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="search_keys", editable=False)
    field = models.CharField(max_length=20, choices=Field.choices)
    digest = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case", "field"], name="one_search_key_a_field")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["field", "digest"], name="search_key_digest")]

    def __str__(self) -> str:
        return self.field


def search_digests(values: Mapping[str, Any]) -> dict[str, bytes]:
    """The digest of each answer that says something; whoever writes and whoever searches comes through here."""
    forms = {field: compared_form(field, values[field]) for field in SearchKey.Field.values if values.get(field)}
    return digests({field: form for field, form in forms.items() if form})


def compared_form(field: str, value: Any) -> str:
    """What is the same for every way of writing one and the same answer."""
    if field == SearchKey.Field.BIRTH_DATE:
        return value.isoformat() if isinstance(value, date) else ""
    if field == SearchKey.Field.NAME:
        return name_form(value)
    number = "".join(letter for letter in folded(value) if letter.isalnum())
    # A Swedish number is written with its century or without.
    return number[2:] if number.isdigit() and len(number) == 12 and number.startswith(CENTURIES) else number


def name_form(name: str) -> str:
    """The words of a name in one fixed order: given name first or family name first, with hyphen or without."""
    return " ".join(sorted("".join(letter if letter.isalnum() else " " for letter in folded(name)).split()))
