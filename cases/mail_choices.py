"""How each person wants to hear of what: by mail at once, in their summary, or in the portal only."""

from collections.abc import Iterable, Mapping, Sequence

from cases import notices
from cases.models import MailChoice, Notification
from partners.models import User

MAIL_OF: Mapping[str, str] = {
    MailChoice.How.AT_ONCE: Notification.Mail.WAITING,
    MailChoice.How.DIGEST: Notification.Mail.DIGEST,
    MailChoice.How.PORTAL: Notification.Mail.NONE,
}


def apply(rows: Sequence[Notification]) -> None:
    """Write on each new line of an inbox how its mail goes, by what its reader chose; safety goes at once, always."""
    mutable = [row for row in rows if not row.is_safety]
    if not mutable:
        return
    chosen = MailChoice.objects.filter(user_id__in={row.recipient_id for row in mutable})
    how = {(user_id, topic): how for user_id, topic, how in chosen.values_list("user_id", "topic", "how")}
    for row in mutable:
        row.mail = MAIL_OF[how.get((row.recipient_id, notices.topic_of(row.what)), MailChoice.How.AT_ONCE)]


def choices_of(user: User) -> dict[str, str]:
    """Topic → way, for every topic there is; what was never chosen goes at once."""
    chosen = dict(user.mail_choices.values_list("topic", "how"))
    return {topic: chosen.get(topic, MailChoice.How.AT_ONCE.value) for topic in notices.TOPICS}


def codes_kept_from_mail(user: User) -> Iterable[str]:
    """The notices that this person now wants to find in the portal alone."""
    kept = {topic for topic, how in choices_of(user).items() if how == MailChoice.How.PORTAL}
    return [what for what in notices.WORDS if notices.topic_of(what) in kept]
