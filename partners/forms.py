"""What people type about themselves and their colleagues; checked here, saved by actions."""

import hashlib
from typing import Any

from allauth.account.forms import LoginForm
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from allauth.mfa.webauthn.internal import auth as webauthn
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from partners.models import User


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth has no types
    """E-mail and password; the way to a new password is a link beside the button."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in {"login": _("E-mail"), "password": _("Password")}.items():
            self.fields[name].label = label
            self.fields[name].help_text = ""
            self.fields[name].widget.attrs.pop("placeholder", None)


class OnceOnly:
    """A question is answered once, however many requests bring a key's answer to it at the same moment."""

    def clean_credential(self) -> Authenticator:
        """The key that signed, unless its answer came too late."""
        challenge = str((webauthn.get_state() or {}).get("challenge", ""))
        authenticator = super().clean_credential()  # type: ignore[misc]  # of the form beside this class
        mark = f"key-challenge:{hashlib.sha256(challenge.encode()).hexdigest()}"
        if not cache.add(mark, "answered", timeout=settings.SESSION_COOKIE_AGE):
            raise get_mfa_adapter().validation_error("incorrect_code")
        return authenticator


class AddKeyForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """A new key; where passkeys open the portal it becomes one unless somebody says otherwise."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the key")
        if settings.MFA_PASSKEY_LOGIN_ENABLED:
            self.fields["passwordless"] = forms.BooleanField(
                label=_("Sign in with this key alone"),
                help_text=_("It then asks for your finger, face or PIN instead of your password."),
                required=False,
                initial=True,
            )


class KeyForm(OnceOnly, AuthenticateWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """A key as the second factor."""


class PasskeyForm(OnceOnly, LoginWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """A key as all there is to the sign-in."""


class KeyAgainForm(OnceOnly, ReauthenticateWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """A key that proves anew who sits here."""


class InviteForm(forms.Form):
    """Whom a manager lets in."""

    email = forms.EmailField(
        label=_("Work e-mail"),
        max_length=254,
        help_text=_("The invitation is sent to this address and is valid for three days."),
    )
    role = forms.ChoiceField(
        label=_("Role"),
        choices=User.Role.choices,
        initial=User.Role.MEMBER,
        widget=forms.RadioSelect,
        help_text=_("Managers see the organisation's overview, hand work to others, and invite and end colleagues."),
    )


class RoleForm(forms.Form):
    """Member or manager."""

    role = forms.ChoiceField(label=_("Role"), choices=User.Role.choices, widget=forms.RadioSelect)


class AcceptForm(forms.Form):
    """What an invited person tells of themselves."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        help_text=_("As your colleagues and partners see it."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("At least 12 characters. Four words that do not belong together make a good one."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    rules = forms.BooleanField(
        label=_("I follow these rules"),
        error_messages={"required": _("Tick the box if you accept the rules. Without it no account is made.")},
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email
        own = {"sv": "Svenska", "en-gb": "English"}
        self.fields["language"].choices = [(code, own.get(code, name)) for code, name in settings.LANGUAGES]  # type: ignore[attr-defined]  # a choice field

    def clean(self) -> dict[str, Any]:
        """A password that is long, uncommon and unlike the name."""
        cleaned = super().clean() or {}
        if password := cleaned.get("password"):
            try:
                validate_password(password, User(email=self.email, name=cleaned.get("name", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


class SettingsForm(forms.Form):
    """What a person chooses for themselves."""

    language = forms.ChoiceField(label=_("Language"), choices=User.Language.choices, required=False)
    theme = forms.ChoiceField(label=_("Appearance"), choices=User.Theme.choices, required=False)
    phone = forms.CharField(
        label=_("Work phone"),
        max_length=40,
        required=False,
        help_text=_("Shown to the partners of your cases."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )


class LanguageForm(forms.Form):
    """The choice in the footer of every page."""

    language = forms.ChoiceField(choices=settings.LANGUAGES)
