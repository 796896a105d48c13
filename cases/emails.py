"""Words to people: a line in the inbox at once, a mail by the worker. Neither holds personal data."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from cases import mail_choices
from cases.models import Case, CaseGroupObjectPermission, CaseUserObjectPermission, Notification
from cases.permissions import Relation
from partners.models import Organisation, User
from returns_portal import clock, mail, outbox
from returns_portal.actor import current_person

if TYPE_CHECKING:
    from returns_portal.models import OutboxItem


def notify(
    case: Case, recipients: Iterable[User], what: str, *, page: str = "", key: str = "", is_safety: bool = False
) -> int:
    """Tell `recipients` of `what` once each: a notification now, a mail by the worker. Returns how many are new.

    `key` names the occasion (an event's id, or rule and due moment); the same occasion tells nobody twice.
    """
    occasion = key or f"{what}:{case.round}:{clock.now().timestamp()}"
    told = in_circle(case, recipients)
    return tell(notices(case, told, what, page=page, occasion=occasion, is_safety=is_safety))


def in_circle(case: Case, people: Iterable[User]) -> list[User]:
    """Of these people those who may know of the case: of a restricted one only whom it names.

    Whom it named until their organisation's part ended is told of that end too.
    """
    found = list(people)
    if not case.is_restricted or not found:
        return found
    ended_with_all = CaseGroupObjectPermission.objects.filter(
        content_object=case, group__organisation=OuterRef("user__organisation"), valid_until=OuterRef("valid_until")
    )
    lives = Q(valid_until__isnull=True) | Q(valid_until__gt=clock.now())
    named = CaseUserObjectPermission.objects.filter(content_object=case).filter(lives | Exists(ended_with_all))
    circle = set(named.values_list("user_id", flat=True))
    return [user for user in found if user.pk in circle]


def notices(
    case: Case, recipients: Iterable[User], what: str, *, page: str, occasion: str, is_safety: bool
) -> list[Notification]:
    """The lines of the inbox, not yet written."""
    return [
        Notification(
            recipient=user,
            case=case,
            what=what,
            page=page or case.get_absolute_url(),
            key=f"{case.pk}:{occasion}:{user.pk}",
            is_safety=is_safety,
            sender_id=current_person(),
        )
        for user in recipients
        if user.is_active
    ]


def tell(rows: Iterable[Notification]) -> int:
    """Write what does not stand in an inbox yet, and have it mailed. Returns how many are new.

    Two who tell the same at once wait for each other at the key; only who wrote the line has it mailed.
    """
    by_key = {row.key: row for row in rows}
    told = set(Notification.objects.filter(key__in=by_key).values_list("key", flat=True)) if by_key else set()
    new = [by_key[key] for key in sorted(by_key.keys() - told)]
    if not new:
        return 0
    mail_choices.apply(new)
    Notification.objects.bulk_create(new, ignore_conflicts=True)
    written = set(Notification.objects.filter(pk__in=[row.pk for row in new]).values_list("pk", flat=True))
    for row in new:
        if row.pk in written:
            _have_mailed(row, f"mail:{row.key}")
    return len(written)


def tell_again(rows: list[Notification]) -> None:
    """Have those mailed whose reason is back: whose mail was kept back meanwhile, and of safety events everybody."""
    unsent = [row for row in rows if row.mail in MAILED_AGAIN[row.is_safety]]
    for row in unsent:
        row.mail = Notification.Mail.WAITING
    mail_choices.apply(unsent)
    for row in unsent:
        Notification.objects.filter(pk=row.pk).update(mail=row.mail)
        _have_mailed(row, f"mail:{row.key}:{clock.now():%Y%m%dT%H%M%S%f}")


# By whether it is about safety. What waits or is late leaves by itself.
MAILED_AGAIN = {
    False: frozenset({Notification.Mail.NONE}),
    True: frozenset({Notification.Mail.NONE, Notification.Mail.SENT, Notification.Mail.FAILED}),
}


def _have_mailed(row: Notification, key: str) -> None:
    if row.mail == Notification.Mail.WAITING:
        outbox.put(
            "mail",
            key=key,
            case_id=row.case_id,
            row_id=row.pk,
            recipient_id=row.recipient_id,
            is_safety=row.is_safety,
        )


# All that a mail needs to know; the whole rows would take longer to read than the mail to send.
MAILED = (
    "page",
    "settled_at",
    "case__code",
    "recipient__email",
    "recipient__is_active",
    "recipient__language",
    "recipient__organisation__kind",
)


@outbox.handles("mail")
def send_notification(item: "OutboxItem") -> None:
    """Send the mail of one notification, in the receiver's language: the code, a link, nothing else.

    A reminder whose reason is gone by now is not mailed.
    """
    rows = Notification.objects.select_related("recipient__organisation", "case").only(*MAILED)
    # Under its lock, so that a walk that opens it again sees what became of the mail.
    row = rows.select_for_update(of=("self",)).filter(pk=item.row_id).first() if item.row_id else None
    if row is None:
        return
    if row.settled_at is not None or not row.recipient.is_active:
        Notification.objects.filter(pk=row.pk).update(mail=Notification.Mail.NONE)
        return
    page = row.page if row.case is None else row.case.get_absolute_url()
    subject, body = in_words("notification", row.recipient.mail_language, page, code=str(row.case or ""))
    mail.send(row.recipient.email, subject, body, message_id=mail.message_id(item))
    Notification.objects.filter(pk=row.pk).update(mail=Notification.Mail.SENT)


@outbox.when_failing("mail")
def tell_of_undelivered(item: "OutboxItem", *, is_final: bool) -> None:
    """Mark a mail that does not arrive in time, or never, and tell in the portal whose act it was about, once.

    Of a safety event their managers hear too; where it came from a clock, the managers of whom it did not reach.
    """
    if item.row_id is None or not (is_final or outbox.is_late(item)):
        return
    state = Notification.Mail.FAILED if is_final else Notification.Mail.LATE
    row = Notification.objects.select_related("case", "sender", "recipient").filter(pk=item.row_id).first()
    if row is None:
        return
    Notification.objects.filter(pk=row.pk).update(mail=state)
    if row.what == "mail_undelivered":
        return
    people = {row.sender} if row.sender else set()
    if row.is_safety:
        people.update(managers_of((row.sender or row.recipient).organisation))
    told = list(people) if row.case is None else in_circle(row.case, people)
    tell(
        Notification(
            recipient=user,
            case=row.case,
            what="mail_undelivered",
            page="/inbox/undelivered/",
            key=f"undelivered:{row.pk}:{user.pk}",
            is_safety=row.is_safety,
        )
        for user in told
        if user.is_active
    )


def in_words(template: str, language: str, page: str, **context: Any) -> tuple[str, str]:
    """Subject and text of a mail. What it may say stands in `templates/emails/`: codes, numbers and a link."""
    with translation.override(language):
        body = render_to_string(f"emails/{template}.txt", {**context, "link": f"{settings.PORTAL_ADDRESS}{page}"})
        return _("Something in the portal needs you"), f"{body.strip()}\n"


def people_in(organisation: Organisation | None) -> list[User]:
    """Everybody active in an organisation."""
    return list(User.objects.filter(organisation=organisation, is_active=True)) if organisation else []


def managers_of(organisation: Organisation | None) -> list[User]:
    """The active managers of an organisation."""
    return [user for user in people_in(organisation) if user.is_manager]


def responsible_for(case: Case, relation: Relation) -> list[User]:
    """Who answers for the case on that side: the named person, else everybody in the organisation."""
    named, organisation = {
        Relation.REFERRING: (case.caseworker, case.referring),
        Relation.APPROVING: (case.decider, case.approving),
        Relation.COORDINATING: (case.coordinator, Organisation.objects.iom_helsinki()),
        Relation.INFORMED: (case.local_responsible, case.local_office),
        Relation.SUPPORTING: (case.local_responsible, case.local_office),
    }[relation]
    is_there = named is not None and named.is_active and named.organisation_id == getattr(organisation, "pk", None)
    if named is not None and is_there and in_circle(case, [named]):
        return [named]
    return in_circle(case, people_in(organisation))


def partners_of(case: Case) -> list[User]:
    """The Swedish partners: the referrer's responsible person and Länsstyrelsen's."""
    return responsible_for(case, Relation.REFERRING) + responsible_for(case, Relation.APPROVING)


def with_live_grant(case: Case) -> dict[UUID, set[str]]:
    """Organisation id → live codenames: every organisation that takes part in the case now."""
    rows = case.group_grants.taking_part().values_list("group__organisation__id", "permission__codename")
    found: dict[UUID, set[str]] = {}
    for organisation_id, codename in rows:
        found.setdefault(organisation_id, set()).add(codename)
    return found
