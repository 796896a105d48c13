"""Numbers, texts and code lists that the office keeps itself."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest

from cases.actions import queue_ball_refresh
from cases.actions.archive import LEAST_WAIT, LONGEST_WAIT
from cases.admin.kinds import FixedListAdmin
from cases.models import CodeEntry, PortalText, ProgrammeNumber


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

    def save_model(self, request: HttpRequest, obj: ProgrammeNumber, form: Any, change: bool) -> None:
        """Whose turn it is, and by when, follows the numbers."""
        super().save_model(request, obj, form, change)
        if form.changed_data:
            queue_ball_refresh()


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
