"""Plain text: UTF-8, and nothing that is no text."""

from returns_portal.rewriting.refusal import Refused

BLANK = "\t\n\r\f"


def rewrite(content: bytes) -> bytes:
    """The text as UTF-8 without a byte-order mark; a control sign could steer the terminal it is read in."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("not_utf8") from None
    if any(letter < " " and letter not in BLANK for letter in text):
        raise Refused("not_utf8")
    return text.encode()
