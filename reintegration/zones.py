"""Time zones of a journey, by country, and a moment as two clocks show it."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global

from cases.codes import country_name
from returns_portal import clock, ui

# Where journeys from Sweden change planes; a leg's own zone is always offered beside these.
TRANSIT = (
    "DK",
    "NO",
    "DE",
    "NL",
    "BE",
    "FR",
    "GB",
    "AT",
    "CH",
    "IT",
    "ES",
    "PL",
    "HU",
    "GR",
    "TR",
    "QA",
    "AE",
    "EG",
    "ET",
)
# Kosovo has no zone of its own.
EXTRA = {"XK": ("Europe/Belgrade",)}
AT_HOME = ("SE", "FI")
# Zones whose own spelling is nobody's name for the city.
CITIES = {"Europe/Tirane": "Tirana"}


@lru_cache(maxsize=1)
def _by_country() -> dict[str, list[str]]:
    present = available_timezones()
    found: dict[str, list[str]] = {}
    for zone, country in sorted(get_global("zone_territories").items()):
        if zone in present and "/" in zone:
            found.setdefault(country, []).append(zone)
    return found


def zones_of(country: str) -> list[str]:
    """The names of a country's time zones; empty where nobody knows."""
    return list(EXTRA.get(country, ())) or _by_country().get(country, [])


def zone_of(country: str) -> str:
    """The zone that a country's main airport most likely keeps; Stockholm's where nobody knows."""
    return next(iter(zones_of(country)), clock.STOCKHOLM.key)


def choices(destination: str, *present: str) -> list[tuple[str, Any]]:
    """Zones for a journey to `destination`, in groups; `present` are zones already chosen."""
    near = [
        (zone, _named(zone, country))
        for country in dict.fromkeys((*AT_HOME, destination))
        for zone in zones_of(country)
    ]
    transit = [
        (zone, _named(zone, country)) for country in TRANSIT if country != destination for zone in zones_of(country)[:1]
    ]
    known = {zone for zone, _name in near + transit}
    others = [(zone, city(zone)) for zone in dict.fromkeys(present) if zone and zone not in known]
    return near + others + sorted(transit, key=lambda pair: str(pair[1]))


def _named(zone: str, country: str) -> str:
    return f"{country_name(country)} ({city(zone)})"


def city(zone: str) -> str:
    """The city that a zone is named for, in the reader's language."""
    return CITIES.get(zone) or ui.city_of(ZoneInfo(zone))


class Reading(NamedTuple):
    """What one clock shows at a moment."""

    day: str
    time: str
    city: str

    def __str__(self) -> str:
        return f"{self.day} {self.time} ({self.city})"


def readings(moment: datetime, *zones: str) -> list[Reading]:
    """A moment as the clocks of these places show it, Stockholm's always among them; equal clocks share a line."""
    cities: dict[tuple[str, str], list[str]] = {}
    for zone in dict.fromkeys((*zones, clock.STOCKHOLM.key)):
        place = ZoneInfo(zone)
        shown = (ui.short_day(moment.astimezone(place).date()), ui.clock_time(moment, place))
        cities.setdefault(shown, []).append(city(zone))
    return [Reading(day, time, ", ".join(names)) for (day, time), names in cities.items()]


def in_words(moment: datetime | None, zones: Iterable[str] = ()) -> str:
    """The same in one line: "26 Nov 14:02 (Tirana) · 26 Nov 14:02 (Stockholm)"."""
    return " · ".join(str(reading) for reading in readings(moment, *zones)) if moment else ""
