"""What the identity provider signs, read strictly, and what the portal signs for it."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeGuard

import jwt
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.utils.crypto import constant_time_compare

LEEWAY = 30  # seconds that two clocks may differ
LONGEST_WAY = 10 * 60  # seconds from the signing of a token to its reading
LONGEST_SUBJECT = 191  # what `SocialAccount.uid` holds
KINDS = {"RS256": "RSA", "ES256": "EC"}
SIGNING = {"enforce_minimum_key_length": True}

Claims = Mapping[str, Any]


class Refused(OAuth2Error):  # type: ignore[misc]  # allauth has no types
    """An answer that does not hold. Its one word is for the log; nothing of the answer itself is in it."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@dataclass(frozen=True)
class Expected:
    """What a token must answer to."""

    nonce: str
    authenticated_after: float


@dataclass(frozen=True)
class Proof:
    """Whom the identity provider has seen, and when."""

    subject: str
    authenticated_at: int


def read(token: str, keys: Claims, expected: Expected) -> Proof:
    """The proof in an id_token, after every check; `Refused` names the first that failed."""
    claims = signed_claims(token, keys)
    for word, holds in CHECKS.items():
        if not holds(claims, expected):
            raise Refused(word)
    return Proof(claims["sub"], int(claims["auth_time"]))


def signed_claims(token: str, keys: Claims) -> Claims:
    """What stands in a token that one of the provider's published keys has signed."""
    try:
        header = jwt.get_unverified_header(token)
        algorithm, key = key_for(header, keys)
        options = {name: False for name in ("verify_exp", "verify_iat", "verify_nbf", "verify_aud", "verify_iss")}
        claims: Claims = jwt.decode(token, key, [algorithm], options=options | SIGNING)  # type: ignore[arg-type]
    except jwt.PyJWTError as error:
        raise Refused("signature") from error
    return claims


def key_for(header: Claims, keys: Claims) -> tuple[str, jwt.PyJWK]:
    """The one published signing key that a token of this header can be signed with, and its algorithm."""
    algorithm = header.get("alg")
    if algorithm not in KINDS:
        raise Refused("algorithm")
    named = header.get("kid")
    found = [
        key
        for key in keys.get("keys", [])
        if key.get("kty") == KINDS[algorithm]
        and key.get("crv", "P-256") == "P-256"
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (named is None or key.get("kid") == named)
    ]
    if len(found) != 1:
        raise Refused("key")
    return algorithm, jwt.PyJWK(found[0], algorithm=algorithm)


def _has_issuer(claims: Claims, expected: Expected) -> bool:
    return claims.get("iss") == settings.OIDC_ISSUER


def _is_for_us(claims: Claims, expected: Expected) -> bool:
    audience, party = claims.get("aud"), claims.get("azp")
    if party is not None and party != settings.OIDC_CLIENT_ID:
        return False
    if isinstance(audience, list) and len(audience) > 1:
        return settings.OIDC_CLIENT_ID in audience and party == settings.OIDC_CLIENT_ID
    return audience in (settings.OIDC_CLIENT_ID, [settings.OIDC_CLIENT_ID])


def _lives(claims: Claims, expected: Expected) -> bool:
    now, until, begins = time.time(), claims.get("exp"), claims.get("nbf", 0)
    return _is_moment(until) and _is_moment(begins) and begins - LEEWAY <= now < until + LEEWAY


def _is_new(claims: Claims, expected: Expected) -> bool:
    at = claims.get("iat")
    return _is_moment(at) and -LEEWAY <= time.time() - at <= LONGEST_WAY + LEEWAY


def _answers_us(claims: Claims, expected: Expected) -> bool:
    return constant_time_compare(str(claims.get("nonce", "")), expected.nonce)


def _is_assured(claims: Claims, expected: Expected) -> bool:
    return claims.get("acr") in settings.OIDC_ACR


def _was_there(claims: Claims, expected: Expected) -> bool:
    at = claims.get("auth_time")
    return _is_moment(at) and expected.authenticated_after - LEEWAY <= at <= time.time() + LEEWAY


def _names_somebody(claims: Claims, expected: Expected) -> bool:
    subject = claims.get("sub")
    return isinstance(subject, str) and 0 < len(subject) <= LONGEST_SUBJECT and "\0" not in subject


def _is_moment(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


CHECKS: dict[str, Callable[[Claims, Expected], bool]] = {
    "iss": _has_issuer,
    "aud": _is_for_us,
    "exp": _lives,
    "iat": _is_new,
    "nonce": _answers_us,
    "acr": _is_assured,
    "auth_time": _was_there,
    "sub": _names_somebody,
}


def assertion(audience: str) -> str:
    """The portal's own proof to the identity provider: signed, for one use, for one minute."""
    now = int(time.time())
    claims = {
        "iss": settings.OIDC_CLIENT_ID,
        "sub": settings.OIDC_CLIENT_ID,
        "aud": audience,
        "iat": now,
        "exp": now + 60,
        "jti": secrets.token_urlsafe(24),
    }
    key, public = own_key(settings.OIDC_PRIVATE_KEY)
    return jwt.encode(claims, key, algorithm=public["alg"], headers={"kid": public["kid"]})


@lru_cache(maxsize=2)
def own_key(pem: str) -> tuple[RSAPrivateKey | EllipticCurvePrivateKey, dict[str, str]]:
    """The portal's private key and, as a JWK named by its thumbprint, its public half."""
    key = load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey)  # noqa: S101  # the settings allow no other
    algorithm = "RS256" if isinstance(key, RSAPrivateKey) else "ES256"
    public = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    public = {name: value for name, value in public.items() if name in ("kty", "n", "e", "crv", "x", "y")}
    return key, public | {"use": "sig", "alg": algorithm, "kid": _thumbprint(public)}


def _thumbprint(public: Mapping[str, str]) -> str:
    """RFC 7638, so that the same key has the same name everywhere."""
    digest = hashlib.sha256(json.dumps(public, sort_keys=True, separators=(",", ":")).encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
