"""The breach log, and the question whose cases were seen."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cases.models import Breach
from cases.models.breach import TIME_TO_REPORT
from partners.models import User
from returns_portal import clock
from returns_portal.ui import MomentField

LOG_HINT = _("Write case references, never names.")


class BreachForm(forms.Form):
    """What is known of a breach by now; only when it was found and what happened must be there."""

    found_at = MomentField(label=_("Found"), help_text=_("The 72 hours run from here."))
    what_happened = forms.CharField(
        label=_("What happened"), max_length=8000, help_text=LOG_HINT, widget=forms.Textarea
    )
    happened_from = MomentField(label=_("Happened from"), required=False)
    happened_until = MomentField(label=_("Happened until"), required=False)
    categories = forms.MultipleChoiceField(
        label=_("Which data"),
        choices=Breach.Category.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    number_of_people = forms.IntegerField(label=_("Number of people"), required=False, min_value=0, max_value=1_000_000)
    consequences = forms.CharField(
        label=_("What may follow for the people concerned"),
        required=False,
        max_length=8000,
        help_text=LOG_HINT,
        widget=forms.Textarea,
    )
    measures = forms.CharField(
        label=_("What was done, and what is planned"),
        required=False,
        max_length=8000,
        help_text=LOG_HINT,
        widget=forms.Textarea,
    )
    judged = forms.ChoiceField(
        label=_("Judgement"), choices=Breach.Judged.choices, required=False, widget=forms.RadioSelect
    )
    judged_at = MomentField(label=_("Judged"), required=False)
    reasons = forms.CharField(
        label=_("Reasons for the judgement, and for a report after the 72 hours"),
        required=False,
        max_length=8000,
        help_text=LOG_HINT,
        widget=forms.Textarea,
    )
    reported_at = MomentField(label=_("Reported to the authority"), required=False)
    diary_number = forms.CharField(label=_("The authority's reference"), required=False, max_length=40)
    people_told_at = MomentField(label=_("The people concerned were told"), required=False)

    def clean(self) -> dict[str, Any]:
        """Nothing lies ahead, ends before it begins, or is judged without reasons."""
        given = super().clean() or {}
        for name in ("found_at", "happened_from", "happened_until", "judged_at", "reported_at", "people_told_at"):
            if given.get(name) and given[name] > clock.now():
                self.add_error(name, _("That moment lies ahead."))
        begun, ended = given.get("happened_from"), given.get("happened_until")
        if begun and ended and ended < begun:
            self.add_error("happened_until", _("It cannot end before it began."))
        if given.get("judged") and not given.get("judged_at"):
            self.add_error("judged_at", _("Say when it was judged."))
        if given.get("judged") == Breach.Judged.NO_RISK and not given.get("reasons", "").strip():
            self.add_error("reasons", _("Write why no risk is likely."))
        self._check_report(given)
        return given

    def _check_report(self, given: dict[str, Any]) -> None:
        found, reported = given.get("found_at"), given.get("reported_at")
        if found and reported and reported < found:
            self.add_error("reported_at", _("It cannot be reported before it was found."))
        if found and reported and reported > found + TIME_TO_REPORT and not given.get("reasons", "").strip():
            self.add_error("reasons", _("The report came after the 72 hours: write why."))


class SeenForm(forms.Form):
    """Whose looks, or which session's, between which moments."""

    email = forms.EmailField(label=_("E-mail address of the person with the account"), required=False)
    session = forms.CharField(
        label=_("Session, as it stands in the trail"),
        required=False,
        max_length=64,
        help_text=_("Sixteen letters and digits. Administrators find them in the trail of looks."),
    )
    since = MomentField(label=_("From"))
    until = MomentField(label=_("Until"))

    user: User | None = None

    def clean_session(self) -> str:
        """The word of a session."""
        word = str(self.cleaned_data["session"]).strip().lower()
        if word and not re.fullmatch(r"[0-9a-f]{16}", word):
            raise ValidationError(_("A session is sixteen letters a to f and digits."), code="no_session")
        return word

    def clean(self) -> dict[str, Any]:
        """Somebody or some session, and a period that goes forward."""
        given = super().clean() or {}
        if not given.get("email") and not given.get("session") and not self.errors:
            self.add_error("email", _("Name a person or a session."))
        if given.get("email"):
            self.user = User.objects.filter(email__iexact=given["email"]).first()
            if self.user is None:
                self.add_error("email", _("Nobody has an account with this address."))
        if given.get("since") and given.get("until") and given["until"] < given["since"]:
            self.add_error("until", _("It cannot end before it began."))
        return given
