"""What becomes of the files that people hand in: taken and made anew, or refused with a sentence."""

import io
import os
import subprocess
import sys
import threading
import time
import uuid
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pikepdf
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from PIL import Image
from pypdf import PdfReader

from returns_portal import uploads
from returns_portal.uploads import rewrite
from returns_portal.uploads.types import OFFICE
from tests.returns_portal import hostile
from tests.returns_portal.hostile import ACTIVE_IN_PDF, CORPUS, EICAR, MARK, NAMES, NEVER, Hostile


def given(name: str, content: bytes) -> uploads.AcceptedUpload:
    return uploads.accept(SimpleUploadedFile(name, content))


def seen_in(picture: bytes) -> Image.Image:
    return Image.open(io.BytesIO(picture))


def unfolded(taken: uploads.AcceptedUpload) -> bytes:
    """All that a reader of the file finds in it: streams and parts unpacked."""
    if taken.media_type == "application/pdf":
        target = io.BytesIO()
        with pikepdf.open(io.BytesIO(taken.content)) as opened:
            for each in opened.objects:
                if isinstance(each, pikepdf.Stream) and each.get("/Filter") != pikepdf.Name.DCTDecode:
                    target.write(each.read_bytes())
            opened.save(target, compress_streams=False)
        return target.getvalue() + taken.content
    if taken.name.endswith(("docx", "xlsx", "odt")):
        with zipfile.ZipFile(io.BytesIO(taken.content)) as parts:
            return b"".join(parts.read(part) for part in parts.namelist()) + taken.content
    return taken.content


# --- What we take


@pytest.mark.parametrize(
    ("name", "make", "media_type"),
    [
        ("a.jpg", hostile.picture, "image/jpeg"),
        ("a.JPEG", hostile.picture, "image/jpeg"),
        ("a.png", lambda: hostile.picture("PNG"), "image/png"),
        ("a.webp", lambda: hostile.picture("WEBP"), "image/webp"),
        ("a.heic", lambda: hostile.picture("HEIF"), "image/jpeg"),
        ("a.pdf", hostile.pdf, "application/pdf"),
        ("a.docx", hostile.docx, OFFICE + "wordprocessingml.document"),
        ("a.xlsx", hostile.xlsx, OFFICE + "spreadsheetml.sheet"),
        ("a.odt", hostile.odt, "application/vnd.oasis.opendocument.text"),
        ("a.txt", lambda: "Hon åker på måndag.\n".encode(), "text/plain"),
        ("a.mp4", hostile.film, "video/mp4"),
        ("a.m4a", lambda: hostile.film(brand=b"M4A "), "audio/mp4"),
    ],
)
def test_what_we_take(name: str, make: Any, media_type: str) -> None:
    content = make()
    taken = given(name, content)
    assert (taken.media_type, taken.original) == (media_type, content)
    assert taken.name == name.replace("heic", "jpg")


@pytest.mark.asvs("5.2.1")
def test_the_limit_is_named(settings: Any) -> None:
    settings.UPLOAD_LIMIT = 2 * 1024 * 1024
    assert given("a.txt", b"x" * settings.UPLOAD_LIMIT).media_type == "text/plain"
    file = SimpleUploadedFile("a.txt", b"x" * (settings.UPLOAD_LIMIT + 1))
    for size in (file.size, 1, None):
        file.size = size  # what the browser claims does not count
        with pytest.raises(ValidationError, match=" 2 MB"):
            uploads.accept(file)


def test_what_is_taken_is_named() -> None:
    with pytest.raises(ValidationError, match="Accepted: jpg, png, heic, webp, pdf, docx, xlsx, odt, txt, mp4, m4a"):
        given("letter.docm", b"x")


def test_an_empty_file_is_called_empty() -> None:
    with translation.override("en-gb"), pytest.raises(ValidationError, match="empty"):
        given("a.txt", b"")


