"""What the clocks' tests share: a walk at a moment, and who found what in the inbox afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction

from cases.actions.remind import walk_the_clocks
from cases.models import Notification
from returns_portal import clock

# No holiday in Sweden, Finland or Albania in the seven weeks after it.
MONDAY = datetime(2026, 10, 5, 9, 0, tzinfo=clock.STOCKHOLM)
MINUTE = timedelta(minutes=1)


def moment(text: str) -> datetime:
    """A moment of that autumn in Stockholm: "10-08 07:00"."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=clock.STOCKHOLM)


def rung(rule: str, at: str | datetime) -> str:
    """Whom this rule reminds in a walk at that moment, by first name: "hanna henrik"."""
    when = moment(at) if isinstance(at, str) else at
    before = set(Notification.objects.values_list("pk", flat=True))
    with clock.moved_to(when):
        walk_the_clocks()
    new = Notification.objects.exclude(pk__in=before).filter(what=f"rule_{rule}").select_related("recipient")
    return " ".join(sorted(row.recipient.name.lower() for row in new))


@contextmanager
def undone() -> Iterator[None]:
    """What happens in the block has not happened afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
