"""What happened to a case: append-only, by a trigger of the database."""

from typing import TYPE_CHECKING, ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from cases.models.record import CaseRecord, CaseRecordQuerySet
from cases.permissions import Section
from returns_portal.crypto import SealedTextField
from returns_portal.models import never_emptied

if TYPE_CHECKING:
    from uuid import UUID

    from cases.models.case import Case
    from partners.models import Organisation, User


class CaseEventQuerySet(CaseRecordQuerySet["CaseEvent"]):
    """The history of cases. It is read by people and never to decide anything."""

    def record(
        self,
        case: "Case",
        verb: str,
        *,
        by: "User | None",
        was: str = "",
        section: str = Section.STATUS,
        note: str = "",
        only_with: "Organisation | None" = None,
    ) -> "CaseEvent":
        """Write one line of history; `note` is sealed with the case's key.

        `only_with` names the one other organisation that reads the line: a question is between two.
        """
        event = CaseEvent.begin(
            case, by=by, verb=verb, was=was, became=case.state, section=section, only_with=only_with
        )
        event.organisation = by.organisation if by else None
        if note:
            event.note = note
        event.save(force_insert=True)
        return event

    def told_to(self, organisation_id: "UUID | None") -> "CaseEventQuerySet":
        """Without the lines that stand between two other organisations."""
        return self.filter(Q(only_with=None) | Q(only_with=organisation_id) | Q(organisation=organisation_id))


class CaseEvent(CaseRecord):
    """One line of the timeline: who did what, when, and which state came of it."""

    # A case that has a history is never deleted, and the serving roles hold no right to delete a line of it.
    case = models.ForeignKey("cases.Case", on_delete=models.DO_NOTHING, editable=False)
    verb = models.CharField(max_length=40)
    was = models.CharField(max_length=20, blank=True)
    became = models.CharField(max_length=20)
    section = models.CharField(max_length=20, choices=Section.choices, default=Section.STATUS)
    organisation = models.ForeignKey("partners.Organisation", null=True, on_delete=models.PROTECT, related_name="+")
    only_with = models.ForeignKey("partners.Organisation", null=True, on_delete=models.PROTECT, related_name="+")
    note = SealedTextField(blank=True)

    objects = CaseEventQuerySet.as_manager()  # type: ignore[misc]  # a more special manager than the base class has

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["case", "-created_at"], name="event_case")]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            never_emptied(),
        ]

    def __str__(self) -> str:
        return self.verb

    @property
    def is_step(self) -> bool:
        """Whether the event moved the case from one state to another."""
        return bool(self.was) and self.was != self.became
