import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from pypdf import PdfReader

from returns_portal import pdf

SENDER = pdf.Sender(
    name="Länsstyrelsen i Provlän",
    unit="Samordning",
    address=("Box 1", "401 10 Göteborg"),
    phone="031-00 00 00",
    email="lst@example.test",
)
PAPER = pdf.Paper(
    title="Prov av ett brev",
    kind="Beslut",
    reference="RP-7K3M",
    version="2",
    made_at=datetime(2026, 11, 24, 23, 30, tzinfo=UTC),
    sender=SENDER,
    addressee=("Sara Lind", "Box 2"),
    signed_by=("Lars Berg", "Handläggare"),
)


def rendered(template: str, language: str = "sv") -> PdfReader:
    return PdfReader(io.BytesIO(pdf.render(template, {"paper": PAPER}, language=language)))


def words(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in reader.pages)


def inside(part: Any) -> Any:
    """A PDF's objects are dictionaries whose types only the file knows."""
    return part


def fonts(reader: PdfReader) -> set[str]:
    return {
        str(font.get_object()["/BaseFont"]).split("+")[-1]
        for page in reader.pages
        for font in inside(page)["/Resources"]["/Font"].values()
    }


def test_a_letter_says_who_to_whom_when_and_what() -> None:
    reader = rendered("pdf/letter.html")
    text = words(reader)
    for part in (
        "Länsstyrelsen i Provlän",
        "Samordning",
        "Box 1",
        "031-00 00 00",
        "lst@example.test",
        "Sara Lind",
        "RP-7K3M",
        "Lars Berg",
        "Prov av ett brev",
        "25 november 2026",
        "2026-11-25",
    ):
        assert part in text, part


@pytest.mark.parametrize("template", ["pdf/letter.html", "pdf/form.html", "pdf/card.html"])
def test_every_layout_is_tagged_named_and_in_its_language(template: str) -> None:
    reader = rendered(template)
    catalog = inside(reader.trailer)["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == "sv"
    assert b"pdfuaid:part" in catalog["/Metadata"].get_data()
    assert reader.metadata is not None
    assert reader.metadata.title == "Prov av ett brev"
    assert {name.split("-Bold")[0] for name in fonts(reader)} <= {"Noto-Sans", "Noto-Serif"}


def test_english_letters_are_english() -> None:
    text = words(rendered("pdf/letter.html", "en-gb"))
    assert "25 November 2026" in text
    assert "Page 1 of 1" in text
    assert "Version 2" in text


def test_every_page_says_which_of_how_many() -> None:
    context = {"paper": PAPER, "language": "en-gb", "direction": "ltr"}
    with translation.override("en-gb"):
        html = render_to_string("pdf/letter.html", context)
    long = '<div class="body">' + "<p>word word word</p>" * 150
    pages = PdfReader(io.BytesIO(pdf.from_html(html.replace('<div class="body">', long)))).pages
    assert len(pages) > 2
    for number, page in enumerate(pages, start=1):
        text = " ".join(page.extract_text().split())
        assert f"Page {number} of {len(pages)}" in text
        assert "RP-7K3M" in text
        assert ("031-00 00 00" in text) is (number == 1)


@pytest.mark.parametrize(
    ("outside", "inside"),
    [
        ("http://127.0.0.1/pdf.css", False),
        ("https://example.test/pdf.css", False),
        ("file:///etc/passwd", False),
        ("file://server/share/pdf.css", False),
        ("data:text/css,p{}", False),
        ("http://example.testFOLDER/css/pdf.css", False),
        ("file://serverFOLDER/css/pdf.css", False),
        ("ftp://example.test/pdf.css", False),
        ("STATIC/../manage.py", False),
        ("STATIC/css/%2e%2e/%2e%2e/manage.py", False),
        ("STATIC/css", False),
        ("STATIC/css/pdf.css", True),
    ],
)
def test_only_files_of_static_are_opened(outside: str, inside: bool) -> None:
    static = pdf.static_folder()
    assert pdf.may_fetch(outside.replace("STATIC", static.as_uri()).replace("FOLDER", str(static))) is inside


def test_a_link_out_of_static_is_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    static, secret = tmp_path / "static", tmp_path / "secret"
    static.mkdir()
    secret.write_text("x")
    (static / "link").symlink_to(secret)
    monkeypatch.setattr(pdf, "static_folder", lambda: static)
    assert not pdf.may_fetch((static / "link").as_uri())


def test_a_paper_that_asks_for_more_is_not_made() -> None:
    for address in ("file:///etc/hostname", "http://127.0.0.1:9/x.png", "data:image/png;base64,AAAA"):
        with pytest.raises(pdf.Unreachable):
            pdf.from_html(f'<html lang="sv"><title>x</title><img alt="" src="{address}">')
