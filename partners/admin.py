"""Organisations and people in Django admin. Nothing here leads to a case."""

from typing import Any

import allauth.account.admin  # noqa: F401  # registers what is taken out again below
import allauth.mfa.admin  # noqa: F401
import allauth.socialaccount.admin  # noqa: F401
import allauth.usersessions.admin  # noqa: F401
import django.contrib.auth.admin  # noqa: F401
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from partners import actions, departures, step_up
from partners.models import Invitation, Organisation, User

# Groups belong to organisations; addresses, factors, connections and sessions to their owners; providers to nobody.
OWNED = (EmailAddress, EmailConfirmation, Authenticator, SocialAccount, SocialApp, SocialToken, UserSession)
for model in (Group, *OWNED):
    try:
        admin.site.unregister(model)
    except NotRegistered:
        continue


class StepsUp(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Who is let in and who may what: shown and done on a fresh proof alone."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The form."""
        if step_up.is_fresh(request, step_up.window(request)):
            return super().changeform_view(request, *args, **kwargs)
        return step_up.ask_again(request)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The list, which anybody here may read, and what is done to the rows that are ticked."""
        if request.method == "POST" and not step_up.is_fresh(request, step_up.TO_SEND):
            return step_up.ask_again(request)
        return super().changelist_view(request, *args, **kwargs)


class OrganisationForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """An organisation, and the person to invite as its manager."""

    invite_manager = forms.EmailField(
        label=_("Invite a manager"),
        required=False,
        help_text=_("The address gets an invitation when you save. It is valid for three days."),
    )

    class Meta:
        model = Organisation
        fields = ("kind", "name", "short_name", "country", "phone", "email", "is_active")

    def clean_invite_manager(self) -> str:
        """An address that has no account yet."""
        email = str(self.cleaned_data["invite_manager"]).lower()
        if email and User.objects.filter(email__iexact=email).exists():
            raise ValidationError(str(actions.AlreadyInvited.sentence))
        return email


@admin.register(Organisation)
class OrganisationAdmin(StepsUp):
    """Found an organisation, set up its first manager, let it rest."""

    form = OrganisationForm
    list_display = ("name", "kind", "country", "is_active")
    list_filter = ("kind", "is_active")
    search_fields = ("name", "short_name")
    fields = ("kind", "name", "short_name", "country", "phone", "email", "is_active", "invite_manager")

    def get_readonly_fields(self, request: HttpRequest, obj: Organisation | None = None) -> tuple[str, ...]:
        """The kind decides what its people may do; it is chosen once."""
        return ("kind",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Organisation, form: Any, change: bool) -> None:
        """Make the group with the organisation, and send the invitation if one is asked for."""
        if not change:
            obj.group = actions.make_group(obj)
        super().save_model(request, obj, form, change)
        if email := form.cleaned_data.get("invite_manager"):
            try:
                actions.invite(email, obj, User.Role.MANAGER, by=_administrator(request))
            except actions.Refusal as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, _("The invitation is sent."))

    def has_delete_permission(self, request: HttpRequest, obj: Organisation | None = None) -> bool:
        """Never: its cases and its history name it. It is switched off."""
        return False


class UserForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """An account, without its password."""

    class Meta:
        model = User
        fields = ("name", "organisation", "role", "phone", "language", "is_active", "is_staff", "is_superuser")

    def clean(self) -> dict[str, Any] | None:
        """Refuse here what would leave an organisation without a manager."""
        cleaned = super().clean() or {}
        before = User.objects.get(pk=self.instance.pk)
        stays = cleaned.get("is_active") and cleaned.get("organisation") == before.organisation
        if not (stays and cleaned.get("role") == User.Role.MANAGER):
            try:
                actions.keep_a_manager(before)
            except actions.Refusal as refusal:
                raise ValidationError(str(refusal)) from refusal
        return cleaned


@admin.register(User)
class UserAdmin(StepsUp):
    """Accounts come from invitations; here they are moved, closed, and helped when a phone is lost."""

    form = UserForm
    list_display = ("name", "email", "organisation", "role", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "role", "organisation__kind")
    list_select_related = ("organisation",)
    search_fields = ("name", "email", "organisation__name")
    autocomplete_fields = ("organisation",)
    readonly_fields = ("email", "joined_at", "last_login")
    fields = (
        *("email", "name", "organisation", "role", "phone", "language"),
        *("is_active", "is_staff", "is_superuser", "joined_at", "last_login"),
    )
    actions = ("sign_out_everywhere", "remove_factors")

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """What a change means: the group follows the organisation; whoever is closed or moved leaves the work."""
        before = User.objects.select_related("organisation").get(pk=obj.pk)
        super().save_model(request, obj, form, change)
        actions.place(obj)
        if before.is_active and not obj.is_active:
            actions.close_account(obj)
        elif before.organisation_id and before.organisation_id != obj.organisation_id:
            departures.announce(before)
            actions.end_sessions(obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """By invitation only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Never: history names people. Accounts are closed."""
        return False

    @admin.action(description=_("Sign out everywhere"))
    def sign_out_everywhere(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """End every session of the chosen people."""
        for user in queryset:
            actions.end_sessions(user)
        self._tell(request, queryset.count())

    @admin.action(description=_("Remove the second factor (lost phone) and sign out"))
    def remove_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let people who lost their factor set up a new one; check first that it is they who ask."""
        for user in queryset:
            actions.remove_factors(user)
        self._tell(request, queryset.count())

    def _tell(self, request: HttpRequest, count: int) -> None:
        messages.success(request, ngettext("Done for %d account.", "Done for %d accounts.", count) % count)


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Who was invited by whom; to look at."""

    list_display = ("email", "organisation", "role", "invited_by", "created_at", "expires_at", "accepted_at")
    list_select_related = ("organisation", "invited_by")
    search_fields = ("email", "organisation__name")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Invitations are sent from the organisation."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        """Read-only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        """Read-only."""
        return False


def _administrator(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the admin site lets in nobody else
    return request.user
