"""The register held against the models as they stand, and written out."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.processing.classes import EMPTIED
from cases.processing.table import TABLE

OURS = ("returns_portal", "partners", "cases", "reintegration")
COLUMNS = (
    _("Table"),
    _("Field"),
    _("Class of data"),
    _("Sealed"),
    _("Purpose"),
    _("Legal basis"),
    _("Kept"),
)


def models_of_ours() -> Iterator[type[models.Model]]:
    """Every table of the portal itself."""
    for label in OURS:
        yield from apps.get_app_config(label).get_models()


def fields_of(model: type[models.Model]) -> list[str]:
    """The columns of a model."""
    return [field.name for field in model._meta.concrete_fields]


def section_of(model: type[models.Model]) -> str:
    """The part of a case that a record stands in; "own" where each row says so."""
    return TABLE[model._meta.label].section


def emptied_fields(model: type[models.Model]) -> "list[models.Field[Any, Any]]":
    """The columns that are emptied when a case is destroyed; what stays is no longer about anybody."""
    processing = TABLE[model._meta.label]
    return [field for field in model._meta.concrete_fields if processing.class_of(field.name) in EMPTIED]


def register_rows() -> Iterator[tuple[str, ...]]:
    """The record of processing: one row a field."""
    for model in models_of_ours():
        processing = TABLE[model._meta.label]
        for field in model._meta.concrete_fields:
            kind = processing.class_of(field.name)
            yield (
                model._meta.label,
                field.name,
                str(kind.label if kind else ""),
                str(_("yes") if hasattr(field, "seal") else _("no")),
                str(processing.purpose.label),
                str(processing.basis.label),
                str(processing.kept.label),
            )
