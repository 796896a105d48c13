"""The Celery app and the whole timetable. The database is the queue of record; Celery only wakes the worker."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "returns_portal.settings")

app = Celery("returns_portal")
app.conf.update(
    broker_url=os.environ.get("REDIS_URL", ""),
    broker_connection_retry_on_startup=True,
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
    },
)
app.autodiscover_tasks()
