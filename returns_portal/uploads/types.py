"""What we take: name, size and content must agree, and what goes on is the file made anew."""

import io
import zipfile
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final
from uuid import UUID

import magic
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from returns_portal.uploads.rewrite import rewritten

OFFICE: Final = "application/vnd.openxmlformats-officedocument."
ODT: Final = "application/vnd.oasis.opendocument.text"
# Extension: what the rewritten file is served as, and what libmagic may call the one that came.
TAKEN: Final[dict[str, tuple[str, frozenset[str]]]] = {
    "jpg": ("image/jpeg", frozenset({"image/jpeg"})),
    "jpeg": ("image/jpeg", frozenset({"image/jpeg"})),
    "png": ("image/png", frozenset({"image/png"})),
    "heic": ("image/jpeg", frozenset({"image/heic", "image/heif"})),
    "webp": ("image/webp", frozenset({"image/webp"})),
    "pdf": ("application/pdf", frozenset({"application/pdf"})),
    "docx": (
        f"{OFFICE}wordprocessingml.document",
        frozenset({f"{OFFICE}wordprocessingml.document", "application/zip"}),
    ),
    "xlsx": (f"{OFFICE}spreadsheetml.sheet", frozenset({f"{OFFICE}spreadsheetml.sheet", "application/zip"})),
    "odt": (ODT, frozenset({ODT})),
    "txt": ("text/plain", frozenset({"text/plain"})),
    "mp4": ("video/mp4", frozenset({"video/mp4"})),
    "m4a": ("audio/mp4", frozenset({"audio/x-m4a", "audio/mp4", "video/mp4"})),
}
ZIPPED: Final = {"docx", "xlsx", "odt"}
# A type shows itself early; libmagic needs no more.
SNIFFED: Final = 1024 * 1024


@dataclass(frozen=True)
class AcceptedUpload:
    """A file that passed, made anew, and as it came; neither its name nor its content shows in a log."""

    name: str = field(repr=False)
    media_type: str
    content: bytes = field(repr=False)
    original: bytes = field(repr=False)


def accept(file: UploadedFile, *, whose: UUID | None = None) -> AcceptedUpload:
    """The file made anew, if it is of a kind and size we take; else `ValidationError` with a sentence.

    `whose` is the account that hands it in: it waits for its own files, the others do not.
    """
    name = clean_name(file.name or "")
    extension = PurePosixPath(name).suffix.lower().removeprefix(".")
    if extension not in TAKEN:
        raise ValidationError(_("This kind of file is not accepted. Accepted: %(kinds)s.") % {"kinds": kinds()})
    content = _content_of(file)
    media_type, looks_like = TAKEN[extension]
    if magic.from_buffer(content[:SNIFFED], mime=True) not in looks_like or _has_second_face(extension, content):
        raise ValidationError(
            _("The content of the file does not fit its name: it is not a %(kind)s file.") % {"kind": extension}
        )
    kind = "jpg" if extension == "jpeg" else extension
    if kind == "heic":
        name = f"{PurePosixPath(name).stem}.jpg"
    return AcceptedUpload(name, media_type, rewritten(kind, content, whose), content)


def kinds() -> str:
    """The kinds we take, for people."""
    return ", ".join(extension for extension in TAKEN if extension != "jpeg")


def ending_of(media_type: str) -> str:
    """The ending that a file of this type gets on the reader's disk."""
    return next((f".{extension}" for extension, (served_as, _seen) in TAKEN.items() if served_as == media_type), ".bin")


def clean_name(name: str) -> str:
    """The last part of a file name, without what could trick a screen, a header or a disk; at most 120 characters."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(letter for letter in name if letter.isprintable() and letter not in '<>:"|?*;').strip(" .")
    stem, dot, extension = name.rpartition(".")
    return f"{stem[: 119 - len(extension)]}{dot}{extension[:20]}"


def _content_of(file: UploadedFile) -> bytes:
    """All of it, in memory; what the browser claims of the size does not count."""
    if (file.size or 0) > settings.UPLOAD_LIMIT:
        raise _too_large()
    file.seek(0)
    content: bytes = file.read(settings.UPLOAD_LIMIT + 1)
    if len(content) > settings.UPLOAD_LIMIT:
        raise _too_large()
    if not content:
        raise ValidationError(_("The file is empty."))
    return content


def _too_large() -> ValidationError:
    limit = settings.UPLOAD_LIMIT // 1024**2
    return ValidationError(_("The file is too large. The limit is %(limit)s MB.") % {"limit": limit})


def _has_second_face(extension: str, content: bytes) -> bool:
    """Whether it is a zip too, which libmagic does not see: it looks at the beginning, a zip is read from its end."""
    return extension not in ZIPPED and zipfile.is_zipfile(io.BytesIO(content))
