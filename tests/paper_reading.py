"""Read a paper as its receiver does: its words, and what it is printed with."""

import io
from typing import Any

from pypdf import PdfReader

from cases.actions import read_document
from cases.models import Case, Document


def papers_of(case: Case) -> dict[tuple[str, str], Document]:
    """(paper, language) → the latest version that stands in the case's list."""
    rows = Document.objects.filter(case=case, kind=Document.Kind.PAPER, withdrawn_at__isnull=True)
    return {(row.paper, row.language): row for row in rows.order_by("version", "created_at")}


def content_of(case: Case, paper: str, language: str = "en-gb") -> bytes:
    """The bytes of a paper of the case."""
    return read_document(papers_of(case)[paper, language])


def pages_of(content: bytes) -> list[str]:
    """The words of each page."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]


def words_of(content: bytes) -> str:
    """The words of the whole paper."""
    return " ".join(pages_of(content))


def fonts_of(content: bytes) -> set[str]:
    """The fonts that the file carries with it."""
    found = set()
    for page in PdfReader(io.BytesIO(content)).pages:
        resources: Any = page["/Resources"]
        for font in resources["/Font"].values():
            described = font.get_object()
            inner = described.get("/DescendantFonts", [described])[0].get_object()
            assert "/FontFile2" in inner["/FontDescriptor"] or "/FontFile3" in inner["/FontDescriptor"]
            found.add(str(described["/BaseFont"]).split("+")[-1])
    return found
