"""The fields of a rule of reminding: moments in one line, and the ladder in rows."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

ROWS = 5
MOST_WARNINGS = 6


class MomentsField(forms.CharField):
    """Whole numbers with commas between them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=60, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """The numbers as they are written."""
        return ", ".join(str(number) for number in value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[int]:
        """Each number once, the earliest first."""
        words = [word.strip().replace("−", "-") for word in super().clean(value).replace(";", ",").split(",")]
        try:
            numbers = sorted({int(word) for word in words if word})
        except ValueError:
            raise ValidationError(_("Write whole numbers with commas between them, such as −7, 0.")) from None
        if len(numbers) > MOST_WARNINGS:
            raise ValidationError(_("At most %(most)s.") % {"most": MOST_WARNINGS})
        return numbers

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether other numbers are meant."""
        return super().has_changed(self.prepare_value(initial), data)


class Checkboxes(forms.CheckboxSelectMultiple):
    """Checkboxes in a group that has a name."""

    template_name = "admin/cases/clockrule/checkboxes.html"


class RowsWidget(forms.MultiWidget):
    """Rows of a number and a choice."""

    template_name = "admin/cases/clockrule/rows.html"
    use_fieldset = True

    def __init__(self, choices: list[tuple[str, Any]], unit: Any) -> None:
        self.unit = unit
        widgets: dict[str, forms.Widget | type[forms.Widget]] = {}
        for row in range(1, ROWS + 1):
            number, who = (_("Row %(row)s: %(unit)s after the due moment"), _("Row %(row)s: to whom"))
            widgets[f"{row}_after"] = forms.NumberInput({"aria-label": number % {"row": row, "unit": unit}})
            widgets[f"{row}_to"] = forms.Select({"aria-label": who % {"row": row}}, choices=[("", "—"), *choices])
        super().__init__(widgets)

    def decompress(self, value: Any) -> list[Any]:
        """Nothing is nothing."""
        return [None] * (2 * ROWS)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """The inputs by rows."""
        context = super().get_context(name, value, attrs)
        inputs = context["widget"]["subwidgets"]
        context["unit"] = self.unit
        context["rows"] = list(zip(inputs[::2], inputs[1::2], strict=True))
        return context


class RowsField(forms.Field):
    """Pairs of a number and a word, in rows; empty rows do not count."""

    def __init__(self, *, choices: list[tuple[str, Any]], unit: Any, most: int, **kwargs: Any) -> None:
        self.known, self.most = {word for word, _label in choices}, most
        super().__init__(widget=RowsWidget(choices, unit), required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """The pairs one after the other, as the inputs stand."""
        if not value or not isinstance(value[0], list | tuple):
            return value
        flat = [part for pair in value[:ROWS] for part in pair]
        return flat + [None] * (2 * ROWS - len(flat))

    def clean(self, value: Any) -> list[list[Any]]:
        """Each pair once, in the order in which they ring."""
        rows = list(zip(value[::2], value[1::2], strict=True))
        pairs = {pair for row, said in enumerate(rows, 1) if (pair := self._pair(row, *said)) is not None}
        return [list(pair) for pair in sorted(pairs)]

    def _pair(self, row: int, after: Any, who: Any) -> tuple[int, str] | None:
        after, who = ("" if said is None else str(said).strip() for said in (after, who))
        if not after and not who:
            return None
        if not after or not who:
            raise ValidationError(_("Row %(row)s: say both after how long and to whom, or neither.") % {"row": row})
        if who not in self.known:
            raise ValidationError(_("Row %(row)s: choose one of the recipients in the list.") % {"row": row})
        try:
            number = int(after)
        except ValueError:
            raise ValidationError(_("Row %(row)s: write a whole number.") % {"row": row}) from None
        try:
            check_between(number, 0, self.most)
        except ValidationError as error:
            raise ValidationError(_("Row %(row)s: %(fault)s") % {"row": row, "fault": error.messages[0]}) from None
        return number, who

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether other rows are meant."""
        try:
            return self.clean(data) != sorted([list(pair) for pair in initial or []])
        except ValidationError:
            return True


def check_between(number: int, least: int, most: int) -> None:
    """Refuse what lies outside, naming the limits."""
    if not least <= number <= most:
        raise ValidationError(_("From %(least)s to %(most)s.") % {"least": least, "most": most})
