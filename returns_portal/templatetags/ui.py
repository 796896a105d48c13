"""The components of a page: `{% load ui %}`."""

from datetime import date, datetime, time
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BoundField
from django.template.context import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from returns_portal import ui

register = template.Library()

# At most twelve, drawn on 24 × 24; an icon always stands beside a word.
ICONS = {
    "brand": "M2 15h5v7H2zM9.5 9h5v13h-5zM17 2h5v20h-5z",
    "check": "M9 16.2 4.8 12l-1.9 1.9L9 20 21.1 7.9 19.2 6z",
    "cross": "M18.3 4.3 12 10.6 5.7 4.3 4.3 5.7l6.3 6.3-6.3 6.3 1.4 1.4 6.3-6.3 6.3 6.3 1.4-1.4-6.3-6.3 6.3-6.3z",
    "clock": "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 18a8 8 0 1 1 0-16 8 8 0 0 1 0 16zm1-13h-2v6l5 3 1-1.7-4-2.3z",
    "alert": "M12 2 1 21h22zm0 4 7.5 13h-15zm-1 4v4h2v-4zm0 5.5v2h2v-2z",
    "info": "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm1 15h-2v-6h2zm0-8h-2V7h2z",
    "lock": "M18 9h-1V7A5 5 0 0 0 7 7v2H4v13h16V9zM9 7a3 3 0 0 1 6 0v2H9z",
    "phone": "M6.6 10.8a15 15 0 0 0 6.6 6.6l2.2-2.2 5.6 1.2V21C11 21 3 13 3 3h4.6l1.2 5.6z",
    "mail": "M2 4h20v16H2zm10 9L4.5 6.5V18h15V6.5z",
    "document": "M6 2h8l6 6v14H4V2zm7 2v5h5z",
    "download": "M11 3h2v9l3.5-3.5L18 10l-6 6-6-6 1.5-1.5L11 12zM4 19h16v2H4z",
    "arrow": "M12 4l-1.4 1.4L16.2 11H4v2h12.2l-5.6 5.6L12 20l8-8z",
}


@register.simple_tag
def icon(name: str, size: int = 20) -> SafeString:
    """A small picture beside a word; hidden from screen readers."""
    return format_html(
        '<svg class="icon" width="{0}" height="{0}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">'
        '<path d="{1}"/></svg>',
        size,
        ICONS[name],
    )


@register.simple_tag
def tag(text: str, kind: str = "neutral", testid: str = "") -> SafeString:
    """A coloured word; the word carries the meaning."""
    mark = format_html(' data-testid="{}"', testid) if testid else ""
    return format_html('<span class="tag {}"{}>{}</span>', kind, mark, text)


@register.inclusion_tag("components/form_errors.html")
def form_errors(form: BaseForm | None) -> dict[str, Any]:
    """The list of a form's errors above it, each a link to its field."""
    if form is None or not form.is_bound or not form.errors:
        return {"errors": []}
    form.errors_shown = True  # type: ignore[attr-defined]  # so that forms/form.html does not say them twice
    found: list[tuple[str, str]] = [("", str(error)) for error in form.non_field_errors()]
    for bound in form:
        target = "" if bound.is_hidden else field_target(bound)
        found += [(target, _named(bound, str(error))) for error in bound.errors]
    return {"errors": found}


def _named(bound: BoundField, error: str) -> str:
    """Away from its field, an error says which field it means."""
    label = str(bound.label or "").rstrip()
    return (
        f"{label}{'' if label.endswith(('?', '.', ':')) else ':'} {error}" if label and not bound.is_hidden else error
    )


def field_target(bound: BoundField) -> str:
    """The id of the first control of a field: radio groups and double boxes begin at `_0`."""
    id_ = bound.auto_id
    widget = bound.field.widget
    many = getattr(widget, "input_type", "") in {"radio", "checkbox"} and hasattr(widget, "choices")
    return f"{id_}_0" if id_ and (many or hasattr(widget, "widgets")) else str(id_)


@register.simple_tag
def field(bound: BoundField) -> SafeString:
    """One field with label, hint and errors."""
    return bound.as_field_group()


@register.inclusion_tag("components/case_code.html")
def case_code(code: str, copy: bool = False) -> dict[str, Any]:
    """A case's reference as it is read out: K7Q2-9FWM."""
    bare = str(code).replace("-", "")
    return {"shown": f"{bare[:4]}-{bare[4:]}" if len(bare) == 8 else code, "copy": copy}


@register.inclusion_tag("components/pages.html", takes_context=True)
def pages(context: Context, page: Page[Any]) -> dict[str, Any]:
    """Links to the pages of a long list; nothing for a short one."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return {"page": page, "numbers": list(numbers), "request": context.get("request")}


@register.simple_block_tag
def note(content: str, kind: str = "info", title: str = "", testid: str = "") -> SafeString:
    """A notice: `{% note kind="warn" title=… %}…{% endnote %}`."""
    mark = format_html(' data-testid="{}"', testid) if testid else ""
    heading = format_html("<h2>{}</h2>", title) if title else ""
    return format_html('<div class="note {}"{}>{}{}</div>', kind, mark, heading, content)


@register.simple_block_tag
def card(content: str, title: str = "", level: int = 2) -> SafeString:
    """A box with a heading: `{% card title=… %}…{% endcard %}`."""
    heading = format_html("<h{0}>{1}</h{0}>", level, title) if title else ""
    return format_html('<section class="card">{}{}</section>', heading, content)


@register.simple_tag
def facts(*pairs: str) -> SafeString:
    """A definition list of word and value, word and value; empty values are left out."""
    rows = [(word, value) for word, value in zip(pairs[::2], pairs[1::2], strict=True) if value not in ("", None)]
    return format_html('<dl class="kv">{}</dl>', format_html_join("", "<dt>{}</dt><dd>{}</dd>", rows))


@register.filter
def day(value: date | datetime | None) -> str:
    """Wednesday 25 November 2026."""
    return ui.day_in_words(value) if value else ""


@register.filter
def short_day(value: date | datetime | None) -> str:
    """25 Nov, with the year when it is another than this."""
    return ui.short_day(value) if value else ""


@register.filter
def moment(value: datetime | None) -> str:
    """25 Nov 14:02, in Stockholm's time."""
    return ui.moment_in_words(value) if value else ""


@register.filter
def clock_time(value: time | datetime | None) -> str:
    """14:02; 14.02 in Swedish."""
    return ui.clock_time(value) if value is not None and value != "" else ""


@register.filter
def may_read(access: Any, section: str) -> bool:
    """Whether this reader's access opens `section`: `{% if request.access|may_read:"identity" %}`."""
    return bool(access and access.may_read(section))


@register.filter
def may_write(access: Any, section: str) -> bool:
    """Whether this reader's access lets them write in `section`."""
    return bool(access and access.may_write(section))


@register.simple_tag
def language_name(code: str) -> str:
    """A language in its own words: "svenska", "English"."""
    return {"sv": "Svenska", "en-gb": "English", "fi": "Suomi"}.get(code, code)
