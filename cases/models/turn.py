"""Who held the ball of a case, from when until when: what the split of a waiting time is counted from."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from returns_portal import clock


class WaitsFor(models.TextChoices):
    """Who outside the portal keeps the ball holder waiting; empty where nobody does."""

    CONSULATE = "consulate", _("the consulate")
    PAUSE = "pause", _("a pause")


class Turn(models.Model):
    """One stretch of time in which the ball of a case lay with one organisation, perhaps waiting for somebody outside.

    Written by `ball.refresh` whenever the ball passes on; read for time splits and statistics, never to decide.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="turns")
    round = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=20)
    organisation = models.ForeignKey("partners.Organisation", null=True, on_delete=models.PROTECT, related_name="+")
    waits_for = models.CharField(max_length=12, choices=WaitsFor.choices, blank=True, default="")
    began_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["began_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case"], name="one_turn_at_a_time", condition=Q(ended_at__isnull=True)),
            models.CheckConstraint(
                name="turn_ends_after_it_began",
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=models.F("began_at")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.began_at)
