"""Steps 4 and 5: counselling, and the application of an informed person."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models.record import CaseRecord
from cases.models.referral import YesNo
from returns_portal.crypto import SealedDateField, SealedJSONField, SealedTextField


class CounsellingSession(CaseRecord):
    """One talk on the return and on what else there is (leaflet, step 4)."""

    class Mode(models.TextChoices):
        IN_PERSON = "in_person", _("In person")
        PHONE = "phone", _("By phone")
        VIDEO = "video", _("By video")

    class Understands(models.TextChoices):
        WELL = "well", _("Understands it well")
        PARTLY = "partly", _("Understands it partly")

    class Capacity(models.TextChoices):
        YES = "yes", _("Can decide")
        DOUBT = "doubt", _("In doubt")

    TOPICS = (
        ("journey", _("The journey")),
        ("support", _("Support at home")),
        ("rights", _("Right to change one's mind")),
        ("data", _("How the data are used")),
        ("country", _("The situation in the country")),
    )
    ALTERNATIVES = (
        ("stay", _("Staying in Sweden")),
        ("asylum", _("Asylum")),
        ("permit", _("Residence permit")),
        ("reflection", _("Reflection period")),
        ("compensation", _("Compensation for crime")),
    )

    held_on = models.DateField(_("Date"))
    mode = models.CharField(_("How"), max_length=10, choices=Mode.choices)
    language = models.CharField(_("Language"), max_length=3)
    understands = models.CharField(_("How well the person understands it"), max_length=6, choices=Understands.choices)
    with_interpreter = models.BooleanField(_("With an interpreter"), default=False)
    in_private = models.CharField(_("In private?"), max_length=3, choices=YesNo.choices)
    topics = ArrayField(models.CharField(max_length=12, choices=TOPICS), default=list, blank=True)
    alternatives = ArrayField(models.CharField(max_length=14, choices=ALTERNATIVES), default=list, blank=True)
    country_information = models.CharField(_("Country information, version"), max_length=40, blank=True)
    capacity = models.CharField(_("Can the person decide freely?"), max_length=5, choices=Capacity.choices)
    note = SealedTextField(_("Note"), blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-held_on", "-created_at"]

    def __str__(self) -> str:
        return str(self.held_on)


class ContactAttempt(CaseRecord):
    """One try to reach the person before the application (step 4, recorded as in step 11)."""

    class Result(models.TextChoices):
        REACHED = "reached", _("Reached")
        NOT_REACHED = "not_reached", _("Not reached")
        WRONG_PERSON = "wrong_person", _("Wrong person")
        UNSAFE = "unsafe", _("Unsafe to speak")
        DECLINED = "declined", _("Did not want to speak")
        MOVED = "moved", _("Moved")
        NUMBER_DEAD = "number_dead", _("Number not in use")

    class Channel(models.TextChoices):
        PHONE = "phone", _("Phone call")
        TEXT = "text", _("Text message")
        APP = "app", _("Message app")
        EMAIL = "email", _("E-mail")
        VISIT = "visit", _("Visit")
        THROUGH_OTHERS = "others", _("Through somebody trusted")

    tried_at = models.DateTimeField(_("When"))
    channel = models.CharField(_("How"), max_length=8, choices=Channel.choices)
    result = models.CharField(_("Result"), max_length=12, choices=Result.choices)
    note = SealedTextField(_("Note"), blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-tried_at"]

    def __str__(self) -> str:
        return self.result


class Application(CaseRecord):
    """The AVRR application. Once received it is locked by its SHA-256; a later change is a new version."""

    class TimeToThink(models.TextChoices):
        OFFERED = "offered", _("Offered")
        WAIVED = "waived", _("Waived by the person")

    class Attest(models.TextChoices):
        NOT_USED = "not_used", _("No witness or interpreter was used")
        ATTESTED = "attested", _("Used, and has attested in writing")
        MISSING = "missing", _("Used, but the attest is missing")

    class AddressClass(models.TextChoices):
        OWN = "own", _("Own home")
        SHELTER = "shelter", _("Sheltered housing")
        OTHERS = "others", _("With others")
        NONE = "none", _("No fixed home")

    version = models.PositiveSmallIntegerField(default=1, editable=False)
    is_current = models.BooleanField(default=True, editable=False)
    locked_at = models.DateTimeField(null=True, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)

    name_in_document = SealedTextField(_("Name as in the travel document"), max_length=200, blank=True)
    also_known_as = SealedTextField(_("Also known as"), max_length=200, blank=True)
    gender = SealedTextField(_("Gender"), max_length=200, blank=True)
    birth_date = SealedDateField(_("Date of birth"), blank=True)
    is_birth_date_estimated = models.BooleanField(_("The date of birth is an estimate"), default=False)
    birth_place = SealedTextField(_("Place of birth"), max_length=200, blank=True)
    citizenships = SealedTextField(_("Citizenships"), max_length=200, blank=True)
    documents_held = SealedTextField(_("Identity and travel documents"), blank=True)
    arrived_in_sweden = SealedTextField(_("Arrival in Sweden"), max_length=200, blank=True)
    address_class = models.CharField(_("Lives now"), max_length=8, choices=AddressClass.choices, blank=True)
    family = SealedTextField(_("Family"), blank=True)
    destination_community = SealedTextField(_("Destination community"), max_length=200, blank=True)
    who_knows = SealedTextField(_("Who knows about the return"), blank=True)
    education_work_skills = SealedTextField(_("Education, work and skills"), blank=True)
    languages_spoken = SealedTextField(_("Languages"), max_length=200, blank=True)
    has_debts = models.CharField(_("Debts?"), max_length=3, choices=YesNo.choices, blank=True)
    health_declaration = SealedTextField(_("Health declaration"), blank=True)
    earlier_iom_help = SealedTextField(_("Earlier help from IOM"), blank=True)
    wishes = SealedTextField(_("Wishes for the reintegration"), blank=True)
    contact_after_return = SealedTextField(_("Contact after the return"), blank=True)
    time_to_think = models.CharField(_("24 hours to think"), max_length=8, choices=TimeToThink.choices, blank=True)
    attest = models.CharField(_("Witness or interpreter"), max_length=9, choices=Attest.choices, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case", "round", "version"], name="application_version"),
            models.UniqueConstraint(
                fields=["case", "round"], condition=Q(is_current=True), name="one_current_application"
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.version}"


class Consent(CaseRecord):
    """One consent in the application: what for, to whom, and what stops with a no (process, step 5)."""

    class Purpose(models.TextChoices):
        RETURN = "return", _("The return itself")
        DATA_TO_IOM = "data_to_iom", _("Data to IOM")
        DATA_TO_LOCAL_OFFICE = "data_to_local_office", _("Data to the local office")
        HEALTH_DATA = "health_data", _("Health data")
        CONTACT_AFTER = "contact_after", _("Contact after the return")
        FEEDBACK = "feedback", _("Feedback to Sweden")
        PHOTOGRAPH = "photograph", _("Photograph")

    REQUIRED = (
        Purpose.RETURN,
        Purpose.DATA_TO_IOM,
        Purpose.DATA_TO_LOCAL_OFFICE,
        Purpose.HEALTH_DATA,
        Purpose.CONTACT_AFTER,
    )
    MUST_BE_YES = (Purpose.RETURN, Purpose.DATA_TO_IOM, Purpose.DATA_TO_LOCAL_OFFICE)

    purpose = models.CharField(max_length=22, choices=Purpose.choices)
    answer = models.CharField(max_length=3, choices=YesNo.choices)
    given_on = models.DateField(_("Date"))
    language = models.CharField(_("Language"), max_length=3)
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    is_current = models.BooleanField(default=True, editable=False)
    details = SealedJSONField(blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["case", "round", "purpose"], condition=Q(is_current=True), name="one_current_consent"
            )
        ]

    def __str__(self) -> str:
        return self.purpose

    @property
    def stands(self) -> bool:
        """Whether the person said yes and has not taken it back."""
        return self.answer == YesNo.YES and self.withdrawn_at is None
