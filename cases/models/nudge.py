"""A press on "Remind": somebody who waits has asked the ball holder to go on."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from returns_portal import clock


class Nudge(models.Model):
    """One such press. It is counted, so that nobody is pressed too often."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="nudges")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    organisation = models.ForeignKey("partners.Organisation", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["case", "organisation", "-at"], name="nudges")]

    def __str__(self) -> str:
        return str(self.at)
