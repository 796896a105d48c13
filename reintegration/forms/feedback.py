"""Forms of step 12."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reintegration.forms.follow_up import languages
from reintegration.models import FeedbackReport, Satisfaction
from reintegration.models.feedback import SATISFACTION_KEYS
from reintegration.reports import levels_up_to
from returns_portal import clock
from returns_portal.ui import DayField


class ReviewForm(forms.Form):
    """How much a report tells, and in which words."""

    level = forms.ChoiceField(label=gettext_lazy("How much it tells"), widget=forms.RadioSelect)
    text = forms.CharField(
        label=gettext_lazy("Text"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy("Stands under the status sentence. No names, no addresses, nothing on health."),
    )

    def __init__(self, *args: Any, highest: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        levels = levels_up_to(highest)
        self.fields["level"].choices = [(level.value, level.label) for level in levels]  # type: ignore[attr-defined]  # a ChoiceField
        if len(levels) == 1:
            self.fields["level"].help_text = _(
                "The person has not agreed to feedback to Sweden: only the status may be told."
            )

    def clean(self) -> dict[str, Any]:
        """At the status there is no text of one's own; above it there is."""
        given = super().clean() or {}
        is_status = given.get("level") == FeedbackReport.Level.STATUS
        if given.get("level") and not is_status and not given.get("text", "").strip():
            self.add_error("text", _("Write the text, or choose the status only."))
        return given


class AddReportForm(forms.Form):
    """Which report IOM Helsinki wants drafted."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Report"),
        choices=[
            (kind.value, kind.label)
            for kind in (FeedbackReport.Kind.PLAN_CHANGED, FeedbackReport.Kind.PROBLEM, FeedbackReport.Kind.CLOSED)
        ],
        widget=forms.RadioSelect,
    )


class HerWordsForm(forms.Form):
    """The person's message to Sweden, as it was told."""

    words = forms.CharField(
        label=gettext_lazy("The message, as the person told it"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("In the person's own language and words."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=languages)
    may_go = forms.BooleanField(
        label=gettext_lazy("The person says that it may go to Sweden"),
        required=False,
        help_text=gettext_lazy(
            "The caseworker and Länsstyrelsen can read it then. The person can take it back until somebody has."
        ),
    )


def mark(label: Any) -> forms.TypedChoiceField:
    """One to five in words, or nothing."""
    return forms.TypedChoiceField(label=label, choices=marks, coerce=int, empty_value=None, required=False)


def marks() -> list[tuple[Any, Any]]:
    """The five steps of satisfaction in words."""
    words = (_("Very dissatisfied"), _("Dissatisfied"), _("Neither"), _("Satisfied"), _("Very satisfied"))
    return [("", _("Not asked or no answer")), *((n, f"{n} – {word}") for n, word in enumerate(words, start=1))]


class SatisfactionForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """How content the person is; any question may be skipped."""

    asked_on = DayField(label=gettext_lazy("Asked on"))

    class Meta:
        model = Satisfaction
        fields = ("asked_on", *SATISFACTION_KEYS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["asked_on"] = clock.today()
        for key in SATISFACTION_KEYS:
            self.fields[key] = mark(self.fields[key].label)

    def clean_asked_on(self) -> Any:
        """The talk lies behind us."""
        day = self.cleaned_data["asked_on"]
        if day > clock.today():
            raise ValidationError(_("That day has not come yet. Enter today or an earlier day."))
        return day

    def clean(self) -> dict[str, Any]:
        """At least one answer, else there is nothing to keep."""
        given = super().clean() or {}
        if not any(given.get(key) for key in SATISFACTION_KEYS):
            raise ValidationError(_("Answer at least one question."))
        return given
