"""`make demo`: the whole portal as child processes of this one, with data and secrets under `.data/`."""

import hashlib
import os
import shutil
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from returns_portal.children import Child, ChildDied, stop_all
from returns_portal.embedded import (
    DATA,
    GRANTS,
    ROOT,
    CannotStart,
    connected,
    locked,
    new_secrets,
    private_folder,
    servers,
    user_of,
    write_private,
)

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 named here only to warn of it
MARK = "Returns Portal demo"
PATIENCE = 90


def say(text: str) -> None:
    """Tell the person at the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def run() -> None:
    """Start everything, say where it is, and watch over it until somebody asks it to stop."""
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    if not port.isdecimal():
        raise CannotStart(f"PORT is {port}: it must be a number.")
    check_free(host, int(port))
    DATA.mkdir(mode=0o700, exist_ok=True)
    with locked(DATA), ExitStack() as stack:
        say("Starting the database and the broker …")
        addresses = stack.enter_context(servers(DATA))
        env = environment(addresses, host, int(port))
        prepare_database(addresses, env)
        stack.enter_context(told(env))
        collect_static(env)
        load_programme(env)
        children = stack.enter_context(portal(env, host, int(port)))
        await_ready(children, env["PORTAL_ADDRESS"])
        say(welcome(env))
        while True:
            for child in children:
                child.check()
            time.sleep(0.5)


def check_free(host: str, port: int) -> None:
    """Refuse a port that is taken, before anything is started."""
    if host not in LOOPBACK:
        say(f"WARNING: HOST is {host}. The demo has known passwords and no encryption: anyone there can sign in.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"{host}:{port} cannot be used ({error.strerror}). Try another: make demo PORT={port + 1}"
            ) from error


def environment(addresses: dict[str, str], host: str, port: int) -> dict[str, str]:
    """The settings of the demo's processes, secrets made at the first start included."""
    kept = DATA / "secrets"
    if not kept.exists():
        write_private(kept, "\n".join(f"{name}={value}" for name, value in new_secrets().items()))
    kept_secrets = dict(line.split("=", 1) for line in kept.read_text(encoding="ascii").splitlines())
    visible = "127.0.0.1" if host in EVERYWHERE else host
    return kept_secrets | {
        "PORTAL_MODE": "demo",
        "DATABASE_URL": addresses["DATABASE_URL"],
        "WORKER_DATABASE_URL": addresses["WORKER_DATABASE_URL"],
        "REDIS_URL": addresses["REDIS_URL"],
        "ALLOWED_HOSTS": "*" if host in EVERYWHERE else ",".join(sorted({*LOOPBACK, "[::1]", host})),
        "EMAIL_URL": f"file://{private_folder(DATA / 'mail')}",
        "UPLOADS_DIR": str(private_folder(DATA / "uploads")),
        "DEMO_CLOCK_FILE": str(DATA / "clock"),
        "PORTAL_ADDRESS": f"http://{f'[{visible}]' if ':' in visible else visible}:{port}",
    }


def as_worker(env: dict[str, str]) -> dict[str, str]:
    """The same settings for tasks and commands, which come to the database by a role of their own."""
    return env | {"DATABASE_URL": env["WORKER_DATABASE_URL"]}


@contextmanager
def told(env: dict[str, str]) -> Iterator[None]:
    """Let commands in this folder find the running demo; they work as the worker does."""
    note = DATA / "environment"
    write_private(note, "\n".join(f"{name}={value}" for name, value in as_worker(env).items()))
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


def prepare_database(addresses: dict[str, str], env: dict[str, str]) -> None:
    """Migrate as the owner, in a database that is empty or the demo's own; nothing else is touched."""
    owner_url, app_url = addresses["OWNER_DATABASE_URL"], addresses["DATABASE_URL"]
    with connected(owner_url) as cursor:
        cursor.execute(
            "SELECT current_database(), shobj_description(oid, 'pg_database'),"
            " EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public')"
            " FROM pg_database WHERE datname = current_database()"
        )
        name, mark, is_filled = cursor.fetchone()
        if is_filled and mark != MARK:
            raise CannotStart(f"The database {name} is in use and is not the demo's: name an empty one.")
        if mark != MARK:
            cursor.execute(f"COMMENT ON DATABASE \"{name}\" IS '{MARK}'")
        for role in {user_of(app_url), user_of(addresses["WORKER_DATABASE_URL"])} - {user_of(owner_url)}:
            cursor.execute(GRANTS.format(owner=user_of(owner_url), app=role))
        cursor.execute("SELECT to_regclass('public.cache') IS NOT NULL")
        has_cache = cursor.fetchone()[0]
    say("Bringing the database up to date …")
    as_owner = env | {"DATABASE_URL": owner_url}
    manage("migrate", "migrate", "--no-input", env=as_owner)
    if not has_cache:
        manage("migrate", "createcachetable", env=as_owner)


def collect_static(env: dict[str, str]) -> None:
    """Gather styles, scripts and pictures, when any of them has changed."""
    digest = hashlib.sha256((ROOT / "requirements" / "portal.txt").read_bytes())
    for file in sorted((ROOT / "static").rglob("*")):
        if file.is_file():
            digest.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    stamp = DATA / "static.stamp"
    if (DATA / "static").exists() and stamp.exists() and stamp.read_text(encoding="ascii") == digest.hexdigest():
        return
    manage("static", "collectstatic", "--no-input", "--clear", env=env)
    stamp.write_text(digest.hexdigest(), encoding="ascii")


