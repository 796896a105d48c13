"""A passkey in software: one P-256 key, no attestation; it says of itself what a test wants it to say."""

import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40
ORIGIN = "https://testserver"


class SoftAuthenticator:
    """A device with one passkey on it."""

    def __init__(self) -> None:
        self.key = generate_private_key(SECP256R1())
        self.id = secrets.token_bytes(32)
        self.owner = ""
        self.uses = 0

    def register(self, options: dict[str, Any], *, origin: str = ORIGIN, verified: bool = True) -> str:
        """What the browser sends after making the key."""
        asked = options["publicKey"]
        self.owner = asked["user"]["id"]
        public = cbor.encode(dict(ES256.from_cryptography_key(self.key.public_key())))
        about_key = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        data = self._data(asked["rp"]["id"], verified, WITH_KEY) + about_key
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        told = _told("webauthn.create", asked["challenge"], origin)
        return self._sent({"clientDataJSON": told, "attestationObject": attestation}, {"credProps": {"rk": True}})

    def sign(self, options: dict[str, Any], *, origin: str = ORIGIN, verified: bool = True) -> str:
        """What the browser sends after the key was used."""
        asked = options["publicKey"]
        data = self._data(asked["rpId"], verified)
        told = _told("webauthn.get", asked["challenge"], origin)
        signature = self.key.sign(data + hashlib.sha256(told).digest(), ECDSA(SHA256()))
        answer = {"clientDataJSON": told, "authenticatorData": data, "signature": signature}
        return self._sent(answer, {}, userHandle=self.owner)

    def _data(self, site: str, verified: bool, flags: int = 0) -> bytes:
        self.uses += 1
        flags |= PRESENT | (VERIFIED if verified else 0)
        return hashlib.sha256(site.encode()).digest() + bytes([flags]) + self.uses.to_bytes(4, "big")

    def _sent(self, answer: dict[str, bytes], extensions: dict[str, Any], **words: str) -> str:
        response = {name: websafe_encode(value) for name, value in answer.items()} | words
        name = websafe_encode(self.id)
        sent = {"id": name, "rawId": name, "type": "public-key", "response": response}
        return json.dumps(sent | {"clientExtensionResults": extensions})


def _told(kind: str, challenge: str, origin: str) -> bytes:
    return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()
