"""What every row that belongs to a case shares."""

import uuid
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from cases.permissions import WRITTEN_IN_SWEDEN, Access, Relation
from returns_portal import clock
from returns_portal.crypto import SealedRow

if TYPE_CHECKING:
    from cases.models.case import Case
    from partners.models import User


Row = TypeVar("Row", bound="CaseRecord", covariant=True)


class CaseRecordQuerySet(models.QuerySet[Row]):
    """Rows of one case."""

    def of(self, case: "Case") -> Self:
        """The rows of the case's present round: what stood before a reopening is history, not a fact."""
        return self.filter(case=case, round=case.round)

    def in_sight(self, case: "Case", access: Access) -> Self:
        """The rows with a section that this reader may read, of any round that was theirs to read.

        A new local office comes to the present round alone: the person's consents of an earlier one were to another.
        """
        found = self.filter(case=case, section__in=access.sections())
        if access.relation == Relation.SUPPORTING:
            return found.filter(round=case.round)
        if access.relation == Relation.COORDINATING:
            return found.filter(Q(round=case.round) | ~Q(section__in=WRITTEN_IN_SWEDEN))
        return found


class CaseRecord(SealedRow):
    """A row of a case's file. Its sealed fields open with the case's key (security, section 5)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, editable=False)
    round = models.PositiveSmallIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    objects = CaseRecordQuerySet.as_manager()

    class Meta(SealedRow.Meta):
        abstract = True

    @classmethod
    def begin(cls, case: "Case", *, by: "User | None", **fields: Any) -> Self:
        """A new unsaved row of the case's present round."""
        return cls(case=case, round=case.round, created_by=by, **fields)

    def sealing_key(self) -> bytes:
        """The case's data key, 32 bytes; raises `Shredded` where it has been destroyed."""
        return self.case.sealing_key()
