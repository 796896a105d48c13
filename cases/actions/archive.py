"""Retention: what is due is listed, signed by two people, may be stopped for two weeks, and is then destroyed."""

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils.translation import gettext as _

from cases import emails, pdfs
from cases.actions.files import forget_files
from cases.actions.move import locked, record_event
from cases.actions.remind import delete_expired_drafts
from cases.actions.rights import close_for_use
from cases.clocks import number
from cases.clocks.retention import kept_until_now, rule_for
from cases.models import (
    Case,
    CaseEvent,
    CaseKey,
    Certificate,
    DestructionLine,
    DestructionList,
    Notification,
    RetentionRule,
    SearchKey,
)
from cases.models.archive import may_be_destroyed
from cases.pdfs import archive as certificate_paper
from cases.permissions import Section
from cases.processing import emptied_fields, models_of_ours
from cases.states import ENDED
from partners.models import Organisation, User
from returns_portal import clock, looks, outbox
from returns_portal.actor import Refused, acting_as_system
from returns_portal.logs import told_by_class
from returns_portal.models import OutboxItem

logger = logging.getLogger(__name__)

LeftOut = DestructionLine.LeftOut
PAGE = "/archive/"
# Whatever number the administration enters: both signers have this long to think, and nothing waits for ever.
LEAST_WAIT, LONGEST_WAIT = 7, 365
# Half of a SHA-256: enough to tell one key from every other, and no key.
FINGERPRINT = 32


class ArchiveRefused(Refused):
    """What was asked of a list cannot be done as it stands now; the sentence says why, and nothing was written."""


class CaseDestroyed(Refused):
    """The contents of the case are gone for good; every page of it says so, and since when."""

    def __init__(self, case: Case) -> None:
        super().__init__(case.code)
        self.case = case


@dataclass
class Done:
    """What one run of retention did."""

    drafts: int = 0
    dates: int = 0
    listed: int = 0
    closed_for_use: int = 0
    destroyed: int = 0


def keep_retention(at: datetime | None = None) -> Done:
    """What the timetable does each night: delete old drafts, list what is due, destroy what was signed for and waited.

    Each list is a transaction of its own: what goes wrong with one is not the end of the others.
    """
    moment, done = at or clock.now(), Done()
    with clock.moved_to(moment):
        with told_by_class(logger, "Deleting old drafts"), acting_as_system("retention"):
            done.drafts = delete_expired_drafts(moment)
        # Not in the transaction that follows: it would hold the rows of cases while it waits for that of a list.
        with told_by_class(logger, "Renewing the dates"), acting_as_system("retention"):
            done.dates = _renew_dates()
        with told_by_class(logger, "Listing what is due"), acting_as_system("retention"):
            done.listed, done.closed_for_use = _list_what_is_due()
        with acting_as_system("retention"):
            ready = list(DestructionList.objects.ready(moment).values_list("pk", flat=True))
        for pk in ready:
            with told_by_class(logger, f"The destruction list {pk}"), acting_as_system("retention"):
                done.destroyed += _carry_out(pk)
    return done


# What is due


def _ended() -> models.QuerySet[Case]:
    return Case.objects.filter(state__in=ENDED, destroyed_at__isnull=True).select_related("referring")


def _renew_dates() -> int:
    """Move the date of cases that are near it, or have none: a note after the end counts (process, section 9)."""
    near = models.Q(retention_on__isnull=True) | models.Q(retention_on__lt=clock.today())
    renewed = 0
    for case in _ended().filter(near):
        day = kept_until_now(case)
        if day != case.retention_on:
            Case.objects.filter(pk=case.pk).update(retention_on=day)
            renewed += 1
    return renewed


def _list_what_is_due() -> tuple[int, int]:
    """Put what has reached its date on its owner's list; a rule that only closes for use does so at once."""
    due = _ended().filter(retention_on__lt=clock.today(), limited_since__isnull=True)
    standing = DestructionLine.objects.standing().values("case_id")
    listed = closed = 0
    for case in due.exclude(pk__in=standing).order_by("retention_on", "pk"):
        rule = rule_for(case)
        if rule is None:
            continue
        if rule.action == RetentionRule.Action.RESTRICT:
            close_for_use(case)
            closed += 1
        else:
            _add_line(case, rule)
            listed += 1
    return listed, closed


