"""The reintegration plan: the person's own goal, what is done, by whom, for how much (process, step 7)."""

import uuid
from decimal import ROUND_HALF_UP, Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.kinds import Activity, Dimension
from cases.models.record import CaseRecord
from returns_portal.crypto import SealedJSONField, SealedTextField


class Plan(CaseRecord):
    """One version of the plan. What was signed is never changed: a change is the next version."""

    class OfficeAnswer(models.TextChoices):
        """What the local office says about the plan."""

        NONE = "", _("No answer yet")
        ACCEPTED = "accepted", _("Accepted")
        ADAPTED = "adapted", _("Can be carried out if adapted")
        CANNOT = "cannot", _("Cannot be carried out")

    version = models.PositiveSmallIntegerField(_("Version"), default=1)
    is_current = models.BooleanField(default=True)
    goal = SealedTextField(_("The person's own goal"), blank=True)
    first_week = SealedJSONField(_("The first week"), blank=True)
    contact_plan = SealedTextField(_("How we keep in contact"), blank=True)
    if_it_fails = SealedTextField(_("What we do if it fails"), blank=True)
    change_reason = SealedTextField(_("What changes and why"), blank=True)
    signed_on = models.DateField(_("Signed on"), null=True, blank=True)
    signed_document = models.ForeignKey(
        "cases.Document", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    sent_to_office_at = models.DateTimeField(null=True, blank=True)
    office = models.ForeignKey(
        "partners.Organisation", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    office_answer = models.CharField(
        _("The local office's answer"), max_length=10, choices=OfficeAnswer.choices, blank=True, default=""
    )
    office_answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    office_answered_at = models.DateTimeField(null=True, blank=True)
    office_reason = SealedTextField(_("Reason"), blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-version"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case", "round", "version"], name="plan_version_once"),
            models.UniqueConstraint(
                fields=["case", "round"], condition=Q(is_current=True), name="one_current_plan_per_round"
            ),
            models.CheckConstraint(
                name="plan_office_answer_known", condition=Q(office_answer__in=["", "accepted", "adapted", "cannot"])
            ),
            models.CheckConstraint(
                name="plan_office_answer_by_somebody",
                condition=Q(office_answer="")
                | Q(office_answered_at__isnull=False, office_answered_by__isnull=False, office__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.version}"

    @property
    def is_signed(self) -> bool:
        """Whether the person signed this version."""
        return self.signed_on is not None

    @property
    def is_accepted(self) -> bool:
        """Whether the local office carries out this version."""
        return self.office_answer == self.OfficeAnswer.ACCEPTED

    @property
    def is_settled(self) -> bool:
        """Whether somebody has already relied on this version, so that a change is the next one."""
        return self.is_signed or self.sent_to_office_at is not None or bool(self.office_answer)

    @property
    def total_sek(self) -> Decimal:
        """What all items cost together, in Swedish kronor."""
        return sum((item.amount_sek for item in self.items.all()), Decimal(0))


class PlanItem(CaseRecord):
    """One thing that the plan promises."""

    class Responsible(models.TextChoices):
        """Who sees to it."""

        LOCAL_OFFICE = "local_office", _("The local IOM office")
        IOM_HELSINKI = "iom_helsinki", _("IOM Helsinki")
        PERSON = "person", _("The person")
        PARTNER = "partner", _("An organisation at home")
        REFERRER = "referrer", _("The referring organisation")

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="items")
    # The same item keeps its line through all versions: differences and deliveries are told by it.
    line = models.UUIDField(default=uuid.uuid4, editable=False)
    activity = models.CharField(_("Kind of support"), max_length=30, choices=Activity.choices)
    responsible = models.CharField(
        _("Responsible"), max_length=20, choices=Responsible.choices, default=Responsible.LOCAL_OFFICE
    )
    description = SealedTextField(_("What is done"), blank=True)
    provider = SealedTextField(_("Provider"), blank=True)
    outcome = SealedTextField(_("What it should lead to"), blank=True)
    start_on = models.DateField(_("Starts on"), null=True, blank=True)
    due_on = models.DateField(_("Done by"), null=True, blank=True)
    amount = models.DecimalField(_("Amount"), max_digits=12, decimal_places=2, default=Decimal(0))
    currency = models.CharField(_("Currency"), max_length=3, default="SEK")
    rate_to_sek = models.DecimalField(_("Rate to SEK"), max_digits=14, decimal_places=6, default=Decimal(1))
    rate_on = models.DateField(_("Date of the rate"), null=True, blank=True)
    is_in_kind = models.BooleanField(_("In kind, not in cash"), default=True)
    instalment = models.PositiveSmallIntegerField(_("Number of instalments"), default=1)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["plan", "line"], name="plan_line_once_per_version"),
            models.CheckConstraint(name="plan_activity_known", condition=Q(activity__in=Activity.values)),
            models.CheckConstraint(name="plan_amount_not_negative", condition=Q(amount__gte=0)),
            models.CheckConstraint(name="plan_rate_positive", condition=Q(rate_to_sek__gt=0)),
            models.CheckConstraint(name="plan_kronor_are_kronor", condition=~Q(currency="SEK") | Q(rate_to_sek=1)),
            models.CheckConstraint(name="plan_instalments", condition=Q(instalment__gte=1)),
            models.CheckConstraint(
                name="plan_starts_before_due",
                condition=Q(start_on__isnull=True) | Q(due_on__isnull=True) | Q(due_on__gte=models.F("start_on")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_activity_display())

    @property
    def dimension(self) -> Dimension:
        """The dimension of reintegration that the item belongs to."""
        return Activity(self.activity).dimension

    @property
    def amount_sek(self) -> Decimal:
        """What the item costs in Swedish kronor, at the rate that was written down."""
        return (self.amount * self.rate_to_sek).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
