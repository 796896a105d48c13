"""What the person needs at home, what the local office answers, and what gap is accepted (process, step 6)."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.kinds import Activity, Dimension
from cases.models.record import CaseRecord
from returns_portal import clock
from returns_portal.crypto import SealedTextField


class Need(CaseRecord):
    """One need, as the person or somebody beside the person states it."""

    class Urgency(models.TextChoices):
        """How soon the need must be met."""

        HIGH = "high", _("High: must be confirmed before the journey")
        NORMAL = "normal", _("Normal")

    class StatedBy(models.TextChoices):
        """Who says so."""

        PERSON = "person", _("The person")
        GUARDIAN = "guardian", _("A guardian")
        REFERRER = "referrer", _("The referring organisation")
        IOM = "iom", _("IOM Helsinki")
        LOCAL_OFFICE = "local_office", _("The local IOM office")

    domain = models.CharField(_("Kind of need"), max_length=30, choices=Activity.choices)
    urgency = models.CharField(_("Urgency"), max_length=10, choices=Urgency.choices, default=Urgency.NORMAL)
    stated_by = models.CharField(_("Who says so"), max_length=20, choices=StatedBy.choices, default=StatedBy.PERSON)
    description = SealedTextField(_("The need in short words"), blank=True)
    wished_solution = SealedTextField(_("What the person wishes"), blank=True)
    provider = SealedTextField(_("Who could provide it"), blank=True)
    cost = models.DecimalField(_("Cost"), max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("Currency"), max_length=3, blank=True)
    gap_accepted_by_person_at = models.DateTimeField(null=True, blank=True)
    gap_accepted_by_iom = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    gap_accepted_by_iom_at = models.DateTimeField(null=True, blank=True)
    gap_reason = SealedTextField(_("Why the gap is accepted"), blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["urgency", "created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(name="need_domain_known", condition=Q(domain__in=Activity.values)),
            models.CheckConstraint(name="need_urgency_known", condition=Q(urgency__in=["high", "normal"])),
            models.CheckConstraint(name="need_cost_not_negative", condition=Q(cost__isnull=True) | Q(cost__gte=0)),
            models.CheckConstraint(
                name="need_gap_iom_named",
                condition=Q(gap_accepted_by_iom__isnull=True, gap_accepted_by_iom_at__isnull=True)
                | Q(gap_accepted_by_iom__isnull=False, gap_accepted_by_iom_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_domain_display())

    @property
    def dimension(self) -> Dimension:
        """The dimension of reintegration that the need belongs to."""
        return Activity(self.domain).dimension

    @property
    def is_high(self) -> bool:
        """Whether the need must be confirmed before the journey."""
        return self.urgency == self.Urgency.HIGH

    @property
    def gap_is_accepted(self) -> bool:
        """Whether both the person and IOM accept to travel without this support in place."""
        return self.gap_accepted_by_person_at is not None and self.gap_accepted_by_iom_at is not None


class SupportAnswer(CaseRecord):
    """What the local office was asked about one need, and what it answered; a later answer is a row of its own."""

    class Status(models.TextChoices):
        """The support at home."""

        ASKED = "asked", _("Asked")
        CONFIRMED = "confirmed", _("Confirmed")
        WAITING_LIST = "waiting_list", _("Waiting list")
        NONE = "none", _("Not available")
        ALTERNATIVE = "alternative", _("Alternative offered")

    need = models.ForeignKey(Need, on_delete=models.CASCADE, related_name="answers")
    office = models.ForeignKey("partners.Organisation", on_delete=models.PROTECT, related_name="+")
    status = models.CharField(_("Support at home"), max_length=20, choices=Status.choices, default=Status.ASKED)
    asked_at = models.DateTimeField(default=clock.now)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateField(_("Valid until"), null=True, blank=True)
    note = SealedTextField(_("Note"), blank=True)
    is_current = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["need"], condition=Q(is_current=True), name="one_current_answer_per_need"),
            models.CheckConstraint(
                name="answer_status_known",
                condition=Q(status__in=["asked", "confirmed", "waiting_list", "none", "alternative"]),
            ),
            models.CheckConstraint(
                name="answer_answered_or_asked",
                condition=Q(status="asked", answered_at__isnull=True)
                | (~Q(status="asked") & Q(answered_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="answer_confirmed_has_an_end",
                condition=~Q(status="confirmed") | Q(valid_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_status_display())

    @property
    def is_expired(self) -> bool:
        """Whether what was confirmed no longer holds."""
        return self.valid_until is not None and self.valid_until < clock.today()

    @property
    def holds(self) -> bool:
        """Whether the support is confirmed today."""
        return self.status == self.Status.CONFIRMED and not self.is_expired


class ReceptionConfirmation(CaseRecord):
    """The local office says whether it can receive the person; a later word is a row of its own."""

    office = models.ForeignKey("partners.Organisation", on_delete=models.PROTECT, related_name="+")
    can_receive = models.BooleanField(_("We can receive the person"))
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(default=clock.now)
    from_on = models.DateField(_("From"), null=True, blank=True)
    valid_until = models.DateField(_("Valid until"), null=True, blank=True)
    note = SealedTextField(_("Note"), blank=True)
    is_current = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-confirmed_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["case", "round"], condition=Q(is_current=True), name="one_current_reception_per_round"
            ),
        ]

    def __str__(self) -> str:
        return str(_("can receive") if self.can_receive else _("cannot receive"))

    @property
    def is_expired(self) -> bool:
        """Whether the office's word no longer holds."""
        return self.valid_until is not None and self.valid_until < clock.today()

    @property
    def holds(self) -> bool:
        """Whether the office can receive the person, as far as it said."""
        return self.can_receive and not self.is_expired
