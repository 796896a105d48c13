"""The rules of reminding, with a look at what a change would do before it is saved."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin import helpers
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from cases.actions import queue_ball_refresh
from cases.actions.dry_run import dry_run
from cases.admin.rule_form import ClockRuleForm
from cases.clocks import after, has_holidays
from cases.models import Case, ClockRule
from returns_portal import clock, looks
from returns_portal.actor import acting_as_system
from returns_portal.ui import day_in_words, moment_in_words

# A Friday whose week-end holds a holiday (Finland's, on the Sunday).
EXAMPLE = datetime(2026, 12, 4, 10, 0, tzinfo=clock.STOCKHOLM)


@admin.register(ClockRule)
class ClockRuleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """The rules of reminding (process, section 5)."""

    form = ClockRuleForm
    list_display = ("name", "amount", "urgent_amount", "unit", "is_safety", "is_active")
    list_filter = ("is_safety", "is_active")
    readonly_fields = ("code", "is_safety", "example", "countries_without_holidays")
    fields = (
        "code",
        "name",
        "is_safety",
        "amount",
        "urgent_amount",
        "unit",
        "example",
        "warnings",
        "to",
        "escalations",
        "text_sv",
        "text_en",
        "is_active",
        "countries_without_holidays",
    )

    def get_fields(self, request: HttpRequest, obj: ClockRule | None = None) -> Any:
        """Safety rules speak the portal's own words: a text of one's own could say that nothing is wrong."""
        own_text = {"text_sv", "text_en"} if obj is not None and obj.is_safety else set()
        return [name for name in self.fields if name not in own_text]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rules come with the portal: each is tied to a fact in the code."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A rule is put out of force instead."""
        return False

    def save_model(self, request: HttpRequest, obj: ClockRule, form: Any, change: bool) -> None:
        """Whose turn it is, and by when, follows the rules."""
        super().save_model(request, obj, form, change)
        if form.changed_data:
            queue_ball_refresh()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The form; its second button shows what would go out, and saves nothing."""
        if request.method == "POST" and "_dry_run" in request.POST and object_id is not None:
            return self._dry_run(request, object_id, form_url)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _dry_run(self, request: HttpRequest, object_id: str, form_url: str) -> HttpResponse:
        rule = self.get_object(request, unquote(object_id))
        if rule is None:
            raise Http404
        if not self.has_change_permission(request, rule):
            raise PermissionDenied
        fieldsets = self.get_fieldsets(request, rule)
        form = self.get_form(request, rule, change=True, fields=flatten_fieldsets(fieldsets))(
            request.POST, instance=rule
        )
        run = dry_run(form.instance) if form.is_valid() else None
        if run is not None:
            # A list of cases is a look at each of them.
            shown = {line.case_id for line in run.named if line.case_id}
            looks.record(request.user, None, "", "list", "admin:clock-rule", shown=sorted(shown))
        readonly = self.get_readonly_fields(request, rule)
        page = helpers.AdminForm(form, list(fieldsets), {}, readonly, model_admin=self)  # type: ignore[arg-type]  # stubs
        context = {
            **self.admin_site.each_context(request),
            "title": _("What would go out now"),
            "subtitle": str(form.initial.get("name", "")),
            "adminform": page,
            "object_id": object_id,
            "original": ClockRule.objects.get(pk=rule.pk),
            "is_popup": False,
            "to_field": None,
            "media": self.media + page.media,
            "inline_admin_formsets": [],
            "errors": helpers.AdminErrorList(form, []),
            "preserved_filters": self.get_preserved_filters(request),
            "run": run,
        }
        return self.render_change_form(request, context, change=True, obj=rule, form_url=form_url)

    @admin.display(description=_("Example"))
    def example(self, rule: ClockRule) -> str:
        """What these numbers make of a Friday in December."""
        in_words = moment_in_words if rule.unit == ClockRule.Unit.HOURS else day_in_words
        said = _("What begins on %(start)s is due on %(due)s.") % {
            "start": in_words(EXAMPLE),
            "due": in_words(after(EXAMPLE, rule.amount, rule.unit)),
        }
        if rule.urgent_amount is None:
            return str(said)
        urgent = _("An urgent one on %(due)s.") % {"due": in_words(after(EXAMPLE, rule.urgent_amount, rule.unit))}
        return f"{said} {urgent}"

    @admin.display(description=_("Destinations whose holidays are not known (weekends only)"))
    def countries_without_holidays(self, rule: ClockRule) -> str:
        """The destinations of open cases that the holidays library lacks."""
        with acting_as_system("administration"):  # which countries there are; of whom, stays closed to administrators
            codes = set(Case.objects.open().exclude(destination="").values_list("destination", flat=True))
        return ", ".join(sorted(code for code in codes if not has_holidays(code))) or "–"
