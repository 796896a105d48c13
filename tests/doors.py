"""The portal through its door, as a person without scripts meets it: read, fill in, press."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

# Elements that have no end tag.
VOID = {"input", "br", "hr", "img", "link", "meta"}


@dataclass
class Control:
    """What one name of a form offers: its kind, what may be chosen, what is sent if nobody touches it."""

    kind: str
    choices: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)


@dataclass
class Form:
    """A form as it stands on the page."""

    action: str
    controls: dict[str, Control] = field(default_factory=dict)
    has_button: bool = False

    def control(self, name: str, kind: str) -> Control:
        """The control of this name."""
        return self.controls.setdefault(name, Control(kind))


class Page(HTMLParser):
    """The forms of a page's main part, its links, and what stands under each test id."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: set[str] = set()
        self.next = ""
        self.said: dict[str, str] = {}
        self.words: list[str] = []
        self._form: Form | None = None
        self._select: Control | None = None
        self._textarea: Control | None = None
        self._in_main = False
        self._open: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms, their controls, links and test ids."""
        given = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self._open.append(given.get("data-testid", ""))
        if given.get("data-testid"):
            self.said.setdefault(given["data-testid"], "")
        if tag == "main":
            self._in_main = True
        if tag == "a" and given.get("href"):
            self.links.add(given["href"].partition("#")[0].partition("?")[0])
            self.next = given["href"] if given.get("rel") == "next" else self.next
        if not self._in_main:
            return
        if tag == "form":
            self._form = Form(given.get("action", ""))
            self.forms.append(self._form)
        elif self._form is not None:
            self._note(tag, given)

    def _note(self, tag: str, given: dict[str, str]) -> None:
        form, name, value = self._form, given.get("name", ""), given.get("value", "")
        assert form is not None
        if tag == "option" and self._select is not None:
            self._select.choices.append(value)
            if "selected" in given or not self._select.sent:
                self._select.sent = [value]
        elif tag == "button" and given.get("type", "submit") == "submit":
            form.has_button = True
            if name:
                form.control(name, "button").choices.append(value)
        elif not name or "disabled" in given:
            return
        elif tag == "select":
            self._select = form.control(name, "select")
        elif tag == "textarea":
            self._textarea = form.control(name, "text")
            self._textarea.sent = [""]
        elif tag == "input":
            kind = given.get("type", "text")
            control = form.control(name, kind)
            if kind in {"radio", "checkbox"}:
                control.choices.append(given.get("value", "on"))
                if "checked" in given:
                    control.sent.append(given.get("value", "on"))
            elif kind != "file":
                control.sent.append(value)

    def handle_endtag(self, tag: str) -> None:
        """Close what has ended."""
        if tag not in VOID and self._open:
            self._open.pop()
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._textarea = None
        elif tag == "main":
            self._in_main = False

    def handle_data(self, data: str) -> None:
        """Keep the words, and let each test id say its own."""
        if self._textarea is not None:
            self._textarea.sent[0] = (self._textarea.sent[0] + data).removeprefix("\n")
            return
        self.words.append(data)
        for testid in filter(None, self._open):
            self.said[testid] = " ".join(f"{self.said[testid]} {data}".split())

    @property
    def text(self) -> str:
        """Every word of the page, in one line."""
        return " ".join(" ".join(self.words).split())


class Desk:
    """One person of the cast before a browser without scripts."""

    def __init__(self, browser: Client) -> None:
        self.browser = browser
        self.address = ""
        self.page = Page("")

    def open(self, address: str, *, status: int = 200) -> None:
        """Go to a page, follow where it leads, and read it."""
        response = self.browser.get(address, follow=True)
        assert response.status_code == status, f"{address}: {response.status_code}"
        self.address = response.redirect_chain[-1][0] if response.redirect_chain else address
        self.page = Page(response.content.decode())

    def choices(self, name: str) -> list[str]:
        """What may be chosen under a name."""
        return self._form_with({name}, "").controls[name].choices

    def send(self, to: str = "", *, expect: int = 200, takes: bool = True, **answers: Any) -> None:
        """Fill in the form that asks this (or goes `to` an address), press its button, and read what comes.

        With `takes=False` the form is expected to come back with errors.
        """
        form = self._form_with(set(answers), to)
        data: dict[str, Any] = {
            name: control.sent for name, control in form.controls.items() if control.sent and control.kind != "button"
        }
        for name, answer in answers.items():
            data[name] = _typed(name, form.controls[name], answer)
        response = self.browser.post(urljoin(self.address, form.action), data, follow=True)
        self.page = Page(response.content.decode())
        done = bool(response.redirect_chain)
        assert response.status_code == expect, f"{form.action or self.address}: {response.status_code} {self.problems}"
        assert done == (takes and expect == 200), f"{form.action or self.address} was not taken: {self.problems}"
        if done:
            self.address = response.redirect_chain[-1][0]

    def names(self) -> list[str]:
        """What the forms of the page ask."""
        return [name for form in self.page.forms for name, control in form.controls.items() if control.kind != "hidden"]

    @property
    def problems(self) -> str:
        """What the page says is missing or wrong."""
        return self.page.said.get("blockers", "") or self.page.said.get("errors", "") or self.page.text[-1500:]

    def _form_with(self, names: set[str], to: str) -> Form:
        fitting = [
            form for form in self.page.forms if form.has_button and names <= set(form.controls) and form.action == to
        ]
        assert fitting, f"{self.address}: no form to {to or 'itself'} asks for {sorted(names)}; there are " + str(
            [(form.action, sorted(form.controls)) for form in self.page.forms]
        )
        return fitting[0]


def _typed(name: str, control: Control, answer: Any) -> Any:
    """What the browser sends for this answer; only what is offered can be chosen."""
    if control.kind == "file":
        return SimpleUploadedFile(f"{name}.pdf", answer, content_type="application/pdf")
    if control.kind in {"radio", "checkbox", "select", "button"}:
        if answer is True:
            return control.choices
        chosen = [str(value) for value in (answer if isinstance(answer, list) else [answer])]
        assert set(chosen) <= set(control.choices), f"{name} offers {control.choices}, not {chosen}"
        return chosen
    return str(answer)
