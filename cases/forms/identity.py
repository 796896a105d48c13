"""Identity and safe contact: asked in a draft's first part, changed on a page of their own."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from cases.forms.parts import CHOOSE, PartForm, day, line, pick, radios
from cases.models import Gender, Person, SafeContact

IDENTITY_FIELDS = ("full_name", "birth_date", "identity_number", "phone", "gender")
CONTACT_FIELDS = ("channel", "details", "days_and_hours", "code_word", "voicemail", "who_may_hear")


class IdentityFields(forms.Form):
    """The person's identity, which the identity page and the first part share."""

    full_name = line(Person, "full_name")
    birth_date = day(Person, "birth_date")
    identity_number = line(Person, "identity_number", most=60)
    phone = line(Person, "phone", most=40)
    gender = forms.ChoiceField(label=gettext_lazy("Gender"), choices=[("", CHOOSE), *Gender.choices], required=False)


class ContactFields(forms.Form):
    """How the person is reached without danger."""

    channel = pick(SafeContact, "channel")
    details = line(SafeContact, "details")
    days_and_hours = line(SafeContact, "days_and_hours", hint=gettext_lazy("For example weekdays 9–11."))
    code_word = line(
        SafeContact, "code_word", most=60, hint=gettext_lazy("Agreed with the person: shows that it is safe to talk.")
    )
    voicemail = radios(SafeContact, "voicemail")
    who_may_hear = line(SafeContact, "who_may_hear", hint=gettext_lazy("Leave empty if nobody may."))


class IdentityForm(PartForm, IdentityFields, ContactFields):
    """The opened identity and safe contact, to be changed."""

    not_future = ("birth_date",)
    layout = (
        (gettext_lazy("Identity"), IDENTITY_FIELDS),
        (gettext_lazy("Safe contact"), CONTACT_FIELDS),
    )

    def __init__(self, *args: Any, person: Person, contact: SafeContact, **kwargs: Any) -> None:
        initial = {name: getattr(person, name) for name in IDENTITY_FIELDS}
        initial |= {name: getattr(contact, name) for name in CONTACT_FIELDS}
        super().__init__(*args, initial=initial, **kwargs)

    def answers(self) -> dict[str, Any]:
        """The rows' new values."""
        return {"person": self.values(IDENTITY_FIELDS), "contact": self.values(CONTACT_FIELDS)}