def _add_line(case: Case, rule: RetentionRule) -> None:
    assert case.retention_on is not None  # only what has a date is due
    owner = case.referring
    # Locked: a signature that is being written is waited for, and the line then comes on a new list.
    listed, is_new = (
        DestructionList.objects.unsigned()
        .select_for_update()
        .get_or_create(organisation=owner, first_at=None, stopped_at=None)
    )
    DestructionLine.objects.create(
        list=listed,
        case=case,
        rule=rule,
        due_on=case.retention_on,
        basis=rule.basis,
        decision_ref=rule.decision_ref,
    )
    if is_new:
        _tell(listed, emails.managers_of(owner), "destruction_listed")


def _tell(listed: DestructionList, people: Iterable[User], what: str) -> None:
    """A line in the inbox that leads to the list; it is of no case."""
    emails.tell(
        Notification(recipient=user, what=what, page=f"{PAGE}{listed.pk}/", key=f"{what}:{listed.pk}:{user.pk}")
        for user in people
    )


def _tell_others(listed: DestructionList, people: Iterable[User], what: str) -> None:
    """The same in a person's act: a notice of no case is out of their sight once it is written, and is to be mailed."""
    with acting_as_system("archive"):
        _tell(listed, people, what)


# The people


def owns(listed: DestructionList, user: User) -> bool:
    """Whether the list is of this person's own organisation, which owns the records."""
    return listed.organisation_id == user.organisation_id


def may_sign(listed: DestructionList, user: User) -> bool:
    """A manager signs first; then anybody else of the organisation.

    No account that is younger than the list is one of two: a manager could invite a second one of their own.
    """
    if not owns(listed, user) or not listed.is_open:
        return False
    if listed.first_by is None:
        return user.is_manager
    return listed.first_by != user and both_were_there(listed, user)


def both_were_there(listed: DestructionList, user: User) -> bool:
    """Whether the first signer's account and this one are older than the list."""
    first = listed.first_by
    return first is not None and max(first.joined_at, user.joined_at) < listed.made_at


def wait_days() -> int:
    """How many days a list that was signed twice can still be stopped."""
    return min(max(number("destruction_wait_days"), LEAST_WAIT), LONGEST_WAIT)


def may_stop(listed: DestructionList, user: User) -> bool:
    """Until it is carried out: either signer, and every manager of the organisation."""
    signed = listed.first_by_id is not None and listed.stopped_at is None and listed.destroyed_at is None
    signers = {listed.first_by_id, listed.second_by_id}
    return signed and owns(listed, user) and (user.is_manager or user.pk in signers)


def may_leave_out(listed: DestructionList, user: User) -> bool:
    """A manager, while a signature is still missing."""
    return owns(listed, user) and user.is_manager and listed.is_open


def digest_of(lines: Iterable[DestructionLine]) -> str:
    """SHA-256 over the cases that stand on the list: what was seen is what is signed and what is destroyed."""
    return hashlib.sha256("\n".join(sorted(str(line.case_id) for line in lines)).encode()).hexdigest()


def _mine(listed: DestructionList, by: User) -> DestructionList:
    """The list as it is now, its row locked, if it is of this person's organisation."""
    found = DestructionList.objects.select_for_update().get(pk=listed.pk)
    if not owns(found, by):
        raise PermissionDenied
    return found


@transaction.atomic
def leave_out(line: DestructionLine, *, by: User, reason: str, until: date, note: str = "") -> None:
    """Take one case off the list: it is still needed, and has a new date."""
    listed = _mine(line.list, by)
    if not by.is_manager or reason not in DestructionLine.REASONS:
        raise PermissionDenied
    case = locked(line.case)
    line = DestructionLine.objects.select_for_update().get(pk=line.pk)
    if not listed.is_open or line.closed_at is not None:
        raise ArchiveRefused(_("The list has been signed or changed since you opened it."))
    if until <= clock.today():
        raise ArchiveRefused(_("The new date must lie ahead."))
    line.case = case
    line.closed_at, line.left_out, line.left_out_by, line.left_out_until = clock.now(), reason, by, until
    line.note = note
    line.save()
    case.retention_on = until
    Case.objects.filter(pk=case.pk).update(retention_on=until)
    record_event(case, "keep_longer", by=by)


