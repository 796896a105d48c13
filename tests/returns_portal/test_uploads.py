import io
import os
import stat
import struct
import uuid
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from returns_portal import uploads
from returns_portal.crypto import Tampered

KEY = os.urandom(32)
DOCUMENT = uuid.uuid4()


def png() -> bytes:
    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(b"\0\0")) + part(b"IEND", b"")


def packed(*names: str, first: tuple[str, bytes] | None = None) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as parts:
        if first:
            parts.writestr(zipfile.ZipInfo(first[0]), first[1])
        for name in names:
            parts.writestr(name, "<x/>")
    return target.getvalue()


def docx(*more: str) -> bytes:
    return packed("[Content_Types].xml", "_rels/.rels", "word/document.xml", *more)


ODT = ("mimetype", b"application/vnd.oasis.opendocument.text")
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
JPEG = bytes.fromhex("ffd8ffe000104a46494600010101004800480000ffdb004300") + bytes(64) + b"\xff\xd9"
WEBP = b"RIFF\x1a\0\0\0WEBPVP8L\r\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0"
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"
M4A = b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42"


def given(name: str, content: bytes) -> uploads.AcceptedUpload:
    return uploads.accept(SimpleUploadedFile(name, content))


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.jpg", JPEG, "image/jpeg"),
        ("a.JPEG", JPEG, "image/jpeg"),
        ("a.png", png(), "image/png"),
        ("a.webp", WEBP, "image/webp"),
        ("a.heic", HEIC, "image/heic"),
        ("a.pdf", PDF, "application/pdf"),
        ("a.docx", docx(), uploads.OFFICE + "wordprocessingml.document"),
        (
            "a.xlsx",
            packed("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"),
            uploads.OFFICE + "spreadsheetml.sheet",
        ),
        ("a.odt", packed("content.xml", first=ODT), "application/vnd.oasis.opendocument.text"),
        ("a.txt", "Hon åker på måndag.\n".encode(), "text/plain"),
        ("a.mp4", MP4, "video/mp4"),
        ("a.m4a", M4A, "audio/mp4"),
    ],
)
def test_what_we_take(name: str, content: bytes, media_type: str) -> None:
    taken = given(name, content)
    assert (taken.name, taken.media_type, taken.content) == (name, media_type, content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.exe", b"MZ" + bytes(100)),
        ("a.html", b"<html></html>"),
        ("a.svg", b"<svg/>"),
        ("a.zip", packed("x")),
        ("a.docm", docx("word/vbaProject.bin")),
        ("pdf", PDF),
        ("a.pdf", b""),
        ("a.pdf", png()),
        ("a.png", PDF),
        ("a.jpg", b"GIF89a/*" + bytes(20) + b"*/=alert(1)"),
        ("a.txt", b"<!doctype html><html><script>alert(1)</script></html>"),
        ("a.txt", b"MZ" + bytes(100)),
        ("a.pdf", PDF + packed("x")),
        ("a.docx", PDF),
        ("a.docx", packed("x")),
        ("a.docx", packed("xl/workbook.xml")),
        ("a.docx", docx("word/vbaProject.bin")),
        ("a.docx", docx("word/activeX/activeX1.xml")),
        ("a.docx", docx(*(f"word/media/{number}" for number in range(200)))),
        ("a.xlsx", packed("[Content_Types].xml", "xl/workbook.xml", "xl/externalLinks/externalLink1.xml")),
        ("a.odt", packed("content.xml", "Basic/Standard/Module1.xml", first=ODT)),
    ],
)
def test_what_we_refuse(name: str, content: bytes) -> None:
    with pytest.raises(ValidationError):
        given(name, content)


def test_a_zip_that_unpacks_to_no_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "UNPACKED_LIMIT", 10_000)
    bomb = packed("[Content_Types].xml", "word/document.xml", first=("word/media/1", bytes(20_000)))
    with pytest.raises(ValidationError):
        given("a.docx", bomb)


def test_the_limit_is_named(settings: Any) -> None:
    settings.UPLOAD_LIMIT = 2 * 1024 * 1024
    assert given("a.txt", b"x" * settings.UPLOAD_LIMIT).media_type == "text/plain"
    file = SimpleUploadedFile("a.txt", b"x" * (settings.UPLOAD_LIMIT + 1))
    for size in (file.size, 1, None):
        file.size = size  # what the browser claims does not count
        with pytest.raises(ValidationError, match=" 2 MB"):
            uploads.accept(file)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("C:\\Users\\Sara\\brev.txt", "brev.txt"),
        ("brev\r\nX-Evil: 1.txt", "brevX-Evil 1.txt"),
        ('a"b<c>|.txt', "abc.txt"),
        ("fdp\u202etxt.txt", "fdptxt.txt"),
        (" .hemligt brev å.txt ", "hemligt brev å.txt"),
        ("x" * 300 + ".txt", "x" * 116 + ".txt"),
    ],
)
def test_names_are_cleaned(name: str, clean: str) -> None:
    assert uploads.clean_name(name) == clean


def test_an_accepted_file_does_not_show_itself() -> None:
    assert repr(given("Drita.txt", b"Hoxha")) == "AcceptedUpload(media_type='text/plain')"


def test_an_empty_file_is_called_empty() -> None:
    with translation.override("en-gb"), pytest.raises(ValidationError, match="empty"):
        given("a.txt", b"")


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    return tmp_path / "uploads"


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_files_lie_sealed_under_names_of_our_own(folder: Path) -> None:
    content = b"Drita Hoxha " * 20_000
    stored_as = uploads.store(DOCUMENT, KEY, content)
    (path,) = files(folder)
    assert path == folder / stored_as
    assert str(DOCUMENT) not in stored_as
    assert b"Drita" not in path.read_bytes()
    modes = [stat.S_IMODE(each.stat().st_mode) for each in (folder, path.parent, path)]
    assert modes == [0o700, 0o700, 0o600]
    assert uploads.read(stored_as, DOCUMENT, KEY) == content
    uploads.remove(stored_as)
    uploads.remove(stored_as)
    assert files(folder) == []


def test_anothers_or_a_changed_file_does_not_open(folder: Path) -> None:
    stored_as = uploads.store(DOCUMENT, KEY, b"x" * 100)
    for document, key in ((uuid.uuid4(), KEY), (DOCUMENT, os.urandom(32))):
        with pytest.raises(Tampered):
            uploads.read(stored_as, document, key)
    (folder / stored_as).write_bytes((folder / stored_as).read_bytes()[:-1])
    with pytest.raises(Tampered):
        uploads.read(stored_as, DOCUMENT, KEY)


@pytest.mark.parametrize("name", ["../secret", "ab/../../secret", "/etc/passwd", "", f"ab/{'a' * 32}\n"])
def test_no_other_file_can_be_named(folder: Path, name: str) -> None:
    for act in (lambda: uploads.read(name, DOCUMENT, KEY), lambda: uploads.remove(name)):
        with pytest.raises(ValueError, match="Not the name"):
            act()


@pytest.mark.parametrize("place", ["fsync", "mkdir", "rename"])
def test_a_full_disk_leaves_nothing_behind(folder: Path, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: Any, **_kwargs: Any) -> None:
        raise OSError(28, "No space left on device", "/somewhere/secret")

    monkeypatch.setattr(os if place == "fsync" else Path, place, full)
    with pytest.raises(uploads.UploadFailed) as failure:
        uploads.store(DOCUMENT, KEY, b"x" * 100)
    assert str(failure.value) == "No space left on device"
    assert files(folder) == []
