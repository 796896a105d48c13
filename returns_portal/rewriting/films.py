"""Films and recordings keep picture and sound; place, camera, names and what lies between are blanked out."""

from typing import Final

from returns_portal.rewriting.refusal import Refused

# Boxes at the top of the file that make the film; anything else there is blanked.
TOP: Final = {b"ftyp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"styp", b"wide"}
INSIDE: Final = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"moof", b"traf", b"mvex"}
# Names, places, cameras, covers: in the film, in a track, from any maker.
TOLD: Final = {b"udta", b"meta", b"uuid", b"free", b"skip", b"name", b"loci", b"cprt", b"ilst"}
TIMES: Final = {b"mvhd", b"tkhd", b"mdhd"}


def rewrite(content: bytes) -> bytes:
    """The same film. Boxes keep their length, for a film finds its pictures by counting bytes."""
    film = bytearray(content)
    found = _quieten(film, 0, len(film), TOP)
    if not {b"ftyp", b"moov"} <= found:
        raise Refused("broken")
    return bytes(film)


def _quieten(film: bytearray, at: int, end: int, kept: "set[bytes] | None" = None) -> set[bytes]:
    found = set()
    while at < end:
        kind, head, stop = _box(film, at, end)
        found.add(kind)
        if kind in TOLD or (kept is not None and kind not in kept):
            film[at + 4 : at + 8] = b"free"
            film[at + head : stop] = bytes(stop - at - head)
        elif kind in TIMES:
            _forget_times(film, at + head, stop)
        elif kind in INSIDE:
            _quieten(film, at + head, stop)
        at = stop
    return found


def _box(film: bytearray, at: int, end: int) -> tuple[bytes, int, int]:
    """Kind, length of its head, and where it stops."""
    size, kind, head = int.from_bytes(film[at : at + 4]), bytes(film[at + 4 : at + 8]), 8
    if size == 1:
        size, head = int.from_bytes(film[at + 8 : at + 16]), 16
    stop = end if size == 0 else at + size
    if len(kind) < 4 or stop > end or stop < at + head:
        raise Refused("broken")
    return kind, head, stop


def _forget_times(film: bytearray, at: int, stop: int) -> None:
    """When it was filmed and changed: two numbers after version and flags."""
    length = 16 if film[at : at + 1] == b"\x01" else 8
    if at + 4 + length > stop:
        raise Refused("broken")
    film[at + 4 : at + 4 + length] = bytes(length)
