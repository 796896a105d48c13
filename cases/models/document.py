"""Papers that the portal makes and files that people upload; contents are sealed on disk."""

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.record import CaseRecord, CaseRecordQuerySet
from cases.permissions import Access, Relation, Section
from returns_portal.crypto import SealedTextField

if TYPE_CHECKING:
    from cases.models.case import Case


class DocumentQuerySet(CaseRecordQuerySet["Document"]):
    """Files of cases."""

    def readable(self, case: "Case", access: Access) -> "DocumentQuerySet":
        """What this reader may open: by the file's section, and never before the person is known to them."""
        if access.relation in {None, Relation.INFORMED}:
            return self.none()
        found = self.in_sight(case, access).filter(withdrawn_at__isnull=True)
        if access.keeps_names:  # papers of the portal leave names out; what was uploaded may be a passport
            found = found.filter(kind=Document.Kind.PAPER)
        if access.relation == Relation.COORDINATING:
            # Länsstyrelsen previews what IOM Helsinki will see, and the referrer's own papers are no part of that.
            return found.exclude(kind=Document.Kind.REFERRAL_PAPER)
        return found


class Document(CaseRecord):
    """One file of the case. Its section decides who may read it (process, section 4)."""

    class Kind(models.TextChoices):
        SIGNED_APPLICATION = "signed_application", _("Signed AVRR application")
        ATTACHMENT = "attachment", _("Attachment to the application")
        SIGNED_PLAN = "signed_plan", _("Signed reintegration plan")
        TRAVEL_DOCUMENT = "travel_document", _("Travel document")
        TICKET = "ticket", _("Ticket")
        RECEIPT = "receipt", _("Receipt")
        MEDICAL = "medical", _("Medical paper")
        REFERRAL_PAPER = "referral_paper", _("Paper to the referral")
        OTHER = "other", _("Other")
        PAPER = "paper", _("Made by the portal")

    class Scan(models.TextChoices):
        WAITING = "waiting", _("Not checked for viruses yet")
        CLEAN = "clean", _("Checked for viruses")
        INFECTED = "infected", _("A virus was found")
        # Where no scanner is set up: never in production.
        SKIPPED = "skipped", _("Not checked for viruses (demo)")

    kind = models.CharField(_("What it is"), max_length=20, choices=Kind.choices)
    section = models.CharField(max_length=20, choices=Section.choices)
    paper = models.CharField(max_length=40, blank=True, editable=False)
    row_id = models.UUIDField(null=True, editable=False)
    language = models.CharField(max_length=8, blank=True)
    version = models.PositiveSmallIntegerField(default=1)
    name = SealedTextField()
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    stored_as = models.CharField(max_length=80, editable=False)
    # The file as it came, kept as evidence; '' where nothing of it was changed.
    original_stored_as = models.CharField(max_length=80, blank=True, editable=False)
    scan = models.CharField(max_length=10, choices=Scan.choices, default=Scan.WAITING, editable=False)
    scanned_at = models.DateTimeField(null=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, editable=False)

    objects = DocumentQuerySet.as_manager()  # type: ignore[misc]  # a more special manager than the base class has

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["case", "section"], name="document_case")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["case", "paper", "row_id", "language", "version"],
                condition=~models.Q(paper=""),
                nulls_distinct=False,
                name="paper_made_once",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_openable(self) -> bool:
        """Whether the file may be given out: the portal's own papers, and what the scanner found clean."""
        if self.kind == self.Kind.PAPER or self.scan == self.Scan.CLEAN:
            return True
        return self.scan == self.Scan.SKIPPED and not settings.CLAMD_URL
