"""The one way a mail about the portal's work leaves: plain text, to a bare address, from a neutral sender."""

import uuid
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage

from returns_portal.models import OutboxItem


def message_id(item: OutboxItem) -> str:
    """The same for each sending of the same item, so that a mailbox shows a mail sent twice only once."""
    host = urlsplit(settings.PORTAL_ADDRESS).hostname or "localhost"
    # Not the bare number: it would tell how much the portal has to say.
    return f"<{uuid.uuid5(uuid.NAMESPACE_URL, f'{settings.PORTAL_ADDRESS}/outbox/{item.key}/{item.pk}')}@{host}>"


def send(to_email: str, subject: str, body: str, message_id: str) -> None:
    """Send one mail now; only the worker calls this."""
    EmailMessage(
        subject=subject,
        body=body,
        from_email=parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        to=[parseaddr(to_email)[1]],
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    ).send()
