"""How a person wants to be told."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases import notices
from cases.models import MailChoice, MailSettings


class MailForm(forms.Form):
    """One way for each topic, and how often the summary comes."""

    digest = forms.ChoiceField(
        label=_("When the summary comes"),
        choices=MailSettings.Digest.choices,
        widget=forms.RadioSelect,
        help_text=_("One mail with the codes of the cases that have something new. Without anything new, no mail."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for topic, label in notices.TOPICS.items():
            self.fields[topic] = forms.ChoiceField(
                label=label, choices=MailChoice.How.choices, widget=forms.RadioSelect
            )
        self.order_fields([*notices.TOPICS, "digest"])

    @property
    def ways(self) -> dict[str, str]:
        """Topic → the way that was chosen."""
        return {topic: self.cleaned_data[topic] for topic in notices.TOPICS}
