"""Of a case only what it takes to run the portal."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from cases.admin.kinds import ReadOnlyAdmin
from cases.models import CaseInAdministration
from returns_portal import looks


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
