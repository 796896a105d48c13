"""Data keys, and the keys of `settings.SEALING_KEYS` that wrap them."""

import os

from django.conf import settings
from django.db import models

from returns_portal.crypto.sealing import KEY_BYTES, KeyMissing, Shredded, open_bytes, seal_bytes


def new_data_key(wrap_aad: bytes) -> tuple[str, bytes, bytes]:
    """A fresh data key: the id of the wrapping key, the key wrapped for storing, and the key itself."""
    plain = os.urandom(KEY_BYTES)
    key_id, wrapping_key = settings.SEALING_KEYS[0]
    return key_id, seal_bytes(wrapping_key, plain, wrap_aad), plain


def unwrap(key_id: str, wrapped: bytes | None, aad: bytes) -> bytes:
    """The data key, opened with the wrapping key it was stored under; an empty one has been shredded."""
    if not wrapped:
        raise Shredded
    try:
        wrapping_key = dict(settings.SEALING_KEYS)[key_id]
    except KeyError:
        raise KeyMissing(key_id) from None
    return open_bytes(wrapping_key, wrapped, aad)


def rewrap(key_id: str, wrapped: bytes, aad: bytes) -> tuple[str, bytes]:
    """The same data key under the newest wrapping key; what it sealed stays as it is."""
    newest_id, newest_key = settings.SEALING_KEYS[0]
    if key_id == newest_id:
        return key_id, bytes(wrapped)
    return newest_id, seal_bytes(newest_key, unwrap(key_id, wrapped, aad), aad)


class WrappedKey(models.Model):
    """Base of a row that keeps a data key wrapped: `rotate_keys` finds every table made from it."""

    key_id = models.CharField(max_length=40)
    wrapped = models.BinaryField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.key_id

    def wrap_aad(self) -> bytes:
        """What the wrapped key is bound to."""
        raise NotImplementedError

    def open(self) -> bytes:
        """The data key, 32 bytes; unwrapped once per instance."""
        plain: bytes | None = self.__dict__.get("_plain")
        if plain is None:
            plain = self.__dict__["_plain"] = unwrap(self.key_id, bytes(self.wrapped), self.wrap_aad())
        return plain
