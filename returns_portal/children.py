"""Child processes: started with a log of their own, watched, and never left behind."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

LAST_LINES = 15


class ChildDied(Exception):
    """A process ended that should have gone on; the message holds its last words."""


class Child:
    """One process with a name, in a session of its own so that Ctrl-C reaches only its parent."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: int | None = None,
        group: int | None = None,
        farewell: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name, self.log, self.farewell = name, log, farewell
        with log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 the commands are our own
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env) if env is not None else None,
                cwd=cwd,
                user=user,
                group=group,
                extra_groups=[] if user is not None else None,
                start_new_session=True,
                preexec_fn=_die_with_parent(farewell),
            )

    def is_running(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def check(self) -> None:
        """Complain with its last words if it has ended."""
        if not self.is_running():
            raise ChildDied(f"{self.name} ended with code {self.process.returncode}. Its last lines:\n{self.tail()}")

    def finish(self) -> None:
        """Wait for a process that does one thing; complain if it failed."""
        if self.process.wait() != 0:
            self.check()

    def ask_to_stop(self) -> None:
        """Ask it to end, without waiting."""
        if self.is_running():
            self.process.send_signal(self.farewell)

    def stop(self, patience: float = 10) -> None:
        """Ask it to end, and end it with all its own children if it does not in time."""
        self.ask_to_stop()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self._kill()
            self.process.wait()
        self._kill()

    def tail(self) -> str:
        """The last lines of its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-LAST_LINES:])

    def _kill(self) -> None:
        """End whatever is left in its session; mostly nothing is."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return


def stop_all(children: Sequence[Child], patience: float = 10) -> None:
    """Stop several at once."""
    for child in children:
        child.ask_to_stop()
    until = time.monotonic() + patience
    for child in children:
        child.stop(max(0.1, until - time.monotonic()))


def _die_with_parent(farewell: signal.Signals) -> "_OnFork | None":
    """On Linux the kernel itself stops a child whose parent was killed outright."""
    if sys.platform != "linux":
        return None
    return _OnFork(ctypes.CDLL(None).prctl, farewell)


class _OnFork:
    def __init__(self, prctl: "ctypes._NamedFuncPointer", farewell: signal.Signals) -> None:
        self.prctl, self.farewell = prctl, int(farewell)

    def __call__(self) -> None:
        self.prctl(1, self.farewell)  # 1 is PR_SET_PDEATHSIG
        os.umask(0o077)
