"""What the worker does for cases: each task is three lines, the rest are actions."""

from celery import shared_task

from cases.actions import remind


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def walk_the_clocks() -> None:
    """Send every reminder that is due."""
    remind.walk_the_clocks()
