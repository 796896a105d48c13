"""Break-glass: a manager opened one case that was closed to them, for an hour, and somebody else judges it."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.models.record import CaseRecord, CaseRecordQuerySet
from returns_portal import clock
from returns_portal.crypto import SealedTextField

if TYPE_CHECKING:
    from partners.models import User

OPEN_FOR = timedelta(minutes=60)


class BreakGlassQuerySet(CaseRecordQuerySet["BreakGlass"]):
    """Uses of break-glass."""

    def open(self) -> "BreakGlassQuerySet":
        """Those that open their case at this moment."""
        return self.filter(until__gt=clock.now())

    def judged_by(self, user: "User") -> "BreakGlassQuerySet":
        """Those that this manager judges: of their own organisation, and of the cases of their Länsstyrelsen."""
        return self.filter(Q(organisation=user.organisation_id) | Q(overseer=user.organisation_id))


class BreakGlass(CaseRecord):
    """One use of break-glass. `created_by` broke it; the grant that it gave ends at `until`."""

    class Judgement(models.TextChoices):
        JUSTIFIED = "justified", _("It was right to open the case")
        NEEDS_TALK = "needs_talk", _("There were milder ways; it is talked over")
        WRONG = "wrong", _("It was wrong; it is taken further")

    organisation = models.ForeignKey("partners.Organisation", on_delete=models.PROTECT, related_name="+")
    # Länsstyrelsen looks on, also where the case has not come to it yet.
    overseer = models.ForeignKey("partners.Organisation", null=True, on_delete=models.PROTECT, related_name="+")
    reason = SealedTextField(_("Why the case must be opened now"))
    until = models.DateTimeField()
    review_due = models.DateTimeField()

    more_asked_at = models.DateTimeField(null=True)
    extended_at = models.DateTimeField(null=True)
    extended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    judgement = models.CharField(_("Judgement"), max_length=12, choices=Judgement.choices, blank=True)
    words = SealedTextField(_("In short words"), blank=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    escalated_at = models.DateTimeField(null=True)

    objects = BreakGlassQuerySet.as_manager()  # type: ignore[misc]  # a more special manager than the base class has

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="glass_judged_by_another", condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("created_by"))
            ),
            models.CheckConstraint(
                name="glass_extended_by_another",
                condition=Q(extended_by__isnull=True) | ~Q(extended_by=F("created_by")),
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["review_due"], condition=Q(reviewed_at__isnull=True), name="glass_unjudged")
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_open(self) -> bool:
        """Whether it opens the case at this moment."""
        return self.until > clock.now()

    @property
    def is_overdue(self) -> bool:
        """Whether nobody has judged it in time."""
        return self.reviewed_at is None and self.review_due < clock.now()

    @property
    def waits_for_more_time(self) -> bool:
        """Whether more time was asked for and nobody has answered."""
        return (
            self.is_open
            and self.more_asked_at is not None
            and (self.extended_at is None or self.extended_at < self.more_asked_at)
        )

    def lasts_until(self) -> datetime:
        """The end of an hour that begins now."""
        return clock.now() + OPEN_FOR
