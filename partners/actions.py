"""What happens to organisations and their people: founded, invited, joined, promoted, ended."""

import secrets
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from partners import demo_accounts, departures, emails
from partners.models import Invitation, Organisation, User


class Refusal(Exception):
    """An act that cannot happen, with the sentence that says why."""

    sentence: str | Promise = _("This cannot be done now.")

    def __str__(self) -> str:
        return str(self.sentence)


class InvitationClosed(Refusal):
    """The invitation was used, withdrawn or is too old."""

    sentence = _("This invitation has been used or is too old. Ask the person who invited you for a new one.")


class AlreadyInvited(Refusal):
    """The address belongs to somebody with an account."""

    sentence = _("This e-mail address already has an account. Ask an administrator if the person has changed work.")


class LastManager(Refusal):
    """An organisation keeps at least one manager."""

    sentence = _("This is the last manager of the organisation. Make somebody else a manager first.")


class NotActive(Refusal):
    """The organisation does not take part."""

    sentence = _("This organisation does not take part at present, so nobody can be invited to it.")


def make_group(organisation: Organisation) -> Group:
    """The group that grants to this organisation are given to."""
    group, _made = Group.objects.get_or_create(name=f"organisation:{organisation.pk}")
    return group


@transaction.atomic
def found_organisation(*, name: str, kind: str, short_name: str = "", **fields: Any) -> Organisation:
    """A new organisation together with its group."""
    organisation = Organisation(name=name, kind=kind, short_name=short_name or name[:40], **fields)
    organisation.group = make_group(organisation)
    organisation.save()
    return organisation


@transaction.atomic
def invite(email: str, organisation: Organisation, role: str, by: User) -> Invitation:
    """Let one person into the organisation by mail; an earlier invitation to the address ends."""
    _require_manager_of(organisation, by)
    email = email.strip().lower()
    if not organisation.is_active:
        raise NotActive
    if User.objects.filter(email__iexact=email).exists():
        raise AlreadyInvited
    Invitation.objects.live().filter(email=email, organisation=organisation).update(expires_at=timezone.now())
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        email=email, organisation=organisation, role=role, invited_by=by, token_hash=Invitation.hash_of(token)
    )
    # The token is nowhere but in the mail, so the mail goes out by itself and not through the outbox's table.
    transaction.on_commit(lambda: emails.send_invitation(invitation, token), robust=True)
    return invitation


@transaction.atomic
def withdraw_invitation(invitation: Invitation, by: User) -> None:
    """End an invitation that nobody has used."""
    _require_manager_of(invitation.organisation, by)
    Invitation.objects.live().filter(pk=invitation.pk).update(expires_at=timezone.now())


def open_invitation(token: str) -> Invitation:
    """The invitation of this token, while it lets somebody in."""
    found = Invitation.objects.live().select_related("organisation").filter(token_hash=Invitation.hash_of(token))
    invitation = found.first()
    if invitation is None or not invitation.organisation.is_active:
        raise InvitationClosed
    return invitation


@transaction.atomic
def accept_invitation(token: str, name: str, password: str, language: str) -> User:
    """Make the account; the address is verified, since the token came by mail to it."""
    held = Invitation.objects.select_for_update(of=("self",)).filter(token_hash=Invitation.hash_of(token)).first()
    if held is None or not held.is_open:
        raise InvitationClosed
    invitation = open_invitation(token)
    if User.objects.filter(email__iexact=invitation.email).exists():
        raise AlreadyInvited
    user = make_colleague(
        email=invitation.email,
        name=name,
        password=make_password(password),
        organisation=invitation.organisation,
        role=invitation.role,
        language=language,
    )
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    return user