def test_an_accepted_file_does_not_show_itself() -> None:
    assert repr(given("Drita.txt", b"Hoxha")) == "AcceptedUpload(media_type='text/plain')"


@pytest.mark.asvs("5.3.2", "5.4.1", "5.4.2")
@pytest.mark.parametrize(("name", "clean"), NAMES)
def test_names_are_cleaned(name: str, clean: str) -> None:
    assert uploads.clean_name(name) == clean


# --- Files that mean harm

WHY = {
    "broken": "damaged or incomplete",
    "encrypted": "locked with a password",
    "pdf_form": "is a form",
    "too_many_pixels": "at most 50 million pixels",
    "too_large_unpacked": "holds too much",
    "macros": "act by themselves",
    "wrapped": "other files inside",
    "calls_out": "fetches things from outside",
    "entities": "in an unusual way",
    "not_utf8": "not UTF-8",
    "kind": "Accepted: jpg",
    "name": "does not fit its name",
    "empty": "is empty",
}


@pytest.mark.asvs("5.2.2", "5.2.3", "5.2.6", "1.5.1", "3.2.1", "14.2.8")
@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.story)
def test_nothing_that_acts_or_tells_is_given_out(file: Hostile) -> None:
    content = file.make()
    if file.refused:
        with pytest.raises(ValidationError, match=WHY[file.refused]):
            given(file.name, content)
        return
    taken = given(file.name, content)
    assert [word for word in NEVER if word in unfolded(taken)] == []
    if taken.media_type == "application/pdf":
        assert [key for key in ACTIVE_IN_PDF if key in unfolded(taken)] == []
        assert PdfReader(io.BytesIO(taken.content)).pages[0].extract_text().startswith("Seen on paper")
    if taken.media_type.startswith("image/"):
        picture = seen_in(taken.content)
        assert (picture.getexif(), picture.info.keys() & {"exif", "comment", "xmp", "Author"}) == ({}, set())


def test_the_corpus_is_large_and_each_harmful_file_is_what_it_says() -> None:
    assert len(CORPUS) >= 30
    for file in CORPUS:
        if not file.refused:  # a mark that was never there proves nothing
            taken = uploads.AcceptedUpload(file.name, "x", file.make(), b"")
            telling = unfolded(taken)
            assert any(word in telling for word in (*NEVER, *ACTIVE_IN_PDF)), file.story


# --- What stays in what we make anew


def test_a_photograph_is_turned_the_way_it_is_looked_at() -> None:
    sideways = hostile.picture(size=(64, 48), exif=hostile.place_and_camera(turned=6))
    assert seen_in(given("a.jpg", sideways).content).size == (48, 64)


def test_points_stay_as_they_are() -> None:
    content = hostile.picture("PNG")
    taken = given("a.png", content).content
    assert seen_in(taken).tobytes() == seen_in(content).tobytes()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
def test_pictures_of_every_make_can_be_looked_at(mode: str) -> None:
    target = io.BytesIO()
    kind = "JPEG" if mode == "CMYK" else "PNG"
    Image.new(mode, (20, 10)).save(target, kind)
    assert seen_in(given(f"a.{kind.lower()}", target.getvalue()).content).size == (20, 10)


def test_what_was_typed_into_a_form_stays_on_the_paper() -> None:
    taken = given("a.pdf", hostile.pdf(hostile.form)).content
    assert "Typed into the form" in PdfReader(io.BytesIO(taken)).pages[0].extract_text()


@pytest.mark.parametrize("change", [hostile.photo_in_page, hostile.wrapped_photo])
def test_a_photograph_in_a_pdf_stays(change: Any) -> None:
    with pikepdf.open(io.BytesIO(given("a.pdf", hostile.pdf(change)).content)) as opened:
        photo = pikepdf.PdfImage(opened.pages[0].Resources.XObject.A).as_pil_image()
    assert photo.size == (64, 48)


