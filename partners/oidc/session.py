"""What a session has proved at the identity provider, and for whom it counts."""

import time
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from partners.models import User
from partners.oidc.tokens import Proof

WORKING_DAY = 8 * 3600  # seconds that one proof may carry a session
# What a session knows of its proof; `partners.step_up` reads the last two.
AT, PROVED_AT, AGAIN = "loa3_at", "sso_auth_at", "sso_again"


def bindings(user: User) -> QuerySet[SocialAccount]:
    """The identities of the present provider that open this account; none while there is no provider."""
    found: QuerySet[SocialAccount] = SocialAccount.objects.filter(user=user, provider=settings.OIDC_ISSUER or None)
    return found


def note(request: HttpRequest, user: User, proof: Proof, *, again: bool = False) -> None:
    """Keep with the session, for this account alone, what the identity provider has proved."""
    extra: dict[str, Any] = {
        "provider": settings.OIDC_ISSUER,
        "uid": proof.subject,
        "auth_time": proof.authenticated_at,
    }
    record_authentication(request, user, "socialaccount", **extra, reauthenticated=again or None)


def records(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    """What this session has proved of this account with the present provider, oldest first."""
    return [
        record
        for record in get_authentication_records(request, user)
        if record["method"] == "socialaccount" and record.get("provider") == settings.OIDC_ISSUER
    ]


def remember(request: HttpRequest, user: User, **extra: Any) -> None:
    """Carry the proof of whoever has just come in, and of nobody who was in this browser before."""
    forget(request)
    if own := records(request, user):
        request.session[AT] = own[-1]["at"]
        request.session[PROVED_AT] = own[-1]["auth_time"]
        request.session[AGAIN] = reverse("sso:confirm")


def forget(request: HttpRequest) -> None:
    """Let this session carry no proof of the identity provider."""
    for name in (AT, PROVED_AT, AGAIN):
        request.session.pop(name, None)


def counts_as_factor(request: HttpRequest, user: User) -> bool:
    """A proof of this working day, by a binding that still stands, for somebody without a factor of their own."""
    if not settings.OIDC_ISSUER or time.time() - request.session.get(AT, 0) > WORKING_DAY:
        return False
    used = [record["uid"] for record in records(request, user)]
    return bool(used) and bindings(user).filter(uid__in=used).exists() and not has_own_factor(user)


def has_own_factor(user: User) -> bool:
    """Whether the account has an authenticator app or a key besides."""
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    return bool(Authenticator.objects.filter(user=user, type__in=kinds).exists())


def is_second_factor_of(user: User) -> bool:
    """Whether the identity provider is this account's second factor."""
    return bool(settings.OIDC_ISSUER) and bindings(user).exists() and not has_own_factor(user)
