"""The register of risks: who, when, how likely, how severe, and what is done about it (process, step 8)."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models.record import CaseRecord
from returns_portal.crypto import SealedTextField


class Likelihood(models.IntegerChoices):
    """How likely, in words."""

    VERY_UNLIKELY = 1, _("Very unlikely")
    UNLIKELY = 2, _("Unlikely")
    POSSIBLE = 3, _("Possible")
    LIKELY = 4, _("Likely")
    VERY_LIKELY = 5, _("Very likely")


class Severity(models.IntegerChoices):
    """How severe, in words."""

    SLIGHT = 1, _("Slight")
    LIMITED = 2, _("Limited")
    SERIOUS = 3, _("Serious")
    VERY_SERIOUS = 4, _("Very serious")
    LIFE_THREATENING = 5, _("Life-threatening")


class Risk(CaseRecord):
    """One risk. It counts as assessed when likelihood, severity and decision are given."""

    class Who(models.TextChoices):
        """Who is at risk."""

        PERSON = "person", _("The person")
        CHILD = "child", _("A child")
        FAMILY = "family", _("Family at home")
        STAFF = "staff", _("Staff")

    class Phase(models.TextChoices):
        """When."""

        SWEDEN = "sweden", _("In Sweden")
        TRAVEL = "travel", _("On the journey")
        ARRIVAL = "arrival", _("At arrival")
        AFTER = "after", _("After the return")

    class Category(models.TextChoices):
        """What kind of risk."""

        REPRISAL = "reprisal", _("Reprisal by exploiters")
        REACH = "reach", _("Exploiters' reach at destination")
        FAMILY = "family", _("Family involved")
        PARTNER = "partner", _("Partner violence")
        DEBT = "debt", _("Debt")
        STIGMA = "stigma", _("Stigma and disclosure")
        RETRAFFICKING = "retrafficking", _("Renewed exploitation")
        PROTECTION = "protection", _("Lack of protection or corruption")
        LEGAL = "legal", _("Legal exposure at home")
        WITNESS = "witness", _("Being a witness")
        HEALTH = "health", _("Health deterioration")
        SUICIDE = "suicide", _("Suicide")
        INCOME = "income", _("No income")
        HOUSING = "housing", _("No housing")
        CHILD = "child", _("Child removal")
        ONLINE = "online", _("Online exposure")
        TRAVEL = "travel", _("Exposure while travelling")
        LEAK = "leak", _("Data leak")

    class Decision(models.TextChoices):
        """What follows for the journey."""

        GO = "go", _("Go")
        GO_WITH_MEASURES = "go_with_measures", _("Go with measures")
        HOLD = "hold", _("Hold")
        NO_GO = "no_go", _("No-go")

    # What the local office sees: the phases in which it acts (process, section 4).
    AT_HOME: ClassVar[tuple[str, ...]] = ("arrival", "after")

    who = models.CharField(_("Who is at risk"), max_length=10, choices=Who.choices, default=Who.PERSON)
    phase = models.CharField(_("When"), max_length=10, choices=Phase.choices)
    category = models.CharField(_("Kind of risk"), max_length=20, choices=Category.choices)
    description = SealedTextField(_("The risk in short words"), blank=True)
    likelihood = models.PositiveSmallIntegerField(_("Likelihood"), choices=Likelihood.choices, null=True, blank=True)
    severity = models.PositiveSmallIntegerField(_("Severity"), choices=Severity.choices, null=True, blank=True)
    measure = SealedTextField(_("Measure"), blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    due_on = models.DateField(_("Measure done by"), null=True, blank=True)
    residual_likelihood = models.PositiveSmallIntegerField(
        _("Likelihood after the measure"), choices=Likelihood.choices, null=True, blank=True
    )
    residual_severity = models.PositiveSmallIntegerField(
        _("Severity after the measure"), choices=Severity.choices, null=True, blank=True
    )
    decision = models.CharField(_("Decision"), max_length=20, choices=Decision.choices, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_on = models.DateField(_("Reviewed on"), null=True, blank=True)
    next_review_on = models.DateField(_("Next review"), null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="risk_likelihood_range", condition=Q(likelihood__isnull=True) | Q(likelihood__range=(1, 5))
            ),
            models.CheckConstraint(
                name="risk_severity_range", condition=Q(severity__isnull=True) | Q(severity__range=(1, 5))
            ),
            models.CheckConstraint(
                name="risk_residual_likelihood_range",
                condition=Q(residual_likelihood__isnull=True) | Q(residual_likelihood__range=(1, 5)),
            ),
            models.CheckConstraint(
                name="risk_residual_severity_range",
                condition=Q(residual_severity__isnull=True) | Q(residual_severity__range=(1, 5)),
            ),
            models.CheckConstraint(
                name="risk_decision_known",
                condition=Q(decision__in=["", "go", "go_with_measures", "hold", "no_go"]),
            ),
            models.CheckConstraint(
                name="risk_phase_known", condition=Q(phase__in=["sweden", "travel", "arrival", "after"])
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_category_display())

    @property
    def level(self) -> int | None:
        """Likelihood times severity; None until both are given."""
        if self.likelihood is None or self.severity is None:
            return None
        return self.likelihood * self.severity

    @property
    def residual_level(self) -> int | None:
        """The level that is left after the measure."""
        if self.residual_likelihood is None or self.residual_severity is None:
            return None
        return self.residual_likelihood * self.residual_severity

    @property
    def is_assessed(self) -> bool:
        """Whether likelihood, severity and decision are given."""
        return self.level is not None and bool(self.decision)

    @property
    def stops_travel(self) -> bool:
        """Whether the decision is hold or no-go."""
        return self.decision in {self.Decision.HOLD, self.Decision.NO_GO}

    @property
    def is_at_home(self) -> bool:
        """Whether the local office sees it."""
        return self.phase in self.AT_HOME
