"""The log of personal data breaches (article 33.5): each entry sealed with a key of its own."""

import uuid
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from returns_portal import clock, crypto
from returns_portal.crypto import SealedRow, SealedTextField

# From the moment it was found: no later than this to the authority (article 33.1).
TIME_TO_REPORT = timedelta(hours=72)


class Breach(SealedRow):
    """One breach: what happened, to whose data, what was done, and when it was found, judged and reported."""

    class Judged(models.TextChoices):
        """Whether the authority is told."""

        NOT_YET = "", _("Not judged yet")
        REPORT = "report", _("A risk: the authority is told")
        NO_RISK = "no_risk", _("No risk is likely: only this log")

    class Category(models.TextChoices):
        """Which data."""

        IDENTITY = "identity", _("Names, birth dates, identity numbers")
        CONTACT = "contact", _("Contact and whereabouts")
        HEALTH = "health", _("Health")
        CRIMINAL = "criminal", _("Crimes and criminal cases")
        EXPLOITATION = "exploitation", _("Exploitation and risks")
        JOURNEY = "journey", _("Journeys")
        STAFF = "staff", _("Accounts of people who work here")
        OTHER = "other", _("Other")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    changed_at = models.DateTimeField(default=clock.now, editable=False)

    happened_from = models.DateTimeField(_("Happened from"), null=True, blank=True)
    happened_until = models.DateTimeField(_("Happened until"), null=True, blank=True)
    found_at = models.DateTimeField(_("Found"))
    judged_at = models.DateTimeField(_("Judged"), null=True, blank=True)
    judged = models.CharField(_("Judgement"), max_length=8, choices=Judged.choices, blank=True, default="")
    reported_at = models.DateTimeField(_("Reported to the authority"), null=True, blank=True)
    people_told_at = models.DateTimeField(_("The people concerned were told"), null=True, blank=True)
    diary_number = models.CharField(_("The authority's reference"), max_length=40, blank=True)
    categories = ArrayField(
        models.CharField(max_length=12, choices=Category.choices),
        verbose_name=_("Which data"),
        default=list,
        blank=True,
    )
    number_of_people = models.PositiveIntegerField(_("Number of people"), null=True, blank=True)
    what_happened = SealedTextField(_("What happened"))
    consequences = SealedTextField(_("What may follow for the people concerned"), blank=True)
    measures = SealedTextField(_("What was done, and what is planned"), blank=True)
    reasons = SealedTextField(_("Reasons for the judgement, and for a report after the 72 hours"), blank=True)
    closed_at = models.DateTimeField(null=True, editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    class Meta(SealedRow.Meta):
        ordering: ClassVar[list[str]] = ["-found_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="breach_closed_when_judged",
                condition=Q(closed_at__isnull=True)
                | Q(judged="no_risk")
                | Q(judged="report", reported_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def begin(cls, **fields: object) -> Self:
        """A new unsaved entry with an unsaved key of its own."""
        breach = cls(**fields)
        key_id, wrapped, _plain = crypto.new_data_key(breach.pk.bytes)
        BreachKey(breach=breach, key_id=key_id, wrapped=wrapped)
        return breach

    def sealing_key(self) -> bytes:
        """The entry's own data key."""
        return self.key.open()

    @property
    def reference(self) -> str:
        """What it is called on papers."""
        return f"{self.found_at.astimezone(clock.STOCKHOLM):%Y-%m-%d}-{self.pk.hex[:6]}"

    @property
    def report_by(self) -> datetime:
        """The end of the 72 hours."""
        return self.found_at + TIME_TO_REPORT

    @property
    def is_running(self) -> bool:
        """Whether the 72 hours still matter: not reported, and not judged to be without risk."""
        return self.reported_at is None and self.judged != self.Judged.NO_RISK and self.closed_at is None

    @property
    def hours_left(self) -> int:
        """Whole hours until the end of the 72; below nothing when they are over."""
        return int((self.report_by - clock.now()).total_seconds() // 3600)


class BreachKey(crypto.WrappedKey):
    """The data key of one entry, wrapped by the key list like those of the cases."""

    breach = models.OneToOneField(Breach, primary_key=True, on_delete=models.CASCADE, related_name="key")

    def wrap_aad(self) -> bytes:
        """The entry's own id: a key that is moved to another entry does not open."""
        return self.breach_id.bytes
