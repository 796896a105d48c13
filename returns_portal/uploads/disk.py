"""How files lie on disk: sealed with their case's key, under names of our own."""

import contextlib
import io
import logging
import os
import re
import secrets
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.apps import apps
from django.conf import settings
from django.db import connection

from returns_portal import crypto

logger = logging.getLogger(__name__)

_STORED_AS: Final = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}")
# No request and no task runs so long: a file this old without a row was left by one that was rolled back.
ORPHAN_AFTER: Final = 24 * 3600
# A sweep that would take more than this, and more than half, has lost sight of the rows.
FEW: Final = 20


class RowsOutOfSight(Exception):
    """Whoever asks does not see every row: every file would look like one that nobody names."""


class UploadFailed(Exception):
    """The file could not be stored (disk full, folder gone); nothing of it was left behind."""


def store(document_id: uuid.UUID, key: bytes, content: bytes, *, part: str = "") -> str:
    """Seal the content into a file of our own naming; all of it is on disk, or nothing is and `UploadFailed` is raised.

    `part` tells two files of one document apart. A transaction rolled back afterwards leaves a file without a row,
    which `sweep` takes away.
    """
    stored_as = secrets.token_hex(16)
    stored_as = f"{stored_as[:2]}/{stored_as}"
    path = settings.UPLOADS_DIR / stored_as
    partial = path.with_suffix(".part")
    try:
        for folder in (settings.UPLOADS_DIR, path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            for chunk in crypto.seal_stream(io.BytesIO(content), key, _bound_to(document_id, part)):
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        partial.rename(path)
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        # Without the cause: it names the path on disk.
        raise UploadFailed(os.strerror(error.errno or 0)) from None
    return stored_as


def read(stored_as: str, document_id: uuid.UUID, key: bytes, *, part: str = "") -> bytes:
    """The content of a stored file; raises `Tampered` where it was changed or is another document's."""
    with _path(stored_as).open("rb") as source:
        return b"".join(crypto.open_stream(source, key, _bound_to(document_id, part)))


def remove(stored_as: str) -> None:
    """Delete a stored file; one that is gone already is no error."""
    _path(stored_as).unlink(missing_ok=True)


def sweep() -> int:
    """Delete the files that no row names, a day after they were written; returns how many.

    A model names its files in columns called `stored_as` or `…_stored_as`; all rows must be in sight.
    """
    _check_sight()
    kept = set(_named())
    lying = [path for path in settings.UPLOADS_DIR.glob("??/*") if _is_old(path)]
    orphans = [path for path in lying if f"{path.parent.name}/{path.name}" not in kept]
    if len(orphans) > max(FEW, len(lying) // 2):
        logger.error("%s of %s stored files have no row: none was deleted", len(orphans), len(lying))
        return 0
    for path in orphans:
        path.unlink(missing_ok=True)
    return len(orphans)


def _check_sight() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT wall_is_system()")
        if cursor.fetchone() != (True,):
            raise RowsOutOfSight


def _named() -> Iterator[str]:
    for model in apps.get_models():
        for column in model._meta.concrete_fields:
            if column.name == "stored_as" or column.name.endswith("_stored_as"):
                yield from model._base_manager.exclude(**{column.name: ""}).values_list(column.name, flat=True)


def _is_old(path: Path) -> bool:
    """By the disk's own clock; a file that is just being renamed is not old."""
    try:
        return path.stat().st_mtime < time.time() - ORPHAN_AFTER
    except FileNotFoundError:
        return False


def _path(stored_as: str) -> Path:
    if not _STORED_AS.fullmatch(stored_as):
        raise ValueError("Not the name of a stored file.")
    folder: Path = settings.UPLOADS_DIR
    return folder / stored_as


def _bound_to(document_id: uuid.UUID, part: str) -> bytes:
    return f"document.{document_id}{part and f'.{part}'}".encode()


def _sync_folder(folder: Path) -> None:
    """The new name must survive a power cut too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
