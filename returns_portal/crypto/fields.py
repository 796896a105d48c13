"""Sealed columns: a row keeps the ciphertext and opens it when, and only when, the value is read."""

import json
import zlib
from contextvars import ContextVar
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.core.exceptions import FieldError, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.query_utils import DeferredAttribute
from django.utils.translation import gettext_lazy as _

from returns_portal.crypto.sealing import open_bytes, seal_bytes

PAD_TO = 32
COMPRESS_OVER = 1024
_PLAIN, _COMPRESSED = b"\x00", b"\x01"

Written = TypeVar("Written")
Read = TypeVar("Read")


class Ciphertext(bytes):
    """A column's value as it lies in the database."""

    def __repr__(self) -> str:
        return f"<sealed, {len(self)} bytes>"

    __str__ = __repr__


class _Pending:
    """A value set in Python and not sealed yet: its row may still be waiting for its case."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "<to be sealed>"


_copies_sealed: ContextVar[bool] = ContextVar("copies_sealed", default=False)


class SealedRow(models.Model):
    """Base of a model with sealed fields: says which key seals it, and reloads without opening anything."""

    class Meta:
        abstract = True

    def sealing_key(self) -> bytes:
        """The 32 bytes of the data key; raises `Shredded` where it was destroyed."""
        raise NotImplementedError

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """Django copies field by field; sealed values are copied as they lie, so a shredded row reloads too."""
        token = _copies_sealed.set(True)
        try:
            super().refresh_from_db(*args, **kwargs)
        finally:
            _copies_sealed.reset(token)


class SealedAttribute(DeferredAttribute):
    """Keeps the ciphertext on the instance and opens it when, and only when, the attribute is read."""

    field: "SealedField[Any, Any]"

    def __get__(self, instance: models.Model | None, cls: type | None = None) -> Any:
        if instance is None:
            return self
        kept = self.kept(instance)
        if _copies_sealed.get():
            return kept
        if isinstance(kept, Ciphertext):
            return self.field.open(instance, kept)
        return self.field.nothing() if kept is None else kept.value

    def __set__(self, instance: models.Model, value: Any) -> None:
        if value is not None and not isinstance(value, Ciphertext | _Pending):
            value = None if value == "" else _Pending(value)
        instance.__dict__[self.field.attname] = value

    def kept(self, instance: models.Model) -> Ciphertext | _Pending | None:
        """What the instance holds, fetched from the row where it was deferred."""
        name = self.field.attname
        if name not in instance.__dict__:
            rows = type(instance)._base_manager.db_manager(instance._state.db)
            instance.__dict__[name] = rows.values_list(name, flat=True).get(pk=instance.pk)
        kept: Ciphertext | _Pending | None = instance.__dict__[name]
        return kept


if TYPE_CHECKING:
    _Field = models.Field
else:

    class _Field(models.Field):
        """Django's field, which takes type arguments only in its stubs."""

        __class_getitem__ = classmethod(lambda cls, _arguments: cls)