def load_programme(env: dict[str, str]) -> None:
    """Fill an empty database with the demo's fictitious people and cases."""
    if not any(ROOT.glob("*/management/commands/demo_data.py")):
        return
    with connected(env["DATABASE_URL"]) as cursor:
        # The people, for cases show themselves to nobody who asks without a name.
        cursor.execute("SELECT EXISTS (SELECT FROM partners_user)")
        is_loaded = cursor.fetchone()[0] and (DATA / "programme.stamp").exists()
    if not is_loaded:
        say("Loading the demo programme: cases with a past, made through the real steps …")
        manage("programme", "demo_data", env=as_worker(env))
        (DATA / "programme.stamp").touch()


@contextmanager
def portal(env: dict[str, str], host: str, port: int) -> Iterator[list[Child]]:
    """Run web, worker and beat."""
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    web = ["gunicorn", "returns_portal.wsgi", "--bind", bind, "--preload", "--no-control-socket"]
    web += ["--workers", "2", "--worker-class", "gthread", "--threads", "4", "--graceful-timeout", "5"]
    celery = ["celery", "-A", "returns_portal"]
    worker = [*celery, "worker", "--concurrency", "1", "--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
    beat = [*celery, "beat", "--schedule", str(DATA / "beat"), "--pidfile", "", "--loglevel", "WARNING"]
    children: list[Child] = []
    say("Starting web, worker and beat …")
    try:
        for name, command, seen_by in (("web", web, env), ("worker", worker, as_worker(env)), ("beat", beat, env)):
            children.append(python(name, "-m", *command, env=seen_by))
        yield children
    finally:
        say("Stopping …")
        stop_all(children)


def await_ready(children: list[Child], address: str) -> None:
    """Wait until the portal says that it can serve, and the worker has started."""
    until = time.monotonic() + PATIENCE
    while True:
        for child in children:
            child.check()
        try:
            with urllib.request.urlopen(f"{address}/healthz/ready", timeout=5):  # noqa: S310 our own address
                return
        except (urllib.error.URLError, OSError) as error:
            if time.monotonic() > until:
                raise ChildDied(f"The web process does not get ready. Its last lines:\n{children[0].tail()}") from error
            time.sleep(0.1)


def manage(name: str, *arguments: str, env: dict[str, str]) -> None:
    """Run one management command to its end."""
    child = python(name, "manage.py", *arguments, env=env)
    try:
        child.finish()
    finally:
        child.stop()


def python(name: str, *arguments: str, env: dict[str, str]) -> Child:
    """Start a Python process of the portal, with a log of its own under `.data/log/`."""
    inherited = {key: value for key, value in os.environ.items() if key != "OWNER_DATABASE_URL"}
    log = private_folder(DATA / "log") / f"{name}.log"
    everything = inherited | env | {"PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "returns_portal.settings"}
    return Child(name, [sys.executable, *arguments], log=log, env=everything, cwd=ROOT)


def welcome(env: dict[str, str]) -> str:
    """The address, and who can sign in."""
    with connected(env["DATABASE_URL"]) as cursor:
        cursor.execute(
            "SELECT u.email, coalesce(o.name, 'administrator'), CASE WHEN u.role = 'manager' THEN 'manager' ELSE '' END"
            " FROM partners_user u LEFT JOIN partners_organisation o ON o.id = u.organisation_id"
            " WHERE u.email LIKE '%@demo.example' AND u.is_active ORDER BY o.kind, o.name, u.email"
        )
        people = cursor.fetchall()
    accounts = [f"    {email:<24}{organisation:<32}{role}".rstrip() for email, organisation, role in people]
    lines = ["", f"  The portal runs at {env['PORTAL_ADDRESS']}/", ""]
    if accounts:
        lines += ["  Sign in with the password: demo", "", *accounts, ""]
    lines += [
        f"  Mail {env['PORTAL_ADDRESS']}/demo/mail/   clock {env['PORTAL_ADDRESS']}/demo/clock/   logs .data/log/",
        "  A demo: never enter real data. Ctrl-C stops it; the data stays. `make demo-reset` starts over.",
        "",
    ]
    return "\n".join(lines)


def reset() -> None:
    """Throw away what the demo has kept; the servers of tests stay."""
    if not DATA.exists():
        return
    with locked(DATA):
        if url := os.environ.get("OWNER_DATABASE_URL", os.environ.get("DATABASE_URL")):
            say(f"The database {url.rsplit('/', 1)[-1].split('?')[0]} is yours: empty it yourself.")
        for entry in DATA.iterdir():
            if entry.name in {"test", "lock"}:
                continue
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    say("The demo is empty: `make demo` makes a new one.")


class Asked(BaseException):
    """Somebody asked the demo to stop."""


def ask(*_: object) -> None:
    """Turn the first request to stop into an exception, and let the stopping go on undisturbed by the next."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise Asked


def main() -> int:
    """Read the command line: nothing, or `reset`."""
    os.umask(0o077)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask)
    try:
        reset() if sys.argv[1:] == ["reset"] else run()
    except (CannotStart, ChildDied) as reason:
        sys.stderr.write(f"\n{reason}\nThe logs are in {Path(DATA.name, 'log')}/.\n")
        return 1
    except Asked:
        say("Stopped; nothing is left running.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
