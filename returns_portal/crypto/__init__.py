"""Sealing: what may never lie readable in the database, a dump or a backup.

Each case has one 256-bit data key, itself wrapped by a key of `settings.SEALING_KEYS`. Deleting the wrapped key makes
everything sealed with it unreadable for good, in the rows that stay as well as in older copies of them. A sealed value
is bound to its table, column and row: moved elsewhere it does not open.
"""

from returns_portal.crypto.fields import (
    Ciphertext,
    SealedAttribute,
    SealedDateField,
    SealedField,
    SealedJSONField,
    SealedRow,
    SealedTextField,
)
from returns_portal.crypto.keys import WrappedKey, new_data_key, rewrap, unwrap
from returns_portal.crypto.sealing import (
    KEY_BYTES,
    KeyMissing,
    SealingError,
    Shredded,
    Tampered,
    open_bytes,
    open_stream,
    seal_bytes,
    seal_stream,
)

__all__ = [
    "KEY_BYTES",
    "Ciphertext",
    "KeyMissing",
    "SealedAttribute",
    "SealedDateField",
    "SealedField",
    "SealedJSONField",
    "SealedRow",
    "SealedTextField",
    "SealingError",
    "Shredded",
    "Tampered",
    "WrappedKey",
    "new_data_key",
    "open_bytes",
    "open_stream",
    "rewrap",
    "seal_bytes",
    "seal_stream",
    "unwrap",
]
