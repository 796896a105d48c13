"""Coming home: who met the person, what was given, what is delivered later (process, step 10)."""

from decimal import ROUND_HALF_UP, Decimal
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models.application import ContactAttempt
from cases.models.record import CaseRecord
from reintegration.models.plan import PlanItem
from returns_portal import clock
from returns_portal.crypto import SealedTextField


class Arrival(CaseRecord):
    """The person was met, or not met but reached. One in a round."""

    class How(models.TextChoices):
        """How the person was reached."""

        MET = "met", _("Met at the meeting point")
        PHONE = "phone", _("Reached by phone")
        MESSAGE = "message", _("Reached by message")
        VISIT = "visit", _("Reached by a visit")
        THROUGH_SOMEBODY = "through_somebody", _("Reached through somebody the person trusts")

    was_met = models.BooleanField(_("Met"))
    how = models.CharField(_("How"), max_length=20, choices=How.choices, default=How.MET)
    met_by = SealedTextField(_("Met by"), blank=True)
    at = models.DateTimeField(_("When"))
    place = SealedTextField(_("Place"), blank=True)
    condition = SealedTextField(_("Condition"), blank=True)
    needs_at_once = SealedTextField(_("Needs at once"), blank=True)
    not_met_reason = SealedTextField(_("Why not met"), blank=True)
    first_counselling_on = models.DateField(_("First counselling"), null=True, blank=True)
    referred_on_to = SealedTextField(_("Referred on to"), blank=True)
    # IOM Helsinki wrote it in the local office's place, and why.
    stood_in_reason = SealedTextField(_("Why in the local office's place"), blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case", "round"], name="one_arrival_per_round"),
            models.CheckConstraint(
                name="arrival_met_is_how",
                condition=Q(was_met=True, how="met") | (Q(was_met=False) & ~Q(how="met")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_how_display())


class ImmediateSupport(CaseRecord):
    """What was given on arrival."""

    class Kind(models.TextChoices):
        """What."""

        RECEPTION = "reception", _("Reception")
        INFORMATION = "information", _("Information")
        POCKET_MONEY = "pocket_money", _("Pocket money")
        SHELTER = "shelter", _("A place to stay")
        ONWARD_TRANSPORT = "onward_transport", _("Onward transport")
        HEALTH_CHECK = "health_check", _("Health check")
        FOOD = "food", _("Food")
        OTHER_ITEMS = "other_items", _("Other items")
        FIRST_TALK = "first_talk", _("First psychosocial talk")

    kind = models.CharField(_("What"), max_length=20, choices=Kind.choices)
    given_on = models.DateField(_("Given on"))
    note = SealedTextField(_("Note"), blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["given_on", "created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case", "round", "kind", "given_on"], name="immediate_support_once_a_day"),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())


class Delivery(CaseRecord):
    """Something that the plan promised, given."""

    plan_item = models.ForeignKey(PlanItem, null=True, blank=True, on_delete=models.PROTECT, related_name="deliveries")
    what = SealedTextField(_("What was delivered"), blank=True)
    amount = models.DecimalField(_("Amount"), max_digits=12, decimal_places=2, default=Decimal(0))
    currency = models.CharField(_("Currency"), max_length=3, default="SEK")
    rate_to_sek = models.DecimalField(_("Rate to SEK"), max_digits=14, decimal_places=6, default=Decimal(1))
    delivered_on = models.DateField(_("Delivered on"))
    receipt = models.ForeignKey("cases.Document", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-delivered_on", "-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(name="delivery_amount_not_negative", condition=Q(amount__gte=0)),
            models.CheckConstraint(name="delivery_rate_positive", condition=Q(rate_to_sek__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    @property
    def amount_sek(self) -> Decimal:
        """What it cost in Swedish kronor."""
        return (self.amount * self.rate_to_sek).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


class ArrivalAttempt(CaseRecord):
    """One try to find the person who was not met."""

    at = models.DateTimeField(_("When"))
    channel = models.CharField(_("How"), max_length=8, choices=ContactAttempt.Channel.choices)
    result = models.CharField(_("Result"), max_length=12, choices=ContactAttempt.Result.choices)
    note = SealedTextField(_("Note"), blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at"]

    def __str__(self) -> str:
        return str(self.get_result_display())


class ArrivalAlarm(CaseRecord):
    """One rung of the arrival watch has told somebody; somebody answered it."""

    rung = models.PositiveSmallIntegerField(_("Rung"))
    expected_at = models.DateTimeField()
    rung_at = models.DateTimeField(default=clock.now)
    # Whom it told, for the next one who asks "who knows?".
    told = ArrayField(models.UUIDField(), default=list, editable=False)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    note = SealedTextField(_("Note"), blank=True)
    # Nobody need answer it any more: the time moved, or it is known where the person is.
    closed_at = models.DateTimeField(null=True, blank=True)
    # Whether the answer still counts, where the query asked for it (`reintegration.watch.with_answers`).
    answer_stands: bool = False

    class Meta:
        ordering: ClassVar[list[str]] = ["rung_at", "rung"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["case", "round", "rung", "expected_at"],
                condition=Q(closed_at__isnull=True),
                name="alarm_rings_once",
            ),
            models.CheckConstraint(
                name="alarm_acknowledged_by_somebody",
                condition=Q(acknowledged_at__isnull=True) | Q(acknowledged_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.rung)


class NotMetProtocol(CaseRecord):
    """Nobody met the person: looked for since `created_at`, as `created_by` said, until somebody knows more."""

    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["case", "round"], condition=Q(ended_at__isnull=True), name="one_protocol_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return str(self.created_at)


class NotMetTick(CaseRecord):
    """An item of the protocol's list was done, by `created_by` at `created_at`."""

    class Item(models.TextChoices):
        """What to try, in this order."""

        DELAYS = "delays", _("Look for delays: ask the airline or the airport whether the journey has ended.")
        WAIT = (
            "wait",
            _("Wait at the meeting point. Ask the airport's staff for an assisted traveller, never by telling why."),
        )
        RING_PERSON = "ring_person", _("Ring the person by the safe way in the hand-over pack, with the code word.")
        RING_HELSINKI = (
            "ring_helsinki",
            _("Ring IOM Helsinki: was the person on board, was the journey changed on the way?"),
        )
        FIRST_NIGHT = "first_night", _("Go to the first night's address if the person may have gone there alone.")
        POLICE = "police", _("Decide together with IOM Helsinki whether the police are told.")

    protocol = models.ForeignKey(NotMetProtocol, on_delete=models.CASCADE, related_name="ticks")
    item = models.CharField(max_length=16, choices=Item.choices)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["protocol", "item"], name="item_ticked_once"),
        ]

    def __str__(self) -> str:
        return str(self.get_item_display())
