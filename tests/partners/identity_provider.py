"""An authority's identity provider on a loopback address: honest, and as strict as it should be, until told to lie."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

LOA3 = "http://id.elegnamnden.se/loa/1.0/loa3"
CLIENT = "returns-portal"
Claims = dict[str, Any]


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """One key for each name; making them takes time."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    """The same on the curve P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def pem(key: Any) -> str:
    """A private key as the settings take it."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def jwk(key: Any, kid: str, algorithm: str) -> Claims:
    """The public half as it is published."""
    public = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    return public | {"kid": kid, "use": "sig", "alg": algorithm}


class IdentityProvider:
    """What it answers. A test sets who sits in front of it, and what it lies about."""

    def __init__(self) -> None:
        self.subject, self.acr = "7f1c-sara", LOA3
        self.client_key: Any = ec_key("client")
        self.known_since: float | None = None  # when it last saw the person; None: just now
        self.change: Callable[[Claims], Claims] = lambda claims: claims
        self.sign: Callable[[Claims], str] = self.honestly
        self.userinfo: Claims = {}
        self.discovery: Claims = {}
        self.asked: Claims = {}
        self.codes: dict[str, Claims] = {}
        self.tokens: dict[str, str] = {}
        self.assertions: set[str] = set()
        self.seen: list[str] = []

    def honestly(self, claims: Claims) -> str:
        """Signed with the key that is published."""
        return jwt.encode(claims, rsa_key("provider"), algorithm="RS256", headers={"kid": "first"})

    def addresses(self) -> Claims:
        """The discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
        } | self.discovery

    def keys(self) -> Claims:
        """What it signs with: an RSA key and one on a curve."""
        return {"keys": [jwk(rsa_key("provider"), "first", "RS256"), jwk(ec_key("provider"), "second", "ES256")]}

    def authorize(self, query: Claims) -> str:
        """Where the browser goes after the person has identified themselves, which they do at once."""
        assert query["client_id"] == CLIENT
        assert query["response_type"] == "code"
        assert query["scope"].split() == ["openid"]
        assert query["code_challenge_method"] == "S256"
        assert len(query["nonce"]) >= 32 and len(query["state"]) >= 32
        self.asked = query
        code = secrets.token_urlsafe(16)
        seen = time.time() if self.known_since is None or "prompt" in query else self.known_since
        self.codes[code] = query | {"auth_time": int(seen)}
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state'], 'iss': self.issuer})}"

    def token(self, form: Claims) -> Claims:
        """The tokens for a code, once, for the client that holds its own key and knows the secret behind PKCE."""
        asked = self.codes.pop(form["code"])
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        assert form["grant_type"] == "authorization_code"
        assert asked["code_challenge"] == challenge.decode()
        assert asked["redirect_uri"] == form["redirect_uri"]
        assert "client_secret" not in form
        self.know_client(form)
        access = secrets.token_urlsafe(16)
        self.tokens[access] = self.subject
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "acr": self.acr,
            "auth_time": asked["auth_time"],
            "email": "sara@work.example",
            "email_verified": True,
        }
        return {"access_token": access, "token_type": "Bearer", "id_token": self.sign(self.change(claims))}

    def know_client(self, form: Claims) -> None:
        """private_key_jwt, and each assertion once."""
        assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        assertion = jwt.decode(
            form["client_assertion"],
            self.client_key.public_key(),
            algorithms=["RS256", "ES256"],
            audience=f"{self.issuer}/token",
            issuer=CLIENT,
            subject=CLIENT,
            options={"require": ["exp", "iat", "jti"]},
        )
        assert assertion["exp"] - assertion["iat"] <= 60
        assert assertion["jti"] not in self.assertions
        self.assertions.add(assertion["jti"])

    def info(self, authorization: str) -> Claims:
        """What the access token tells of its owner."""
        return {"sub": self.tokens[authorization.removeprefix("Bearer ")], "name": "Sara"} | self.userinfo

    issuer = ""


class Handler(BaseHTTPRequestHandler):
    """HTTP in front of it."""

    provider: IdentityProvider

    def do_GET(self) -> None:  # noqa: N802  # the name that http.server asks for
        path, query = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
        self.provider.seen.append(path)
        match path:
            case "/.well-known/openid-configuration":
                self.answer(self.provider.addresses())
            case "/jwks":
                self.answer(self.provider.keys())
            case "/authorize":
                self.send_response(302)
                self.send_header("Location", self.provider.authorize(query))
                self.send_header("Content-Length", "0")
                self.end_headers()
            case "/userinfo":
                self.answer(self.provider.info(self.headers["Authorization"]))
            case "/elsewhere":
                self.send_response(302)
                self.send_header("Location", "/jwks")
                self.end_headers()
            case _:
                self.send_error(404)

    def do_POST(self) -> None:  # noqa: N802  # the name that http.server asks for
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self.provider.seen.append(self.path)
        try:
            self.answer(self.provider.token(form))
        except (AssertionError, KeyError, jwt.PyJWTError):
            self.answer({"error": "invalid_grant"}, status=400)

    def answer(self, found: Claims, status: int = 200) -> None:
        body = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[IdentityProvider]:
    """An identity provider that answers on a port of its own."""
    provider = IdentityProvider()
    handler = type("Handler", (Handler,), {"provider": provider})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield provider
        server.shutdown()
        thread.join()
