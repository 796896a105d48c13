"""The one way a mail about the portal's work leaves: plain text, to a bare address, from a neutral sender."""

import smtplib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend

from returns_portal.models import OutboxItem


def message_id(item: OutboxItem) -> str:
    """The same for each sending of the same item, so that a mailbox shows a mail sent twice only once."""
    host = urlsplit(settings.PORTAL_ADDRESS).hostname or "localhost"
    # Not the bare number: it would tell how much the portal has to say.
    return f"<{uuid.uuid5(uuid.NAMESPACE_URL, f'{settings.PORTAL_ADDRESS}/outbox/{item.key}/{item.pk}')}@{host}>"


def send(to_email: str, subject: str, body: str, message_id: str) -> None:
    """Send one mail now; only the worker calls this."""
    message = EmailMessage(
        subject=subject,
        body=body,
        from_email=parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        to=[parseaddr(to_email)[1]],
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    )
    with one_line() as line:
        line.send(message)


def is_refused(error: Exception) -> bool:
    """Whether the mail server said that this mail will never go there; everything else may be better later."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _words in error.recipients.values()]
    elif isinstance(error, smtplib.SMTPDataError):
        codes = [error.smtp_code]
    else:
        return False
    # Of the lasting refusals those about mailbox and mail; 503 or 530 are about us, and an administrator mends them.
    return bool(codes) and all(550 <= code <= 559 for code in codes)


class Line:
    """The connection to the mail server, made when the first mail needs it."""

    def __init__(self) -> None:
        self._open: EmailBackend | None = None
        self._fault: OSError | None = None

    def send(self, message: EmailMessage) -> None:
        """Send over the open connection, or a new one where the server has closed it meanwhile."""
        if self._fault is not None:
            # A server that does not answer would hold up everything else that is due, mail by mail.
            raise self._fault.with_traceback(None)
        message.connection = self._connection()
        try:
            message.send()
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError):
            raise  # an answer: the line is good
        except OSError as error:
            self._fault = error if isinstance(error, TimeoutError) else None
            self.hang_up()
            raise

    def hang_up(self) -> None:
        """What is wrong with the farewell is no fault of the mails sent before it."""
        backend, self._open = self._open, None
        if backend is not None:
            with suppress(OSError):
                backend.close()

    def _connection(self) -> object:
        if self._open is not None and self._is_alive(self._open):
            return self._open
        self.hang_up()
        backend = get_connection()
        if isinstance(backend, EmailBackend):
            try:
                backend.open()
            except OSError as error:
                self._fault = error
                raise
            self._open = backend
        return backend

    @staticmethod
    def _is_alive(backend: EmailBackend) -> bool:
        """Asked before each mail: afterwards nobody could tell whether a mail had arrived before the line broke."""
        try:
            return backend.connection is not None and backend.connection.noop()[0] == 250
        except OSError:
            return False


_line: ContextVar[Line | None] = ContextVar("line", default=None)


@contextmanager
def one_line() -> Iterator[Line]:
    """Let every mail in the block leave over one connection."""
    if (line := _line.get()) is not None:
        yield line
        return
    line = Line()
    before = _line.set(line)
    try:
        yield line
    finally:
        _line.reset(before)
        line.hang_up()
