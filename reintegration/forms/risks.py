"""Forms of step 8."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.clocks import number
from cases.models import Case, CaseUserObjectPermission
from partners.models import Organisation, User
from reintegration.forms.needs import NO_NAMES
from reintegration.models import Risk
from reintegration.models.risk import Likelihood, Severity
from returns_portal import clock
from returns_portal.ui import DayField


def in_words(choices: list[tuple[int, Any]]) -> list[tuple[Any, Any]]:
    """A scale whose steps are words with their numbers."""
    return [("", gettext_lazy("Choose")), *((value, f"{value} – {label}") for value, label in choices)]


def scale(label: Any, choices: Any, *, required: bool = True) -> forms.TypedChoiceField:
    """A choice from 1 to 5, in words."""
    return forms.TypedChoiceField(
        label=label, choices=lambda: in_words(choices.choices), coerce=int, empty_value=None, required=required
    )


class RiskForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A risk of the register, as IOM Helsinki writes it."""

    likelihood = scale(gettext_lazy("Likelihood"), Likelihood)
    severity = scale(gettext_lazy("Severity"), Severity)
    residual_likelihood = scale(gettext_lazy("Likelihood after the measure"), Likelihood, required=False)
    residual_severity = scale(gettext_lazy("Severity after the measure"), Severity, required=False)
    due_on = DayField(label=gettext_lazy("Measure done by"), required=False)
    next_review_on = DayField(label=gettext_lazy("Next review"), required=False)
    decision = forms.ChoiceField(
        label=gettext_lazy("Decision"), choices=Risk.Decision.choices, widget=forms.RadioSelect
    )

    class Meta:
        model = Risk
        fields = (
            "who",
            "phase",
            "category",
            "description",
            "likelihood",
            "severity",
            "measure",
            "owner",
            "due_on",
            "residual_likelihood",
            "residual_severity",
            "decision",
            "next_review_on",
        )
        help_texts: ClassVar[dict[str, Any]] = {"description": NO_NAMES, "measure": NO_NAMES}
        labels: ClassVar[dict[str, Any]] = {"owner": gettext_lazy("Who sees to it")}
        widgets: ClassVar[dict[str, Any]] = {
            "description": forms.Textarea(attrs={"rows": 3}),
            "measure": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner = self.fields.get("owner")
        if isinstance(owner, forms.ModelChoiceField):
            owner.queryset = people_of(case)
        if "next_review_on" in self.fields:
            in_two_weeks = clock.today() + timedelta(days=number("risk_review_days"))
            self.fields["next_review_on"].initial = in_two_weeks

    def clean(self) -> dict[str, Any]:
        """Going with measures needs a measure; the next review is not in the past."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("decision") == Risk.Decision.GO_WITH_MEASURES and not (
            cleaned.get("measure") or (self.instance.measure if "measure" not in self.fields else "")
        ):
            self.add_error("measure" if "measure" in self.fields else None, ValidationError(_("Write the measure.")))
        review = cleaned.get("next_review_on")
        if review and review < clock.today():
            self.add_error("next_review_on", ValidationError(_("That day is past. Enter today or later.")))
        return cleaned


class RiskAtHomeForm(RiskForm):
    """A risk that the local office sees: at arrival or after. The decision is IOM Helsinki's."""

    phase = forms.ChoiceField(
        label=gettext_lazy("When"),
        widget=forms.RadioSelect,
        choices=[(Risk.Phase.ARRIVAL, Risk.Phase.ARRIVAL.label), (Risk.Phase.AFTER, Risk.Phase.AFTER.label)],
    )
    decision = None  # type: ignore[assignment]  # Django's way to leave out an inherited field
    next_review_on = None  # type: ignore[assignment]
    residual_likelihood = None  # type: ignore[assignment]
    residual_severity = None  # type: ignore[assignment]

    class Meta(RiskForm.Meta):
        fields = ("who", "phase", "category", "description", "likelihood", "severity", "measure", "owner", "due_on")  # type: ignore[assignment]


class ReviewForm(RiskForm):
    """A risk looked at again: does the decision still hold?"""

    class Meta(RiskForm.Meta):
        fields = (  # type: ignore[assignment]
            "likelihood",
            "severity",
            "measure",
            "residual_likelihood",
            "residual_severity",
            "decision",
            "next_review_on",
        )


def people_of(case: Case) -> Any:
    """Who may own a measure: people of IOM Helsinki and of the local office, in a restricted case the named ones."""
    at_iom = Q(organisation__kind=Organisation.Kind.IOM_HELSINKI) | Q(organisation=case.local_office_id)
    people = User.objects.filter(at_iom, is_active=True).order_by("name")
    if case.is_restricted:
        named = CaseUserObjectPermission.objects.live().filter(content_object=case)
        people = people.filter(pk__in=named.values("user"))
    return people


class BackForm(forms.Form):
    """Why the case is assessed again."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        widget=forms.RadioSelect,
        choices=[
            ("office", gettext_lazy("The local office can no longer receive the person")),
            ("risk", gettext_lazy("A new risk")),
            ("need", gettext_lazy("A new need")),
            ("wish", gettext_lazy("A new wish of the person")),
        ],
    )
    text = forms.CharField(
        label=gettext_lazy("In short words"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=NO_NAMES,
    )

    @property
    def note(self) -> str:
        """Reason and words, as the timeline keeps them."""
        label = dict(self.fields["reason"].choices)[self.cleaned_data["reason"]]  # type: ignore[attr-defined]  # a ChoiceField's own
        return f"{label}. {self.cleaned_data['text']}".strip().removesuffix(".") + "."


class ClearForm(forms.Form):
    """Nothing to fill in: the guards say it all."""
