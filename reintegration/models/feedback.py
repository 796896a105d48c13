"""What the Swedish partners are told, and the person's own voice (process, step 12)."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models.record import CaseRecord
from reintegration.models.follow_up import Contact
from returns_portal import clock
from returns_portal.crypto import SealedTextField


class FeedbackReport(CaseRecord):
    """One promised report: drafted by the worker, reviewed and released by IOM Helsinki."""

    class Kind(models.TextChoices):
        """What it tells."""

        APPROVED = "approved", _("Approved")
        APPLICATION_RECEIVED = "application_received", _("Application received")
        DEPARTED = "departed", _("Departed")
        MET = "met", _("Met on arrival")
        MONTH_1 = "month_1", _("Month 1")
        MONTH_2 = "month_2", _("Month 2")
        MONTH_3 = "month_3", _("Month 3")
        PLAN_CHANGED = "plan_changed", _("Plan changed")
        PROBLEM = "problem", _("Problem")
        NO_NEWS_YET = "no_news_yet", _("No news yet")
        OWN_WORDS = "own_words", _("The person's own words")
        CLOSED = "closed", _("Closed")

    class Level(models.TextChoices):
        """How much it tells; never above what the person agreed to."""

        STATUS = "status", _("Status only")
        SUMMARY = "summary", _("Summary")
        FULL = "full", _("Full report")

    class State(models.TextChoices):
        """Where it stands."""

        DRAFTED = "drafted", _("Draft")
        RELEASED = "released", _("Released")
        RETRACTED = "retracted", _("Taken back")

    kind = models.CharField(_("Report"), max_length=24, choices=Kind.choices)
    # What made it due (a contact, a departure): the same occasion is drafted once.
    occasion = models.CharField(max_length=60, blank=True, editable=False)
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="reports")
    due_on = models.DateField(_("Due on"), null=True, blank=True)
    level = models.CharField(_("How much"), max_length=10, choices=Level.choices, default=Level.STATUS)
    text = SealedTextField(_("Text"), blank=True)
    her_words = SealedTextField(_("The person's own words"), blank=True)
    her_words_language = models.CharField(_("Language"), max_length=3, blank=True)
    her_words_released = models.BooleanField(_("The person lets the words go"), default=False)
    her_words_retracted_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(_("State"), max_length=10, choices=State.choices, default=State.DRAFTED)
    drafted_at = models.DateTimeField(default=clock.now)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    released_at = models.DateTimeField(null=True, blank=True)
    retracted_at = models.DateTimeField(null=True, blank=True)
    document = models.ForeignKey("cases.Document", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-drafted_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case", "round", "kind", "occasion"], name="feedback_drafted_once"),
            models.CheckConstraint(
                name="feedback_released_has_a_moment",
                condition=~Q(state="released") | Q(released_at__isnull=False),
            ),
            models.CheckConstraint(name="feedback_level_known", condition=Q(level__in=["status", "summary", "full"])),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["due_on", "id"], name="feedback_to_release", condition=Q(state="drafted")),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())

    @property
    def is_released(self) -> bool:
        """Whether the Swedish partners may read it."""
        return self.state == self.State.RELEASED


class FeedbackRead(CaseRecord):
    """Somebody opened a released report."""

    report = models.ForeignKey(FeedbackReport, on_delete=models.CASCADE, related_name="reads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    read_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["report", "user"], name="feedback_read_once"),
        ]

    def __str__(self) -> str:
        return f"{self.read_at:%Y-%m-%d}"


SATISFACTION_KEYS = (
    "travel_home",
    "counselling",
    "economic_support",
    "social_support",
    "community_support",
    "overall",
    "matched_expectations",
)


class Satisfaction(CaseRecord):
    """How content the person is, 1 to 5 on seven questions; any may be skipped."""

    asked_on = models.DateField(_("Asked on"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    travel_home = models.PositiveSmallIntegerField(_("The travel home"), null=True, blank=True)
    counselling = models.PositiveSmallIntegerField(_("The counselling"), null=True, blank=True)
    economic_support = models.PositiveSmallIntegerField(_("The economic support"), null=True, blank=True)
    social_support = models.PositiveSmallIntegerField(_("The social support"), null=True, blank=True)
    community_support = models.PositiveSmallIntegerField(_("The support in the community"), null=True, blank=True)
    overall = models.PositiveSmallIntegerField(_("The support as a whole"), null=True, blank=True)
    matched_expectations = models.PositiveSmallIntegerField(_("As the person expected"), null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-asked_on", "-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name=f"satisfaction_{key}_range",
                condition=Q(**{f"{key}__isnull": True}) | Q(**{f"{key}__range": (1, 5)}),
            )
            for key in SATISFACTION_KEYS
        ]

    def __str__(self) -> str:
        return f"{self.asked_on}"


class ClosingReport(CaseRecord):
    """Why the case is closed and what was reached; released before closing."""

    class Reason(models.TextChoices):
        """Why."""

        PROGRAMME_OVER = "programme_over", _("The programme is over")
        OWN_WISH = "own_wish", _("The person's own wish")
        LOST_CONTACT = "lost_contact", _("Lost contact")
        DIED = "died", _("The person has died")
        MISSING = "missing", _("Missing after departure")
        LEFT_ANOTHER_WAY = "left_another_way", _("Left another way")
        BACK_IN_SWEDEN = "back_in_sweden", _("Returned to Sweden")
        APPROVED_BY_MISTAKE = "approved_by_mistake", _("Approved by mistake")
        ANOTHER_PROGRAMME = "another_programme", _("Moved to another programme")

    reason = models.CharField(_("Closing reason"), max_length=30, choices=Reason.choices)
    text = SealedTextField(_("Text"), blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    released_at = models.DateTimeField(null=True, blank=True)
    document = models.ForeignKey("cases.Document", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case", "round"], name="one_closing_report_per_round"),
            models.CheckConstraint(
                name="closing_released_by_somebody",
                condition=Q(released_at__isnull=True) | Q(released_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_reason_display())

    @property
    def is_released(self) -> bool:
        """Whether the partners may read it."""
        return self.released_at is not None
