"""The same desk as `tests.doors`, in a real browser."""

from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Locator, Page

# Chromium says this about a page that answers 403, 404 or 409, which some of these tests want.
REFUSED = ("status of 403", "status of 404", "status of 409")


class BrowserDesk:
    """One person of the cast before Chromium. What the browser complains about is kept in `complaints`."""

    def __init__(self, context: BrowserContext, server: str) -> None:
        self.context, self.server = context, server
        self.tab: Page = context.new_page()
        self.complaints: list[str] = []
        self.tab.on("console", self._console)
        self.tab.on("pageerror", lambda error: self.complaints.append(f"{self.address}: {error}"))
        self.tab.on("requestfailed", self._failed)
        self.tab.on("response", self._answered)

    def _console(self, message: Any) -> None:
        if message.type in {"error", "warning"} and not any(words in message.text for words in REFUSED):
            self.complaints.append(f"{self.address}: {message.text}")

    def _failed(self, request: Any) -> None:
        # A download "fails" as a page: it is a file.
        if "ERR_ABORTED" not in (request.failure or ""):
            self.complaints.append(f"{request.url}: {request.failure}")

    def _answered(self, response: Any) -> None:
        if response.status >= 500 or (response.status >= 400 and "/static/" in response.url):
            self.complaints.append(f"{response.url}: {response.status}")
        if not response.url.startswith(self.server):
            self.complaints.append(f"{response.url}: not ours")

    @property
    def address(self) -> str:
        """Where the tab is, without the server."""
        return urlsplit(self.tab.url).path

    def open(self, address: str, *, status: int = 200) -> None:
        """Go to a page."""
        response = self.tab.goto(self.server + address)
        assert response is not None and response.status == status, f"{address}: {response and response.status}"

    def said(self, testid: str) -> str:
        """What stands under a test id."""
        return " ".join(self.tab.get_by_test_id(testid).first.inner_text().split())

    def choices(self, name: str) -> list[str]:
        """What may be chosen under a name."""
        options = self.tab.locator(f"main [name='{name}'] option")
        return [option.get_attribute("value") or "" for option in options.all()]

    def send(self, to: str = "", *, expect_status: int = 200, **answers: Any) -> None:
        """Fill in the form that asks this (or goes `to` an address) and press its button."""
        form = self._form(to, answers)
        button = None
        for name, answer in answers.items():
            if form.locator(f"button[name='{name}']").count():
                button = form.locator(f"button[name='{name}'][value='{answer}']").first
            else:
                self._answer(form, name, answer)
        button = button or form.locator("button.btn:not([name='preview'])").last
        before = self.tab.url
        with self.tab.expect_navigation() as arrival:
            button.click()
        response = arrival.value
        assert response is not None and response.status == expect_status, f"{before}: {response and response.status}"
        if expect_status == 200:
            wrong = self.tab.locator(".summary, [data-testid=blockers]")
            redirected = response.request.redirected_from is not None
            assert redirected, f"{before} was not taken: " + " ".join(text.inner_text() for text in wrong.all())

    def _form(self, to: str, answers: dict[str, Any]) -> Locator:
        form = self.tab.locator(f"main form[action='{to}']" if to else "main form:not([action])")
        for name in answers:
            form = form.filter(has=self.tab.locator(f"[name='{name}']"))
        return form.filter(has=self.tab.locator("button")).first

    def _answer(self, form: Locator, name: str, answer: Any) -> None:
        control = form.locator(f"[name='{name}']")
        closed = form.locator("details:not([open])").filter(has=self.tab.locator(f"[name='{name}']"))
        if closed.count():
            closed.first.locator("summary").click()
        first = control.first
        kind = first.evaluate("e => e.localName === 'input' ? e.type : e.localName")
        if kind == "hidden":
            assert first.input_value() == str(answer)
        elif kind == "file":
            first.set_input_files({"name": f"{name}.pdf", "mimeType": "application/pdf", "buffer": answer})
        elif kind == "select":
            first.select_option(str(answer))
        elif kind in {"radio", "checkbox"}:
            if answer is True:
                for box in control.all():
                    box.check()
            for value in answer if isinstance(answer, list) else [] if answer is True else [answer]:
                form.locator(f"[name='{name}'][value='{value}']").check()
        else:
            first.fill(str(answer))

    def download(self, link: str) -> bytes:
        """The file behind a link of the page."""
        with self.tab.expect_download() as download:
            self.tab.locator(f"a[href='{link}']").first.click()
        path = download.value.path()
        return path.read_bytes()


def no_sideways_scroll(tab: Page) -> bool:
    """Whether the page fits into the window's width."""
    return bool(tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
