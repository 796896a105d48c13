"""The identity provider as the settings name it, the way to it, and the way back."""

import json
import secrets
import time
from typing import Any
from urllib.parse import urlsplit

import requests
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from partners.oidc import tokens
from partners.oidc.session import WORKING_DAY
from partners.oidc.tokens import Proof, Refused

DISCOVERY = "/.well-known/openid-configuration"
SIGNED_BY_JWT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

State = dict[str, Any]


class FromSettings(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Knows the one provider of the settings and no table of providers; opens no account by itself."""

    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> list[Any]:
        """The portal as that provider's client."""
        if not settings.OIDC_ISSUER or provider not in (None, settings.OIDC_ISSUER):
            return []
        # An account is bound to what stands in `provider_id` and the subject, so the issuer itself stands there.
        named = {"provider": SingleSignOn.id, "provider_id": settings.OIDC_ISSUER, "name": settings.OIDC_NAME}
        return [SocialApp(**named, client_id=settings.OIDC_CLIENT_ID)]

    def list_providers(self, request: HttpRequest) -> list[Any]:
        """That provider, or none."""
        return [SingleSignOn(request, app=app) for app in self.list_apps(request)]

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> "SingleSignOn":
        """The provider of this issuer."""
        return SingleSignOn(request, app=self.get_app(request, provider=provider, client_id=client_id))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never: accounts come from invitations."""
        return False

    def can_authenticate_by_email(self, login: Any, email: str) -> bool:
        """Never: an address proves nothing about a person."""
        return False

    def on_authentication_error(self, request: HttpRequest, provider: Any, **extra: Any) -> None:
        """Let our own view say what went wrong."""
        raise extra.get("exception") or Refused("error")

    def generate_state_param(self, state: State) -> str:
        """Nothing that could be guessed."""
        return secrets.token_urlsafe(32)

    def get_requests_session(self) -> requests.Session:
        """A short patience, and no address but the one that was asked for."""
        session: requests.Session = super().get_requests_session()
        session.max_redirects = 0
        return session


class WayBack(OAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    """The provider's addresses, and what it answers to a code."""

    provider_id = ""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.provider_id = settings.OIDC_ISSUER
        self._addresses: dict[str, Any] = {}

    @property
    def addresses(self) -> dict[str, Any]:
        """What the provider publishes about itself, held to its own name and to encrypted connections."""
        if not self._addresses:
            found = fetch(settings.OIDC_ISSUER.rstrip("/") + DISCOVERY)
            if found.get("issuer") != settings.OIDC_ISSUER:
                raise Refused("issuer of the discovery")
            self._addresses = found
        return self._addresses

    def address(self, name: str) -> str:
        """One of them; it is encrypted wherever the issuer's own is."""
        url = str(self.addresses.get(name, ""))
        if urlsplit(url).scheme not in {"https", urlsplit(settings.OIDC_ISSUER).scheme}:
            raise Refused(name)
        return url

    @property
    def authorize_url(self) -> str:
        """Where the browser is sent."""
        return self.address("authorization_endpoint")

    @property
    def access_token_url(self) -> str:
        """Where a code is changed for tokens."""
        return self.address("token_endpoint")

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """Where the browser comes back to; the provider has it on its list."""
        return request.build_absolute_uri(reverse("sso:callback"))

    def proof(self, state: State) -> Proof:
        """Change the code of this request for tokens, and believe them only when everything holds."""
        if self.request.GET.get("iss", settings.OIDC_ISSUER) != settings.OIDC_ISSUER:
            raise Refused("iss of the answer")
        answer = self.change_code(self.request.GET.get("code", ""), state["pkce_code_verifier"])
        expected = tokens.Expected(nonce=state["nonce"], authenticated_after=state["authenticated_after"])
        proof = tokens.read(str(answer.get("id_token", "")), fetch(self.address("jwks_uri")), expected)
        self.compare(proof, str(answer.get("access_token", "")))
        return proof

    def change_code(self, code: str, verifier: str) -> dict[str, Any]:
        """What the token endpoint gives for a code, to a portal that signs for itself."""
        url = self.access_token_url
        data = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": self.get_callback_url(self.request, None),
            "client_id": settings.OIDC_CLIENT_ID,
            "client_assertion_type": SIGNED_BY_JWT,
            "client_assertion": tokens.assertion(url),
        }
        return fetch(url, data=data)

    def compare(self, proof: Proof, access_token: str) -> None:
        """The person whom the access token belongs to must be the one in the id_token."""
        if "userinfo_endpoint" in self.addresses:
            told = fetch(self.address("userinfo_endpoint"), headers={"Authorization": f"Bearer {access_token}"})
            if not constant_time_compare(str(told.get("sub", "")), proof.subject):
                raise Refused("sub of the userinfo")


class SingleSignOn(OAuth2Provider):  # type: ignore[misc]  # allauth has no types
    """Code flow with PKCE, state and nonce; the level of assurance is asked for as essential."""

    id = "sso"
    pkce_enabled_default = True
    oauth2_adapter_class = WayBack
    supports_token_authentication = False

    def get_default_scope(self) -> list[str]:
        """Who it is, and nothing about them."""
        return ["openid"]

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """To the identity provider. `again` asks it to prove the person anew, whatever it remembers."""
        again, nonce = kwargs.pop("again", False), secrets.token_urlsafe(32)
        age = 0 if again else WORKING_DAY
        answer: HttpResponse = super().redirect(
            request,
            process,
            next_url=next_url,
            data=data,
            auth_params=questions(nonce, age, again=again),
            nonce=nonce,
            authenticated_after=time.time() - age,
            **kwargs,
        )
        return answer


def questions(nonce: str, age: int, *, again: bool) -> dict[str, str]:
    """What an authentication request asks beyond OAuth."""
    level: dict[str, Any] = {"essential": True, "values": settings.OIDC_ACR}
    claims = {"id_token": {"acr": level, "auth_time": {"essential": True}}}
    asked = {
        "nonce": nonce,
        "acr_values": " ".join(settings.OIDC_ACR),
        "claims": json.dumps(claims),
        "max_age": str(age),
    }
    return asked | ({"prompt": "login"} if again else {})


def fetch(url: str, *, data: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """An object of JSON from the provider; what it refuses, and anything else, is refused."""
    with get_adapter().get_requests_session() as session:
        answer = session.request("POST" if data else "GET", url, data=data, headers=headers)
        if 400 <= answer.status_code < 500:
            raise Refused(f"status {answer.status_code}")
        answer.raise_for_status()
        found = answer.json()
    if not isinstance(found, dict):
        raise Refused("shape of the answer")
    return found
