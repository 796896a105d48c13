"""When somebody was here, and what they have read: for the marks of what is new."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from cases.models import Case, Notification
from partners.models import User
from returns_portal import clock

# One statement: the case page has few to spend.
_VISIT = """
WITH before AS (SELECT at FROM cases_visit WHERE user_id = %(user)s AND case_id = %(case)s),
     visit AS (INSERT INTO cases_visit (user_id, case_id, at) VALUES (%(user)s, %(case)s, %(now)s)
               ON CONFLICT (user_id, case_id) DO UPDATE SET at = EXCLUDED.at)
SELECT at FROM before
"""


def note_visit(case: Case, *, by: User) -> datetime | None:
    """Remember that this person opens the case now; when they last did, or None."""
    with connection.cursor() as cursor:
        cursor.execute(_VISIT, {"user": by.pk, "case": case.pk, "now": clock.now()})
        row: tuple[datetime] | None = cursor.fetchone()
    return row[0] if row else None


def read_notices(user: User, *, only: UUID | None = None) -> int:
    """Mark the unread notices of this person, or one of them, as read; how many there were. Settled ones are done."""
    unread = Notification.objects.filter(recipient=user, read_at__isnull=True, settled_at__isnull=True)
    if only is not None:
        unread = unread.filter(pk=only)
    return unread.update(read_at=clock.now())
