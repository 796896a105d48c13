"""Forms of step 11: short enough for four minutes on a telephone."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import codes
from cases.models import Case
from reintegration.models import Contact, FollowUpAttempt, Need
from reintegration.models.follow_up import Answer, Safety, Situation
from returns_portal import clock
from returns_portal.ui import DayField, MomentField

NO_NAMES = gettext_lazy("Do not write names, addresses or what the person has been through.")
NO_ANSWER = 0
MET = (("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No")), ("not_asked", gettext_lazy("Not asked")))


def languages() -> list[tuple[str, Any]]:
    """The languages offered, and none."""
    return [("", _("Choose")), *codes.languages()]


def safety_answers() -> list[tuple[int, Any]]:
    """The five steps in words, safest first, and no answer."""
    return [*reversed(Safety.choices), (NO_ANSWER, _("Did not want to say"))]


def not_in_the_past(day: Any) -> None:
    """A day that is planned lies before us."""
    if day and day < clock.today():
        raise ValidationError(_("That day has passed. Enter today or a later day."))


def situation(label: Any) -> forms.ChoiceField:
    """How something stands."""
    return forms.ChoiceField(label=label, choices=Situation.choices, initial=Situation.NOT_ASKED)


def answer(label: Any) -> forms.ChoiceField:
    """Yes, no, or not known."""
    return forms.ChoiceField(label=label, choices=Answer.choices, initial=Answer.NOT_ASKED)


class ContactForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """One contact with the person."""

    channel = forms.ChoiceField(
        label=gettext_lazy("How did you reach the person?"),
        choices=FollowUpAttempt.Channel.choices,
        widget=forms.RadioSelect,
        initial=FollowUpAttempt.Channel.PHONE,
    )
    safety = forms.TypedChoiceField(
        label=gettext_lazy("How safe is the person?"),
        choices=safety_answers,
        coerce=lambda value: int(value) or None,
        empty_value=None,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("If the person is unsafe or in danger, IOM Helsinki is told at once."),
        error_messages={"required": gettext_lazy("Choose how safe the person is, or that they did not want to say.")},
    )
    housing = situation(gettext_lazy("Housing"))
    income = situation(gettext_lazy("Income"))
    health = situation(gettext_lazy("Health"))
    family_tension = answer(gettext_lazy("Tension in the family"))
    contact_by_exploiters = answer(gettext_lazy("Contact by those who exploited the person"))
    wants_change = answer(gettext_lazy("Wants the plan changed"))
    own_words_language = forms.ChoiceField(
        label=gettext_lazy("Language of the words"), choices=languages, required=False
    )
    next_on = DayField(
        label=gettext_lazy("Next contact"),
        required=False,
        validators=[not_in_the_past],
        help_text=gettext_lazy("As agreed with the person."),
    )

    class Meta:
        model = Contact
        fields = (
            "channel",
            "safety",
            "housing",
            "income",
            "health",
            "family_tension",
            "contact_by_exploiters",
            "wants_change",
            "own_words",
            "own_words_language",
            "own_words_may_go",
            "home_phone",
            "safe_rule",
            "next_on",
            "note",
        )
        labels: ClassVar[dict[str, Any]] = {
            "own_words": gettext_lazy("The person's own words to Sweden"),
            "own_words_may_go": gettext_lazy("The person says that these words may go to Sweden"),
            "home_phone": gettext_lazy("Phone at home, if it has changed"),
            "safe_rule": gettext_lazy("When and how to call, if it has changed"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "own_words": gettext_lazy(
                "In the person's own language. They can be taken back until somebody reads them."
            ),
            "note": NO_NAMES,
        }
        widgets: ClassVar[dict[str, Any]] = {
            "own_words": forms.Textarea(attrs={"rows": 3}),
            "home_phone": forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
            "safe_rule": forms.TextInput(attrs={"autocomplete": "off"}),
            "note": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, needs: Iterable[Need], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.needs = list(needs)
        for need in self.needs:
            self.fields[f"need_{need.pk.hex}"] = forms.ChoiceField(
                label=_("Met: %(need)s") % {"need": need.get_domain_display()},
                choices=MET,
                initial="not_asked",
                required=False,
            )

    def need_fields(self) -> Iterator[BoundField]:
        """The questions about each need."""
        for need in self.needs:
            yield self[f"need_{need.pk.hex}"]

    def life(self) -> Iterator[BoundField]:
        """The questions about how things stand."""
        for name in ("housing", "income", "health", "family_tension", "contact_by_exploiters", "wants_change"):
            yield self[name]

    def clean(self) -> dict[str, Any]:
        """Words that may go are there, and have a language."""
        given = super().clean() or {}
        if given.get("own_words_may_go") and not given.get("own_words"):
            self.add_error("own_words", _("Write the words that may go to Sweden."))
        if given.get("own_words") and not given.get("own_words_language"):
            self.add_error("own_words_language", _("Choose the language of the words."))
        return given

    def save(self, commit: bool = True) -> Contact:
        """The contact with what was said about each need; the action writes it."""
        contact: Contact = super().save(commit=False)
        contact.needs_met = {
            str(need.pk): self.cleaned_data.get(f"need_{need.pk.hex}") or "not_asked" for need in self.needs
        }
        return contact


class AttemptForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """One try to reach the person."""

    at = MomentField(label=gettext_lazy("When"))
    channel = forms.ChoiceField(
        label=gettext_lazy("How"),
        choices=FollowUpAttempt.Channel.choices,
        widget=forms.RadioSelect,
        initial=FollowUpAttempt.Channel.PHONE,
    )
    result = forms.ChoiceField(
        label=gettext_lazy("Result"),
        choices=[row for row in FollowUpAttempt.Result.choices if row[0] != FollowUpAttempt.Result.REACHED],
        widget=forms.RadioSelect,
        help_text=gettext_lazy("If you reached the person, send the follow-up instead."),
    )

    class Meta:
        model = FollowUpAttempt
        fields = ("at", "channel", "result", "note")
        help_texts: ClassVar[dict[str, Any]] = {"note": NO_NAMES}
        widgets: ClassVar[dict[str, Any]] = {"note": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case = case
        self.initial["at"] = clock.now().replace(second=0, microsecond=0)

    def clean_at(self) -> Any:
        """An attempt lies between the arrival and now."""
        at = self.cleaned_data["at"]
        if at > clock.now():
            raise ValidationError(_("That moment has not come yet."))
        if self.case.arrived_on and at.astimezone(clock.STOCKHOLM).date() < self.case.arrived_on:
            raise ValidationError(_("That was before the arrival."))
        return at


class ExtraContactForm(forms.Form):
    """One more contact than planned."""

    due_on = DayField(label=gettext_lazy("Day of the contact"), validators=[not_in_the_past])


# What is done when three attempts found nobody, in this order.
LOST_STEPS = (
    ("other_ways", gettext_lazy("Tried every way and hour that the contact plan allows")),
    ("trusted_person", gettext_lazy("Asked somebody whom the person trusts, without saying why")),
    ("visit", gettext_lazy("Asked a partner on the spot, where a visit is safe")),
    ("risks", gettext_lazy("Gone through the risks together with IOM Helsinki")),
    ("authorities", gettext_lazy("Decided whether the police or a helpline must be told")),
)


class LostContactForm(forms.Form):
    """Each step of the search: done, not possible, or still to do."""

    DONE = (
        ("to_do", gettext_lazy("Still to do")),
        ("done", gettext_lazy("Done")),
        ("not_possible", gettext_lazy("Not possible or not safe")),
    )

    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text=NO_NAMES
    )

    def __init__(self, *args: Any, is_complete: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_complete = is_complete
        steps = {
            code: forms.ChoiceField(label=label, choices=self.DONE, widget=forms.RadioSelect, initial="to_do")
            for code, label in LOST_STEPS
        }
        self.fields = {**steps, **self.fields}

    def clean(self) -> dict[str, Any]:
        """The search is complete when nothing is left to do."""
        given = super().clean() or {}
        if self.is_complete:
            for code, _label in LOST_STEPS:
                if given.get(code) == "to_do":
                    self.add_error(code, _("Do this first, or say that it is not possible."))
        return given

    def steps(self) -> list[dict[str, Any]]:
        """What is stored: each step with its answer and the day on which it was written."""
        today = clock.today().isoformat()
        return [
            {
                "step": code,
                "answer": self.cleaned_data[code],
                "done_on": today if self.cleaned_data[code] == "done" else "",
            }
            for code, _label in LOST_STEPS
        ]
