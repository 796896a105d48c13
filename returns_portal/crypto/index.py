"""The blind index: finds an exact value among sealed ones, and opens none of them.

Its secret is made once and stays. It lies wrapped in a table of its own, as a case's data key does, so that changing
`SEALING_KEYS` leaves every digest right. Whoever has the digests without the secret cannot try names against them.
"""

import hmac
import unicodedata
from collections.abc import Mapping

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from returns_portal.crypto.keys import new_data_key
from returns_portal.crypto.sealing import KEY_BYTES
from returns_portal.models import IndexKey

DIGEST_BYTES = 16
# Letters that Unicode does not take apart into a plain one and its mark, as people write them on plain keyboards.
_PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"}
)


def folded(text: str) -> str:
    """The text without case and accents: what different keyboards make of one name is one."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).translate(_PLAIN_LETTERS)


def digests(values: Mapping[str, str]) -> dict[str, bytes]:
    """The digest of each value under the key of its field: the same word in two fields gives two digests."""
    secret = _secret()
    return {
        field: hmac.digest(_key_of(field, secret), value.encode(), "sha256")[:DIGEST_BYTES]
        for field, value in values.items()
    }


def _key_of(field: str, secret: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, None, f"returns-portal index {field}".encode()).derive(secret)


def _secret() -> bytes:
    row = IndexKey.objects.filter(pk=IndexKey.ONLY).first()
    if row is None:
        # Of two who come first at once, the primary key lets one in; the other waits here and reads what it wrote.
        made = IndexKey()
        made.key_id, made.wrapped, _plain = new_data_key(made.wrap_aad())
        IndexKey.objects.bulk_create([made], ignore_conflicts=True)
        row = IndexKey.objects.get(pk=IndexKey.ONLY)
    return row.open()
