"""What waits to be done, and who looked at what."""

from django.contrib import admin

from cases.admin.kinds import ReadOnlyAdmin
from returns_portal.models import Look, OutboxItem


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
