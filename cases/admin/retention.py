"""How long records are kept."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.validators import MaxValueValidator
from django.http import HttpRequest

from cases.models import RetentionRule


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
