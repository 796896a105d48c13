"""How a person wants to be told, and the secret address of their calendar feed."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Func, Q, UUIDField, Value

from cases import notices
from cases.models import CalendarLink, MailChoice, MailSettings
from partners import emails
from partners.models import User
from returns_portal import clock

SECRET_BYTES = 32
# A feed is fetched often; that it was is written down now and then.
NOTED_EVERY = timedelta(hours=1)


@transaction.atomic
def save_mail_settings(user: User, *, digest: str, ways: Mapping[str, str]) -> None:
    """Keep how this person wants to hear of each topic, and how often the summary comes. Safety is no topic."""
    MailSettings.objects.update_or_create(user=user, defaults={"digest": MailSettings.Digest(digest)})
    MailChoice.objects.bulk_create(
        [MailChoice(user=user, topic=topic, how=MailChoice.How(ways[topic])) for topic in notices.TOPICS],
        update_conflicts=True,
        unique_fields=["user", "topic"],
        update_fields=["how"],
    )


@transaction.atomic
def make_calendar_link(user: User) -> str:
    """A new secret address for this person's calendar, in place of the one before; it is told here and never again.

    Its owner hears of it by mail: it opens without signing in, for whoever has it.
    """
    secret = secrets.token_urlsafe(SECRET_BYTES)
    made = {"secret_hash": hash_of(secret), "created_at": clock.now(), "fetched_at": None}
    CalendarLink.objects.update_or_create(user=user, defaults=made)
    transaction.on_commit(lambda: emails.send_change(user, "calendar_link_made"), robust=True)
    return secret


def end_calendar_link(user: User) -> None:
    """Whoever has the address gets nothing by it any more."""
    CalendarLink.objects.filter(user=user).delete()


def calendar_owner(secret: str) -> User | None:
    """Whose calendar this secret opens, while they and their organisation take part. Links are closed to all others."""
    found = Func(Value(hash_of(secret)), function="wall_calendar_of", output_field=UUIDField())
    taking_part = User.objects.select_related("organisation").filter(is_active=True, organisation__is_active=True)
    return taking_part.filter(pk=found).first()


def note_fetched(user: User) -> None:
    """Note that the feed was fetched, so that its person sees whether anybody does."""
    before = Q(fetched_at=None) | Q(fetched_at__lte=clock.now() - NOTED_EVERY)
    CalendarLink.objects.filter(before, user=user).update(fetched_at=clock.now())


def hash_of(secret: str) -> str:
    """What is kept of a secret. It is random and long, so it needs no salt and no slowness."""
    return sha256(secret.encode()).hexdigest()
