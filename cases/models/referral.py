"""Steps 1 and 2: the new case and its referral."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.record import CaseRecord
from returns_portal.crypto import SealedTextField


class YesNoUnsure(models.TextChoices):
    """An answer that may honestly be unsure."""

    YES = "yes", _("Yes")
    NO = "no", _("No")
    UNSURE = "unsure", _("Unsure")


class YesNo(models.TextChoices):
    """A plain answer."""

    YES = "yes", _("Yes")
    NO = "no", _("No")


class Referral(CaseRecord):
    """What the referrer says of the person and the wish to return; one row a round."""

    class FoundBy(models.TextChoices):
        OUTREACH = "outreach", _("Outreach work")
        SHELTER = "shelter", _("Shelter")
        OWN_CONTACT = "own_contact", _("The person made contact")
        POLICE_OPERATION = "police", _("Police operation")
        ASYLUM = "asylum", _("Asylum or permit process")
        HEALTH_CARE = "health_care", _("Health care")
        OTHER = "other", _("Another way")

    class AgeBand(models.TextChoices):
        UNDER_15 = "0-14", _("Under 15")
        FROM_15 = "15-17", _("15–17")
        FROM_18 = "18-24", _("18–24")
        FROM_25 = "25-34", _("25–34")
        FROM_35 = "35-49", _("35–49")
        FROM_50 = "50+", _("50 or older")
        UNKNOWN = "unknown", _("Not known")

    class Interest(models.TextChoices):
        WANTS = "wants", _("Wants to know more")
        THINKS = "thinks", _("Thinks about it")
        NO = "no", _("No")

    class Ground(models.TextChoices):
        TRAFFICKING = "trafficking", _("Exposed to human trafficking")
        SUSPECTED = "suspected", _("Suspected human trafficking")
        PROSTITUTION = "prostitution", _("Foreign citizen in prostitution")

    class JudgedBy(models.TextChoices):
        """HTCDS 2.0 `vic_TraffickingStatusDecisionMakingOrg`."""

        POLICE = "Police", _("Police")
        NGO = "NGO", _("Voluntary organisation")
        COURT = "CourtOrProsecution", _("Court or prosecutor")
        AUTHORITY = "NonPoliceGovernmentalOrganization", _("Another authority")
        OTHER = "Other", _("Somebody else")

    class Exploitation(models.TextChoices):
        """HTCDS 2.0 `vic_TypeOfExploitation` and the programme's two extensions."""

        FORCED_LABOUR = "ForcedLabour", _("Forced labour")
        SEXUAL = "SexualExploitation", _("Sexual exploitation")
        CHILD_LABOUR = "ChildLabour", _("Child labour")
        FORCED_MARRIAGE = "ForcedMarriage", _("Forced marriage")
        SERVITUDE = "Servitude", _("Servitude")
        FORCED_MILITARY = "ForcedMilitaryByNonStateActors", _("Forced military service")
        ORGANS = "OrganRemoval", _("Removal of organs")
        FORCED_BEGGING = "ForcedBegging", _("Forced begging")
        FORCED_ADOPTION = "ForcedAdoption", _("Forced adoption")
        SURROGACY = "Surrogacy", _("Surrogacy")
        FORCED_CRIME = "x_ForcedCriminality", _("Forced criminality")
        PROSTITUTION = "x_ProstitutionNoTrafficking", _("Prostitution without trafficking")
        OTHER = "Other", _("Other")

    class Residence(models.TextChoices):
        EU = "eu", _("EU or EEA citizen")
        PERMIT = "permit", _("Residence permit")
        ASYLUM = "asylum", _("Asylum application")
        DUBLIN = "dublin", _("Dublin case")
        EXPULSION = "expulsion", _("Expulsion decision")
        NONE = "none", _("No permit")
        UNKNOWN = "unknown", _("Not known")

    class Criminal(models.TextChoices):
        NONE = "none", _("None")
        REPORTED = "reported", _("Reported")
        INVESTIGATION = "investigation", _("Investigation under way")
        TRIAL = "trial", _("Trial under way")
        WITNESS = "witness", _("Needed as witness")

    class Urgency(models.TextChoices):
        SAFETY = "safety", _("Safety: now")
        PERMIT_ENDS = "permit_ends", _("The permit ends")
        SHELTER_ENDS = "shelter_ends", _("The shelter ends")
        NORMAL = "normal", _("Normal")

    class InterpreterGender(models.TextChoices):
        ANY = "any", _("No wish")
        WOMAN = "woman", _("A woman")
        MAN = "man", _("A man")

    # Step 1
    found_by = models.CharField(_("How you met"), max_length=12, choices=FoundBy.choices, blank=True)
    first_contact_on = models.DateField(_("First contact"), null=True, blank=True)
    age_band = models.CharField(_("Age"), max_length=8, choices=AgeBand.choices, blank=True)
    is_minor = models.CharField(_("Is the person under 18?"), max_length=6, choices=YesNoUnsure.choices, blank=True)
    other_languages = ArrayField(models.CharField(max_length=3), default=list, blank=True)
    needs_interpreter = models.CharField(_("Interpreter needed?"), max_length=3, choices=YesNo.choices, blank=True)
    interpreter_gender = models.CharField(
        _("Wish for the interpreter"), max_length=5, choices=InterpreterGender.choices, blank=True
    )
    interpreter_not_own_community = models.BooleanField(
        _("The interpreter must not come from the person's own community"), default=False
    )
    immediate_danger = models.CharField(
        _("Is the person in immediate danger?"), max_length=6, choices=YesNoUnsure.choices, blank=True
    )
    interest = models.CharField(_("The person's answer"), max_length=6, choices=Interest.choices, blank=True)

    # Step 2
    ground = models.CharField(_("Ground"), max_length=12, choices=Ground.choices, blank=True)
    judged_by = models.CharField(_("Who judged so"), max_length=40, choices=JudgedBy.choices, blank=True)
    exploitation = models.CharField(_("Type of exploitation"), max_length=40, choices=Exploitation.choices, blank=True)
    wishes_freely = models.CharField(
        _("Does the person wish to return of their own free will?"),
        max_length=6,
        choices=YesNoUnsure.choices,
        blank=True,
    )
    destination_place = SealedTextField(_("Place"), max_length=200, blank=True)
    to_home_community = models.CharField(
        _("Is that the home community?"), max_length=6, choices=YesNoUnsure.choices, blank=True
    )
    citizenships = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    residence = models.CharField(_("Residence status in Sweden"), max_length=10, choices=Residence.choices, blank=True)
    permit_expires_on = models.DateField(_("The permit ends"), null=True, blank=True)
    reflection_from = models.DateField(_("Reflection period begins"), null=True, blank=True)
    reflection_until = models.DateField(_("Reflection period ends"), null=True, blank=True)
    reflection_applied_by = models.CharField(_("Who applied for it"), max_length=80, blank=True)
    criminal_case = models.CharField(_("Criminal case"), max_length=13, choices=Criminal.choices, blank=True)
    witness_until = models.DateField(_("Needed as witness until"), null=True, blank=True)
    shelter_until = models.DateField(_("Shelter until"), null=True, blank=True)
    has_health_needs = models.CharField(_("Health needs?"), max_length=3, choices=YesNo.choices, blank=True)
    earlier_return = models.CharField(
        _("Earlier assisted return?"), max_length=6, choices=YesNoUnsure.choices, blank=True
    )
    urgency = models.CharField(_("Urgency"), max_length=12, choices=Urgency.choices, blank=True)
    background = SealedTextField(_("What Länsstyrelsen needs to know to decide"), blank=True)

    # The minor's path (process, step 1): no clearing for travel without all of it.
    guardian_in_sweden_confirmed_on = models.DateField(_("Guardian in Sweden confirmed"), null=True, blank=True)
    guardian_at_home_confirmed_on = models.DateField(_("Guardian at home confirmed"), null=True, blank=True)
    family_assessed_on = models.DateField(_("Family assessment done"), null=True, blank=True)
    best_interests_decided_on = models.DateField(_("Best-interests decision"), null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case", "round"], name="one_referral_a_round")
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def needs_minors_path(self) -> bool:
        """A minor, or somebody who may be one, travels only with the whole of the minor's path."""
        if self.is_minor:
            return self.is_minor != YesNoUnsure.NO
        return self.age_band in {self.AgeBand.UNDER_15, self.AgeBand.FROM_15, self.AgeBand.UNKNOWN}

    @property
    def is_minors_path_complete(self) -> bool:
        """Guardians in both countries, family assessment and best-interests decision stand (process, step 1)."""
        return all(
            (
                self.guardian_in_sweden_confirmed_on,
                self.guardian_at_home_confirmed_on,
                self.family_assessed_on,
                self.best_interests_decided_on,
            )
        )


class Information(CaseRecord):
    """Information on voluntary return was offered to the person (leaflet, step 1)."""

    leaflet_version = models.CharField(_("Leaflet version"), max_length=20)
    language = models.CharField(_("Language"), max_length=3)
    given_on = models.DateField(_("Given on"))

    def __str__(self) -> str:
        return str(self.given_on)


class ReferralConsent(CaseRecord):
    """The person's consent to be referred: what for, to whom, how it was asked."""

    PURPOSES = (("support", _("To be considered for support in returning")), ("contact", _("To be contacted about it")))
    RECIPIENTS = (("lansstyrelsen", _("Länsstyrelsen")), ("iom_helsinki", _("IOM Helsinki")))

    purposes = ArrayField(models.CharField(max_length=20, choices=PURPOSES), default=list)
    recipients = ArrayField(models.CharField(max_length=20, choices=RECIPIENTS), default=list)
    given_on = models.DateField(_("Consent given on"))
    language = models.CharField(_("Language"), max_length=3)
    with_interpreter = models.BooleanField(_("With an interpreter"), default=False)
    withdrawn_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return str(self.given_on)


class InformationRequest(CaseRecord):
    """A question from Länsstyrelsen before the decision, and the referrer's answer (step 3)."""

    question = SealedTextField(_("Question"))
    due_on = models.DateField(null=True)
    answer = SealedTextField(_("Answer"), blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    recalled_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_open(self) -> bool:
        """Whether an answer is still waited for."""
        return self.answered_at is None and self.recalled_at is None
