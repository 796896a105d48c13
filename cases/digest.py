"""The summary: one mail a day or a week in place of many, made when it leaves of what its reader may still see."""

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from cases import mail_choices
from cases.emails import in_words
from cases.models import Case, MailSettings, Notification
from partners.models import User
from returns_portal import clock, mail, outbox
from returns_portal.actor import acting_as

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from returns_portal.models import OutboxItem

LEAVES_AT = time(7, 30)
MONDAY = 0
# A mail is no list; the rest is counted.
MOST_CODES = 50
EVERY_DAY, EVERY_MONDAY = MailSettings.Digest.DAILY, MailSettings.Digest.WEEKLY


class Summary(NamedTuple):
    """What a summary tells: how many lines of the inbox, and the codes of their cases."""

    rows: list[UUID]
    codes: list[str]


def last_moment(how_often: str, at: datetime) -> datetime:
    """The latest moment at or before `at` when such a summary leaves: 07:30 in Stockholm, summer and winter."""
    day = at.astimezone(clock.STOCKHOLM).date()
    if how_often == EVERY_MONDAY:
        day -= timedelta(days=(day.weekday() - MONDAY) % 7)
    moment = datetime.combine(day, LEAVES_AT, tzinfo=clock.STOCKHOLM)
    if moment > at:
        step = timedelta(days=7 if how_often == EVERY_MONDAY else 1)
        moment = datetime.combine(day - step, LEAVES_AT, tzinfo=clock.STOCKHOLM)
    return moment


def queue_due(at: datetime | None = None) -> int:
    """Have the summaries made whose moment has passed, each once: also when nobody asked for hours, or two ask at once.

    Only what was told before that moment calls for a summary; what came after waits for the next.
    """
    now = at or clock.now()
    return sum(_queue(how_often, last_moment(how_often, now), now) for how_often in (EVERY_DAY, EVERY_MONDAY))


def _queue(how_often: str, moment: datetime, now: datetime) -> int:
    wanted = Q(recipient__mail_settings__digest=how_often)
    if how_often == EVERY_DAY:
        wanted |= Q(recipient__mail_settings__isnull=True)
    had = Q(recipient__mail_settings__last_digest_at__gte=moment)
    due = _waiting().filter(wanted, created_at__lte=moment, recipient__is_active=True).exclude(had)
    people = sorted(set(due.values_list("recipient_id", flat=True)))
    for person in people:
        outbox.put("digest", key=f"digest:{person}:{moment:%Y-%m-%d}", recipient_id=person)
    MailSettings.objects.bulk_create(
        [MailSettings(user_id=person, digest=how_often, last_digest_at=now) for person in people],
        update_conflicts=True,
        unique_fields=["user"],
        update_fields=["last_digest_at"],
    )
    return len(people)


def _waiting() -> "QuerySet[Notification]":
    return Notification.objects.filter(mail=Notification.Mail.DIGEST, read_at=None, settled_at=None)


@outbox.handles("digest")
def send_digest(item: "OutboxItem") -> None:
    """Send one summary of what its reader has not read, may see and wants to be told; where nothing is left, none."""
    assert item.recipient_id is not None
    reader = User.objects.select_related("organisation").filter(pk=item.recipient_id, is_active=True).first()
    if reader is None:
        return
    pending = Notification.objects.filter(recipient=reader, mail=Notification.Mail.DIGEST, settled_at=None)
    were = set(pending.values_list("pk", flat=True))
    summary = summary_for(reader)
    if summary.rows:
        subject, body = in_words(
            "digest",
            reader.mail_language,
            reverse("cases:inbox"),
            messages=len(summary.rows),
            cases=len(summary.codes),
            codes=summary.codes[:MOST_CODES],
            more=len(summary.codes[MOST_CODES:]),
        )
        mail.send(reader.email, subject, body, message_id=mail.message_id(item))
    Notification.objects.filter(pk__in=summary.rows).update(mail=Notification.Mail.SENT)
    # What was read meanwhile, or closed to its reader, or is now wanted in the portal alone, needs no mail any more.
    Notification.objects.filter(pk__in=were.difference(summary.rows)).update(mail=Notification.Mail.NONE)


@outbox.when_failing("digest")
def note_undelivered(item: "OutboxItem", *, is_final: bool) -> None:
    """A summary that never arrives: whose acts it told of sees so, and the next one starts with what is new.

    What was told after the summary was queued is the next one's: `due_at` moves with each attempt, `created_at` stays.
    """
    if is_final:
        _waiting().filter(recipient=item.recipient_id, created_at__lte=item.created_at).update(
            mail=Notification.Mail.FAILED
        )


def summary_for(reader: User) -> Summary:
    """What stands unread and unsettled in this inbox, asked as its reader: both walls agree on every case."""
    with acting_as(reader):
        seen = Case.objects.visible_to(reader).filter(pk=OuterRef("case_id"))
        rows = (
            _waiting()
            .filter(Q(case__isnull=True) | Exists(seen), recipient=reader)
            .exclude(what__in=mail_choices.codes_kept_from_mail(reader))
            .order_by("case__code")
            .values_list("pk", "case__code")
        )
        found = list(rows)
    codes = dict.fromkeys(code for _pk, code in found if code)
    return Summary([pk for pk, _code in found], [f"{code[:4]}-{code[4:]}" for code in codes])