def test_an_office_file_keeps_its_parts_and_its_links() -> None:
    link = hostile.relation("hyperlink", "https://iom.int/")
    parts = {"word/_rels/document.xml.rels": hostile._rels(link), "word/media/image1.jpeg": hostile.picture()}
    taken = given("a.docx", hostile.docx(parts))
    with zipfile.ZipFile(io.BytesIO(taken.content)) as packed:
        assert set(parts) < set(packed.namelist())
        assert seen_in(packed.read("word/media/image1.jpeg")).size == (64, 48)


@pytest.mark.parametrize(
    "body",
    [
        b'<draw:image xlink:href="Pictures/1.png"/>',
        b'<draw:image xlink:href="./Object 1"/>',
        b'<text:a xlink:href="https://iom.int/a/../b"/>',
        b'<text:a xlink:href="#next"/>',
    ],
)
def test_an_opendocument_keeps_its_pictures_and_its_links(body: bytes) -> None:
    content = hostile.odt(body)
    assert body in unfolded(given("a.odt", content))


def test_fields_that_only_show_something_stay() -> None:
    for field in ('HYPERLINK "https://iom.int/" \\o "IOM"', "PAGE", 'date \\@ "yyyy"', "TOC \\o", "ref linked"):
        assert field.encode() in unfolded(given("a.docx", hostile.instructed(field)))


def test_an_opendocument_names_its_kind_first() -> None:
    with zipfile.ZipFile(io.BytesIO(given("a.odt", hostile.odt()).content)) as packed:
        first = packed.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)


def test_a_film_keeps_its_length_and_its_pictures() -> None:
    content = hostile.talking_film()
    taken = given("a.mp4", content).content
    assert (len(taken), taken.index(b"picture")) == (len(content), content.index(b"picture"))


# --- The process that does it


def test_whoever_reads_the_file_has_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def run(command: list[str], **how: Any) -> Any:
        seen.update(how, command=command)
        return subprocess.CompletedProcess(command, 0, b"rewritten", b"")

    monkeypatch.setattr(rewrite.subprocess, "run", run)
    assert rewrite.rewritten("jpg", b"x") == b"rewritten"
    assert (seen["env"], seen["timeout"]) == ({"LANG": "C.UTF-8"}, 30)
    assert seen["command"][-1] == "jpg"


