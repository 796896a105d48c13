"""How long a case is kept, the lists of what is to be destroyed, and the proof that it was (process, section 9)."""

import calendar
import uuid
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.states import ENDED, State
from partners.models import Organisation
from returns_portal import clock
from returns_portal.crypto import SealedRow, SealedTextField

if TYPE_CHECKING:
    from cases.models.case import Case


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


class RetentionRule(models.Model):
    """How long the records of one kind of organisation are kept after a case's end, and on whose decision."""

    class Trigger(models.TextChoices):
        """How the case ended."""

        CLOSED = State.CLOSED.value, _("Closed")
        DECLINED = State.DECLINED.value, _("Declined")
        WITHDRAWN = State.WITHDRAWN.value, _("Withdrawn by the person")

    class Action(models.TextChoices):
        """What happens when the time is over."""

        DESTROY = "destroy", _("Listed for destruction")
        RESTRICT = "restrict", _("Kept, and closed for daily use")

    class CountsFrom(models.TextChoices):
        """From which day the time runs."""

        END = "end", _("The day the case ended")
        LAST_NOTE = "last_note", _("The last note in the case")

    organisation_kind = models.CharField(_("Record owner"), max_length=20, choices=Organisation.Kind.choices)
    trigger = models.CharField(_("How the case ended"), max_length=10, choices=Trigger.choices)
    counts_from = models.CharField(
        _("Counted from"), max_length=10, choices=CountsFrom.choices, default=CountsFrom.LAST_NOTE
    )
    years = models.PositiveSmallIntegerField(_("Years"), default=0)
    months = models.PositiveSmallIntegerField(_("Months"), default=0)
    days = models.PositiveSmallIntegerField(_("Days"), default=0)
    to_end_of_next_year = models.BooleanField(_("And on to the end of the next calendar year"), default=False)
    basis = models.CharField(_("Legal basis"), max_length=200)
    decision_ref = models.CharField(
        _("Decision reference"),
        max_length=80,
        blank=True,
        help_text=_("The decision on retention and destruction, as it stands in your diary."),
    )
    action = models.CharField(_("Then"), max_length=10, choices=Action.choices, default=Action.DESTROY)
    is_active = models.BooleanField(_("In force"), default=True)

    class Meta:
        verbose_name = _("retention rule")
        verbose_name_plural = _("retention rules")
        ordering: ClassVar[list[str]] = ["organisation_kind", "trigger"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["organisation_kind", "trigger"],
                name="one_retention_rule",
                violation_error_message=_("There is already a rule for this kind of organisation and this end."),
            ),
            models.CheckConstraint(
                condition=Q(years__gt=0) | Q(months__gt=0) | Q(days__gt=0),
                name="retention_takes_time",
                violation_error_message=_("Say how long the records are kept."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_organisation_kind_display()}: {self.get_trigger_display()}"

    def ends_on(self, counted_from: date) -> date:
        """The last day on which the records are kept."""
        day = months_after(counted_from, 12 * self.years + self.months) + timedelta(days=self.days)
        return date(day.year + 1, 12, 31) if self.to_end_of_next_year else day


class DestructionListQuerySet(models.QuerySet["DestructionList"]):
    """Lists of one organisation or of all."""

    def unsigned(self) -> Self:
        """Those that still take up what falls due."""
        return self.filter(first_at__isnull=True, stopped_at__isnull=True)

    def ready(self, at: datetime) -> Self:
        """Signed twice, and the days in which either signer could stop them are over."""
        return self.filter(destroy_after__lte=at, destroyed_at__isnull=True, stopped_at__isnull=True)


class DestructionList(models.Model):
    """What an organisation is about to destroy: signed by two people, stopped by either, then carried out."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("partners.Organisation", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=clock.now, editable=False)
    first_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    first_at = models.DateTimeField(null=True)
    second_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    second_at = models.DateTimeField(null=True)
    # SHA-256 of the lines that were signed: nothing is added between the signatures, or after them.
    signed_sha256 = models.CharField(max_length=64, blank=True)
    destroy_after = models.DateTimeField(null=True)
    stopped_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    stopped_at = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)

    objects = DestructionListQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-made_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(first_at__isnull=True, stopped_at__isnull=True),
                name="one_unsigned_list",
            ),
            models.CheckConstraint(
                name="destruction_four_eyes",
                condition=Q(second_by__isnull=True) | (Q(first_by__isnull=False) & ~Q(second_by=F("first_by"))),
            ),
            models.CheckConstraint(
                name="destroyed_only_when_signed_twice",
                condition=Q(destroyed_at__isnull=True)
                | Q(first_by__isnull=False, second_by__isnull=False, stopped_at__isnull=True),
            ),
            models.CheckConstraint(
                name="destroyed_only_after_the_wait",
                condition=Q(destroyed_at__isnull=True)
                | Q(destroy_after__isnull=False, destroy_after__lte=F("destroyed_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """What the list is called on papers: its day, and enough of its id."""
        return f"{self.made_at.astimezone(clock.STOCKHOLM):%Y-%m-%d}-{self.pk.hex[:6]}"

    @property
    def is_open(self) -> bool:
        """Whether it still waits for a signature."""
        return self.second_at is None and self.stopped_at is None

    @property
    def waits(self) -> bool:
        """Whether it is signed twice, and may still be stopped."""
        return self.second_at is not None and self.stopped_at is None and self.destroyed_at is None


class DestructionLineQuerySet(models.QuerySet["DestructionLine"]):
    """The cases on the lists."""

    def standing(self) -> Self:
        """Those that are still to be destroyed."""
        return self.filter(closed_at__isnull=True)


class DestructionLine(SealedRow):
    """One case on a list; it stands on one list at a time."""

    class LeftOut(models.TextChoices):
        """Why the case is not destroyed with the list."""

        COURT = "court", _("A court case or an investigation goes on")
        COMPLAINT = "complaint", _("A complaint or a request of the person is open")
        SUPPORT = "support", _("The person has turned to us again")
        ARCHIVE = "archive", _("The archive is to keep it")
        OTHER = "other", _("Another reason")
        STOPPED = "stopped", _("The list was stopped")
        CHANGED = "changed", _("The case was reopened, restricted or given a later date")

    # What a person may choose; the others come of themselves.
    REASONS: ClassVar[tuple[str, ...]] = ("court", "complaint", "support", "archive", "other")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    list = models.ForeignKey(DestructionList, on_delete=models.PROTECT, related_name="lines")
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="destruction_lines")
    rule = models.ForeignKey(RetentionRule, on_delete=models.PROTECT, related_name="+")
    # As they stood when the line was made: a rule changed afterwards does not change what was signed.
    due_on = models.DateField()
    basis = models.CharField(max_length=200)
    decision_ref = models.CharField(max_length=80, blank=True)
    closed_at = models.DateTimeField(null=True)
    left_out = models.CharField(max_length=10, choices=LeftOut.choices, blank=True)
    left_out_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    left_out_until = models.DateField(null=True)
    note = SealedTextField(blank=True)
    destroyed_at = models.DateTimeField(null=True)
    # The first half of the SHA-256 of the wrapped key that was destroyed.
    key_fingerprint = models.CharField(max_length=32, blank=True)

    objects = DestructionLineQuerySet.as_manager()

    class Meta(SealedRow.Meta):
        ordering: ClassVar[list[str]] = ["due_on", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case"], condition=Q(closed_at__isnull=True), name="on_one_list_at_a_time"),
            models.CheckConstraint(
                name="destroyed_or_left_out", condition=Q(destroyed_at__isnull=True) | Q(left_out="")
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def sealing_key(self) -> bytes:
        """The case's data key: why it was left out is of the case, and goes with it."""
        return self.case.sealing_key()


class Certificate(models.Model):
    """The proof that a list was carried out. It names nobody but the signers, so no case's key seals it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    list = models.ForeignKey(DestructionList, on_delete=models.PROTECT, related_name="certificates")
    language = models.CharField(max_length=8)
    made_at = models.DateTimeField(default=clock.now, editable=False)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar[list[str]] = ["language"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["list", "language"], name="one_certificate_a_language")
        ]

    def __str__(self) -> str:
        return str(self.pk)


def may_be_destroyed(case: "Case", at: date) -> bool:
    """Whether nothing has changed since the case was listed: ended, not restricted, its time over, its key there."""
    return (
        case.state in ENDED
        and case.destroyed_at is None
        and case.limited_since is None
        and case.retention_on is not None
        and case.retention_on < at
    )
