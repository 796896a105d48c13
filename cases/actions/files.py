"""Stored files of cases that go: their names are kept in the outbox until they are off the disk."""

from collections.abc import Collection, Iterator
from uuid import UUID

from django.apps import apps
from django.db import models

from cases.models import CaseRecord
from returns_portal import outbox, uploads
from returns_portal.models import OutboxItem


def record_models() -> Iterator[type[CaseRecord]]:
    """Every table of a case's file, of later chapters too."""
    for model in apps.get_models():
        if issubclass(model, CaseRecord):
            yield model


def forget_files(case_ids: Collection[UUID]) -> int:
    """Have every stored file of these cases removed, in the transaction that takes their key or the rows themselves."""
    names = sorted({name for model in record_models() for name in _stored(model, case_ids)})
    for name in names:
        forget_file(name)
    return len(names)


def forget_file(name: str) -> None:
    """Have one stored file removed. A crash in between leaves the item, and the worker comes back to it."""
    outbox.put("remove_file", key=f"remove_file:{name}", data={"stored_as": name})


def _stored(model: type[CaseRecord], case_ids: Collection[UUID]) -> Iterator[str]:
    """What the rows of a table have on disk: every column that names a stored file is called so."""
    for field in model._meta.concrete_fields:
        if field.name.endswith("stored_as") and isinstance(field, models.CharField):
            rows = model._base_manager.filter(case_id__in=case_ids).exclude(**{field.name: ""})
            yield from rows.values_list(field.name, flat=True)


@outbox.handles("remove_file")
def remove_file(item: OutboxItem) -> None:
    """Take one sealed file off the disk."""
    uploads.remove(item.data["stored_as"])
