"""Cases in Django admin: rules, lists and texts to change; of a case only what it takes to run the portal."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermission, UserObjectPermission

from cases.actions.archive import LEAST_WAIT, LONGEST_WAIT
from cases.actions.remind import deeds
from cases.clocks import has_holidays
from cases.clocks.recipients import WORDS
from cases.defaults import RULES
from cases.models import Case, CaseInAdministration, ClockRule, CodeEntry, PortalText, ProgrammeNumber, RetentionRule
from returns_portal import looks
from returns_portal.actor import acting_as_system
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


@admin.register(CaseInAdministration)
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

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A list is a look too, at every case that it shows."""
        response = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and (found := (response.context_data or {}).get("cl")):
            looks.record(request.user, None, "", "list", "admin:cases", shown=[case.pk for case in found.result_list])
        return response

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """And so is the page of one of them."""
        case = super().get_object(request, object_id, from_field)
        if case is not None:
            looks.record(request.user, None, "", "list", "admin:cases", shown=[case.pk])
        return case


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
        with acting_as_system("administration"):  # which countries there are; of whom, stays closed to administrators
            codes = set(Case.objects.open().exclude(destination="").values_list("destination", flat=True))
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


class RetentionRuleForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Nothing is kept for more than a hundred years: a day beyond the calendar would stop the counting for all."""

    MOST: ClassVar[dict[str, int]] = {"years": 100, "months": 1200, "days": 36500}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.MOST.keys() & self.fields.keys():  # who may only look has no fields
            self.fields[name].validators.append(MaxValueValidator(self.MOST[name]))


@admin.register(RetentionRule)
class RetentionRuleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """How long records are kept, by which decision. A change meets what ends from now on."""

    form = RetentionRuleForm
    list_display = (
        "organisation_kind",
        "trigger",
        "years",
        "months",
        "days",
        "to_end_of_next_year",
        "action",
        "decision_ref",
        "is_active",
    )
    list_filter = ("organisation_kind", "is_active")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """For whom and which end a rule is does not change: destruction lists name it."""
        return ("organisation_kind", "trigger") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A rule is put out of force instead."""
        return False


class ProgrammeNumberForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A number that others rely on has its bounds."""

    def clean_amount(self) -> int:
        """Whoever signs a destruction list has at least a week to stop it, and no number is beyond all measure."""
        least = LEAST_WAIT if self.instance.code == "destruction_wait_days" else 0
        amount: int = self.cleaned_data["amount"]
        MinValueValidator(least)(amount)
        MaxValueValidator(LONGEST_WAIT)(amount)
        return amount


@admin.register(ProgrammeNumber)
class ProgrammeNumberAdmin(FixedListAdmin):
    """Numbers of the programme."""

    form = ProgrammeNumberForm
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
