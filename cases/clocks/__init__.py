"""Working days, rules of reminding, and the clocks that run."""

from cases.clocks.days import (
    add_working_days,
    after,
    end_of,
    has_holidays,
    is_working_day,
    morning_of,
    working_days_between,
)
from cases.clocks.pauses import is_paused
from cases.clocks.rules import (
    FACTS,
    IN_PAUSES,
    PAGES,
    Reminder,
    Running,
    due,
    due_by,
    fact,
    may_ring,
    number,
    reminders_of,
    stops_of,
)

__all__ = [
    "FACTS",
    "IN_PAUSES",
    "PAGES",
    "Reminder",
    "Running",
    "add_working_days",
    "after",
    "due",
    "due_by",
    "end_of",
    "fact",
    "has_holidays",
    "is_paused",
    "is_working_day",
    "may_ring",
    "morning_of",
    "number",
    "reminders_of",
    "stops_of",
    "working_days_between",
]
