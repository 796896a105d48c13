"""Office files are packed anew without what acts, and without who wrote them. Whoever opens one trusts their Word."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote
from xml.parsers import expat

from returns_portal.rewriting import pieces
from returns_portal.rewriting.refusal import Refused

ENTRIES: Final = 200
UNPACKED: Final = 200 * 1024**2
MAIN_PART: Final = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "odt": "content.xml"}
ACTIVE_PART: Final = re.compile(
    r"vba|macro|(^|/)activeX/|externalLinks/|customUI|(^|/)ctrlProps/|xl/connections|xl/queryTables|^Basic/|^Scripts/",
    re.I,
)
# Files in the file: a zip (Word in Excel in Word …), an old Office file, a Windows or Linux program.
WRAPPED: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"MZ", b"\x7fELF", b"%PDF")
PICTURE: Final[dict[str, Callable[[bytes], bytes]]] = {
    ".jpg": pieces.jpeg,
    ".jpeg": pieces.jpeg,
    ".jfif": pieces.jpeg,
    ".png": pieces.png,
}
STILL: Final = {".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".ttf", ".odttf", ".fntdata", ".bin"}
# Fields and formulas that fetch or start something; Word and Excel read their names in capitals or not.
CALLS: Final = re.compile(
    r"\b(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|WEBSERVICE)\b|\b(CALL|REGISTER|EXEC|IMAGE)\s*\(|\b(LINK|IMPORT)\s+[\w\"]",
    re.I,
)
INSTRUCTIONS: Final = {"instrText", "fldSimple", "f", "formula", "definedName"}
# Where one instruction ends and the next begins: `PAGE` and then `DDE` are two fields, not one of an unknown name.
APART: Final = {"fldChar", "fldSimple", "f", "formula", "definedName"}
# What is skipped before and after an address.
BLANKS: Final = "".join(map(chr, range(33))) + "\x7f\xa0"
LINK: Final = re.compile(r"(https?://|mailto:|tel:|#|\.?$)", re.I)
ABOUT: Final = {
    "docProps/core.xml": b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<cp:coreProperties '
    b'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>',
    "docProps/app.xml": b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties '
    b'xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>',
    "docProps/custom.xml": b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties '
    b'xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"/>',
    "meta.xml": b'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-meta '
    b'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:version="1.2"/>',
}


def docx(content: bytes) -> bytes:
    """A Word file."""
    return _packed_anew(content, "docx")


def xlsx(content: bytes) -> bytes:
    """An Excel file."""
    return _packed_anew(content, "xlsx")


def odt(content: bytes) -> bytes:
    """An OpenDocument text."""
    return _packed_anew(content, "odt")


def _packed_anew(content: bytes, kind: str) -> bytes:
    target = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
            _check_list(old.infolist(), MAIN_PART[kind])
            left = UNPACKED
            for entry in old.infolist():
                if entry.is_dir():
                    continue
                with old.open(entry) as source:
                    part = source.read(left + 1)
                left -= len(part)
                if left < 0:
                    raise Refused("too_large_unpacked")
                # A name and a content: no remark, no time, no owner. An OpenDocument names its kind first, unpacked.
                packing = zipfile.ZIP_STORED if entry.filename == "mimetype" else zipfile.ZIP_DEFLATED
                new.writestr(zipfile.ZipInfo(entry.filename), _quiet(entry.filename, part), packing)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, EOFError, OSError, MemoryError):
        raise Refused("broken") from None
    return target.getvalue()


def _check_list(entries: list[zipfile.ZipInfo], main_part: str) -> None:
    names = [entry.filename for entry in entries]
    if main_part not in names or len(set(names)) != len(names):
        raise Refused("broken")
    if len(entries) > ENTRIES or sum(entry.file_size for entry in entries) > UNPACKED:
        raise Refused("too_large_unpacked")
    if any(".." in PurePosixPath(name).parts or name.startswith("/") or "\\" in name for name in names):
        raise Refused("broken")
    if any(ACTIVE_PART.search(name) for name in names):
        raise Refused("macros")


def _quiet(name: str, part: bytes) -> bytes:
    """The part as it goes on; raises where it acts, fetches or wraps another file."""
    if name in ABOUT:
        return ABOUT[name]
    if part.startswith(WRAPPED):
        raise Refused("wrapped")
    ending = "." + name.lower().rpartition(".")[2]  # pathlib takes `.rels` for a name without ending
    if name == "mimetype" or not part:
        return part
    if ending in PICTURE:
        return PICTURE[ending](part)
    if ending in {".xml", ".rels", ".rdf", ".vml"}:
        _Reader(name).read(part)
        return part
    if ending in STILL:
        return part
    raise Refused("wrapped")


class _Reader:
    """Reads one XML part for what fetches, runs or unfolds; entities are never unfolded."""

    def __init__(self, name: str) -> None:
        self.name, self.inside, self.said = name, 0, [""]

    def read(self, part: bytes) -> None:
        """Raise `Refused` where the part is not quiet."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._doctype
        parser.ProcessingInstructionHandler = self._instruction
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._words
        try:
            parser.Parse(part, True)
        except expat.ExpatError:
            raise Refused("broken") from None
        said = "".join(self.said)
        if CALLS.search(said) or CALLS.search(said.replace("\0", "")):
            raise Refused("calls_out")

    def _doctype(self, *_declared: object) -> None:
        raise Refused("entities")

    def _instruction(self, target: str, _words: str) -> None:
        if target != "mso-contentType":
            raise Refused("entities")

    def _start(self, element: str, given: dict[str, str]) -> None:
        space, _gap, tag = element.rpartition(" ")
        of = {key.rpartition(" ")[2]: value for key, value in given.items()}
        self.inside += tag in INSTRUCTIONS
        if tag in APART or "formula" in of:
            self.said.append("\0")
        self.said.append(of.get("instr", "") if tag == "fldSimple" else of.get("formula", ""))
        if tag in {"event-listener", "script"} or space.endswith(":script:1.0") or "macroEnabled" in str(given):
            raise Refused("macros")
        if tag == "Relationship":
            _check_relationship(of)
        elif self.name.endswith(".xml"):
            _check_link(tag, of, given)

    def _end(self, element: str) -> None:
        self.inside -= element.rpartition(" ")[2] in INSTRUCTIONS

    def _words(self, words: str) -> None:
        if self.inside:
            self.said.append(words)


def _check_relationship(of: dict[str, str]) -> None:
    """A link to click on may lead out; a template, picture or object that is fetched by opening the file may not."""
    if of.get("TargetMode", "").strip().lower() != "external":
        return
    if not of.get("Type", "").endswith("/hyperlink") or not LINK.match(of.get("Target", "")):
        raise Refused("calls_out")


def _check_link(tag: str, of: dict[str, str], given: dict[str, str]) -> None:
    """OpenDocument fetches by `xlink:href`: only a link to click on may lead out of the file."""
    href = next((value for key, value in given.items() if key == "http://www.w3.org/1999/xlink href"), "")
    # As an office program reads it: without blanks around it, Windows' strokes as others, %2e as a dot.
    href = unquote(href).strip(BLANKS).replace("\\", "/")
    leads_out = re.match(r"[a-z][a-z0-9+.-]*:|/", href, re.I) or ".." in href.split("/")
    if leads_out and not (tag == "a" and LINK.match(href)):
        raise Refused("calls_out")
    if tag in {"dde-source", "dde-connection-decl", "object-ole", "applet", "plugin"}:
        raise Refused("calls_out")
