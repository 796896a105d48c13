"""Questions and messages between two organisations in a case."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.kinds import Activity
from cases.models.record import CaseRecord
from returns_portal.crypto import SealedTextField


class Thread(CaseRecord):
    """A question or message from one organisation to another; only these two read it."""

    asked_by = models.ForeignKey("partners.Organisation", on_delete=models.PROTECT, related_name="+")
    asked_of = models.ForeignKey(
        "partners.Organisation", on_delete=models.PROTECT, related_name="+", verbose_name=_("To")
    )
    subject = SealedTextField(_("Subject"), max_length=120)
    wants_answer = models.BooleanField(_("An answer is needed"), default=True)
    due_on = models.DateField(_("Answer by"), null=True, blank=True)
    answered_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    # Kinds of needs asked about at the taking-on of the case (activity codes); empty for other questions.
    is_about_needs = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(name="thread_between_two", condition=~Q(asked_by=F("asked_of")))
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_open(self) -> bool:
        """Whether an answer is still waited for."""
        return self.wants_answer and self.answered_at is None and self.closed_at is None


class Message(CaseRecord):
    """One message in a thread."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="messages")
    text = SealedTextField(_("Message"))
    organisation = models.ForeignKey("partners.Organisation", on_delete=models.PROTECT, related_name="+")
    read_at = models.DateTimeField(null=True, editable=False)
    retracted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at"]

    def __str__(self) -> str:
        return str(self.pk)


class NeedsAsked(CaseRecord):
    """A kind of need that the local office was asked about before it knows the person (step 4)."""

    domain = models.CharField(max_length=30, choices=Activity.choices)
    office = models.ForeignKey("partners.Organisation", on_delete=models.PROTECT, related_name="+")
    answer = models.CharField(
        max_length=12,
        blank=True,
        choices=[("yes", _("Available")), ("waiting", _("Waiting list")), ("no", _("Not available"))],
    )
    note = SealedTextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case", "round", "office", "domain"], name="kind_asked_once")
        ]

    def __str__(self) -> str:
        return self.domain

    @property
    def domain_label(self) -> str:
        """The kind of need in the reader's language."""
        return str(Activity(self.domain).label)
