"""Pictures inside other files keep their points as they are; only what says where and by whom is cut out."""

from typing import Final

from returns_portal.rewriting.refusal import Refused

# APP0 says how to read the picture, APP14 in which colours; the other APPn and the remarks tell of camera and place.
KEPT_APPLICATION: Final = {0xE0, 0xEE}
REMARK: Final = 0xFE
START, END, SCAN = 0xD8, 0xD9, 0xDA
JPEG2000: Final = {b"jP  ", b"ftyp", b"jp2h", b"jp2c"}
PNG_START: Final = b"\x89PNG\r\n\x1a\n"
PNG_KEPT: Final = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"pHYs"}


def jpeg(content: bytes) -> bytes:
    """The JPEG without camera, place, remarks, preview pictures and what hangs behind."""
    if content[:2] != bytes([0xFF, START]):
        raise Refused("broken")
    kept, at = [content[:2]], 2
    while True:
        while content[at : at + 2] == b"\xff\xff":
            at += 1
        if len(content) < at + 4 or content[at] != 0xFF:
            raise Refused("broken")
        marker = content[at + 1]
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4])
        if marker == SCAN:
            kept.append(_scans(content, at))
            return b"".join(kept)
        is_told = marker == REMARK or (0xE0 <= marker <= 0xEF and marker not in KEPT_APPLICATION)
        if not is_told:
            kept.append(content[at:end])
        at = end


def _scans(content: bytes, at: int) -> bytes:
    """From the first scan to the end of the picture; inside a scan, 0xFF is always followed by 0 or a restart."""
    end = content.find(bytes([0xFF, END]), at)
    if end < 0:
        raise Refused("broken")
    return content[at : end + 2]


def jpeg2000(content: bytes) -> bytes:
    """The JPEG 2000 file with the boxes that make the picture; a bare code stream has no others."""
    if content[:4] == b"\xff\x4f\xff\x51":
        return content
    kept, at = [], 0
    while at + 8 <= len(content):
        size, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        size = int.from_bytes(content[at + 8 : at + 16]) if size == 1 else size or len(content) - at
        if size < 8 or at + size > len(content):
            raise Refused("broken")
        if kind in JPEG2000:
            kept.append(content[at : at + size])
        at += size
    return b"".join(kept)


def png(content: bytes) -> bytes:
    """The PNG with the chunks that make the picture."""
    if content[:8] != PNG_START:
        raise Refused("broken")
    kept, at = [PNG_START], 8
    while True:
        end = at + 12 + int.from_bytes(content[at : at + 4])
        kind = content[at + 4 : at + 8]
        if end > len(content) or len(kind) < 4:
            raise Refused("broken")
        if kind in PNG_KEPT:
            kept.append(content[at:end])
        if kind == b"IEND":
            return b"".join(kept)
        at = end
