from collections.abc import Iterator
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest

from returns_portal import mail
from returns_portal.models import OutboxItem
from tests.faults.post import PostOffice


def test_a_mail_is_plain_bare_and_neutral(mailoutbox: list[Any], settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Returns of the trafficked <portal@example.test>"
    mail.send("Sara Lind <sara@example.test>", "Något nytt", "Öppna portalen.\n", "<1@example.test>")
    (sent,) = mailoutbox
    assert (sent.to, sent.from_email, sent.cc, sent.bcc) == (["sara@example.test"], "portal@example.test", [], [])
    message = sent.message()
    assert message["Message-ID"] == "<1@example.test>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"
    assert message.get_payload(decode=True).decode() == "Öppna portalen.\n"


def test_a_subject_cannot_smuggle_a_header(mailoutbox: list[Any]) -> None:
    with pytest.raises(ValueError, match="newlines"):
        mail.send("sara@example.test", "x\nBcc: otto@example.test", "", "<1@example.test>")
    assert mailoutbox == []


def test_the_message_id_is_the_items_own(settings: Any) -> None:
    settings.PORTAL_ADDRESS = "https://portal.example.test"
    first, second = OutboxItem(pk=41, key="a"), OutboxItem(pk=42, key="b")
    assert mail.message_id(first) == mail.message_id(OutboxItem(pk=41, key="a"))
    assert mail.message_id(first) != mail.message_id(second)
    assert mail.message_id(first).endswith("@portal.example.test>")
    assert "41" not in mail.message_id(first).split("-")


@pytest.fixture
def server(settings: Any) -> Iterator[PostOffice]:
    """A real mail server, and Django told of it."""
    office = PostOffice()
    office.open()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", office.port, 1
    yield office
    office.close()


def send(number: int) -> None:
    mail.send("sara@example.test", "Något nytt", "Öppna portalen.\n", f"<{number}@example.test>")


def test_a_refused_mail_does_not_break_the_line_for_the_next(server: PostOffice) -> None:
    server.mailboxes["sara@example.test"] = "550 No such mailbox"
    with mail.one_line():
        with pytest.raises(SMTPRecipientsRefused):
            send(1)
        server.mailboxes.clear()
        send(2)
    assert ([taken.message_id for taken in server.taken], server.connections) == (["<2@example.test>"], 1)


def test_a_line_that_the_server_closed_between_two_mails_is_made_anew(server: PostOffice) -> None:
    with mail.one_line():
        send(1)
        server.close()
        server.open()
        send(2)
    assert [taken.message_id for taken in server.taken] == ["<1@example.test>", "<2@example.test>"]


def test_where_nobody_answers_the_round_asks_once(server: PostOffice) -> None:
    server.close()
    with mail.one_line():
        with pytest.raises(ConnectionRefusedError):
            send(1)
        server.open()
        with pytest.raises(ConnectionRefusedError):
            send(2)
    send(3)
    assert [taken.message_id for taken in server.taken] == ["<3@example.test>"]


def test_a_farewell_that_fails_does_not_undo_what_was_sent(server: PostOffice) -> None:
    server.refusals["quit"] = "silence"
    send(1)
    assert len(server.taken) == 1
