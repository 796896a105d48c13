"""What the timetable calls."""

from celery import shared_task

from returns_portal import outbox


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def deliver_outbox() -> None:
    """Do what the outbox has due."""
    outbox.deliver()
