"""A stand-in for ClamAV's clamd on a loopback socket: speaks INSTREAM, knows one virus, and can misbehave."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tests.returns_portal.hostile import EICAR

# What it answers instead of looking: nothing yet, nothing ever, or words nobody knows.
HANGS, CLOSES, TRICKLES = "hangs", "closes", "trickles"


class Clamd:
    """The server; `how` may be changed while it runs."""

    def __init__(self, listening: socket.socket, url: str) -> None:
        self.listening, self.url, self.how = listening, url, ""
        self.streams: list[bytes] = []
        self._over = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                connection, _address = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if self.how == CLOSES:
                return
            answer = self._look(connection)
            if self.how == HANGS:
                self._over.wait(30)
            elif self.how == TRICKLES:
                while not self._over.is_set():
                    connection.sendall(b"s")
                    time.sleep(0.05)
            else:
                connection.sendall((self.how.encode() or answer) + b"\0")

    def _look(self, connection: socket.socket) -> bytes:
        source = connection.makefile("rb")
        if source.read(10) != b"zINSTREAM\0":
            return b"UNKNOWN COMMAND"
        stream = b""
        while size := int.from_bytes(source.read(4)):
            stream += source.read(size)
        self.streams.append(stream)
        return b"stream: Eicar-Test-Signature FOUND" if EICAR in stream else b"stream: OK"

    def end(self) -> None:
        """Stop, and let whoever hangs go."""
        self._over.set()
        with contextlib.suppress(OSError):
            self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()


@contextlib.contextmanager
def clamd(path: Path | None = None) -> Iterator[Clamd]:
    """A server on a port of its own, or on a socket in the file system."""
    listening = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
    listening.bind(str(path) if path else ("127.0.0.1", 0))
    listening.listen()
    url = f"unix://{path}" if path else f"tcp://127.0.0.1:{listening.getsockname()[1]}"
    server = Clamd(listening, url)
    try:
        yield server
    finally:
        server.end()
