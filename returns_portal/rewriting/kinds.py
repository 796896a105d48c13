"""Which hand rewrites which kind."""

from collections.abc import Callable
from typing import Final

from returns_portal.rewriting import films, office, pdfs, pictures, texts

REWRITE: Final[dict[str, Callable[[bytes], bytes]]] = {
    "jpg": pictures.jpeg,
    "png": pictures.png,
    "webp": pictures.webp,
    "heic": pictures.heic,
    "pdf": pdfs.rewrite,
    "docx": office.docx,
    "xlsx": office.xlsx,
    "odt": office.odt,
    "txt": texts.rewrite,
    "mp4": films.rewrite,
    "m4a": films.rewrite,
}
