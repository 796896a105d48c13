"""How people sign in: django-allauth, without a sign-up, with sealed factors and mail that says little."""

import base64
from collections import Counter
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.flows.login import record_authentication
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners import departures, step_up
from partners.afterwards import afterwards
from partners.models import User
from partners.oidc import session
from returns_portal import crypto
from returns_portal.actor import acting_as

SEALED_FOR = b"mfa_authenticator.data"


class SignInBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """Knows the account together with its organisation, and lets nobody in whose organisation has left."""

    def get_user(self, user_id: Any) -> User | None:
        """The account of a session, with its organisation in the same statement."""
        user = User.objects.select_related("organisation").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: Any) -> bool:
        """Active, and of an organisation that takes part (administrators have none)."""
        return bool(user.is_active and (user.organisation is None or user.organisation.is_active))


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts come from invitations only; mail about them is plain text with one neutral subject."""

    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": gettext_lazy("The e-mail address or the password is not right. Try again."),
        "too_many_login_attempts": gettext_lazy("Too many attempts. Wait five minutes and try again."),
        "incorrect_code": gettext_lazy("The code is not right. Enter the one shown now."),
        "incorrect_password": gettext_lazy("The password is not right. Try again."),
        "rate_limited": gettext_lazy("Too many attempts. Wait a few minutes and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: a colleague or an administrator invites."""
        return False

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Hold off the people of an organisation that has left, as those whose own account is closed."""
        if user.organisation is not None and not user.organisation.is_active:
            user.is_active = False  # for this attempt only; nothing is saved
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Do not ask again for what was proved a moment ago at the sign-in.

        Of whoever has neither password nor factor the library never asks; here they go back to where they signed in.
        """
        if step_up.is_fresh(context.request):
            return False
        if not self.get_reauthentication_methods(context.request.user):
            raise ImmediateHttpResponse(step_up.ask_again(context.request))
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Keys first, then codes; a password alone does for nobody who has to have a second factor and has one."""
        methods = super().get_reauthentication_methods(user)
        factors = [method for method in reversed(methods) if method["id"] != "reauthenticate"]
        if user.is_authenticated and session.is_second_factor_of(user):
            factors.append(
                {"id": "sso", "description": _("Use your authority’s sign-in"), "url": reverse("sso:confirm")}
            )
        if settings.REQUIRE_MFA and factors:
            return factors
        return factors + [method for method in methods if method["id"] == "reauthenticate"]

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **extra: Any
    ) -> None:
        """Leave out the greetings at sign-in and sign-out; they name the account."""
        if message_template not in ("account/messages/logged_in.txt", "account/messages/logged_out.txt"):
            super().add_message(request, level, message_template, *args, **extra)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write and send once the answer has left: its time, and a mail server that is away, would tell of an account.

        The links hold tokens, which lie in no table of ours, so this does not go through the outbox: a mail lost with
        the process is asked for again.
        """
        language = translation.get_language()

        def send() -> None:
            with translation.override(language):
                self.render_mail(template_prefix, email, context).send()

        afterwards(self.request, send)

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMultiAlternatives:
        """Plain text in the receiver's language, from `templates/emails/account/`."""
        language = getattr(context.get("user"), "language", "") or translation.get_language() or settings.LANGUAGE_CODE
        name = template_prefix.rsplit("/", 1)[-1]
        templates = [f"emails/account/{name}.txt", "emails/account/changed.txt"]
        with translation.override(language):
            body = render_to_string(templates[0] if name in OWN_WORDS else templates[1], context | {"what": name})
            subject = _("Your account in the Returns Portal")
        to = [email] if isinstance(email, str) else email
        return EmailMultiAlternatives(subject, body.strip() + "\n", self.get_from_email(), to, headers=headers)


OWN_WORDS = ("password_reset_key", "email_confirmation", "email_confirmation_signup")


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Second factors, their secrets sealed with the portal's keys."""

    error_messages: ClassVar[dict[str, Any]] = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("The code is not right. Enter the one shown now."),
    }

    def encrypt(self, text: str) -> str:
        """Seal a secret with the newest key."""
        name, key = settings.SEALING_KEYS[0]
        return f"{name}:{base64.b64encode(crypto.seal_bytes(key, text.encode(), SEALED_FOR)).decode()}"

    def decrypt(self, encrypted_text: str) -> str:
        """Open a secret with the key that sealed it."""
        name, _colon, sealed = encrypted_text.partition(":")
        key = dict(settings.SEALING_KEYS)[name]
        return crypto.open_bytes(key, base64.b64decode(sealed), SEALED_FOR).decode()

    def build_totp_svg(self, url: str) -> SafeString:
        """The picture to scan, as an element: our content policy allows no data addresses."""
        svg = str(super().build_totp_svg(url))
        return mark_safe(svg[svg.index("<svg") :])  # noqa: S308  # drawn by qrcode from numbers alone

    def _get_site_name(self) -> str:
        return str(settings.MFA_TOTP_ISSUER)


@transaction.atomic
def reseal_factors() -> int:
    """Seal every factor's secret anew with the newest key; how many were sealed with an older one."""
    adapter, newest, changed = FactorAdapter(), settings.SEALING_KEYS[0][0], 0
    # Locked: a recovery code that is used meanwhile is noted in the same column.
    for authenticator in _sealed_factors().select_for_update():
        sealed = _sealed_secrets(authenticator)
        if any(value.partition(":")[0] != newest for value in sealed.values()):
            try:
                opened = {name: adapter.decrypt(value) for name, value in sealed.items()}
            except (KeyError, crypto.SealingError):
                continue  # it stays as it lies, and counts among what still needs its old key
            authenticator.data |= {name: adapter.encrypt(secret) for name, secret in opened.items()}
            authenticator.save(update_fields=["data"])
            changed += 1
    return changed


def keys_of_factors() -> Counter[str]:
    """How many secrets each key of the list still seals."""
    return Counter(
        value.partition(":")[0] for factor in _sealed_factors() for value in _sealed_secrets(factor).values()
    )


def _sealed_factors() -> QuerySet[Authenticator]:
    return Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN)  # type: ignore[no-any-return]  # allauth has no types


def _sealed_secrets(authenticator: Authenticator) -> dict[str, str]:
    return {name: authenticator.data[name] for name in ("secret", "seed") if name in authenticator.data}


def count_enrolment(request: HttpRequest, user: User, authenticator: Authenticator, **extra: Any) -> None:
    """Setting up a factor proves that one has it, so this session need not ask for it again at once."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record_authentication(request, user, method="mfa", id=authenticator.pk, type=authenticator.type)


def renew_session_key(request: HttpRequest, user: User, **extra: Any) -> None:
    """A session that has just proved more gets a new key, in case somebody knew the old one."""
    if extra.get("reauthenticated"):
        old = request.session.session_key
        request.session.cycle_key()
        UserSession.objects.filter(user=user, session_key=old).update(session_key=request.session.session_key)


def end_other_sessions(request: HttpRequest, user: User, **extra: Any) -> None:
    """A removed factor may have been a lost one: whoever else is in with it goes out."""
    from partners.actions import end_sessions  # the actions need the models of apps that load after this module

    end_sessions(user, but=request.session.session_key or "")
    departures.throw_out(user)


def close_doors(request: HttpRequest, user: User, **extra: Any) -> None:
    """Whoever knew the old password may have left themselves another way in."""
    with acting_as(user):  # who resets a forgotten one is not signed in
        departures.throw_out(user)
