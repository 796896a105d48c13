"""A PDF becomes a new PDF of its pages: what is seen on paper goes on, everything that acts or tells does not."""

import io
from collections.abc import Iterator
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from returns_portal.rewriting import pieces
from returns_portal.rewriting.refusal import Refused

PAGES: Final = 1000
# What makes a page. No annotations: what they show is painted into the page first.
OF_A_PAGE: Final = {
    "/Type",
    "/Parent",
    "/Resources",
    "/Contents",
    "/MediaBox",
    "/CropBox",
    "/BleedBox",
    "/TrimBox",
    "/ArtBox",
    "/Rotate",
    "/UserUnit",
    "/Group",
}
# Anywhere below a page: scripts, actions, files, other people's data. None of these is a name that a resource bears.
NEVER: Final = {
    "/AA",
    "/AF",
    "/AcroForm",
    "/Alternates",
    "/Annots",
    "/EF",
    "/EmbeddedFiles",
    "/JS",
    "/JavaScript",
    "/LastModified",
    "/Metadata",
    "/OPI",
    "/OpenAction",
    "/PieceInfo",
    "/RichMedia",
    "/RichMediaContent",
    "/URI",
    "/XFA",
}
# A stream that says its content lies in another file; a form that is a page of another file.
ELSEWHERE: Final = {"/F", "/FFilter", "/FDecodeParms", "/Ref", "/PS"}
PICTURES: Final = {"/DCTDecode": pieces.jpeg, "/JPXDecode": pieces.jpeg2000}


def rewrite(content: bytes) -> bytes:
    """The pages as a new PDF."""
    if b"%%EOF" not in content[-2048:]:
        raise Refused("broken")
    try:
        with Pdf.open(io.BytesIO(content)) as old:
            return _anew(old)
    except pikepdf.PasswordError:
        raise Refused("encrypted") from None
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, RuntimeError, MemoryError):
        raise Refused("broken") from None


def _anew(old: Pdf) -> bytes:
    if old.is_encrypted:
        raise Refused("encrypted")
    if old.Root.get("/NeedsRendering", False):
        raise Refused("pdf_form")
    if not 0 < len(old.pages) <= PAGES:
        raise Refused("broken")
    if "/AcroForm" in old.Root:
        old.generate_appearance_streams()
    old.flatten_annotations("all")
    for page in old.pages:
        found: Any = page.obj
        for key in set(found.keys()) - OF_A_PAGE:
            del found[key]
    new = Pdf.new()
    new.pages.extend(old.pages)
    for each in list(new.objects):
        for part in _within(each):
            _quieten(part)
    target = io.BytesIO()
    new.save(
        target,
        deterministic_id=True,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
        fix_metadata_version=False,
    )
    return target.getvalue()


def _within(found: Object) -> Iterator[Object]:
    """The object and what lies in it, without what is an object of its own."""
    waiting: list[Any] = [found]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Dictionary | Stream):
            yield each
            waiting.extend(value for key, value in each.items() if not _is_apart(value))
        elif isinstance(each, Array):
            waiting.extend(value for value in each if not _is_apart(value))


def _is_apart(value: Any) -> bool:
    return not isinstance(value, Object) or value.is_indirect


def _quieten(each: Object) -> None:
    is_stream = isinstance(each, Stream)
    for key in [key for key in each.keys() if key in NEVER or (is_stream and key in ELSEWHERE)]:  # noqa: SIM118  # no dict
        del each[key]
    if is_stream:
        _without_marks(each)


def _without_marks(stream: Any) -> None:
    """A photograph in a PDF is a file in a file: it has its own place, time and camera."""
    filters = stream.get("/Filter")
    named = [str(one) for one in filters] if isinstance(filters, Array) else [str(filters)] if filters else []
    pictures = [name for name in named if name in PICTURES]
    if not pictures:
        return
    if len(named) == 1:
        parms = stream.get("/DecodeParms")
        stream.write(PICTURES[named[0]](stream.read_raw_bytes()), filter=Name(named[0]), decode_parms=parms)
    elif named == ["/FlateDecode", "/DCTDecode"]:
        stream.write(stream.read_bytes(pikepdf.StreamDecodeLevel.all))
    else:
        raise Refused("broken")
