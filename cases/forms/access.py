"""Who reaches a case by name, and the emergency opening."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cases.codes import normalise_code
from cases.forms.hold import FREE_TEXT_HINT, PersonField
from cases.models import BreakGlass
from cases.words import GRANT_WORDS
from partners.models import User
from returns_portal import clock
from returns_portal.ui import DayField

REASONS = [(code, GRANT_WORDS[code]) for code in ("works_on_it", "stands_in", "supervises", "expert")]
LONGEST = timedelta(days=366)


class PeopleField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # generic only in the stubs
    """Several colleagues, by name."""

    def label_from_instance(self, obj: Any) -> str:
        """The name alone: colleagues know each other."""
        return str(obj.name)


class CloseCircleForm(forms.Form):
    """Which colleagues keep the case."""

    keep = PeopleField(
        User.objects.none(),
        label=_("Which colleagues keep the case"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("You and whoever answers for the case keep it in any case."),
    )

    def __init__(self, *args: Any, colleagues: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["keep"].queryset = colleagues  # type: ignore[attr-defined]  # a ModelMultipleChoiceField


class NameForm(forms.Form):
    """One colleague, why, and until when."""

    user = PersonField(User.objects.none(), label=_("Colleague"))
    reason = forms.ChoiceField(label=_("Reason"), choices=REASONS, widget=forms.RadioSelect)
    until = DayField(label=_("Last day"), required=False, help_text=_("Leave it empty if there is no end."))
    opens_identity = forms.BooleanField(
        label=_("May also open the protected identity"), required=False, help_text=_("Each opening is logged.")
    )

    def __init__(
        self, *args: Any, colleagues: QuerySet[User], protected: bool, restricted: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = colleagues  # type: ignore[attr-defined]  # a ModelChoiceField
        if not protected:
            del self.fields["opens_identity"]
        elif not restricted:  # everybody in the organisation reaches the rest
            self.fields["opens_identity"].required = True
            self.fields["opens_identity"].label = _("May open the protected identity")

    def clean_until(self) -> datetime | None:
        """The end of the last day, which lies ahead and within a year."""
        day = self.cleaned_data["until"]
        if day is None:
            return None
        if day < clock.today():
            raise ValidationError(_("That day is past. Enter today or later."), code="past")
        if day > clock.today() + LONGEST:
            raise ValidationError(_("A year at most. Enter an earlier day, or leave it empty."), code="too_long")
        return datetime.combine(day + timedelta(days=1), time(), tzinfo=clock.STOCKHOLM)


class BreakGlassForm(forms.Form):
    """Which case, and why now."""

    code = forms.CharField(
        label=_("Case code"),
        max_length=20,
        help_text=_("Eight characters, such as K7Q2-9FWM."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "w-s"}),
    )
    reason = forms.CharField(
        label=_("Why the case must be opened now"),
        min_length=10,
        max_length=2000,
        help_text=FREE_TEXT_HINT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"min_length": _("Write in a sentence why it cannot wait.")},
    )

    def clean_code(self) -> str:
        """The eight characters as stored; what is no code is answered like an unknown one."""
        return normalise_code(self.cleaned_data["code"])


class JudgeForm(forms.Form):
    """Whether it was right."""

    judgement = forms.ChoiceField(label=_("Judgement"), choices=BreakGlass.Judgement.choices, widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("In short words"),
        max_length=2000,
        help_text=FREE_TEXT_HINT,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
