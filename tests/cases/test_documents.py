"""Files through the door: taken or refused beside the field, locked until scanned, given out so that nothing runs."""

import io
import json
import os
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from cases import actions
from cases.models import Case, CaseEvent, Document, Notification
from cases.tasks import look_after_scans
from returns_portal import clock, uploads
from returns_portal.actor import acting_as, acting_as_system
from returns_portal.models import Look, OutboxItem
from returns_portal.tasks import sweep_uploads
from tests.builders import PDF, a_pdf
from tests.clamd import CLOSES, clamd
from tests.returns_portal import hostile
from tests.returns_portal.hostile import CORPUS, EICAR, MARK, NEVER

KINDS = Document.Kind


def at(case, name, *more):
    return reverse(f"cases:{name}", args=[case.code, *more])


def file(name="photo.jpg", content=None):
    return SimpleUploadedFile(name, hostile.picture(exif=hostile.place_and_camera()) if content is None else content)


def sends(browser, case, upload, kind=KINDS.ATTACHMENT, **more):
    return browser.post(at(case, "add-document"), {"kind": kind, "file": upload}, **more)


def uploaded(case):
    with acting_as_system("tests"):
        return Document.objects.filter(case=case).exclude(kind__in=[KINDS.PAPER, KINDS.SIGNED_APPLICATION]).get()


@pytest.fixture
def folder(tmp_path, settings):
    settings.UPLOADS_DIR = tmp_path / "uploads"
    return tmp_path / "uploads"


