"""What the timetable calls."""

import logging

from celery import shared_task

from returns_portal import clock, looks, outbox, trail, uploads
from returns_portal.actor import acting_as_system
from returns_portal.heartbeat import beats

logger = logging.getLogger(__name__)


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
@beats("deliver-outbox", "Delivering")
def deliver_outbox() -> None:
    """Do what the outbox has due."""
    outbox.deliver()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
@beats("sweep-uploads", "Sweeping the uploads")
def sweep_uploads() -> None:
    """Delete the files that a rolled-back upload left behind."""
    with acting_as_system("uploads"):
        uploads.sweep()


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
@beats("anchor-trail", "Anchoring the trail")
def anchor_trail() -> None:
    """Write the newest hash of the trail outside the database; an administrator is rung where it cannot be."""
    try:
        trail.anchor()
    except (OSError, ValueError, KeyError) as error:
        logger.exception("The trail could not be anchored.")
        ring_administrators("trail-not-anchored", type(error).__name__)


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
@beats("verify-trail", "Verifying the trail")
def verify_trail() -> None:
    """Walk the chain of the trail; administrators are rung where it is broken."""
    if (fault := trail.verify()) is not None:
        logger.error("The trail is broken. %s", fault)
        ring_administrators("trail-broken", str(fault.n))


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
@beats("look-after-lists", "Looking after lists")
def look_after_lists() -> None:
    """Notice who pages through the lists of everything."""
    looks.ring_for_lists()


def ring_administrators(what: str, which: str) -> None:
    """One mail a day to each administrator; what is wrong stands in the log and in `verify_history`, not in it."""
    outbox.put("ring-administrators", key=f"{what}:{clock.today()}:{which}")
