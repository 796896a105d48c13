"""The Celery app and the whole timetable. The database is the queue of record; Celery only wakes the worker."""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_init, celeryd_init

from returns_portal.closed import close_to_others

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "returns_portal.settings")

app = Celery("returns_portal")
app.conf.update(
    broker_url=os.environ.get("REDIS_URL", ""),
    broker_connection_retry_on_startup=True,
    # Without end: by default a worker gives up on a broker that is away for an hour, and ends.
    broker_connection_max_retries=None,
    # A worker that dies gives its task back, and soon: kombu alone would look every hundred seconds.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    broker_transport_options={
        "visibility_timeout": 600,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 2,
        "socket_timeout": 5,
    },
    task_soft_time_limit=240,
    task_time_limit=300,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    worker_hijack_root_logger=False,
    timezone="Europe/Stockholm",
    # Each call expires when the next is due, so that a worker that was away does not find a pile of them.
    beat_schedule={
        "deliver-outbox": {
            "task": "returns_portal.tasks.deliver_outbox",
            "schedule": 5.0,
            "options": {"expires": 5.0},
        },
        "walk-the-clocks": {
            "task": "cases.tasks.walk_the_clocks",
            "schedule": 60.0,
            "options": {"expires": 60.0},
        },
        # Those due at 07:30 are found by whichever call comes next, so a clock that was down sends them late, and once.
        "queue-digests": {
            "task": "cases.tasks.queue_digests",
            "schedule": crontab(minute="*/15"),
            "options": {"expires": 900.0},
        },
        "anchor-trail": {
            "task": "returns_portal.tasks.anchor_trail",
            "schedule": 300.0,
            "options": {"expires": 300.0},
        },
        "look-after-lists": {
            "task": "returns_portal.tasks.look_after_lists",
            "schedule": 300.0,
            "options": {"expires": 300.0},
        },
        "verify-trail": {
            "task": "returns_portal.tasks.verify_trail",
            "schedule": crontab(hour="3", minute="10"),
            "options": {"expires": 6 * 3600.0},
        },
        "look-after-scans": {
            "task": "cases.tasks.look_after_scans",
            "schedule": 3600.0,
            "options": {"expires": 3600.0},
        },
        "keep-retention": {
            "task": "cases.tasks.keep_retention",
            "schedule": crontab(hour="2", minute="20"),
            "options": {"expires": 3600.0},
        },
        "sweep-uploads": {
            "task": "returns_portal.tasks.sweep_uploads",
            "schedule": crontab(hour="3", minute="40"),
            "options": {"expires": 3600.0},
        },
    },
)
app.autodiscover_tasks()


def close_process(**_sent: Any) -> None:
    """Close the worker and the clock to others; the worker's children are forked from it and closed with it."""
    close_to_others()


celeryd_init.connect(close_process)
beat_init.connect(close_process)
