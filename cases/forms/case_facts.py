"""What is written beside the referral after it was sent: answers, the criminal case's word, the minor's path."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.forms.parts import NO_NAMES, PartForm, day, pick
from cases.models import InformationRequest, Referral


class CriminalForm(PartForm):
    """The status word of the criminal case."""

    not_past = ("witness_until",)

    criminal_case = pick(Referral, "criminal_case", hint=gettext_lazy("A word only. No details of the case."))
    witness_until = day(Referral, "witness_until")

    def __init__(self, *args: Any, referral: Referral, **kwargs: Any) -> None:
        initial = {"criminal_case": referral.criminal_case, "witness_until": referral.witness_until}
        super().__init__(*args, initial=initial, **kwargs)
        self.fields["criminal_case"].required = True

    def answers(self) -> dict[str, Any]:
        """The word, and until when a witness is needed."""
        return self.values(("criminal_case", "witness_until"))


class MinorForm(PartForm):
    """The minor's path: four days, each when its thing was done."""

    FIELDS = (
        "guardian_in_sweden_confirmed_on",
        "guardian_at_home_confirmed_on",
        "family_assessed_on",
        "best_interests_decided_on",
    )
    not_future = FIELDS

    guardian_in_sweden_confirmed_on = day(Referral, "guardian_in_sweden_confirmed_on")
    guardian_at_home_confirmed_on = day(Referral, "guardian_at_home_confirmed_on")
    family_assessed_on = day(Referral, "family_assessed_on")
    best_interests_decided_on = day(Referral, "best_interests_decided_on")

    def __init__(self, *args: Any, referral: Referral, **kwargs: Any) -> None:
        super().__init__(*args, initial={name: getattr(referral, name) for name in self.FIELDS}, **kwargs)

    def answers(self) -> dict[str, Any]:
        """The four days."""
        return self.values(self.FIELDS)


class AnswerForm(forms.Form):
    """An answer to each of Länsstyrelsen's open questions."""

    def __init__(self, *args: Any, requests: list[InformationRequest], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.requests = requests
        for number, _request in enumerate(requests, 1):
            self.fields[f"answer_{number}"] = forms.CharField(
                label=_("Answer %(number)s") % {"number": number} if len(requests) > 1 else _("Answer"),
                max_length=4000,
                help_text=NO_NAMES,
                widget=forms.Textarea(attrs={"rows": 5}),
                error_messages={"required": _("Write an answer.")},
            )

    def pairs(self) -> Iterator[tuple[InformationRequest, forms.BoundField]]:
        """Each question with its field."""
        for number, request in enumerate(self.requests, 1):
            yield request, self[f"answer_{number}"]

    def answers(self) -> dict[InformationRequest, str]:
        """Each question's answer."""
        return {request: self.cleaned_data[bound.name] for request, bound in self.pairs()}