def lying(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def server(settings):
    with clamd() as running:
        settings.CLAMD_URL = running.url
        yield running


# --- What is given out


@pytest.mark.asvs("3.2.1", "5.4.1", "5.4.2", "14.2.8")
def test_a_photograph_is_given_out_without_its_place_and_so_that_nothing_runs(cast, as_, make_case):
    case, hanna = make_case("application"), as_(cast.hanna)
    assert sends(hanna, case, file("Mira Rexhepi.jpg")).status_code == 302
    answer = hanna.get(at(case, "document", uploaded(case).pk))
    assert answer.status_code == 200
    assert [word for word in NEVER if word in answer.content] == []
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "no-store" in answer["Cache-Control"]
    said = unquote(answer["Content-Disposition"])
    assert said == f'attachment; filename="{case.code_shown} {uploaded(case).pk.hex[:6]}.jpg"'.replace('"', said[21:22])
    with acting_as_system("tests"):
        assert Look.objects.filter(case_id=case.pk, user_id=cast.hanna.pk, action="download").count() == 1


@pytest.mark.asvs("5.3.2", "5.4.1", "5.4.2")
@pytest.mark.parametrize("name", [name for name, _clean in hostile.NAMES])
def test_the_name_it_came_with_reaches_neither_disk_nor_header(name, cast, as_, make_case, folder):
    case, hanna = make_case("application"), as_(cast.hanna)
    odd = SimpleUploadedFile("a.txt", b"hello")
    odd._name = name  # as if Django had let it through as it was sent
    before = set(lying(folder))
    with acting_as(cast.hanna):
        actions.add_document(Case.objects.get(pk=case.pk), by=cast.hanna, kind=KINDS.ATTACHMENT, file=odd)
    (path,) = set(lying(folder)) - before
    assert len(path.name) == 32
    assert set(path.name) <= set("0123456789abcdef")
    answer = hanna.get(at(case, "document", uploaded(case).pk))
    said = unquote(answer["Content-Disposition"])
    assert "evil" not in said and "brev" not in said and said.isprintable()
    assert uploaded(case).pk.hex[:6] in said


@pytest.mark.asvs("5.2.2")
@pytest.mark.parametrize("harmful", [one for one in CORPUS if one.refused][::7], ids=lambda one: one.story)
def test_a_refusal_stands_beside_the_field_and_leaves_nothing(harmful, cast, as_, make_case, folder):
    case = make_case("application")
    before = set(lying(folder))
    answer = sends(as_(cast.hanna), case, file(harmful.name, harmful.make()))
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {"file"}
    assert 'id="id_file_error"' in answer.content.decode() or "id_file" in answer.content.decode()
    with acting_as_system("tests"):
        assert not Document.objects.filter(case=case, kind=KINDS.ATTACHMENT).exists()
    assert set(lying(folder)) == before


@pytest.mark.asvs("5.2.1")
def test_a_file_over_the_limit_is_called_too_large_and_never_lies_in_clear(cast, as_, make_case, settings, monkeypatch):
    case, hanna = make_case("application"), as_(cast.hanna)
    settings.UPLOAD_LIMIT = 1024 * 1024
    monkeypatch.setattr("tempfile.NamedTemporaryFile", None)  # whoever would spool it fails here
    too_large = sends(hanna, case, file("note.txt", b"x" * (1024 * 1024 + 1)))
    assert too_large.context["form"].errors["file"] == ["The file is too large. The limit is 1 MB."]
    # Two files of one request share the room: the second is not taken in half.
    two = {"kind": KINDS.ATTACHMENT, "other": file("a.txt", b"x" * 800_000), "file": file("b.txt", b"x" * 800_000)}
    refused = hanna.post(at(case, "add-document"), two)
    assert refused.context["form"].errors["file"] == ["The file is too large. The limit is 1 MB."]
    assert sends(hanna, case, file("note.txt", b"x" * 1024 * 1024)).status_code == 302


# --- A full disk


@pytest.mark.asvs("16.5.3")
def test_a_full_disk_is_said_and_nothing_is_half_saved(cast, as_, make_case, folder, monkeypatch):
    case, hanna = make_case("application"), as_(cast.hanna)
    before = set(lying(folder))

    def full(_handle):
        raise OSError(28, "No space left on device")

    with acting_as_system("tests"):
        events = CaseEvent.objects.filter(case=case).count()
    monkeypatch.setattr(os, "fsync", full)
    answer = sends(hanna, case, file())
    assert answer.status_code == 200
    assert "could not be kept; nothing was saved" in answer.content.decode()
    assert answer.context["form"]["kind"].value() == KINDS.ATTACHMENT  # what was chosen stays chosen
    assert set(lying(folder)) == before
    with acting_as_system("tests"):
        assert not Document.objects.filter(case=case, kind=KINDS.ATTACHMENT).exists()
        assert CaseEvent.objects.filter(case=case).count() == events


def test_what_a_rolled_back_upload_left_is_swept_and_what_a_row_names_stays(cast, make_case, folder):
    case = make_case("application")
    with acting_as(cast.hanna):
        kept = actions.add_document(Case.objects.get(pk=case.pk), by=cast.hanna, kind=KINDS.ATTACHMENT, file=file())
    named = {kept.stored_as, kept.original_stored_as}
    with pytest.raises(ZeroDivisionError), acting_as(cast.hanna):
        actions.add_document(Case.objects.get(pk=case.pk), by=cast.hanna, kind=KINDS.ATTACHMENT, file=file())
        raise ZeroDivisionError
    for path in lying(folder):
        os.utime(path, (time.time() - 25 * 3600,) * 2)
    before = {str(path.relative_to(folder)) for path in lying(folder)}
    sweep_uploads()
    after = {str(path.relative_to(folder)) for path in lying(folder)}
    assert len(before - after) == 2
    assert named <= after


# --- The scanner


@pytest.mark.asvs("5.4.3")
def test_a_file_opens_when_it_has_been_scanned(cast, as_, make_case, deliver, server):
    case, hanna = make_case("application"), as_(cast.hanna)
    page = sends(hanna, case, file(), follow=True).content.decode()
    assert "It opens when it has been checked for viruses" in page
    assert "Not checked for viruses yet" in page
    address = at(case, "document", uploaded(case).pk)
    assert f'href="{address}"' not in page
    locked = hanna.get(address)
    assert locked.status_code == 409
    assert "has not been checked for viruses yet" in locked.content.decode()
    deliver()
    assert uploaded(case).scan == Document.Scan.CLEAN
    assert hanna.get(address).status_code == 200
    assert f'href="{address}"' in hanna.get(at(case, "documents")).content.decode()
    # Both were looked at: the file as it came and the file as it is given out.
    assert {MARK in stream for stream in server.streams} == {True, False}


@pytest.mark.asvs("5.4.3")
def test_a_virus_stays_locked_and_uploader_and_managers_are_told(cast, as_, make_case, deliver, server):
    case, hanna = make_case("application"), as_(cast.hanna)
    sends(hanna, case, file("eicar.txt", EICAR))
    deliver()
    found = uploaded(case)
    assert found.scan == Document.Scan.INFECTED
    for who in ("hanna", "henrik"):
        locked = as_(getattr(cast, who)).get(at(case, "document", found.pk))
        assert locked.status_code == 409
        assert EICAR not in locked.content
        assert "A virus was found" in locked.content.decode()
    assert "A virus was found" in hanna.get(at(case, "documents")).content.decode()
    with acting_as_system("tests"):
        told = Notification.objects.filter(case=case, what="document_infected").values_list("recipient_id", flat=True)
        managers = {user.pk for user in cast.__dict__.values() if user.organisation == cast.hanna.organisation}
        assert cast.hanna.pk in told
        assert set(told) <= managers
        assert {user.pk for user in cast.__dict__.values() if user.is_manager and user.pk in managers} <= set(told)
        assert CaseEvent.objects.filter(case=case, verb="document_infected").count() == 1


@pytest.mark.asvs("5.4.3", "16.5.3")
def test_with_the_scanner_away_a_file_stays_locked_and_is_asked_about_again(cast, as_, make_case, deliver, server):
    case, hanna = make_case("application"), as_(cast.hanna)
    server.how = CLOSES
    sends(hanna, case, file())
    later = clock.now()
    for told in (0, 1, 1, 1):
        with clock.moved_to(later):
            deliver()
        later += timedelta(hours=3)
        assert uploaded(case).scan == Document.Scan.WAITING
        assert hanna.get(at(case, "document", uploaded(case).pk)).status_code == 409
        with acting_as_system("tests"):
            assert Notification.objects.filter(what="document_waits", recipient=cast.hanna).count() == told
    for _turn in range(30):  # longer than an outbox item would be tried
        with clock.moved_to(later):
            deliver()
        later += timedelta(hours=3)
    server.how = ""
    with clock.moved_to(later):
        deliver()
    assert uploaded(case).scan == Document.Scan.CLEAN
    assert hanna.get(at(case, "document", uploaded(case).pk)).status_code == 200


def test_files_from_before_the_scanner_are_asked_about(cast, as_, make_case, deliver, settings):
    case, hanna = make_case("application"), as_(cast.hanna)
    sends(hanna, case, file())
    assert uploaded(case).scan == Document.Scan.SKIPPED
    assert "Not checked for viruses (demo)" in hanna.get(at(case, "documents")).content.decode()
    with clamd() as running:
        settings.CLAMD_URL = running.url
        # Where there is a scanner, "skipped" is not clean.
        assert hanna.get(at(case, "document", uploaded(case).pk)).status_code == 409
        with acting_as_system("tests"):
            Document.objects.filter(pk=uploaded(case).pk).update(scan=Document.Scan.WAITING)
        with clock.moved_to(clock.now() + timedelta(hours=2)):
            look_after_scans()
            look_after_scans()
            with acting_as_system("tests"):
                assert OutboxItem.objects.filter(kind="scan", row_id=uploaded(case).pk).count() == 1
            deliver()
        assert hanna.get(at(case, "document", uploaded(case).pk)).status_code == 200


def test_papers_of_the_portal_need_no_scanner(cast, as_, make_case, deliver, server):
    case = make_case("approved")
    deliver()
    with acting_as_system("tests"):
        letter = Document.objects.filter(case=case, paper="decision_letter").first()
    assert as_(cast.lars).get(at(case, "document", letter.pk)).status_code == 200
    assert server.streams == []


def test_an_application_is_not_received_on_a_file_with_a_virus(cast, as_, make_case, deliver, server):
    case, hanna = make_case("application"), as_(cast.hanna)
    missing = "Upload the signed application."
    with acting_as_system("tests"):
        Document.objects.filter(case=case, kind=KINDS.SIGNED_APPLICATION).delete()
    assert missing in hanna.get(at(case, "application")).content.decode()
    sends(hanna, case, file("eicar.txt", EICAR), kind=KINDS.SIGNED_APPLICATION)
    assert missing not in hanna.get(at(case, "application")).content.decode()
    deliver()
    assert missing in hanna.get(at(case, "application")).content.decode()


def test_no_name_of_a_virus_or_a_file_stands_in_the_outbox_or_the_log(cast, as_, make_case, deliver, server, caplog):
    case = make_case("application")
    sends(as_(cast.hanna), case, file("Mira Rexhepi.txt", EICAR))
    deliver()
    with acting_as_system("tests"):
        rows = json.dumps(list(OutboxItem.objects.values("kind", "key", "data", "last_error")), default=str)
    assert "Mira" not in rows + caplog.text
    assert "Eicar" not in rows + caplog.text


# --- The file as it came


def manager_of(cast, user):
    user.role = "manager"
    user.save(update_fields=["role"])
    return user


def test_a_manager_gets_the_file_as_it_came_for_a_reason(cast, as_, make_case):
    case = make_case("application")
    sends(as_(cast.hanna), case, file())
    address = at(case, "original", uploaded(case).pk)
    browser = as_(manager_of(cast, cast.hanna))
    assert address in browser.get(at(case, "documents")).content.decode()
    assert browser.get(address).status_code == 200
    refused = browser.post(address, {"reason": ""})
    assert (refused.status_code, refused.context["form"].errors.keys()) == (200, {"reason"})
    answer = browser.post(address, {"reason": "The police ask where it was taken."})
    assert MARK in answer.content
    assert answer["Content-Type"] == "application/octet-stream"
    assert unquote(answer["Content-Disposition"]).rstrip('"').endswith(".jpg.original")
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    with acting_as_system("tests"):
        event = CaseEvent.objects.select_related("case__key").get(case=case, verb="open_original")
        assert event.note == "The police ask where it was taken."
        assert Look.objects.filter(case_id=case.pk, user_id=cast.hanna.pk, action="reveal").count() == 1


def test_nobody_else_gets_the_file_as_it_came(cast, as_, make_case, deliver, settings):
    case = make_case("assessment")
    with acting_as(cast.hanna):
        document = actions.add_document(Case.objects.get(pk=case.pk), by=cast.hanna, kind=KINDS.TICKET, file=file())
    address = at(case, "original", document.pk)
    manager_of(cast, cast.ilir)
    cast.hanna.role = "member"
    cast.hanna.save(update_fields=["role"])
    for who, status in (("hanna", 403), ("ilir", 403), ("otto", 404)):
        for answer in (as_(getattr(cast, who)).get(address), as_(getattr(cast, who)).post(address, {"reason": "x"})):
            assert answer.status_code == status, who
            assert MARK not in answer.content
    assert "The file as it came" not in as_(cast.ilir).get(at(case, "documents")).content.decode()
    with clamd() as running:
        settings.CLAMD_URL = running.url  # a file that was never scanned, or that holds a virus, stays locked here too
        answer = as_(manager_of(cast, cast.hanna)).post(address, {"reason": "x"})
    assert answer.status_code == 409
    assert MARK not in answer.content


def test_of_a_file_that_was_not_changed_there_is_one(cast, as_, make_case, folder):
    case = make_case("application")
    before = len(lying(folder))
    sends(as_(cast.hanna), case, file("note.txt", b"hello"))
    assert len(lying(folder)) == before + 1
    browser = as_(manager_of(cast, cast.hanna))
    assert browser.get(at(case, "original", uploaded(case).pk)).status_code == 403


# --- Every door


def test_a_small_pdf_goes_through_whole():
    taken = uploads.accept(a_pdf())
    assert taken.original == PDF
    assert taken.content.startswith(b"%PDF")
    assert io.BytesIO(taken.content).read().rstrip().endswith(b"%%EOF")


def test_only_the_guarded_view_gives_files_out():
    """Code that opens a stored file stands where it is guarded: documents, and the person's own extract of them."""
    found = {
        str(path)
        for folder in ("cases", "partners", "reintegration", "returns_portal")
        for path in Path(folder).rglob("*.py")
        if any(word in path.read_text() for word in ("uploads.read(", "FileResponse", "StreamingHttpResponse"))
    }
    assert found == {"cases/actions/documents.py", "cases/actions/rights.py", "cases/pdfs/rights.py"}
