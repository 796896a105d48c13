"""How days, sums and answers are written in papers, in the paper's language."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal

from returns_portal.ui import day_in_words, reader_locale

Rows = list[tuple[Any, str]]


def day(value: date | datetime | None) -> str:
    """A day in full with its weekday; empty where there is none."""
    return day_in_words(value) if value else ""


def money(amount: Decimal | int, currency: str = "SEK") -> str:
    """A sum with its currency, held together: "12 000 SEK"."""
    pattern = "#,##0" if amount == int(amount) else "#,##0.00"
    return f"{format_decimal(amount, pattern, locale=reader_locale())} {currency}".replace(" ", "\u00a0")


def filled(rows: Iterable[tuple[Any, Any]]) -> Rows:
    """The rows that say something."""
    return [(label, str(value)) for label, value in rows if value not in (None, "")]
