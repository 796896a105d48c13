"""What the worker does for cases: each task is three lines, the rest are actions."""

import logging

from celery import shared_task

from cases.actions import archive, queue_forgotten_scans, remind
from returns_portal.actor import acting_as_system
from returns_portal.logs import told_by_class

logger = logging.getLogger(__name__)


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def walk_the_clocks() -> None:
    """Send every reminder that is due."""
    with told_by_class(logger, "Walking the clocks"):
        remind.walk_the_clocks()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def look_after_scans() -> None:
    """Have files asked about that the scanner has not seen and nobody asks about any more."""
    with told_by_class(logger, "Looking after scans"), acting_as_system("uploads"):
        queue_forgotten_scans()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def keep_retention() -> None:
    """List what is due for destruction, and destroy what was signed for and has waited."""
    with told_by_class(logger, "Keeping retention"):
        archive.keep_retention()
