"""Bytes and files, sealed with AES-256-GCM and bound to their place."""

import os
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
SALT_BYTES = 16
TAG_BYTES = 16
CHUNK_BYTES = 64 * 1024
VERSION = b"\x01"


class SealingError(Exception):
    """Something sealed cannot be opened; the message never holds what it says."""


class Shredded(SealingError):
    """The key was destroyed on purpose: this can never be read again."""


class Tampered(SealingError):
    """What was sealed was changed, cut, or moved to another row, column or file."""


class KeyMissing(SealingError):
    """The wrapping key is not among `SEALING_KEYS`: a fault of the set-up, nothing is lost yet."""


def seal_bytes(key: bytes, plain: bytes, aad: bytes) -> bytes:
    """`plain` sealed with AES-256-GCM and bound to `aad`."""
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, plain, aad)


def open_bytes(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    """What `seal_bytes` sealed, if nobody touched it and it belongs to `aad`."""
    sealed = bytes(sealed)
    if sealed[:1] != VERSION or len(sealed) < 1 + NONCE_BYTES + TAG_BYTES:
        raise Tampered
    try:
        return AESGCM(key).decrypt(sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], aad)
    except InvalidTag:
        raise Tampered from None


def seal_stream(source: BinaryIO, key: bytes, aad: bytes) -> Iterator[bytes]:
    """A file sealed chunk by chunk; its place and whether it is the last are part of each chunk."""
    salt = os.urandom(SALT_BYTES)
    cipher = _file_cipher(key, salt, aad)
    yield VERSION + salt
    counter, chunk = 0, source.read(CHUNK_BYTES)
    while True:
        following = source.read(CHUNK_BYTES)
        yield cipher.encrypt(_chunk_nonce(counter, is_last=not following), chunk, aad)
        if not following:
            return
        counter, chunk = counter + 1, following


def open_stream(source: BinaryIO, key: bytes, aad: bytes) -> Iterator[bytes]:
    """The chunks of a sealed file, each given out only after it was found untouched."""
    header = source.read(1 + SALT_BYTES)
    if header[:1] != VERSION or len(header) != 1 + SALT_BYTES:
        raise Tampered
    cipher = _file_cipher(key, header[1:], aad)
    counter, chunk = 0, source.read(CHUNK_BYTES + TAG_BYTES)
    while True:
        following = source.read(CHUNK_BYTES + TAG_BYTES)
        try:
            yield cipher.decrypt(_chunk_nonce(counter, is_last=not following), chunk, aad)
        except (InvalidTag, ValueError):
            raise Tampered from None
        if not following:
            return
        counter, chunk = counter + 1, following


def _file_cipher(key: bytes, salt: bytes, aad: bytes) -> AESGCM:
    # A key of its own for each file: the chunk counters of two files can then never make the same nonce.
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt, b"returns-portal file " + aad).derive(key))


def _chunk_nonce(counter: int, *, is_last: bool) -> bytes:
    return bytes(7) + counter.to_bytes(4, "big") + bytes([is_last])
