"""Changing the wrapping key while the portal serves: every data key is wrapped anew, what it sealed stays as it is.

Each batch is a transaction of its own, so a run that is killed has done whole batches and the next one goes on. A row
that somebody else holds is passed over and taken at the end. Readers need both keys in `SEALING_KEYS` meanwhile.
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Count, QuerySet

from returns_portal.actor import acting_as_system
from returns_portal.crypto.keys import WrappedKey, rewrap
from returns_portal.crypto.sealing import SealingError

BATCH = 5000
# How long a run waits for rows that somebody else is changing.
PATIENCE, PAUSE = 20, 0.5


@dataclass
class Progress:
    """How far the keys of one table are; a faulty one does not open, and stays as it lies."""

    table: str
    done: int = 0
    faulty: set[Any] = field(default_factory=set)


def wrapped_tables() -> list[type[WrappedKey]]:
    """Every table that keeps wrapped keys."""
    return [model for model in apps.get_models() if issubclass(model, WrappedKey)]


def keys_in_use(model: type[WrappedKey]) -> Counter[str]:
    """How many keys each wrapping key still wraps; a shredded one is wrapped by none."""
    with acting_as_system("keys"):
        rows = _wrapped(model).order_by().values_list("key_id").annotate(Count("pk"))
        return Counter(dict(rows))


def rotate(model: type[WrappedKey], batch: int = BATCH) -> Iterator[Progress]:
    """Wrap every key of a table by the newest of `SEALING_KEYS`, saying after each batch how far it is."""
    progress = Progress(model._meta.label_lower)
    for turn in range(PATIENCE):
        if turn:
            time.sleep(PAUSE)
        yield from _walk(model, batch, progress)
        newest = settings.SEALING_KEYS[0][0]
        if (keys_in_use(model) - Counter({newest: keys_in_use(model)[newest]})).total() <= len(progress.faulty):
            return


def _walk(model: type[WrappedKey], batch: int, progress: Progress) -> Iterator[Progress]:
    last = None
    while True:
        with acting_as_system("keys"):
            rows = _old(model)
            if last is not None:
                rows = rows.filter(pk__gt=last)
            found = list(rows.order_by("pk").select_for_update(of=("self",), skip_locked=True)[:batch])
            _rewrap(model, found, progress)
        if not found:
            return
        last = found[-1].pk
        yield progress


def _rewrap(model: type[WrappedKey], rows: list[WrappedKey], progress: Progress) -> None:
    renewed: dict[Any, bytes] = {}
    for row in rows:
        try:
            _key_id, renewed[row.pk] = rewrap(row.key_id, bytes(row.wrapped), row.wrap_aad())
        except SealingError:
            progress.faulty.add(row.pk)
    _write(model, renewed)
    progress.done += len(renewed)


def _write(model: type[WrappedKey], renewed: dict[Any, bytes]) -> None:
    """One statement for the whole batch: row by row it would take minutes."""
    table, pk = model._meta.db_table, model._meta.pk
    statement = f"""
        UPDATE "{table}" SET key_id = %s, wrapped = new.wrapped
        FROM unnest(%s::{pk.db_type(connection)}[], %s::bytea[]) AS new (pk, wrapped) WHERE "{pk.column}" = new.pk
    """  # noqa: S608  # names of our own models
    with connection.cursor() as cursor:
        cursor.execute(statement, [settings.SEALING_KEYS[0][0], list(renewed), list(renewed.values())])


def _wrapped(model: type[WrappedKey]) -> QuerySet[WrappedKey]:
    return model._base_manager.exclude(wrapped=b"")


def _old(model: type[WrappedKey]) -> QuerySet[WrappedKey]:
    return _wrapped(model).exclude(key_id=settings.SEALING_KEYS[0][0])
