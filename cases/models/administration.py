"""The few columns of a case that Django admin shows: a view of the database, open to administrators alone."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.states import State


class CaseInAdministration(models.Model):
    """Code, state, organisations and dates of a case; nothing of the person (process, section 1)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=8)
    state = models.CharField(max_length=50, choices=State.choices)
    round = models.PositiveSmallIntegerField()
    referring = models.ForeignKey("partners.Organisation", on_delete=models.DO_NOTHING, related_name="+")
    approving = models.ForeignKey("partners.Organisation", null=True, on_delete=models.DO_NOTHING, related_name="+")
    local_office = models.ForeignKey("partners.Organisation", null=True, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    retention_on = models.DateField(null=True)

    class Meta:
        managed = False
        db_table = "cases_in_administration"
        verbose_name = _("case")
        verbose_name_plural = _("cases")

    def __str__(self) -> str:
        return self.code_shown

    @property
    def code_shown(self) -> str:
        """The code as people write and say it: `K7Q2-9FWM`."""
        return f"{self.code[:4]}-{self.code[4:]}"
