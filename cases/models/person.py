"""The returnee: who, and how to reach them safely. All of it is sealed."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.record import CaseRecord
from returns_portal.crypto import SealedDateField, SealedJSONField, SealedTextField


class Gender(models.TextChoices):
    """HTCDS 2.0 `prs_Gender`."""

    FEMININE = "Feminine", _("Woman")
    MASCULINE = "Masculine", _("Man")
    TRANSGENDER_FEMININE = "TransgenderFeminine", _("Transgender woman")
    TRANSGENDER_MASCULINE = "TransgenderMasculine", _("Transgender man")
    NON_CONFORMING = "NonConforming", _("Another gender")
    NOT_SPECIFIED = "NonSpecifiedUnknown", _("Not stated")


class Person(CaseRecord):
    """The returnee's identity; optional until the application (process, step 2)."""

    full_name = SealedTextField(_("Full name"), max_length=200, blank=True)
    birth_date = SealedDateField(_("Date of birth"), blank=True)
    identity_number = SealedTextField(_("Identity or passport number"), max_length=200, blank=True)
    phone = SealedTextField(_("Phone number"), max_length=200, blank=True)
    gender = SealedTextField(_("Gender"), max_length=200, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case"], name="one_person_a_case")
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def gender_in_words(self) -> str:
        """The gender as readers know it; a sealed field has no choices of its own."""
        return str(dict(Gender.choices).get(self.gender, ""))


class SafeContact(CaseRecord):
    """How the person may be reached without danger (process, step 1)."""

    class Channel(models.TextChoices):
        PHONE = "phone", _("Phone call")
        TEXT = "text", _("Text message")
        APP = "app", _("Message app")
        EMAIL = "email", _("E-mail")
        THROUGH_SHELTER = "shelter", _("Through the shelter")
        THROUGH_CASEWORKER = "caseworker", _("Through the caseworker")

    class YesNo(models.TextChoices):
        YES = "yes", _("Yes")
        NO = "no", _("No")

    channel = models.CharField(_("Safe way to make contact"), max_length=12, choices=Channel.choices, blank=True)
    days_and_hours = SealedTextField(_("Safe days and hours"), max_length=200, blank=True)
    code_word = SealedTextField(_("Code word"), max_length=200, blank=True)
    voicemail = models.CharField(_("May a voicemail be left?"), max_length=3, choices=YesNo.choices, blank=True)
    who_may_hear = SealedTextField(_("Who else may hear of the contact"), max_length=200, blank=True)
    details = SealedTextField(_("Number or address for safe contact"), max_length=200, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case"], name="one_safe_contact_a_case")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Dependant(CaseRecord):
    """Somebody who travels with the returnee; each adult consents alone."""

    relation = models.CharField(
        _("Relation"),
        max_length=10,
        choices=[
            ("child", _("Child")),
            ("partner", _("Partner")),
            ("parent", _("Parent")),
            ("sibling", _("Sibling")),
            ("other", _("Other")),
        ],
    )
    is_adult = models.BooleanField(_("Adult"), default=False)
    details = SealedJSONField(blank=True)

    def __str__(self) -> str:
        return self.relation
