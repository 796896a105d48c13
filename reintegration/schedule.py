"""The schedule of contacts after the return, and when somebody has been sought long enough (process, step 11)."""

import calendar
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from cases.clocks import number
from cases.models import Case, ContactAttempt
from reintegration.models import ArrivalAttempt, Contact, FollowUpAttempt, LostContactProtocol
from returns_portal import clock

Label = Contact.Label
DAYS = ((Label.DAY_2, 2), *((Label(f"week_{n}"), 7 * n) for n in (1, 2, 4, 6, 8)))
MONTHS = tuple((Label(f"month_{n}"), n) for n in (3, 4, 5, 6))


def months_after(day: date, months: int) -> date:
    """The same day of the month so many months later, or the month's last day where it is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def programme_end(arrived_on: date) -> date:
    """The day on which the programme is over."""
    return months_after(arrived_on, number("programme_months"))


def due_dates(arrived_on: date) -> list[tuple[Contact.Label, date]]:
    """Every contact of the programme with its day, counted from the arrival."""
    end = programme_end(arrived_on)
    by_days = [(label, arrived_on + timedelta(days=days)) for label, days in DAYS]
    by_months = [(label, months_after(arrived_on, months)) for label, months in MONTHS]
    return [(label, due_on) for label, due_on in by_days + by_months if due_on <= end]


def contacts_of(case: Case) -> list[Contact]:
    """The contacts of the case's present round with their attempts, by day: two statements whatever their number."""
    contacts = list(Contact.objects.of(case).select_related("held_by").prefetch_related("attempts__created_by"))
    for contact in contacts:
        contact.case = case
        for attempt in contact.attempts.all():
            attempt.case = case
    return contacts


def next_open(case: Case) -> Contact | None:
    """The next contact that is to be held."""
    return (
        Contact.objects.of(case)
        .filter(held_at__isnull=True, cancelled_at__isnull=True)
        .order_by("due_on", "created_at")
        .first()
    )


# The person was spoken to: whoever does not want to talk is not lost.
SPOKEN_TO = frozenset({FollowUpAttempt.Result.REACHED.value, FollowUpAttempt.Result.DECLINED.value})


def are_enough(moments: Iterable[datetime]) -> bool:
    """Whether these failed attempts count as a search: enough of them, no two on one day or at one hour."""
    local = {moment.astimezone(clock.STOCKHOLM) for moment in moments}
    return _pick({(moment.date(), moment.hour) for moment in local}, number("attempts_before_lost"))


def _pick(slots: set[tuple[date, int]], wanted: int) -> bool:
    """Whether `wanted` of the (day, hour) pairs can be chosen so that neither a day nor an hour comes twice."""
    hours_of: dict[date, set[int]] = {}
    for day, hour in slots:
        hours_of.setdefault(day, set()).add(hour)
    taken: dict[int, date] = {}

    def seat(day: date, tried: set[int]) -> bool:
        for hour in hours_of[day] - tried:
            tried.add(hour)
            if hour not in taken or seat(taken[hour], tried):
                taken[hour] = day
                return True
        return False

    return sum(seat(day, set()) for day in hours_of) >= wanted


def failed(contact: Contact) -> list[datetime]:
    """The moments at which the person was sought for this contact and not spoken to."""
    return [attempt.at for attempt in contact.attempts.all() if attempt.result not in SPOKEN_TO]


def is_settled(contact: Contact) -> bool:
    """Whether the contact is held, no longer wanted, or was tried often enough."""
    return not contact.is_open or are_enough(failed(contact))


def is_sought_enough(contacts: list[Contact]) -> bool:
    """Whether the person has been sought often enough since anybody last spoke with them."""
    spoken = [contact.held_at for contact in contacts if contact.held_at] + [
        attempt.at for contact in contacts for attempt in contact.attempts.all() if attempt.result in SPOKEN_TO
    ]
    since = max(spoken, default=None)
    return are_enough(at for contact in contacts for at in failed(contact) if since is None or at > since)


def may_count_as_lost(case: Case) -> bool:
    """Whether enough attempts stand in the case, before, during or after the journey (`end_early`, lost contact)."""
    if is_sought_enough(contacts_of(case)):
        return True
    before = [
        *ContactAttempt.objects.of(case).values_list("tried_at", "result"),
        *ArrivalAttempt.objects.of(case).values_list("at", "result"),
    ]
    since = max((at for at, result in before if result in SPOKEN_TO), default=None)
    return are_enough(at for at, result in before if result not in SPOKEN_TO and (since is None or at > since))


def protocol_of(case: Case) -> LostContactProtocol | None:
    """The latest lost-contact protocol that did not end with the person being found."""
    return LostContactProtocol.objects.of(case).filter(found_at__isnull=True).first()
