"""What the pages of a referral are made of: fields from models, and forms that may be saved incomplete."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy, pgettext_lazy

from cases import codes
from returns_portal import clock
from returns_portal.ui import DayField

NO_NAMES = gettext_lazy("Do not write names, addresses or what the person has been through.")
CHOOSE = pgettext_lazy("in a list", "Choose")
FUTURE = gettext_lazy("That day has not come yet. Enter today or earlier.")
PAST = gettext_lazy("That day is past. Enter today or later.")


def countries() -> list[tuple[str, Any]]:
    """Every country by name in the reader's language, and none."""
    return [("", CHOOSE), *codes.countries()]


def languages() -> list[tuple[str, Any]]:
    """The languages by name in the reader's language, and none."""
    return [("", CHOOSE), *codes.languages()]


def model_field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)


def pick(model: type[models.Model], name: str, *, hint: Any = "") -> forms.ChoiceField:
    """A drop-down list of a model field's choices."""
    field = model_field(model, name)
    return forms.ChoiceField(
        label=field.verbose_name, choices=[("", CHOOSE), *field.choices], required=False, help_text=hint
    )


def radios(model: type[models.Model], name: str, *, hint: Any = "") -> forms.ChoiceField:
    """The choices of a model field, all in sight."""
    field = model_field(model, name)
    return forms.ChoiceField(
        label=field.verbose_name, choices=field.choices, required=False, widget=forms.RadioSelect, help_text=hint
    )


def line(model: type[models.Model], name: str, *, most: int = 200, hint: Any = "") -> forms.CharField:
    """One line of text for a model field."""
    return forms.CharField(
        label=model_field(model, name).verbose_name,
        max_length=most,
        required=False,
        help_text=hint,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def day(model: type[models.Model], name: str, *, hint: Any = "") -> DayField:
    """A day for a model field."""
    return DayField(label=model_field(model, name).verbose_name, required=False, help_text=hint)


@dataclass(frozen=True)
class Group:
    """Fields that belong together on a page; a closed one opens on request."""

    title: Any
    fields: list[forms.BoundField]
    is_closed: bool = False
    hint: Any = ""

    @property
    def has_errors(self) -> bool:
        """Whether one of the fields is to be corrected, so that a closed group must stand open."""
        return any(field.errors for field in self.fields)


class PartForm(forms.Form):
    """One part of a referral: fields in groups; `needed` ones are asked for before sending, not before saving."""

    use_required_attribute = False
    needed: ClassVar[tuple[str, ...]] = ()
    layout: ClassVar[tuple[tuple[Any, tuple[str, ...]], ...]] = ()
    not_future: ClassVar[tuple[str, ...]] = ()
    not_past: ClassVar[tuple[str, ...]] = ()
    closed: ClassVar[tuple[Any, ...]] = ()
    hints: ClassVar[dict[str, Any]] = {}  # by the first field of the group

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ask(True)

    def _ask(self, asked: bool) -> None:
        for name in self.needed:
            if name in self.fields:
                self.fields[name].required = asked

    def full_clean(self) -> None:
        """Check what is there; what is missing is no error in a draft."""
        self._ask(False)
        super().full_clean()
        self._ask(True)

    def clean(self) -> dict[str, Any]:
        """Days that can only have been, or only be to come."""
        cleaned = super().clean() or self.cleaned_data
        today = clock.today()
        for names, sentence, is_wrong in (
            (self.not_future, FUTURE, date.__gt__),
            (self.not_past, PAST, date.__lt__),
        ):
            for name in names:
                value = cleaned.get(name)
                if value is not None and name in self.changed_data and is_wrong(value, today):
                    self.add_error(name, ValidationError(sentence, code="day"))
        return cleaned

    def groups(self) -> Iterator[Group]:
        """The page's groups of fields, without those that this reader does not get."""
        for title, names in self.layout:
            fields = [self[name] for name in names if name in self.fields]
            if fields:
                yield Group(title, fields, is_closed=title in self.closed, hint=self.hints.get(names[0], ""))

    def values(self, names: Iterable[str]) -> dict[str, Any]:
        """The answers to these fields, as far as they were asked."""
        return {name: self.cleaned_data[name] for name in names if name in self.fields}

    def answers(self) -> dict[str, Any]:
        """What was answered, as `actions.save_referral` takes it."""
        raise NotImplementedError
