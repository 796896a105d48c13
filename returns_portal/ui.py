"""The face of the portal: how forms look, what stands round every page, and dates as people write them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any, ClassVar, NamedTuple
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, get_month_names, get_timezone_location
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EMPTY_VALUES
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.text import format_lazy
from django.utils.translation import get_language, gettext_lazy, pgettext, to_locale
from django.utils.translation import gettext as _

from returns_portal import clock


class PortalRenderer(TemplatesSetting):
    """Renders every form of the site with our two templates; Django writes the ARIA attributes itself."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"


# Dates and times in words


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(to_locale(language))


def reader_locale() -> Locale:
    """Babel's locale of the language now in use; plain English counts as British, never as American."""
    language = get_language() or settings.LANGUAGE_CODE
    return _locale("en-gb" if language.split("-")[0] == "en" else language)


def local_day(value: date | datetime) -> date:
    """The day of `value` in Stockholm."""
    return value.astimezone(clock.STOCKHOLM).date() if isinstance(value, datetime) else value


def day_in_words(value: date | datetime) -> str:
    """A day in full with its weekday: "Wednesday 25 November 2026"."""
    return format_date(local_day(value), "full", locale=reader_locale()).replace(",", "")


def short_day(value: date | datetime) -> str:
    """A day for lists: "25 Nov", with the year when it is another than this."""
    day = local_day(value)
    pattern = "d MMM" if day.year == clock.today().year else "d MMM y"
    return format_date(day, pattern, locale=reader_locale()).replace(".", "")


def clock_time(value: time | datetime, zone: ZoneInfo = clock.STOCKHOLM) -> str:
    """The time of day: "14.02" in Swedish and Finnish, "14:02" in English; a moment is shown in `zone`."""
    local = value.astimezone(zone).time() if isinstance(value, datetime) else value
    locale = reader_locale()
    return format_time(local, "HH.mm" if locale.language in {"sv", "fi"} else "HH:mm", locale=locale)


def moment_in_words(value: datetime) -> str:
    """A moment in Stockholm's time: "25 Nov 14:02"."""
    return f"{short_day(value)} {clock_time(value)}"


def city_of(zone: ZoneInfo) -> str:
    """The city a time zone is named for, in the reader's language."""
    return str(get_timezone_location(zone, locale=reader_locale(), return_city=True))


# Dates and times as people write them

DAY_HINT = gettext_lazy("Year, month, day. For example 2026-12-08.")
NO_SUCH_DAY = gettext_lazy("That day does not exist. Write year, month, day, for example 2026-12-08.")
_YEAR_FIRST = re.compile(r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|(\d\d)(\d\d))")
_DAY_FIRST = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
_IN_WORDS = re.compile(r"(\d{1,2})\.?\s+([^\W\d_]{3,})\.?\s+(\d{4})")
_WITH_SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2}|\d{4})")
_TIME = re.compile(r"(\d{1,2})(?:[.:](\d\d))?|(\d\d)(\d\d)")


@cache
def _month_names() -> Mapping[str, int]:
    return {
        name.lower(): number
        for language in ("sv", "en_GB")
        for number, name in get_month_names("wide", locale=language).items()
    }


def _month(word: str) -> int:
    """The number of a month written out or cut after three letters, in Swedish or English; 0 for none."""
    return next((number for name, number in _month_names().items() if name.startswith(word.lower())), 0)


def _ask_about_slashes(first: int, second: int, year: int) -> ValidationError:
    """8/12 is December to one reader and August to the next, so we ask instead of guessing."""
    year += 2000 if year < 100 else 0
    readings = []
    for month, day in ((second, first), (first, second)):
        try:
            words = format_date(date(year, month, day), "long", locale=reader_locale())
        except ValueError:
            continue
        if words not in readings:
            readings.append(words)
    if not readings:
        return ValidationError(NO_SUCH_DAY, code="invalid")
    return ValidationError(
        _("Do you mean %(days)s? Write year, month, day, for example 2026-12-08."),
        code="slashes",
        params={"days": _(" or ").join(readings)},
    )


def parse_day(text: str) -> date:
    """The day in `text`: 2026-12-08, 20261208, 8.12.2026, 8 dec 2026 or 8 december 2026."""
    text = text.strip()
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = (int(part) for part in found.groups() if part)
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year = map(int, found.groups())
    elif found := _IN_WORDS.fullmatch(text):
        day, month, year = int(found[1]), _month(found[2]), int(found[3])
    elif found := _WITH_SLASHES.fullmatch(text):
        raise _ask_about_slashes(*map(int, found.groups()))
    else:
        raise ValidationError(_("Write the date as year, month, day, for example 2026-12-08."), code="invalid")
    if not 1000 <= year <= 9000:  # counting on from there leaves the calendar
        raise ValidationError(NO_SUCH_DAY, code="invalid")
    try:
        return date(year, month, day)
    except ValueError as error:
        raise ValidationError(NO_SUCH_DAY, code="invalid") from error