@transaction.atomic
def sign(listed: DestructionList, *, by: User, seen: str) -> DestructionList:
    """The first signature is a manager's, the second another person's; then the list waits, and can be stopped."""
    listed = _mine(listed, by)
    if listed.first_by_id == by.pk:
        raise PermissionDenied
    if not listed.is_open:
        raise ArchiveRefused(_("The list has been signed or changed since you opened it."))
    if not may_sign(listed, by):
        raise PermissionDenied
    with acting_as_system("archive"):
        lines = list(listed.lines.standing())
    digest = digest_of(lines)
    if not lines or digest != seen:
        raise ArchiveRefused(_("The list has been signed or changed since you opened it."))
    looks.record(by, None, Section.STATUS, "destroy", "cases:sign-list", shown=[line.case_id for line in lines])
    now = clock.now()
    if listed.first_by_id is None:
        listed.first_by, listed.first_at = by, now
        colleagues = [user for user in emails.people_in(listed.organisation) if user != by]
        _tell_others(listed, colleagues, "destruction_signed_once")
    else:
        listed.second_by, listed.second_at, listed.signed_sha256 = by, now, digest
        listed.destroy_after = now + timedelta(days=wait_days())
        _tell_others(listed, emails.managers_of(listed.organisation), "destruction_signed_twice")
    listed.save()
    return listed


@transaction.atomic
def stop(listed: DestructionList, *, by: User) -> DestructionList:
    """Nothing of the list is destroyed; what is still due comes on a new one."""
    listed = _mine(listed, by)
    if listed.destroyed_at is not None or listed.stopped_at is not None:
        raise ArchiveRefused(_("The list has already been stopped or carried out."))
    if not may_stop(listed, by):
        raise PermissionDenied
    listed.stopped_at, listed.stopped_by = clock.now(), by
    listed.save()
    with acting_as_system("archive"):
        listed.lines.standing().update(closed_at=clock.now(), left_out=LeftOut.STOPPED)
    told = [user for user in (listed.first_by, listed.second_by) if user is not None and user != by]
    _tell_others(listed, told, "destruction_stopped")
    return listed


# Destroying


def _carry_out(pk: Any) -> int:
    """Destroy what stands on a list that was signed twice and has waited; what has changed since is left out."""
    listed = DestructionList.objects.select_for_update(skip_locked=True).ready(clock.now()).filter(pk=pk).first()
    if listed is None:
        return 0
    lines = list(listed.lines.standing().select_related("case"))
    if digest_of(lines) != listed.signed_sha256:
        raise ArchiveRefused("The lines are not those that were signed.")
    destroyed = sum(_destroy_line(line, listed) for line in lines)
    listed.destroyed_at = clock.now()
    listed.save(update_fields=["destroyed_at"])
    for language in pdfs.LANGUAGES:
        outbox.put(
            "certificate",
            key=f"certificate:{listed.pk}:{language}",
            row_id=listed.pk,
            data={"language": language},
        )
    _tell(listed, emails.managers_of(listed.organisation), "destruction_done")
    return destroyed


def _destroy_line(line: DestructionLine, listed: DestructionList) -> bool:
    case, now = locked(line.case), clock.now()
    if not may_be_destroyed(case, clock.today()):
        DestructionLine.objects.filter(pk=line.pk).update(closed_at=now, left_out=LeftOut.CHANGED)
        return False
    assert listed.first_by is not None and listed.second_by is not None  # the database's own constraint
    fingerprint = shred_case(case, by=(listed.first_by, listed.second_by))
    DestructionLine.objects.filter(pk=line.pk).update(closed_at=now, destroyed_at=now, key_fingerprint=fingerprint)
    return True


