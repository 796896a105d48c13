"""Cases in Django admin: rules, lists and texts to change; of a case only what it takes to run the portal."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermission, UserObjectPermission

from cases.actions.remind import deeds
from cases.clocks import has_holidays
from cases.clocks.recipients import WORDS
from cases.defaults import RULES
from cases.models import Case, ClockRule, CodeEntry, PortalText, ProgrammeNumber
from returns_portal.models import Look, OutboxItem


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """What administrators look at and never change."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: a case moves only through its transitions."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    """Code, state, organisations and dates: no alias, no name, no content."""

    list_display = ("code_shown", "state", "referring", "approving", "local_office", "created_at", "changed_at")
    list_filter = ("state", "referring__kind")
    search_fields = ("code",)
    list_select_related = ("referring", "approving", "local_office")
    ordering = ("-changed_at",)
    fields = (
        "code_shown",
        "state",
        "round",
        "referring",
        "approving",
        "local_office",
        "created_at",
        "changed_at",
        "submitted_at",
        "decided_at",
        "closed_at",
        "retention_on",
    )
    readonly_fields = fields


class ClockRuleForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Numbers and recipients of a rule; a safety rule cannot be made silent."""

    class Meta:
        model = ClockRule
        fields = ("name", "amount", "urgent_amount", "unit", "warnings", "to", "escalations", "is_active")
        help_texts: ClassVar[dict[str, Any]] = {
            "warnings": _("Days (in a rule of hours: hours) from the due moment, with commas; −7 is seven before."),
            "to": _("Who is reminded, with commas."),
        }

    def clean_escalations(self) -> list[list[Any]]:
        """Pairs of a whole number and one of the words that name recipients."""
        pairs = self.cleaned_data["escalations"] or []
        if not isinstance(pairs, list) or not all(
            isinstance(pair, list) and len(pair) == 2 and type(pair[0]) is int and pair[1] in known_words()
            for pair in pairs
        ):
            raise ValidationError(
                _('Write pairs such as [[2, "approving_managers"]]: a number and a recipient. Recipients: %(words)s.')
                % {"words": ", ".join(sorted(known_words()))}
            )
        return pairs

    def clean_to(self) -> list[str]:
        """Words that name recipients."""
        words = self.cleaned_data["to"]
        if unknown := set(words) - known_words():
            raise ValidationError(
                _("Unknown recipients: %(unknown)s. Known are: %(words)s.")
                % {"unknown": ", ".join(sorted(unknown)), "words": ", ".join(sorted(known_words()))}
            )
        return list(words)

    def clean(self) -> dict[str, Any]:
        """A safety rule stays in force and goes on telling those whom it was made to tell."""
        cleaned = super().clean() or {}
        if self.instance.is_safety and not self.errors and self._is_silenced(cleaned):
            raise ValidationError(
                _(
                    "A safety rule cannot be made silent: it stays in force, with its warnings, and those whom it tells"
                    " may be added to but not taken away."
                )
            )
        return cleaned

    def _is_silenced(self, cleaned: dict[str, Any]) -> bool:
        to, escalations = next((rule[6], rule[7]) for rule in RULES if rule[0] == self.instance.code)
        told = {who for _units, who in cleaned["escalations"]}
        return (
            not cleaned["is_active"]
            or not cleaned["warnings"]
            or not set(to) <= set(cleaned["to"])
            or not {who for _units, who in escalations} <= told
        )


def known_words() -> frozenset[str]:
    """The words that name recipients, and what else an escalation may do."""
    return WORDS | frozenset(deeds)


@admin.register(ClockRule)
class ClockRuleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """The rules of reminding (process, section 5)."""

    form = ClockRuleForm
    list_display = ("name", "amount", "urgent_amount", "unit", "is_safety", "is_active")
    list_filter = ("is_safety", "is_active")
    readonly_fields = ("code", "is_safety", "countries_without_holidays")
    fields = (
        "code",
        "name",
        "is_safety",
        "amount",
        "urgent_amount",
        "unit",
        "warnings",
        "to",
        "escalations",
        "is_active",
        "countries_without_holidays",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rules come with the portal: each is tied to a fact in the code."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A rule is put out of force instead."""
        return False

    @admin.display(description=_("Destinations whose holidays are not known (weekends only)"))
    def countries_without_holidays(self, rule: ClockRule) -> str:
        """The destinations of open cases that the holidays library lacks."""
        codes = Case.objects.open().exclude(destination="").values_list("destination", flat=True).distinct()
        return ", ".join(sorted(code for code in codes if not has_holidays(code))) or "–"


class FixedListAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Rows that come with the portal; only their contents change."""

    readonly_fields = ("code",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They come with the portal."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The code relies on them."""
        return False


@admin.register(ProgrammeNumber)
class ProgrammeNumberAdmin(FixedListAdmin):
    """Numbers of the programme."""

    list_display = ("name", "amount")
    fields = ("code", "name", "amount")


@admin.register(PortalText)
class PortalTextAdmin(FixedListAdmin):
    """Texts of the portal."""

    list_display = ("code",)
    fields = ("code", "text_sv", "text_en")


@admin.register(CodeEntry)
class CodeEntryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Code lists that the programme keeps itself."""

    list_display = ("code_list", "code", "name_sv", "name_en", "is_active", "position")
    list_filter = ("code_list", "is_active")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A code that rows may hold does not change."""
        return ("code_list", "code") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An entry that is no longer offered stays, for the rows that hold it."""
        return False


@admin.register(OutboxItem)
class OutboxItemAdmin(ReadOnlyAdmin):
    """What is still to be sent or made, and what failed."""

    list_display = ("kind", "due_at", "attempts", "done_at", "failed_at", "last_error")
    list_filter = ("kind", ("failed_at", admin.EmptyFieldListFilter), ("done_at", admin.EmptyFieldListFilter))
    fields = ("kind", "created_at", "due_at", "attempts", "leased_until", "done_at", "failed_at", "last_error")


@admin.register(Look)
class LookAdmin(ReadOnlyAdmin):
    """Who looked at what."""

    list_display = ("at", "user_id", "case_id", "section", "action", "path_name")
    list_filter = ("action", "section")
    ordering = ("-at",)


# Case rights are granted by events only, and never from the administration.
for model in (GroupObjectPermission, UserObjectPermission):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