class DayInput(forms.TextInput):
    """A day in a text box: the browser's own date box follows its language, not the page's."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(
            {"inputmode": "numeric", "autocomplete": "off", "class": "w-s", "maxlength": 30, **(attrs or {})}
        )

    def format_value(self, value: Any) -> str | None:
        """The day as ISO writes it; text that could not be read stays as it was typed."""
        return local_day(value).isoformat() if isinstance(value, date) else super().format_value(value)


class DayField(forms.Field):
    """A day, written in any of the ways people here write one; slashes are refused with a question."""

    widget = DayInput
    default_error_messages: ClassVar[dict[str, Any]] = {"required": gettext_lazy("Enter a date.")}

    def __init__(self, *, help_text: Any = "", **kwargs: Any) -> None:
        hint = format_lazy("{} {}", help_text, DAY_HINT) if help_text else DAY_HINT
        super().__init__(help_text=hint, **kwargs)

    def to_python(self, value: Any) -> date | None:
        """The day meant, or None for nothing."""
        if value in EMPTY_VALUES:
            return None
        return local_day(value) if isinstance(value, date) else (parse_day(value) if value.strip() else None)


class TimeInput24(forms.TextInput):
    """A time of day in a text box, by the 24-hour clock."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(
            {"inputmode": "numeric", "autocomplete": "off", "class": "w-xs", "maxlength": 8, **(attrs or {})}
        )

    def format_value(self, value: Any) -> str | None:
        """The time as the reader's language writes it."""
        return clock_time(value) if isinstance(value, time) else super().format_value(value)


class TimeField24(forms.Field):
    """A time of day by the 24-hour clock: 14.02, 14:02, 1402 or 14."""

    widget = TimeInput24
    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": gettext_lazy("Enter a time."),
        "invalid": gettext_lazy("Write the time by the 24-hour clock, for example 14:02."),
    }

    def to_python(self, value: Any) -> time | None:
        """The time meant, or None for nothing."""
        if isinstance(value, time) or value in EMPTY_VALUES:
            return value or None
        if not value.strip():
            return None
        found = _TIME.fullmatch(value.strip())
        if not found:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        hour, minute = (found[3], found[4]) if found[3] else (found[1], found[2] or "0")
        try:
            return time(int(hour), int(minute))
        except ValueError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class MomentInput(forms.MultiWidget):
    """Two labelled boxes, day and time."""

    template_name = "forms/moment.html"
    use_fieldset = True

    def __init__(self, zone: ZoneInfo = clock.STOCKHOLM, attrs: dict[str, Any] | None = None) -> None:
        self.zone = zone
        super().__init__([DayInput(), TimeInput24()], attrs)

    def decompress(self, value: Any) -> list[Any]:
        """Day and time of a moment, on the clocks of the zone."""
        if not isinstance(value, datetime):
            return [None, None]
        local = value.astimezone(self.zone)
        return [local.date(), local.time()]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """The two boxes with their labels; the time's label names the city when it is not Sweden's clock."""
        context = super().get_context(name, value, attrs)
        day, moment = context["widget"]["subwidgets"]
        day["label"] = _("Day")
        moment["label"] = pgettext("of day", "Time")
        if self.zone.key != clock.STOCKHOLM.key:
            moment["label"] = _("Time in %(city)s") % {"city": city_of(self.zone)}
        return context

    def id_for_label(self, id_: str) -> str:
        """The first box: where a click on an error leads."""
        return f"{id_}_0" if id_ else ""


