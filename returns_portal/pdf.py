"""Papers: a template rendered to a tagged PDF, in the worker, without a network.

A paper's template extends one of three layouts and fills its blocks:

`pdf/letter.html`  a letter of an authority: `about` (further lines beside the reference), `heading`, `lead`, `decision`
                   (the box), `body`, `signature` (the names of `paper.signed_by`), `enclosures`, `contact` (the foot).
`pdf/form.html`    a form to fill in and sign: `heading`, `lead`, `body`, `signatures`.
`pdf/card.html`    a sheet A5 to fold to A6, for the person: `front`, `inside_left`, `inside_right`, `back`.

Each expects `paper`, a `Paper`. The fragments `pdf/_kv.html` (`rows`: pairs of label and value) and
`pdf/_signatures.html` (`signatories`: who signs, one pair of lines each) are included with `only`.
Classes for forms, see `pdf.css`: `boxes` around `box` (`label` and `value`; `wide`, `tall`), `ticks` around `tick`
(`on` when it is ticked), `columns`, `note`, `keep` (not parted over two pages).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

RIGHT_TO_LEFT = {"ar", "ckb", "fa", "he", "ps", "ur"}


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who a paper comes from."""

    name: str
    address: tuple[str, ...] = ()
    phone: str = ""
    email: str = ""
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What stands round the text of every paper."""

    title: str
    reference: str
    made_at: datetime
    sender: Sender
    version: str = "1"
    kind: str = ""
    place: str = ""
    addressee: tuple[str, ...] = ()
    signed_by: tuple[str, ...] = ()


class Unreachable(Exception):
    """A paper asked for something outside `static/`; it is not made at all."""


def render(template: str, context: Mapping[str, Any], *, language: str) -> bytes:
    """The PDF of a template in a language; `language` and `direction` are added to its context."""
    direction = "rtl" if language.split("-")[0] in RIGHT_TO_LEFT else "ltr"
    with translation.override(language):
        html = render_to_string(template, {**context, "language": language, "direction": direction})
    return from_html(html)


def from_html(html: str) -> bytes:
    """The tagged PDF of a whole page of HTML, whose addresses are relative to `static/`."""
    from weasyprint import HTML  # heavy, and only the worker ever needs it
    from weasyprint.urls import FatalURLFetchingError  # no subclass of Exception: it would end the worker

    try:
        document: bytes = HTML(
            string=html, base_url=static_folder().as_uri() + "/", url_fetcher=_only_static()
        ).write_pdf(pdf_variant="pdf/ua-1")
    except FatalURLFetchingError:
        raise Unreachable from None
    return document


def static_folder() -> Path:
    """The one folder a paper may take a stylesheet or a picture from."""
    return (Path(settings.BASE_DIR) / "static").resolve()


def may_fetch(url: str) -> bool:
    """Whether `url` is a file in `static/`; a link that leads out of it counts as outside."""
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc:
        return False
    path = Path(unquote(parts.path)).resolve()
    return path.is_file() and path.is_relative_to(static_folder())


def _only_static() -> Any:
    from weasyprint.urls import FatalURLFetchingError, URLFetcher  # see `render`

    class OnlyStatic(URLFetcher):  # type: ignore[misc]  # the package has no types
        """Refuses everything else, loudly."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            if not may_fetch(url):
                raise FatalURLFetchingError("A paper may open files of static/ only.")
            return super().fetch(url, headers)

    return OnlyStatic(allowed_protocols=["file"], allow_redirects=False)