def make_colleague(*, email: str, name: str, password: str, **fields: Any) -> User:
    """An account with a verified address, in its organisation's group; `password` is already hashed."""
    user = User.objects.create(email=email.strip().lower(), name=name.strip(), password=password, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    place(user)
    return user


def place(user: User) -> None:
    """Keep the person in exactly the group of their organisation, or in none."""
    user.groups.set([user.organisation.group_id] if user.organisation and user.is_active else [])


@transaction.atomic
def change_role(user: User, role: str, by: User) -> None:
    """Make somebody a manager or a member; an organisation keeps its last manager."""
    _require_manager_of(user.organisation, by)
    if role != User.Role.MANAGER:
        keep_a_manager(user)
    user.role = role
    user.save(update_fields=["role"])


@transaction.atomic
def end_colleague(user: User, by: User) -> None:
    """Close an account at once: sessions end, and the person's work goes back in the queue."""
    _require_manager_of(user.organisation, by)
    keep_a_manager(user)
    close_account(user)


def close_account(user: User) -> None:
    """What ending means, whoever decided it."""
    user.is_active = False
    user.save(update_fields=["is_active"])
    place(user)
    end_sessions(user)
    departures.announce(user)


def keep_a_manager(user: User) -> None:
    """Refuse what would leave the organisation without an active manager; two at once wait for each other."""
    if not (user.is_manager and user.is_active):
        return
    managers = User.objects.select_for_update(of=("self",)).filter(
        organisation=user.organisation_id, role=User.Role.MANAGER, is_active=True
    )
    if not any(manager.pk != user.pk for manager in managers.order_by("pk")):
        raise LastManager


def end_sessions(user: User, but: str = "") -> None:
    """Sign the person out everywhere, except in the session with the key `but`.

    Where no session stays, nothing stays that opens without one.
    """
    for session in UserSession.objects.filter(user=user).exclude(session_key=but):
        session.end()
    if not but:
        departures.throw_out(user)


def sessions_of(user: User, here: str) -> list[UserSession]:
    """Where the person is signed in: the session with the key `here` first, then by when it was last used."""
    live = UserSession.objects.purge_and_list(user)
    return sorted(live, key=lambda session: (session.session_key != here, -session.last_seen_at.timestamp()))


def remove_factors(user: User) -> None:
    """Help somebody who lost their phone: they set up a new factor when they sign in, and learn of it by mail."""
    Authenticator.objects.filter(user=user).delete()
    end_sessions(user)
    transaction.on_commit(lambda: emails.send_change(user, "factors_removed"), robust=True)


def save_settings(user: User, *, language: str, theme: str, phone: str) -> None:
    """Keep what a person chose for themselves."""
    user.language, user.theme, user.phone = language, theme, phone
    user.save(update_fields=["language", "theme", "phone"])


def set_language(user: User, language: str) -> None:
    """Answer this person in this language from now on; empty follows the browser."""
    user.language = language
    user.save(update_fields=["language"])


def set_theme(user: User, theme: str) -> None:
    """Show the portal light, dark, or as the device is."""
    user.theme = theme
    user.save(update_fields=["theme"])


def _require_manager_of(organisation: Organisation | None, by: User) -> None:
    own = organisation is not None and by.is_manager and by.organisation_id == organisation.pk
    if not (by.is_active and (own or by.is_staff)):
        raise PermissionDenied


@transaction.atomic
def load_demo_organisations() -> dict[str, Organisation]:
    """The demo's organisations by key, with their people; what is there already stays."""
    organisations = {}
    for made in demo_accounts.ORGANISATIONS:
        found = Organisation.objects.filter(name=made.name).first()
        organisations[made.key] = found or found_organisation(
            name=made.name, kind=made.kind, short_name=made.short_name, country=made.country, phone=made.phone
        )
    password = make_password(demo_accounts.PASSWORD)
    for account in demo_accounts.ACCOUNTS:
        if not User.objects.filter(email=account.email).exists():
            is_admin = not account.organisation
            make_colleague(
                email=account.email,
                name=account.name,
                password=password,
                organisation=organisations.get(account.organisation),
                role=account.role,
                is_staff=is_admin,
                is_superuser=is_admin,
            )
    return organisations
