"""A word of its own in every sealed field there is: found by asking the models, so a new field is marked by itself."""

import base64
import secrets
import string
import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.apps import apps
from django.db import DatabaseError, models, transaction

from cases.models import Case
from cases.models.record import CaseRecord
from partners.models import Organisation, User
from returns_portal import clock
from returns_portal.crypto import (
    SealedDateField,
    SealedField,
    SealedJSONField,
    SealedRow,
    new_data_key,
)
from returns_portal.crypto.rotation import wrapped_tables

# How a sealed answer is built where something reads its parts.
SHAPES: dict[str, Any] = {"first_week": [""], "steps": [{"step": "", "answer": ""}]}
# A day that nothing else speaks of.
DAY = date(1907, 3, 19)


def sealed_models() -> list[type[SealedRow]]:
    """Every table with sealed fields."""
    return [model for model in apps.get_models() if issubclass(model, SealedRow) and sealed_fields(model)]


def sealed_fields(model: type[models.Model]) -> list[SealedField[Any, Any]]:
    """The sealed fields of a table."""
    return [field for field in model._meta.concrete_fields if isinstance(field, SealedField)]


class Marks:
    """The marks of one run. All begin with one word that occurs nowhere else; what follows names the field."""

    def __init__(self) -> None:
        self.word = "Zq" + "".join(secrets.choice(string.ascii_letters) for _turn in range(14))
        self.of_field: dict[str, str] = {}

    @property
    def marked(self) -> set[str]:
        """The fields that hold a mark."""
        return set(self.of_field)

    def text(self, name: str) -> str:
        """The mark of a field; a reader of a find looks up which it is."""
        return self.of_field.setdefault(name, f"{self.word}x{len(self.of_field):03}x")

    def value(self, field: SealedField[Any, Any], present: Any) -> Any:
        """What is written into the field: as like to what stands there as it can be."""
        mark = self.text(str(field))
        if isinstance(field, SealedDateField):
            return DAY
        if isinstance(field, SealedJSONField):
            return _with_mark(present, mark) if present else _with_mark(SHAPES.get(field.name, {"mark": ""}), mark)
        return mark

    def needles(self) -> dict[str, bytes]:
        """The word in every dress in which a machine may leave it lying."""
        plain = self.word.encode()
        found = {
            "as it is": plain,
            "in UTF-16": self.word.encode("utf-16-le"),
            "in UTF-16, big end first": self.word.encode("utf-16-be"),
            "in hex": plain.hex().encode(),
            "in capital hex": plain.hex().upper().encode(),
            "in small letters": plain.lower(),
            "in capitals": plain.upper(),
            "reversed": plain[::-1],
            "as a date": DAY.isoformat().encode(),
            "as a date in words": b"19 March 1907",
            "as a date in Swedish words": b"19 mars 1907",
        }
        for shift in range(3):
            # Base 64 writes three bytes as four letters: the word begins at any of three places. The edges are cut off.
            coded = base64.b64encode(bytes(shift) + plain)[4 if shift else 0 :].rstrip(b"=")[:-4]
            found[f"in base 64, {shift}"] = coded
            found[f"in base 64 for addresses, {shift}"] = coded.replace(b"+", b"-").replace(b"/", b"_")
        return found

    # Rows

    def fill(self, case: Case) -> None:
        """Write the marks into every row of the case that has sealed fields, as far as rows may be changed."""
        for model in sealed_models():
            if issubclass(model, CaseRecord):
                for row in model.objects.filter(case=case):
                    row.case = case
                    self._mark(row)

    def make_missing(self, case: Case, by: User) -> None:
        """Make a row where the case's life left none, and where rows cannot be changed once they are written."""
        for model in sealed_models():
            if not {str(field) for field in sealed_fields(model)} <= self.marked:
                self._make(model, case, by)

    def _mark(self, row: SealedRow) -> bool:
        fields = sealed_fields(type(row))
        known = dict(self.of_field)
        try:
            with transaction.atomic():
                for field in fields:
                    setattr(row, field.attname, self.value(field, getattr(row, field.attname)))
                row.save(update_fields=[field.attname for field in fields])
        except DatabaseError:
            self.of_field = known
            return False
        return True

    def _make(self, model: type[SealedRow], case: Case, by: User) -> SealedRow:
        row = model()
        for field in model._meta.concrete_fields:
            if not isinstance(field, SealedField):
                self._fill_in(row, field, case, by)
        has_key = issubclass(model, CaseRecord) or any(name == "case" for name in _names(model))
        if has_key:
            for sealed in sealed_fields(model):
                setattr(row, sealed.attname, self.value(sealed, None))
            row.save()
            return row
        row.save()
        _give_key(row)
        assert self._mark(row), model
        return row

    def _fill_in(self, row: SealedRow, field: Any, case: Case, by: User) -> None:
        if isinstance(field, models.ForeignKey):
            self._point(row, field, case, by)
        elif not field.has_default() and not field.null and not field.primary_key:
            setattr(row, field.attname, _anything(field))

    def _point(self, row: SealedRow, field: Any, case: Case, by: User) -> None:
        target = field.related_model
        if target is Case:
            setattr(row, field.name, case)
        elif field.null:
            return
        elif target is User:
            setattr(row, field.name, by)
        elif target is Organisation:
            # Two organisations of one row are never the same one.
            taken = [value for name, value in vars(row).items() if name.endswith("_id")]
            setattr(row, field.name, Organisation.objects.exclude(pk__in=[pk for pk in taken if pk]).first())
        else:
            setattr(row, field.name, target._base_manager.first() or self._make_plain(target, case, by))

    def _make_plain(self, model: Any, case: Case, by: User) -> Any:
        if issubclass(model, SealedRow):
            return self._make(model, case, by)
        row = model()
        for field in model._meta.concrete_fields:
            self._fill_in(row, field, case, by)
        row.save()
        return row


def _with_mark(present: Any, mark: str) -> Any:
    """The same lists and objects, every text in them marked."""
    if isinstance(present, dict):
        return {key: _with_mark(value, mark) for key, value in present.items()}
    if isinstance(present, list):
        return [_with_mark(value, mark) for value in present]
    return mark if isinstance(present, str) else present


def _names(model: type[models.Model]) -> Iterator[str]:
    return (field.name for field in model._meta.concrete_fields)


def _give_key(row: SealedRow) -> None:
    for table in wrapped_tables():
        owner = table._meta.pk
        if owner.remote_field is not None and owner.related_model is type(row):
            key = table(**{owner.name: row})
            key.key_id, key.wrapped, _plain = new_data_key(key.wrap_aad())
            key.save()


def _anything(field: Any) -> Any:
    if field.choices:
        return field.choices[0][0]
    match field:
        case models.DateTimeField():
            return clock.now()
        case models.DateField():
            return clock.today()
        case models.UUIDField():
            return uuid.uuid4()
        case models.BooleanField():
            return False
        case models.IntegerField() | models.DecimalField():
            return 1
        case models.JSONField():
            return {}
        case models.BinaryField():
            return b"0"
    return ""
