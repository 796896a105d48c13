"""Grants: who may reach a case, since when, until when and why (guardian's direct-key tables, extended)."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from returns_portal import clock


class GrantQuerySet(models.QuerySet[Any]):
    """Grants of one kind."""

    def live(self) -> Self:
        """Grants that hold at this moment."""
        return self.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=clock.now()))


class GroupGrantQuerySet(GrantQuerySet):
    """Grants to organisations, of which some open nothing by themselves."""

    def live(self) -> Self:
        """Grants that open the case to everybody in the organisation at this moment."""
        return self.taking_part().filter(by_name_only=False)

    def taking_part(self) -> Self:
        """Grants by which the organisation has a part in the case, be it through named people only."""
        return super().live()


class Grant(models.Model):
    """What guardian's tables lack: an end, a reason, and who gave it."""

    granted_at = models.DateTimeField(default=clock.now)
    valid_until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=80)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)


class CaseGroupObjectPermission(Grant, GroupObjectPermissionBase):
    """A right of an organisation's group on one case. A renewed grant updates its row."""

    content_object = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="group_grants")
    # The case is restricted: the organisation takes part, but only its named people reach it, by grants of their own.
    by_name_only = models.BooleanField(default=False)

    objects = GroupGrantQuerySet.as_manager()  # type: ignore[assignment, misc]  # guardian's manager grants without reason or end

    class Meta(GroupObjectPermissionBase.Meta):
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["group", "content_object", "valid_until"], name="grant_group")
        ]


class CaseUserObjectPermission(Grant, UserObjectPermissionBase):
    """A right of one named person on one case."""

    content_object = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="user_grants")

    objects = GrantQuerySet.as_manager()  # type: ignore[assignment, misc]  # as above

    class Meta(UserObjectPermissionBase.Meta):
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "content_object", "valid_until"], name="grant_user")
        ]