@transaction.atomic
def shred_case(case: Case, *, by: tuple[User, User]) -> str:
    """Make the case unreadable for good: its key, its index, its files, what plainly says who. Returns the key's mark.

    What stays is the skeleton: state, kind, dates, destination, who worked with it, and the trail.
    """
    if by[0] == by[1]:
        raise PermissionDenied
    key = CaseKey.objects.select_for_update().get(case=case)
    if not key.wrapped:
        return ""
    fingerprint = hashlib.sha256(bytes(key.wrapped)).hexdigest()[:FINGERPRINT]
    forget_files([case.pk])
    CaseKey.objects.filter(pk=key.pk).update(wrapped=b"")
    SearchKey.objects.filter(case=case).delete()
    _empty(case)
    case.destroyed_at = clock.now()
    Case.objects.filter(pk=case.pk).update(destroyed_at=case.destroyed_at)
    CaseEvent.objects.record(case, "destroy", by=None, was=case.state)
    # Nobody's look: who signed stands in the trail since the signatures, and on the certificate.
    looks.record(None, case.pk, Section.STATUS, "destroy")
    return fingerprint


# What is only ever added to. Its text is sealed, and goes with the key; SearchKey and CaseKey are dealt with above.
_NOT_EMPTIED = {CaseEvent, SearchKey, CaseKey}


def _empty(case: Case) -> None:
    """Clear every column that says something of a person, in every table that points at the case."""
    for model in models_of_ours():
        path = path_to_case(model)
        if path and emptied_fields(model):
            values = {field.attname: nothing_of(field) for field in emptied_fields(model)}
            model._base_manager.filter(**{path: case.pk}).update(**values)


def path_to_case(model: type[models.Model]) -> str:
    """By which column the rows of a table that is emptied belong to a case; '' for every other table."""
    if model in _NOT_EMPTIED or not model._meta.managed:
        return ""
    if model is Case:
        return "id"
    return next((field.attname for field in model._meta.concrete_fields if field.related_model is Case), "")


def nothing_of(field: "models.Field[Any, Any]") -> Any:
    """What an emptied column holds."""
    if field.null:
        return None
    if field.get_internal_type() == "ArrayField":
        return []
    if isinstance(field, models.BooleanField):
        return False
    if isinstance(field, models.CharField | models.TextField):
        return ""
    raise TypeError(f"{field} can hold nothing; class it as part of the skeleton, or let it be empty.")


@outbox.handles("certificate")
def make_certificate(item: OutboxItem) -> None:
    """Render the proof of one list in one language; it is kept with the list, under no case's key."""
    listed = DestructionList.objects.filter(pk=pdfs.named(item.row_id), destroyed_at__isnull=False).first()
    language = item.data["language"]
    if listed is None or Certificate.objects.filter(list=listed, language=language).exists():
        return
    content = certificate_paper.certificate(listed, language)
    Certificate.objects.create(
        list=listed, language=language, content=content, sha256=hashlib.sha256(content).hexdigest()
    )


def lists_of(organisation: Organisation) -> models.QuerySet[DestructionList]:
    """The organisation's lists, newest first."""
    return DestructionList.objects.filter(organisation=organisation).select_related(
        "first_by", "second_by", "stopped_by"
    )


def certificates_of(case: Case, user: Any) -> list[Certificate]:
    """The proof of the case's destruction, for the signers' organisation."""
    listed = DestructionList.objects.filter(
        organisation=user.organisation_id, lines__case=case, lines__destroyed_at__isnull=False
    )
    return list(Certificate.objects.filter(list__in=listed).defer("content"))


def lines_of(listed: DestructionList) -> list[DestructionLine]:
    """Every case of a list: code and dates only, also where a case is restricted to named people.

    Who signs must see all that is destroyed; that the organisation owns the list was asked before.
    """
    with acting_as_system("archive"):
        return list(listed.lines.select_related("case", "rule", "left_out_by").defer("note"))


__all__ = [
    "ArchiveRefused",
    "CaseDestroyed",
    "Done",
    "both_were_there",
    "certificates_of",
    "digest_of",
    "keep_retention",
    "leave_out",
    "lines_of",
    "lists_of",
    "may_leave_out",
    "may_sign",
    "may_stop",
    "owns",
    "shred_case",
    "sign",
    "stop",
    "wait_days",
]
