"""Step 3: what Länsstyrelsen decides, and holds."""

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models.record import CaseRecord
from returns_portal.crypto import SealedTextField

if TYPE_CHECKING:
    from cases.models.case import Case


class Decision(CaseRecord):
    """One decision of Länsstyrelsen, or IOM Helsinki's on safety grounds; a new ceiling is a decision of its own."""

    class Kind(models.TextChoices):
        APPROVED = "approved", _("Support approved")
        DECLINED = "declined", _("Support declined")
        NEW_CEILING = "new_ceiling", _("New ceiling")
        RETURN_DECLINED = "return_declined", _("Return declined on safety grounds")
        REOPENED = "reopened", _("Case reopened")

    class Reason(models.TextChoices):
        NOT_IN_TARGET_GROUP = "not_in_target_group", _("Not in the target group")
        NOT_VOLUNTARY = "not_voluntary", _("Not voluntary")
        BETTER_ELSEWHERE = "better_elsewhere", _("Better served elsewhere")
        UNCLEAR = "unclear", _("Identity or entitlement unclear")
        OTHER = "other", _("Other")

    class SafetyReason(models.TextChoices):
        NO_SAFE_RETURN = "no_safe_return", _("No safe return is possible")
        NO_SUPPORT_AT_HOME = "no_support_at_home", _("The support needed does not exist at home")
        HEALTH = "health", _("Health does not allow the journey")
        CHILD = "child", _("Not in the child's best interests")
        OTHER = "other_safety", _("Other")

    class LegalGround(models.TextChoices):
        CONSENT = "consent", _("The person's consent")
        PUBLIC_TASK = "public_task", _("Task of public interest")

    kind = models.CharField(max_length=16, choices=Kind.choices)
    decided_on = models.DateField(_("Decided on"))
    diary_number = models.CharField(_("Diary number (dnr)"), max_length=40, blank=True)
    funding_line = models.CharField(_("Funding line"), max_length=60, blank=True)
    ceiling_sek = models.PositiveIntegerField(_("Ceiling (SEK)"), null=True, blank=True)
    conditions = SealedTextField(_("Conditions"), blank=True)
    shared_sections = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    legal_ground = models.CharField(_("Legal ground"), max_length=12, choices=LegalGround.choices, blank=True)
    preview_sha256 = models.CharField(max_length=64, blank=True)
    reason_code = models.CharField(
        _("Reason"), max_length=20, choices=[*Reason.choices, *SafetyReason.choices], blank=True
    )
    text = SealedTextField(_("Reasons in words"), blank=True)
    help_path = SealedTextField(_("Other help for the person"), blank=True)
    recalled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="decision_has_its_ceiling",
                condition=~Q(kind__in=["approved", "new_ceiling"]) | Q(ceiling_sek__gt=0),
            )
        ]

    def __str__(self) -> str:
        return self.kind

    @classmethod
    def in_force(cls, case: "Case") -> "Decision | None":
        """The approval or new ceiling that holds now; None before an approval or after it was taken back."""
        return (
            cls.objects.of(case)
            .filter(kind__in=[cls.Kind.APPROVED, cls.Kind.NEW_CEILING], recalled_at__isnull=True)
            .order_by("-created_at")
            .first()
        )


class Hold(CaseRecord):
    """A pause of the case's clocks; safety rules go on (process, section 2)."""

    class Reason(models.TextChoices):
        REFLECTION = "reflection", _("Reflection period")
        INVESTIGATION = "investigation", _("Investigation or trial")
        MEDICAL = "medical", _("Medical")
        DOCUMENT = "document", _("Document")
        ASKED = "asked", _("The person asked to wait")

    reason = models.CharField(_("Reason"), max_length=14, choices=Reason.choices)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("Who watches over it")
    )
    until = models.DateField(_("Until"))
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case"], condition=Q(ended_at__isnull=True), name="one_hold_at_a_time")
        ]

    def __str__(self) -> str:
        return self.reason