class SealedField(_Field[Written, Read]):
    """A column holding ciphertext. The column is always nullable; `blank` says whether a form may leave it empty."""

    descriptor_class = SealedAttribute
    empty_strings_allowed = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Not part of `dumpdata`: a form must be able to read the value, and Django's serializer reads the same way.
        super().__init__(*args, **{**kwargs, "null": True, "serialize": False})

    def deconstruct(self) -> Any:
        """Under the room's own name, and without what every sealed field has anyway."""
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("null", None)
        kwargs.pop("serialize", None)
        return name, path.replace("returns_portal.crypto.fields.", "returns_portal.crypto."), args, kwargs

    def get_internal_type(self) -> str:
        """In PostgreSQL: bytea."""
        return "BinaryField"

    # What a subclass says: how its values become bytes and come back.

    def encode(self, value: Any) -> bytes:
        """The value as bytes, before sealing."""
        raise NotImplementedError

    def decode(self, plain: bytes) -> Any:
        """The value of the opened bytes."""
        raise NotImplementedError

    def nothing(self) -> Any:
        """What an empty column reads as."""
        return None

    # Sealing and opening, bound to the row.

    def seal(self, instance: models.Model, value: Any) -> Ciphertext:
        """The value sealed for this row."""
        key = instance.sealing_key()  # type: ignore[attr-defined]  # a sealed field's model has it, see SealedRow
        return Ciphertext(seal_bytes(key, _packed(self.encode(value)), self._bound_to(instance)))

    def open(self, instance: models.Model, sealed: Ciphertext) -> Any:
        """The value of this row's ciphertext."""
        key = instance.sealing_key()  # type: ignore[attr-defined]  # a sealed field's model has it, see SealedRow
        return self.decode(_unpacked(open_bytes(key, sealed, self._bound_to(instance))))

    def _bound_to(self, instance: models.Model) -> bytes:
        if instance.pk is None:
            raise ValueError("A row with sealed fields needs its primary key before it is saved: use a UUID.")
        return f"{self.model._meta.db_table}.{self.column}.{instance.pk}".encode()

    # Django's side.

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Seal what was set since the row was read; the rest is written back as it lay."""
        kept = SealedAttribute(self).kept(model_instance)
        if isinstance(kept, _Pending):
            kept = model_instance.__dict__[self.attname] = self.seal(model_instance, kept.value)
        elif add and kept is not None:
            # A copied row under a new primary key: better refused now than unreadable later.
            self.open(model_instance, kept)
        return kept

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Ciphertext | None:
        """The column's bytes, still sealed."""
        return None if value is None else Ciphertext(value)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        """Refuses plain values: only saving a row can seal them."""
        if value is None:
            return None
        if not isinstance(value, Ciphertext):
            raise TypeError(f"{self} is sealed: set it on the row and save the row.")
        return connection.Database.Binary(bytes(value))  # type: ignore[attr-defined]  # the driver module

    def get_lookup(self, lookup_name: str) -> Any:
        """Sealed values cannot be searched, only asked whether they are there."""
        if lookup_name != "isnull":
            raise FieldError(f"{self} is sealed and cannot be searched.")
        return super().get_lookup(lookup_name)

    def value_from_object(self, obj: models.Model) -> Any:
        """For forms: the opened value."""
        return getattr(obj, self.attname)

    def value_to_string(self, obj: models.Model) -> str:
        """For anything that writes rows out as text: nothing."""
        return ""


class SealedTextField(SealedField[str | None, str]):
    """Sealed text; with `max_length` a one-line field in forms, without it a text area."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.max_length is not None:
            self.validators.append(MaxLengthValidator(self.max_length))

    def encode(self, value: Any) -> bytes:
        """UTF-8."""
        return str(value).encode()

    def decode(self, plain: bytes) -> str:
        """UTF-8."""
        return plain.decode()

    def nothing(self) -> str:
        """No text."""
        return ""

    def to_python(self, value: Any) -> str:
        """Text; `None` is no text."""
        return "" if value is None else str(value)

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """One line, or a text area where the text may be long."""
        if self.choices is None:
            if self.max_length is None:
                kwargs.setdefault("widget", forms.Textarea)
            kwargs.setdefault("max_length", self.max_length)
        return super().formfield(form_class, choices_form_class, **kwargs)


class SealedDateField(SealedField[date | None, date | None]):
    """A sealed date, such as a day of birth."""

    def encode(self, value: Any) -> bytes:
        """The ISO form."""
        day = self.to_python(value)
        assert day is not None  # an empty value never comes here
        return day.isoformat().encode()

    def decode(self, plain: bytes) -> date:
        """The ISO form."""
        return date.fromisoformat(plain.decode())

    def to_python(self, value: Any) -> date | None:
        """A date of a date, a moment or the ISO form."""
        if value is None or value == "":
            return None
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValidationError(_("Enter a valid date."), code="invalid") from None

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """The portal's day field."""
        from returns_portal.ui import DayField  # the form renderer needs the apps loaded, this module comes before

        return super().formfield(form_class or DayField, choices_form_class, **kwargs)


class SealedJSONField(SealedField[Any, Any]):
    """Sealed lists and objects. Set a new value to change it: changing the one read is not noticed."""

    def encode(self, value: Any) -> bytes:
        """Compact JSON; dates and decimals become text."""
        return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")).encode()

    def decode(self, plain: bytes) -> Any:
        """Plain Python values."""
        return json.loads(plain)

    def nothing(self) -> Any:
        """The field's default, so that a `default=list` reads as a list."""
        return self.get_default()

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """JSON as text; pages give a form field of their own."""
        return super().formfield(form_class or forms.JSONField, choices_form_class, **kwargs)


def _packed(plain: bytes) -> bytes:
    """Long text compressed (ciphertext does not compress), short text padded (its length would tell too much)."""
    if len(plain) > COMPRESS_OVER:
        return _COMPRESSED + zlib.compress(plain, 6)
    marked = _PLAIN + plain + b"\x80"
    return marked + bytes(-len(marked) % PAD_TO)


def _unpacked(packed: bytes) -> bytes:
    if packed[:1] == _COMPRESSED:
        return zlib.decompress(packed[1:])
    return packed[1:].rstrip(b"\x00")[:-1]