def test_whoever_reads_the_file_gets_little_memory_and_writes_no_file() -> None:
    code = (
        "import resource, runpy, sys; sys.argv[1:] = ['txt']\n"
        "try: runpy.run_module('returns_portal.rewriting', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "limit = lambda of: resource.getrlimit(of)[0]\n"
        "print(limit(resource.RLIMIT_AS), limit(resource.RLIMIT_CPU), limit(resource.RLIMIT_FSIZE), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=b"hej", capture_output=True, check=True)
    assert (done.stdout, done.stderr.split()) == (b"hej", [b"1610612736", b"25", b"0"])


@pytest.mark.parametrize(
    "ended",
    [
        subprocess.CompletedProcess([], -11, b"half a pict", b""),  # the decoder was shot down
        subprocess.CompletedProcess([], 1, b"", b"MemoryError"),
        subprocess.CompletedProcess([], 3, b"", b"\nunheard of"),
        subprocess.CompletedProcess([], 0, b"", b""),
    ],
)
def test_a_reader_that_dies_is_a_broken_file(ended: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewrite.subprocess, "run", lambda *_args, **_how: ended)
    with pytest.raises(ValidationError, match="damaged"):
        given("a.jpg", hostile.picture())


@pytest.mark.parametrize("ended", [subprocess.CompletedProcess([], -24, b"", b""), subprocess.TimeoutExpired([], 30)])
def test_a_reader_that_hangs_is_stopped(ended: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_args: Any, **_how: Any) -> Any:
        if isinstance(ended, Exception):
            raise ended
        return ended

    monkeypatch.setattr(rewrite.subprocess, "run", run)
    with pytest.raises(ValidationError, match="takes too long"):
        given("a.jpg", hostile.picture())


# Whose turn it is


@pytest.fixture
def slow_reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A reader of files that takes until it is let go; nobody waits long for a turn."""
    go = threading.Event()

    def run(command: list[str], **_how: Any) -> Any:
        go.wait(10)
        return subprocess.CompletedProcess(command, 0, b"rewritten", b"")

    monkeypatch.setattr(rewrite.subprocess, "run", run)
    monkeypatch.setattr(rewrite, "WAIT_SECONDS", 0.1)
    yield go
    go.set()


@contextmanager
def at_work(go: threading.Event, *people: uuid.UUID) -> Iterator[None]:
    """Each of these has a file that is being made anew."""
    with ThreadPoolExecutor(len(people)) as pool:
        works = [pool.submit(rewrite.rewritten, "txt", b"x", whose) for whose in people]
        while len(rewrite._at_work) < len(people):
            time.sleep(0.01)
        try:
            yield
        finally:
            go.set()
        assert [work.result() for work in works] == [b"rewritten"] * len(people)
    assert rewrite._at_work == []


def test_whoever_finds_no_turn_is_told_soon(slow_reader: threading.Event) -> None:
    with (
        at_work(slow_reader, uuid.uuid4(), uuid.uuid4()),
        translation.override("en-gb"),
        pytest.raises(ValidationError, match="Many files are being checked just now"),
    ):
        rewrite.rewritten("txt", b"x", uuid.uuid4())
    assert rewrite.rewritten("txt", b"x", uuid.uuid4()) == b"rewritten"


def test_one_account_does_not_take_every_turn(slow_reader: threading.Event) -> None:
    one, other = uuid.uuid4(), uuid.uuid4()
    with at_work(slow_reader, one), pytest.raises(ValidationError):
        rewrite.rewritten("txt", b"x", one)
    slow_reader.clear()
    with at_work(slow_reader, one, other):
        pass


# What the reader cannot get at


def test_a_process_that_holds_keys_is_closed_to_others_of_the_same_user() -> None:
    code = (
        "import ctypes, os\n"
        "from returns_portal.closed import close_to_others\n"
        "if os.getuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # open, as after the start of a program\n"
        "def look(what):\n"
        "    child = os.fork()\n"
        "    if child: return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])\n"
        "    try: open(f'/proc/{os.getppid()}/{what}', 'rb').close()\n"
        "    except PermissionError: os._exit(13)\n"
        "    os._exit(0)\n"
        "print(look('environ'), end=' ')\n"
        "close_to_others()\n"
        "print(look('environ'), look('mem'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.split() == ["0", "13", "13"]


@pytest.mark.parametrize(
    "start",
    [
        "import returns_portal.wsgi",
        "import returns_portal.asgi",
        "from celery.signals import celeryd_init as begun; import returns_portal.celery; begun.send(sender=None)",
        "from celery.signals import beat_init as begun; import returns_portal.celery; begun.send(sender=None)",
    ],
)
def test_web_and_worker_close_themselves(start: str) -> None:
    code = f"import ctypes\n{start}\nprint(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.split() == ["0"]


def test_each_word_of_a_refusal_has_its_sentence() -> None:
    folder = os.path.dirname(rewrite.__file__).replace("uploads", "rewriting")
    said = set()
    for name in os.listdir(folder):
        if name.endswith(".py"):
            with open(os.path.join(folder, name)) as code:
                said |= {line.split('"')[1] for line in code if "raise Refused(" in line}
    assert said == set(rewrite.SENTENCES)


def test_the_test_word_of_the_scanners_passes_as_text_and_is_left_to_the_scanner() -> None:
    assert given("eicar.txt", EICAR).content == EICAR
    assert MARK not in EICAR
