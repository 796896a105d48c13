"""Working days of Sweden, Finland and the country of return (process, section 5)."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache

import holidays

from cases.models import ClockRule
from returns_portal import clock


@lru_cache(maxsize=64)
def _holidays(country: str) -> "holidays.HolidayBase | frozenset[date]":
    try:
        return holidays.country_holidays(country)
    except NotImplementedError:
        return frozenset()


def has_holidays(country: str) -> bool:
    """Whether the library knows the country's public holidays; else only weekends count."""
    return not isinstance(_holidays(country), frozenset)


@lru_cache(maxsize=10_000)
def is_working_day(day: date, *countries: str) -> bool:
    """Monday to Friday and no public holiday in Sweden, Finland or any of `countries`."""
    if day.weekday() >= 5:
        return False
    return not any(day in _holidays(country) for country in ("SE", "FI", *countries) if country)


def add_working_days(day: date, amount: int, *countries: str) -> date:
    """The working day that lies `amount` working days after (or, negative, before) `day`."""
    step = timedelta(days=1 if amount >= 0 else -1)
    left = abs(amount)
    while left:
        day += step
        if is_working_day(day, *countries):
            left -= 1
    return day


def working_days_between(start: date, end: date, *countries: str) -> int:
    """How many working days lie after `start` and up to `end`."""
    days = (end - start).days
    return sum(is_working_day(start + timedelta(days=n), *countries) for n in range(1, days + 1))


def end_of(day: date) -> datetime:
    """The last moment of an office day in Stockholm: what is due on a day is late after 17:00."""
    return datetime.combine(day, time(17), tzinfo=clock.STOCKHOLM)


def morning_of(day: date) -> datetime:
    """When reminders of a day ring: seven o'clock in Stockholm."""
    return datetime.combine(day, time(7), tzinfo=clock.STOCKHOLM)


def after(start: datetime, amount: int, unit: str, *countries: str) -> datetime:
    """The moment `amount` units after `start`."""
    if unit == ClockRule.Unit.HOURS:
        return start + timedelta(hours=amount)
    day = start.astimezone(clock.STOCKHOLM).date()
    if unit == ClockRule.Unit.DAYS:
        return end_of(day + timedelta(days=amount))
    return end_of(add_working_days(day, amount, *countries))
