from typing import Any

import pytest

from returns_portal import mail
from returns_portal.models import OutboxItem


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