class MomentField(forms.MultiValueField):
    """A moment: a day and a time on the clocks of one zone, Stockholm's unless another is given."""

    widget: MomentInput

    def __init__(self, *, zone: ZoneInfo | str = clock.STOCKHOLM, help_text: Any = "", **kwargs: Any) -> None:
        zone = ZoneInfo(zone) if isinstance(zone, str) else zone
        fields = (
            DayField(error_messages={"incomplete": gettext_lazy("Enter a date.")}),
            TimeField24(error_messages={"incomplete": gettext_lazy("Enter a time.")}),
        )
        kwargs.setdefault("widget", MomentInput(zone))
        kwargs.setdefault("error_messages", {}).setdefault("required", gettext_lazy("Enter a date and a time."))
        hint = format_lazy("{} {}", help_text, DAY_HINT) if help_text else DAY_HINT
        super().__init__(fields, require_all_fields=False, help_text=hint, **kwargs)

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose clocks are meant; a form may set it when it knows the place."""
        return self.widget.zone

    @zone.setter
    def zone(self, zone: ZoneInfo) -> None:
        self.widget.zone = zone

    def compress(self, data_list: list[Any]) -> datetime | None:
        """The moment, aware; a time that the clocks skip in spring is refused."""
        if not data_list:
            return None
        moment = datetime.combine(data_list[0], data_list[1], self.zone)
        if moment.astimezone(UTC).astimezone(self.zone).replace(tzinfo=None) != moment.replace(tzinfo=None):
            raise ValidationError(_("The clocks skip that time on that day. Enter another time."), code="skipped")
        return moment


# The frame round every page

REFERRING = frozenset({"social_services", "ngo", "migration_agency", "police"})


class Entry(NamedTuple):
    """A line of the main menu; `current` is what aria-current says."""

    label: str
    url: str
    current: str = ""
    unread: int = 0


@dataclass(frozen=True)
class HelpLine:
    """Whom to ring, and the number."""

    who: str
    phone: str

    @property
    def link(self) -> str:
        """The number as a telephone dials it."""
        return "tel:" + re.sub(r"[^\d+]", "", self.phone)


class Frame:
    """What base.html shows round a page. Nothing is looked up before a template asks."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        user = getattr(request, "user", None)
        self.user: Any = user if user is not None and user.is_authenticated else None

    @property
    def demo(self) -> bool:
        """Whether the banner stands above: people and cases here are invented."""
        return bool(settings.DEMO)

    @property
    def product(self) -> str:
        """The name in the header and in every title."""
        return getattr(settings, "PRODUCT_NAME", "") or _("Return support")

    @property
    def theme(self) -> str:
        """The reader's own choice of light or dark; empty follows the device."""
        return getattr(self.user, "theme", "") or ""

    @property
    def here(self) -> str:
        """This page's address, to come back to after a change of language."""
        return self.request.get_full_path() if self.request.method == "GET" else self.request.path

    @cached_property
    def kind(self) -> str:
        """The kind of the reader's organisation; empty for administrators and the signed-out."""
        return str(getattr(self.user, "organisation_kind", None) or "")

    @cached_property
    def help_line(self) -> HelpLine:
        """Länsstyrelsen for readers in Sweden, IOM Helsinki for those abroad."""
        if self.kind in {"iom_local", "iom_helsinki"}:
            return HelpLine(_("IOM Helsinki"), getattr(settings, "HELP_LINE_ABROAD", "+358 9 684 11 50"))
        return HelpLine(_("Länsstyrelsen Stockholm"), getattr(settings, "HELP_LINE_SWEDEN", "010-223 11 40"))

    @cached_property
    def unread(self) -> int:
        """How many notices the reader has not opened; a reminder whose reason is gone counts no more."""
        if self.user is None or not self.kind:
            return 0
        return int(self.user.notifications.filter(read_at=None, settled_at=None).count())

    @cached_property
    def nav(self) -> list[Entry]:
        """The main menu: three or four entries by role, then inbox and organisation."""
        if self.user is None:
            return []
        wanted = [(pgettext("page", "Today"), "cases:today"), (_("Cases"), "cases:list")] if self.kind else []
        if self.kind in REFERRING:
            wanted.append((_("New referral"), "cases:new"))
        elif self.kind == "lansstyrelsen":
            wanted.append((_("To review"), "cases:queue"))
        elif self.kind == "iom_helsinki":
            wanted.append((pgettext("overview of cases", "Board"), "cases:board"))
        if self.kind:
            wanted.append((_("Inbox"), "cases:inbox"))
        if getattr(self.user, "is_manager", False):
            wanted.append((_("Organisation"), "partners:organisation"))
        if self.user.is_staff:
            wanted.append((_("Administration"), "admin:index"))
        return self._entries(wanted)

    def _entries(self, wanted: list[tuple[str, str]]) -> list[Entry]:
        urls = [(label, name, _url(name)) for label, name in wanted]
        path = self.request.path
        is_listed = any(url == path for _label, _name, url in urls)
        return [
            Entry(
                label,
                url,
                "page" if url == path else "true" if not is_listed and url != "/" and path.startswith(url) else "",
                self.unread if name == "cases:inbox" else 0,
            )
            for label, name, url in urls
            if url
        ]


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def page_frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `frame`, what stands round every page."""
    return {"frame": Frame(request)}
