"""The journey home: document, legs, ticket, escort, who waits where (process, step 9)."""

from datetime import date, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.models.record import CaseRecord
from returns_portal.crypto import SealedTextField


class Journey(CaseRecord):
    """The one journey of a round; legs are its rows."""

    class DocumentKind(models.TextChoices):
        """What the person travels on."""

        PASSPORT = "passport", _("Passport")
        NATIONAL_ID = "national_id", _("National identity card")
        EMERGENCY = "emergency", _("Emergency passport")
        LAISSEZ_PASSER = "laissez_passer", _("Laissez-passer")
        OTHER = "other", _("Other travel document")

    class DocumentState(models.TextChoices):
        """How far the travel document has come."""

        NONE = "none", _("None yet")
        APPLIED = "applied", _("Applied for")
        INTERVIEW = "interview", _("Interview at the consulate")
        ISSUED = "issued", _("Issued")

    class TicketState(models.TextChoices):
        """How far the ticket has come."""

        NONE = "none", _("Not booked")
        BOOKED = "booked", _("Booked")
        ISSUED = "issued", _("Issued")

    class EscortKind(models.TextChoices):
        """Who travels along."""

        NONE = "none", _("No escort")
        OPERATIONAL = "operational", _("Operational escort")
        MEDICAL = "medical", _("Medical escort")
        GUARDIAN = "guardian", _("Guardian")

    document_kind = models.CharField(_("Travel document"), max_length=20, choices=DocumentKind.choices, blank=True)
    document_state = models.CharField(
        _("State of the travel document"), max_length=20, choices=DocumentState.choices, default=DocumentState.NONE
    )
    consulate = models.CharField(_("Consulate"), max_length=120, blank=True)
    document_number = SealedTextField(_("Number of the document"), blank=True)
    document_expires_on = models.DateField(_("Expires on"), null=True, blank=True)

    ticket_state = models.CharField(_("Ticket"), max_length=10, choices=TicketState.choices, default=TicketState.NONE)
    ticket_issued_at = models.DateTimeField(null=True, blank=True)
    ticket_issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    baggage = models.CharField(_("Baggage"), max_length=200, blank=True)

    escort_kind = models.CharField(_("Escort"), max_length=20, choices=EscortKind.choices, default=EscortKind.NONE)
    escort_name = SealedTextField(_("Name of the escort"), blank=True)
    escort_return_ticket = models.BooleanField(_("The escort has a return ticket"), default=False)

    fitness_on = models.DateField(_("Fit to travel, assessed on"), null=True, blank=True)
    fitness_valid_until = models.DateField(_("Fit to travel until"), null=True, blank=True)
    fitness_note = SealedTextField(_("Note on fitness to travel"), blank=True)

    assistance_departure = models.BooleanField(_("Assistance at departure"), default=False)
    assistance_transit = models.BooleanField(_("Assistance in transit"), default=False)
    assistance_arrival = models.BooleanField(_("Assistance at arrival"), default=False)
    assistance_note = SealedTextField(_("Which assistance"), blank=True)

    recognition_sign = SealedTextField(_("Recognition sign"), blank=True)
    meeting_point = SealedTextField(_("Meeting point"), blank=True)
    first_night = SealedTextField(_("First night"), blank=True)
    onward_transport = SealedTextField(_("Onward transport"), blank=True)
    # When the person can be outside the airport: landing and the time border and baggage take.
    expected_exit_at = models.DateTimeField(_("Expected at the exit"), null=True, blank=True)

    booking_notice_sent_at = models.DateTimeField(null=True, blank=True)
    booking_notice_late_reason = SealedTextField(_("Why the notice is late"), blank=True)
    booking_notice_answered_at = models.DateTimeField(null=True, blank=True)
    booking_notice_answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    booking_can_receive = models.BooleanField(_("We meet the person"), null=True, blank=True)
    meeter_name = SealedTextField(_("Who meets the person"), blank=True)
    meeter_phone = SealedTextField(_("Phone of the one who meets"), blank=True)
    wish_confirmed_on = models.DateField(_("Wish to return confirmed again on"), null=True, blank=True)
    wish_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    pocket_money_amount = models.DecimalField(_("Pocket money"), max_digits=10, decimal_places=2, null=True, blank=True)
    pocket_money_currency = models.CharField(_("Currency"), max_length=3, blank=True)
    pocket_money_receipt = models.ForeignKey(
        "cases.Document", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    ready_72h_at = models.DateTimeField(null=True, blank=True)
    ready_72h_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ready_24h_at = models.DateTimeField(null=True, blank=True)
    ready_24h_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    pack_opened_at = models.DateTimeField(null=True, blank=True)
    pack_opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    pack_acknowledged_at = models.DateTimeField(null=True, blank=True)
    pack_acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    # A fact is never refused: what was missing when the person left stands here with its reason.
    departure_missing = SealedTextField(_("What was missing"), blank=True)
    departure_reason = SealedTextField(_("Reason"), blank=True)
    no_show_reason = models.CharField(_("Why the person did not travel"), max_length=30, blank=True)
    no_show_note = SealedTextField(_("What happened"), blank=True)
    # Booked while the case was cleared, kept while it is assessed again.
    is_marked = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case", "round"], name="one_journey_per_round"),
            models.CheckConstraint(
                name="journey_ticket_known", condition=Q(ticket_state__in=["none", "booked", "issued"])
            ),
            models.CheckConstraint(
                name="journey_issued_has_a_moment",
                condition=~Q(ticket_state="issued") | Q(ticket_issued_at__isnull=False),
            ),
            models.CheckConstraint(
                name="journey_pocket_money_not_negative",
                condition=Q(pocket_money_amount__isnull=True) | Q(pocket_money_amount__gte=0),
            ),
            models.CheckConstraint(
                name="journey_acknowledged_by_somebody",
                condition=Q(pack_acknowledged_at__isnull=True) | Q(pack_acknowledged_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_ticket_state_display())

    @property
    def is_issued(self) -> bool:
        """Whether the ticket is issued; the arrival is watched from then on."""
        return self.ticket_state == self.TicketState.ISSUED

    @property
    def booked_legs(self) -> "list[Leg]":
        """The legs that count, in their order; those of a journey that did not take place are history."""
        if self._state.adding:
            return []
        return [leg for leg in self.legs.all() if not leg.is_marked]

    @property
    def first_leg(self) -> "Leg | None":
        """Where the journey begins."""
        return next(iter(self.booked_legs), None)

    @property
    def last_leg(self) -> "Leg | None":
        """Where the journey ends."""
        legs = self.booked_legs
        return legs[-1] if legs else None

    @property
    def expected_at(self) -> datetime | None:
        """When the person is expected: at the exit where that is known, else when the last leg arrives."""
        last = self.last_leg
        return (self.expected_exit_at or last.arrives_at) if last else None

    def document_valid_on(self, day: date) -> bool:
        """Whether the travel document is issued and valid that day."""
        return (
            self.document_state == self.DocumentState.ISSUED
            and self.document_expires_on is not None
            and self.document_expires_on >= day
        )


class Leg(CaseRecord):
    """One flight, train, boat or car of the journey. Times are moments; the zones say how they are shown."""

    class Mode(models.TextChoices):
        """How."""

        AIR = "air", _("Flight")
        TRAIN = "train", _("Train")
        BUS = "bus", _("Bus")
        BOAT = "boat", _("Boat")
        CAR = "car", _("Car")

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="legs")
    order = models.PositiveSmallIntegerField(_("Order"), default=1)
    mode = models.CharField(_("Means of travel"), max_length=10, choices=Mode.choices, default=Mode.AIR)
    carrier = models.CharField(_("Carrier"), max_length=60, blank=True)
    number = models.CharField(_("Number"), max_length=12, blank=True)
    from_airport = models.CharField(_("From, code"), max_length=3, blank=True)
    from_place = models.CharField(_("From, place"), max_length=80)
    to_airport = models.CharField(_("To, code"), max_length=3, blank=True)
    to_place = models.CharField(_("To, place"), max_length=80)
    departs_at = models.DateTimeField(_("Departs"))
    departs_zone = models.CharField(_("Time zone of departure"), max_length=40, default="Europe/Stockholm")
    arrives_at = models.DateTimeField(_("Arrives"))
    arrives_zone = models.CharField(_("Time zone of arrival"), max_length=40, default="Europe/Stockholm")
    # The person did not travel on it: kept as history, never counted.
    is_marked = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["order"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["journey", "order"], name="leg_order_once", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(name="leg_arrives_after_departing", condition=Q(arrives_at__gt=F("departs_at"))),
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.number}".strip() or str(self.get_mode_display())

    @property
    def departs_local(self) -> datetime:
        """The departure as the clock at the place shows it."""
        return self.departs_at.astimezone(ZoneInfo(self.departs_zone))

    @property
    def arrives_local(self) -> datetime:
        """The arrival as the clock at the place shows it."""
        return self.arrives_at.astimezone(ZoneInfo(self.arrives_zone))
