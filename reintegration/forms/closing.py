"""Forms of the end of a case."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from cases.models import Case
from reintegration.actions.closing import AT_THE_END, BEFORE_THE_END, not_lawful
from reintegration.forms.follow_up import NO_NAMES
from reintegration.models import ClosingReport


class CloseForm(forms.Form):
    """Why the case is closed at the end of the programme."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Closing reason"),
        choices=[(reason.value, reason.label) for reason in AT_THE_END],
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=gettext_lazy("What was reached"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=NO_NAMES,
    )


class EndEarlyForm(forms.Form):
    """Why the case ends before the programme is over."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[(reason.value, reason.label) for reason in BEFORE_THE_END],
        widget=forms.RadioSelect,
    )
    police_told = forms.BooleanField(
        label=gettext_lazy("The police have been told"),
        required=False,
        help_text=gettext_lazy("Needed where the person is missing after the departure."),
    )
    text = forms.CharField(
        label=gettext_lazy("What happened, in a few words"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Nobody asks why where it is the person's own wish. No names, no addresses."),
    )

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case = case

    def clean(self) -> dict[str, Any]:
        """Each reason has its own condition, said next to the field that mends it."""
        given = super().clean() or {}
        if "reason" in given:
            wrong = not_lawful(
                self.case,
                ClosingReport.Reason(given["reason"]),
                text=given.get("text", ""),
                police_told=given.get("police_told", False),
            )
            for field, sentence in wrong.items():
                self.add_error(field, sentence)
        return given
