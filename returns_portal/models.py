"""The floor's own tables: what is still to be sent or made, who looked at what, and the chain that proves it."""

import uuid
from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from returns_portal import clock
from returns_portal.crypto import WrappedKey


def never_emptied() -> pgtrigger.Trigger:
    """Refuses TRUNCATE; `Protect` does not know that one."""
    return pgtrigger.Trigger(
        name="never_emptied",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func="RAISE EXCEPTION 'The table % is never emptied', TG_TABLE_NAME;",
    )


class OutboxItem(models.Model):
    """One thing the worker still has to do. It holds ids only; the words are made when it is done."""

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200, unique=True)
    case_id = models.UUIDField(null=True, blank=True)
    row_id = models.UUIDField(null=True, blank=True)
    recipient_id = models.UUIDField(null=True, blank=True)
    data = models.JSONField(default=dict, blank=True)
    # What keeps a person safe goes before everything else that is due.
    is_safety = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField(default=clock.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name = _("item of the outbox")
        verbose_name_plural = _("outbox")
        indexes: ClassVar = [
            models.Index(
                fields=["-is_safety", "due_at"],
                name="outbox_waiting",
                condition=models.Q(done_at__isnull=True, failed_at__isnull=True),
            ),
            models.Index(
                fields=["failed_at"],
                name="outbox_failed",
                condition=models.Q(failed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Heartbeat(models.Model):
    """When a part of the portal that works by itself last did; real time, whatever the demo's clock says."""

    name = models.SlugField(primary_key=True)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class Look(models.Model):
    """One look of one person at one case, or at a list of them, refused ones too. Never changed, never deleted.

    The database sets `id` and `at` itself, and `at` is real time: the demo's moved clock is for cases, not for their
    watchers. Whoever adds a column lets it be NULL, so that older lines keep their hash (see `trail`).
    """

    class Action(models.TextChoices):
        """What was looked at, or tried."""

        VIEW = "view", _("viewed")
        REVEAL = "reveal", _("revealed")
        DOWNLOAD = "download", _("downloaded")
        LIST = "list", _("listed")
        SEARCH = "search", _("searched")
        EXPORT = "export", _("exported")
        BREAK_GLASS = "break_glass", _("opened in an emergency")
        DESTROY = "destroy", _("destroyed")
        REFUSED = "refused", _("refused")

    class Outcome(models.TextChoices):
        """What came of it."""

        DONE = "done", _("done")
        REFUSED = "refused", _("refused")

    at = models.DateTimeField(editable=False)
    user_id = models.UUIDField(null=True, blank=True)
    case_id = models.UUIDField(null=True, blank=True)
    section = models.CharField(max_length=40, blank=True)
    action = models.CharField(max_length=12, choices=Action.choices)
    path_name = models.CharField(max_length=100, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.DONE)
    # A keyed hash of the session's key, so that "whose cases did this session see" is one question.
    session = models.CharField(max_length=16, blank=True, default="")
    # What one answer of the portal wrote has one word.
    request_id = models.CharField(max_length=16, blank=True, default="")
    # The cases that a list or a search showed.
    shown = ArrayField(models.UUIDField(), null=True, blank=True)

    class Meta:
        verbose_name = _("look")
        verbose_name_plural = _("trail of looks")
        indexes: ClassVar = [
            models.Index(fields=["case_id", "-at"], name="look_case"),
            models.Index(fields=["user_id", "-at"], name="look_user"),
            models.Index(fields=["session"], name="look_session", condition=~models.Q(session="")),
            GinIndex(fields=["shown"], name="look_shown", condition=models.Q(shown__isnull=False)),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            never_emptied(),
            pgtrigger.Trigger(
                name="real_time",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="NEW.at = clock_timestamp(); RETURN NEW;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.pk}"


class Link(models.Model):
    """One link of the chain over looks and events. Only the database writes it, at commit (see `trail`)."""

    n = models.BigIntegerField(primary_key=True)
    look_id = models.BigIntegerField(null=True, unique=True)
    event_id = models.UUIDField(null=True, unique=True)
    at = models.DateTimeField()
    prev = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="link_of_one_line",
                condition=models.Q(look_id__isnull=False, event_id__isnull=True)
                | models.Q(look_id__isnull=True, event_id__isnull=False),
            )
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            never_emptied(),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class AccessAlert(models.Model):
    """Something unusual that a person did, for another person to judge. It holds ids only."""

    class Kind(models.TextChoices):
        MANY_CASES = "many_cases", _("Opened 20 different cases within ten minutes")
        TOO_MANY_CASES = "too_many_cases", _("Was stopped at the 60th different case within ten minutes")
        MANY_LISTED = "many_listed", _("Was shown 300 different cases in lists within a quarter of an hour")
        BREAK_GLASS = "break_glass", _("Opened a case in an emergency")
        EXPORT = "export", _("Took an extract out of the portal")
        OWN_NAME_SEARCH = "own_name_search", _("Searched for their own name")
        COLLEAGUE_SEARCH = "colleague_search", _("Searched for the name of somebody who works here")

    class Judgement(models.TextChoices):
        IN_ORDER = "in_order", _("It belonged to the work")
        TALKED_OVER = "talked_over", _("It was talked over with the person")
        TAKEN_FURTHER = "taken_further", _("It was not in order and is taken further")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    user_id = models.UUIDField()
    case_id = models.UUIDField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by_id = models.UUIDField(null=True)
    judgement = models.CharField(max_length=14, choices=Judgement.choices, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user_id", "-at"], name="alert_user")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="alert_judged_by_another",
                condition=models.Q(reviewed_by_id__isnull=True) | ~models.Q(reviewed_by_id=models.F("user_id")),
            )
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="as_it_was", fields=["at", "kind", "user_id", "case_id"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class IndexKey(WrappedKey):
    """The secret of the blind index, wrapped by the key list; one row, made when something is first indexed."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY, editable=False)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(name="one_index_key", condition=models.Q(id=1))]

    def wrap_aad(self) -> bytes:
        """There is one of it."""
        return b"returns_portal_indexkey"
