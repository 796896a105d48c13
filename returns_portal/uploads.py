"""Files people hand in: what we take, and how they lie on disk (sealed with the case's key, under names of our own)."""

import contextlib
import io
import os
import re
import secrets
import uuid
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

import magic
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from returns_portal import crypto

# Extension: what it is served as, and what its content may look like.
OFFICE: Final = "application/vnd.openxmlformats-officedocument."
TAKEN: Final[dict[str, tuple[str, frozenset[str]]]] = {
    "jpg": ("image/jpeg", frozenset({"image/jpeg"})),
    "jpeg": ("image/jpeg", frozenset({"image/jpeg"})),
    "png": ("image/png", frozenset({"image/png"})),
    "heic": ("image/heic", frozenset({"image/heic", "image/heif"})),
    "webp": ("image/webp", frozenset({"image/webp"})),
    "pdf": ("application/pdf", frozenset({"application/pdf"})),
    "docx": (
        f"{OFFICE}wordprocessingml.document",
        frozenset({f"{OFFICE}wordprocessingml.document", "application/zip"}),
    ),
    "xlsx": (f"{OFFICE}spreadsheetml.sheet", frozenset({f"{OFFICE}spreadsheetml.sheet", "application/zip"})),
    "odt": ("application/vnd.oasis.opendocument.text", frozenset({"application/vnd.oasis.opendocument.text"})),
    "txt": ("text/plain", frozenset({"text/plain"})),
    "mp4": ("video/mp4", frozenset({"video/mp4"})),
    "m4a": ("audio/mp4", frozenset({"audio/x-m4a", "audio/mp4", "video/mp4"})),
}
# What the part that makes it one is called inside the zip.
MAIN_PART: Final = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "odt": "content.xml"}
ACTIVE_PART: Final = re.compile(r"vbaProject\.bin|(^|/)activeX/|externalLinks/|^Basic/|^Scripts/", re.I)
ENTRIES_LIMIT: Final = 200
UNPACKED_LIMIT: Final = 200 * 1024 * 1024
# A type shows itself early; libmagic needs no more, and a text file must be text in this much.
SNIFFED: Final = 1024 * 1024

_STORED_AS: Final = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}")


class UploadFailed(Exception):
    """The file could not be stored (disk full, folder gone); nothing of it was left behind."""


@dataclass(frozen=True)
class AcceptedUpload:
    """A file that passed; neither its name nor its content shows in a log."""

    name: str = field(repr=False)
    media_type: str
    content: bytes = field(repr=False)


def accept(file: UploadedFile) -> AcceptedUpload:
    """The file's name, type and content, if it is of a kind and size we take; else `ValidationError`."""
    name = clean_name(file.name or "")
    extension = PurePosixPath(name).suffix.lower().removeprefix(".")
    if extension not in TAKEN:
        raise ValidationError(_("This kind of file is not accepted. Accepted: %(kinds)s.") % {"kinds": kinds()})
    if (file.size or 0) > settings.UPLOAD_LIMIT:
        raise _too_large()
    file.seek(0)
    content = file.read(settings.UPLOAD_LIMIT + 1)
    if len(content) > settings.UPLOAD_LIMIT:
        raise _too_large()
    if not content:
        raise ValidationError(_("The file is empty."))
    media_type, looks_like = TAKEN[extension]
    if magic.from_buffer(content[:SNIFFED], mime=True) not in looks_like or not _is_what_it_says(extension, content):
        raise ValidationError(
            _("The content of the file does not fit its name: it is not a %(kind)s file.") % {"kind": extension}
        )
    return AcceptedUpload(name, media_type, content)


def kinds() -> str:
    """The kinds we take, for people."""
    return ", ".join(extension for extension in TAKEN if extension != "jpeg")


def clean_name(name: str) -> str:
    """The last part of a file name, without what could trick a screen, a header or a disk; at most 120 characters."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(letter for letter in name if letter.isprintable() and letter not in '<>:"|?*;').strip(" .")
    stem, dot, extension = name.rpartition(".")
    return f"{stem[: 119 - len(extension)]}{dot}{extension[:20]}"


def store(document_id: uuid.UUID, key: bytes, content: bytes) -> str:
    """Seal the content into a file of our own naming; all of it is on disk, or nothing is and `UploadFailed` is raised.

    A transaction rolled back afterwards leaves a file nobody can name; it is sealed, and costs only its room.
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
            for chunk in crypto.seal_stream(io.BytesIO(content), key, _bound_to(document_id)):
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


def read(stored_as: str, document_id: uuid.UUID, key: bytes) -> bytes:
    """The content of a stored file; raises `Tampered` where it was changed or is another document's."""
    with _path(stored_as).open("rb") as source:
        return b"".join(crypto.open_stream(source, key, _bound_to(document_id)))


def remove(stored_as: str) -> None:
    """Delete a stored file; one that is gone already is no error."""
    _path(stored_as).unlink(missing_ok=True)


def _path(stored_as: str) -> Path:
    if not _STORED_AS.fullmatch(stored_as):
        raise ValueError("Not the name of a stored file.")
    folder: Path = settings.UPLOADS_DIR
    return folder / stored_as


def _bound_to(document_id: uuid.UUID) -> bytes:
    return f"document.{document_id}".encode()


def _sync_folder(folder: Path) -> None:
    """The new name must survive a power cut too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _too_large() -> ValidationError:
    limit = settings.UPLOAD_LIMIT // 1024**2
    return ValidationError(_("The file is too large. The limit is %(limit)s MB.") % {"limit": limit})


def _is_what_it_says(extension: str, content: bytes) -> bool:
    """What libmagic does not see: a second face, macros, a zip that unpacks to no end."""
    if extension in MAIN_PART:
        return _is_quiet_office_file(extension, content)
    if zipfile.is_zipfile(io.BytesIO(content)):
        return False
    return extension != "txt" or b"\x00" not in content


def _is_quiet_office_file(extension: str, content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            entries = parts.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    names = {entry.filename for entry in entries}
    return (
        MAIN_PART[extension] in names
        and len(entries) <= ENTRIES_LIMIT
        and sum(entry.file_size for entry in entries) <= UNPACKED_LIMIT
        and not any(ACTIVE_PART.search(name) for name in names)
    )
