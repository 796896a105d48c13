"""What a manager chooses when work is handed over."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cases.actions.hand_over import AT_MOST, Duty, Wish, kinds, may_go_to_the_queue
from cases.models import Case
from partners.models import User

QUEUE = "queue"


@dataclass(frozen=True)
class Line:
    """One row of the leaver's list: what it is, in which case, and to whom it may go."""

    duty: Duty
    case: Case
    people: Sequence[User]

    @property
    def label(self) -> Any:
        """What the leaver is in this case."""
        return kinds[self.duty.kind].label

    @property
    def name(self) -> str:
        """The name of its field, which is all there is to know of it."""
        return "_".join(str(part) for part in self.duty)


def read_duty(name: str) -> Duty | None:
    """The duty that a field's name means; None for any other field."""
    kind, _dash, rest = name.partition("_")
    row, _dash, case = rest.partition("_")
    try:
        return Duty(kind, UUID(row), UUID(case)) if kind in kinds else None
    except ValueError:
        return None


class LeavingForm(forms.Form):
    """Everything a leaver answers for; each row goes to a colleague, to the queue, or stays for now."""

    def __init__(self, *args: Any, lines: Sequence[Line], chosen: Mapping[Duty, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            choices: list[tuple[str, Any]] = [("", _("Leave it for now"))]
            choices += [(str(one.pk), one.name) for one in line.people]
            if may_go_to_the_queue(line.duty, line.case):
                choices.append((QUEUE, _("The organisation’s queue")))
            self.fields[line.name] = forms.ChoiceField(
                label=_("Give to"), choices=choices, required=False, initial=chosen.get(line.duty, "")
            )

    def rows(self) -> list[tuple[Line, Any]]:
        """Each line with its field."""
        return [(line, self[line.name]) for line in self.lines]

    def chosen(self, was: User) -> list[Wish]:
        """What is to be done now."""
        chosen = [(line, self.cleaned_data[line.name]) for line in self.lines]
        return [Wish(line.duty, was.pk, _of(line.people, choice)) for line, choice in chosen if choice]


class GiveForm(forms.Form):
    """Cases that were ticked, and who gets them."""

    to = forms.ChoiceField(label=_("Give to"), error_messages={"required": _("Choose who gets the cases.")})

    def __init__(self, *args: Any, colleagues: Sequence[User], ticked: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.colleagues, self.ticked = colleagues, list(dict.fromkeys(ticked))
        choices: list[tuple[str, Any]] = [("", _("Choose"))]
        choices += [(str(one.pk), one.name) for one in colleagues]
        choices.append((QUEUE, _("The organisation’s queue")))
        self.fields["to"].choices = choices  # type: ignore[attr-defined]  # a choice field

    def clean(self) -> dict[str, Any]:
        """Some rows, and not too many."""
        cleaned = super().clean() or {}
        if not self.ticked:
            raise ValidationError(_("Tick at least one case."), code="none")
        if len(self.ticked) > AT_MOST:
            words = ngettext("At most %(n)s case at a time.", "At most %(n)s cases at a time.", AT_MOST)
            raise ValidationError(words % {"n": AT_MOST}, code="too_many")
        cleaned["rows"] = [_ticked(value) for value in self.ticked]
        return cleaned

    def chosen(self) -> list[Wish]:
        """What is to be done now."""
        to = _of(self.colleagues, self.cleaned_data["to"])
        return [Wish(Duty("case", pk, pk), was, to) for pk, was in self.cleaned_data["rows"]]


def _of(people: Sequence[User], choice: str) -> User | None:
    """The colleague who was chosen; nobody where it is the queue."""
    return next((one for one in people if str(one.pk) == choice), None)


def _ticked(value: str) -> tuple[UUID, UUID | None]:
    """The case, and who answered for it when the page was shown: whoever changed it meanwhile is not overruled."""
    row, _dash, was = value.partition("_")
    try:
        return UUID(row), UUID(was) if was else None
    except ValueError:
        raise ValidationError(_("These cases could not be read. Open the page again."), code="broken") from None
