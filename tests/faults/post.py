"""A real mail server that can refuse, hesitate, and kill whoever is just talking to it."""

import asyncio
import os
import signal
import threading
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from returns_portal.embedded import free_port

# Where the connection stands when the server acts, in the order of a delivery.
STAGES = ("greeting", "mail", "rcpt", "data", "taken")


@dataclass
class Strike:
    """Kill this process when it comes to this stage of its mail number `after`."""

    pid: int
    stage: str
    after: int = 0


@dataclass
class Taken:
    """A mail that the server answered for with 250."""

    message_id: str
    to: str
    text: str


@dataclass
class PostOffice:
    """The mail server; `taken` is what it accepted. Closed, its port refuses every connection."""

    port: int = field(default_factory=free_port)
    taken: list[Taken] = field(default_factory=list)
    # Stage → the refusal that is answered there.
    refusals: dict[str, str] = field(default_factory=dict)
    # Recipient → the refusal that this mailbox gives.
    mailboxes: dict[str, str] = field(default_factory=dict)
    strike: Strike | None = None
    struck: list[str] = field(default_factory=list)
    connections: int = 0
    # Cleared, no mail is answered for once its text is there.
    may_answer: threading.Event = field(default_factory=threading.Event)
    is_holding: threading.Event = field(default_factory=threading.Event)
    asked: int = 0
    forgotten: int = 0
    _controller: Controller | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    def __post_init__(self):
        self.may_answer.set()

    def open(self):
        self._controller = _Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()
        self.connections = 0  # the controller itself knocked once

    def close(self):
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def hold_answers(self):
        """Take a mail's text and say nothing to it, until released."""
        self.is_holding.clear()
        self.may_answer.clear()

    def await_held(self):
        """Until somebody waits for such an answer."""
        assert self.is_holding.wait(20), "nobody came"

    def release(self):
        """Answer for all of them."""
        self.may_answer.set()

    def forget_held(self):
        """Throw away the mails of those who have died waiting, and answer the next ones."""
        self.forgotten = self.asked
        self.may_answer.set()

    def count(self):
        """Message-ID → how often it was accepted."""
        return Counter(mail.message_id for mail in self.taken)

    def strikes(self, stage):
        """Whether it killed its client, which by then is dead."""
        with self._lock:
            plan = self.strike
            if plan is None or plan.stage != stage:
                return False
            if plan.after > 0:
                plan.after -= 1
                return False
            self.strike = None
            os.kill(plan.pid, signal.SIGKILL)
            self.struck.append(stage)
            return True

    # What aiosmtpd asks of its handler. It answers "250 OK" itself where None is not meant.

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802  # aiosmtpd's name
        self.strikes("mail")
        envelope.mail_from = address
        return self.refusals.get("mail", "250 OK")

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  # aiosmtpd's name
        self.strikes("rcpt")
        answer = self.refusals.get("rcpt") or self.mailboxes.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  # aiosmtpd's name
        if self.strikes("data"):
            return "451 Your sender is dead"
        if "data" in self.refusals:
            return self.refusals["data"]
        asked = self.asked = self.asked + 1
        while not self.may_answer.is_set() and asked > self.forgotten:
            self.is_holding.set()
            await asyncio.sleep(0.01)
        if asked <= self.forgotten:
            return "451 You are dead"
        message = message_from_bytes(envelope.content)
        text = message.get_payload(decode=True).decode()
        self.taken.append(Taken(message["Message-ID"], envelope.rcpt_tos[0], text))
        server.has_taken = True
        return "250 OK"


class _Server(SMTP):
    has_taken = False

    async def push(self, status):
        office = self.event_handler
        if str(status).startswith("220 "):
            office.connections += 1
            office.strikes("greeting")
            status = office.refusals.get("greeting", status)
        await super().push(status)
        if self.has_taken:
            self.has_taken = False
            office.strikes("taken")

    async def smtp_QUIT(self, arg):  # noqa: N802  # aiosmtpd's name
        if "quit" in self.event_handler.refusals:
            await asyncio.sleep(10)  # says nothing
        await super().smtp_QUIT(arg)


class _Controller(Controller):
    def factory(self):
        return _Server(self.handler, hostname="post.example.test", **self.SMTP_kwargs)
