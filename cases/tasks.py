"""What the worker does for cases: each task is three lines, the rest are actions."""

from celery import shared_task

from cases import digest
from cases.actions import archive, queue_forgotten_scans, remind
from returns_portal.actor import acting_as_system
from returns_portal.heartbeat import beats


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
@beats("walk-the-clocks", "Walking the clocks")
def walk_the_clocks() -> None:
    """Send every reminder that is due."""
    remind.walk_the_clocks()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
@beats("queue-digests", "Queueing the summaries")
def queue_digests() -> None:
    """Have the summaries made whose moment has passed."""
    with acting_as_system("reminders"):
        digest.queue_due()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
@beats("look-after-scans", "Looking after scans")
def look_after_scans() -> None:
    """Have files asked about that the scanner has not seen and nobody asks about any more."""
    with acting_as_system("uploads"):
        queue_forgotten_scans()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
@beats("keep-retention", "Keeping retention")
def keep_retention() -> None:
    """List what is due for destruction, and destroy what was signed for and has waited."""
    archive.keep_retention()
