"""Contacts after the return, attempts to reach the person, and what is done when nobody can (process, step 11)."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models.record import CaseRecord
from returns_portal import clock
from returns_portal.crypto import SealedJSONField, SealedTextField


class Answer(models.TextChoices):
    """An answer that may also not be asked or not be given."""

    NOT_ASKED = "not_asked", _("Not asked")
    YES = "yes", _("Yes")
    NO = "no", _("No")
    UNSURE = "unsure", _("Unsure")
    NO_ANSWER = "no_answer", _("No answer")


class Situation(models.TextChoices):
    """How something stands."""

    NOT_ASKED = "not_asked", _("Not asked")
    GOOD = "good", _("Good")
    FAIR = "fair", _("Fair")
    POOR = "poor", _("Poor")
    NONE = "none", _("None")
    NO_ANSWER = "no_answer", _("No answer")


class Safety(models.IntegerChoices):
    """How safe the person feels, in words."""

    DANGER = 1, _("In danger now")
    UNSAFE = 2, _("Unsafe")
    SO_SO = 3, _("Neither safe nor unsafe")
    SAFE = 4, _("Safe")
    VERY_SAFE = 5, _("Very safe")


class Contact(CaseRecord):
    """One contact of the schedule: due on a day, held or not yet."""

    class Label(models.TextChoices):
        """Its place in the schedule."""

        DAY_2 = "day_2", _("Day 2")
        WEEK_1 = "week_1", _("Week 1")
        WEEK_2 = "week_2", _("Week 2")
        WEEK_4 = "week_4", _("Week 4")
        WEEK_6 = "week_6", _("Week 6")
        WEEK_8 = "week_8", _("Week 8")
        MONTH_3 = "month_3", _("Month 3")
        MONTH_4 = "month_4", _("Month 4")
        MONTH_5 = "month_5", _("Month 5")
        MONTH_6 = "month_6", _("Month 6")
        EXTRA = "extra", _("Extra contact")

    label = models.CharField(_("Contact"), max_length=10, choices=Label.choices)
    due_on = models.DateField(_("Due on"))
    held_at = models.DateTimeField(_("Held"), null=True, blank=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    safety = models.PositiveSmallIntegerField(_("Safety"), choices=Safety.choices, null=True, blank=True)
    housing = models.CharField(_("Housing"), max_length=10, choices=Situation.choices, default=Situation.NOT_ASKED)
    income = models.CharField(_("Income"), max_length=10, choices=Situation.choices, default=Situation.NOT_ASKED)
    health = models.CharField(_("Health"), max_length=10, choices=Situation.choices, default=Situation.NOT_ASKED)
    family_tension = models.CharField(
        _("Tension in the family"), max_length=10, choices=Answer.choices, default=Answer.NOT_ASKED
    )
    contact_by_exploiters = models.CharField(
        _("Contact by those who exploited the person"), max_length=10, choices=Answer.choices, default=Answer.NOT_ASKED
    )
    wants_change = models.CharField(
        _("Wants the plan changed"), max_length=10, choices=Answer.choices, default=Answer.NOT_ASKED
    )
    # {id of the need: "yes" | "no" | "not_asked"}
    needs_met = SealedJSONField(_("Needs met"), blank=True)
    own_words = SealedTextField(_("The person's own words to Sweden"), blank=True)
    own_words_language = models.CharField(_("Language of the words"), max_length=3, blank=True)
    own_words_may_go = models.BooleanField(_("The words may go to Sweden"), default=False)
    home_phone = SealedTextField(_("Phone at home"), blank=True)
    safe_rule = SealedTextField(_("Rule for safe contact"), blank=True)
    note = SealedTextField(_("Note"), blank=True)
    next_on = models.DateField(_("Next contact"), null=True, blank=True)
    # The person did not want it, or the case ended before it.
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["due_on", "created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["case", "round", "label"], condition=~Q(label="extra"), name="contact_once_per_round"
            ),
            models.CheckConstraint(
                name="contact_safety_range", condition=Q(safety__isnull=True) | Q(safety__range=(1, 5))
            ),
            models.CheckConstraint(
                name="contact_held_or_cancelled", condition=Q(held_at__isnull=True) | Q(cancelled_at__isnull=True)
            ),
            models.CheckConstraint(
                name="contact_held_by_somebody", condition=Q(held_at__isnull=True) | Q(held_by__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_label_display())

    @property
    def is_held(self) -> bool:
        """Whether somebody spoke with the person."""
        return self.held_at is not None

    @property
    def is_open(self) -> bool:
        """Whether it still is to be held."""
        return self.held_at is None and self.cancelled_at is None

    @property
    def is_late(self) -> bool:
        """Whether its day has passed without a contact."""
        return self.is_open and self.due_on < clock.today()


class FollowUpAttempt(CaseRecord):
    """One attempt to reach the person for a contact."""

    class Channel(models.TextChoices):
        """By which way."""

        PHONE = "phone", _("Phone")
        MESSAGE = "message", _("Message")
        EMAIL = "email", _("E-mail")
        VISIT = "visit", _("Visit")
        THROUGH_SOMEBODY = "through_somebody", _("Through somebody the person trusts")

    class Result(models.TextChoices):
        """What came of it."""

        REACHED = "reached", _("Reached")
        NOT_REACHED = "not_reached", _("Not reached")
        WRONG_PERSON = "wrong_person", _("Wrong person")
        UNSAFE = "unsafe", _("Unsafe to speak")
        DECLINED = "declined", _("Did not want to speak")
        MOVED = "moved", _("Moved")
        NUMBER_DEAD = "number_dead", _("Number dead")

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField(_("When"))
    channel = models.CharField(_("How"), max_length=20, choices=Channel.choices, default=Channel.PHONE)
    result = models.CharField(_("Result"), max_length=20, choices=Result.choices)
    note = SealedTextField(_("Note"), blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["at"]

    def __str__(self) -> str:
        return str(self.get_result_display())


class LostContactProtocol(CaseRecord):
    """What is done when three attempts found nobody."""

    opened_at = models.DateTimeField(default=clock.now)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # [{"step": code, "done_on": ISO date, "note": text}]
    steps = SealedJSONField(_("Steps"), blank=True)
    note = SealedTextField(_("Note"), blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    completed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    found_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-opened_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["case", "round"],
                condition=Q(completed_at__isnull=True, found_at__isnull=True),
                name="one_open_lost_contact",
            ),
            models.CheckConstraint(
                name="lost_contact_completed_by_somebody",
                condition=Q(completed_at__isnull=True) | Q(completed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(_("complete") if self.completed_at else _("open"))
