"""The person's rights under data protection law: restriction, the extract, and the register of what was asked."""

from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models.archive import months_after
from cases.models.record import CaseRecord
from returns_portal import clock
from returns_portal.crypto import SealedJSONField, SealedTextField


class Restriction(CaseRecord):
    """Processing is restricted (article 18): the contents are kept, and not used until it is lifted."""

    class Ground(models.TextChoices):
        """Article 18.1, and the rule of retention that keeps without use."""

        ACCURACY = "accuracy", _("The person says that something is wrong, and it is being checked")
        UNLAWFUL = "unlawful", _("It should not have been processed, and the person wants it kept")
        CLAIMS = "claims", _("The person needs it for a legal claim")
        OBJECTION = "objection", _("The person has objected, and it is being weighed")
        RETENTION = "retention", _("The rule of retention closes it for daily use")

    # What a person may choose.
    CHOSEN: ClassVar[tuple[str, ...]] = ("accuracy", "unlawful", "claims", "objection")

    ground = models.CharField(_("Ground"), max_length=10, choices=Ground.choices)
    reason = SealedTextField(_("Reason"), blank=True)
    lifted_at = models.DateTimeField(null=True, editable=False)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    lift_note = SealedTextField(_("Why it is lifted"), blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case"], condition=Q(lifted_at__isnull=True), name="one_restriction_a_case")
        ]

    def __str__(self) -> str:
        return self.ground


class Extract(CaseRecord):
    """Everything that the portal holds on the person, for the person (article 15). Its one file is sealed."""

    class Ground(models.TextChoices):
        """Why a part is left out."""

        OTHERS = "others", _("The rights and freedoms of other people")
        INVESTIGATION = "investigation", _("An ongoing crime investigation")
        SECRECY = "secrecy", _("Secrecy under law")

    language = models.CharField(max_length=8)
    # Section → ground: what the extract itself says it does not hold.
    left_out = SealedJSONField(default=dict, blank=True)
    made_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(null=True, editable=False)
    removed_at = models.DateTimeField(null=True, editable=False)
    stored_as = models.CharField(max_length=80, blank=True, editable=False)
    size = models.PositiveIntegerField(default=0, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_ready(self) -> bool:
        """Whether its file is there to fetch."""
        return bool(self.stored_as) and self.expires_at is not None and self.expires_at > clock.now()

    @property
    def is_gone(self) -> bool:
        """Whether its days are over."""
        return self.expires_at is not None and self.expires_at <= clock.now()


class RightsRequest(CaseRecord):
    """What the person asked for under data protection law, and what came of it: due within a month."""

    class Kind(models.TextChoices):
        """Articles 15 to 21."""

        ACCESS = "access", _("To see what is held (article 15)")
        CORRECTION = "correction", _("To have something corrected (article 16)")
        ERASURE = "erasure", _("To have something erased (article 17)")
        RESTRICTION = "restriction", _("To have the use restricted (article 18)")
        OBJECTION = "objection", _("To object (article 21)")

    class Outcome(models.TextChoices):
        """What came of it."""

        DONE = "done", _("Done")
        PARTLY = "partly", _("Done in part")
        REFUSED = "refused", _("Refused, with the reason and where to complain")

    kind = models.CharField(_("What the person asks"), max_length=12, choices=Kind.choices)
    asked_on = models.DateField(_("Asked on"))
    text = SealedTextField(_("In a few words"), blank=True)
    due_on = models.DateField(editable=False)
    outcome = models.CharField(_("What came of it"), max_length=8, choices=Outcome.choices, blank=True)
    answer = SealedTextField(_("What was answered"), blank=True)
    answered_on = models.DateField(_("Answered on"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["-asked_on", "-created_at"]

    def __str__(self) -> str:
        return self.kind

    @staticmethod
    def due_after(asked_on: date) -> date:
        """One month (article 12.3)."""
        return months_after(asked_on, 1)
