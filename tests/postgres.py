"""A PostgreSQL server of the tests' own: made in a temporary folder, reached by a socket there, gone at the end.

``python -m tests.postgres`` runs one until its standard input ends, and prints its address first: whoever started it
may end in any way, even by SIGKILL, the server goes with it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

SERVER = "KANGQIAO_TEST_SERVER"
"""Environment of the tests and of what they start: the address of the server."""
TEMPLATE = "kangqiao_tables"
"""A database with all tables and no rows; the others are copies of it."""
INSTALL = "apt-get install -y --no-install-recommends postgresql"
PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin")
OLDEST = 14
"""Django's."""
SECONDS = 60
NO_DURABILITY = ("fsync=off", "full_page_writes=off")


def binaries() -> Path | None:
    """The folder with the newest ``initdb`` and ``postgres`` that will do; None where there is none."""
    found = [path for pattern in PLACES for path in Path("/").glob(pattern.removeprefix("/"))]
    found += [Path(on_path).resolve().parent] if (on_path := shutil.which("postgres")) else []
    usable = [path for path in found if (path / "initdb").exists() and _version(path) >= OLDEST]
    return max(usable, key=_version, default=None)


def _version(folder: Path) -> int:
    said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    return int(number[1]) if (number := re.search(r"\) (\d+)", said)) else 0


def _account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: somebody else then. None: as who we are."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


@dataclass
class Cluster:
    """One server. ``settings`` are lines of its configuration."""

    bin: Path
    settings: Sequence[str] = ()
    folder: Path = field(init=False)
    process: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kqpg-"))
        if account := _account():
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        # An order of text unlike SQLite's, so that a list that leans on the server's is found out.
        order = ("--locale-provider=icu", "--icu-locale=zh-Hans-CN") if _version(self.bin) >= 15 else ()
        self._run(
            "initdb", "-D", self.data, "-U", "kangqiao", "-A", "trust", "-E", "UTF8", "-N", "--locale=C.UTF-8", *order
        )

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def address(self, database: str = "postgres") -> str:
        return f"postgresql://kangqiao@/{database}?host={self.folder}"

    def start(self) -> None:
        lines = ("listen_addresses=", f"unix_socket_directories={self.folder}", "max_connections=200", *self.settings)
        options = [word for line in lines for word in ("-c", line)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.bin / "postgres", "-D", self.data, *options], stdout=log, stderr=log, **self._identity()
            )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + SECONDS
        ready = [self.bin / "pg_isready", "-q", "-h", self.folder, "-d", "postgres"]
        while subprocess.run(ready, check=False).returncode != 0:
            assert self.process is not None
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'log').read_text('utf-8', 'replace')}")
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL to the server and to each of its processes, as a power cut would."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        for pid in (self.process.pid, *map(int, children.read_text().split())):
            os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)  # at once, without waiting for clients
            self.process.wait(SECONDS)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, name: str, *words: object) -> None:
        command = [self.bin / name, *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, **self._identity())
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr}")

    def _identity(self) -> dict[str, object]:
        account = _account()
        rights = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
        return {"cwd": self.folder, "start_new_session": True, **rights}


class Keeper:
    """A server in a process of its own, that ends when this one does."""

    def __init__(self) -> None:
        # Ctrl+C goes to everybody at the terminal; the keeper waits for its input to end.
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()
        if not self.address:
            raise RuntimeError("the private PostgreSQL did not start")

    def close(self) -> None:
        self._process.communicate(timeout=SECONDS)


def database_address(name: str) -> str:
    """The address of the database ``name`` on the tests' server."""
    return os.environ[SERVER].replace("/postgres?", f"/{name}?")


def home_database(root: Path) -> str:
    """The address of the database of the home ``root``; it is made when first asked for."""
    name = f"home_{hashlib.sha256(str(root).encode()).hexdigest()[:16]}"
    create_database(name, template=TEMPLATE)
    return database_address(name)


def create_database(name: str, *, template: str = "template1") -> None:
    """Make the database unless it is there. Several processes may ask at once."""
    with psycopg.connect(os.environ[SERVER], autocommit=True) as server:
        found = {row[0] for row in server.execute("SELECT datname FROM pg_database")}
        if name in found:
            return
        origin = template if template in found else "template1"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(origin))
        with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            server.execute(statement)


def start_server() -> Keeper:
    """Start the tests' server and make the template: called once a run, before Django reads its settings."""
    keeper = Keeper()
    os.environ[SERVER] = keeper.address
    create_database(TEMPLATE)
    environment = {
        **{name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
        "KANGQIAO_DATABASE_URL": database_address(TEMPLATE),
    }
    migrate = [sys.executable, "-m", "django", "migrate", "-v", "0", "--settings", "kangqiao.web.settings"]
    subprocess.run(migrate, env=environment, check=True)
    return keeper


def main() -> None:
    """Serve until standard input ends."""
    folder = binaries()
    if folder is None:
        sys.exit(f"no PostgreSQL {OLDEST} or newer; as root: {INSTALL}")
    cluster = Cluster(folder, NO_DURABILITY)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        cluster.create()
        cluster.start()
        print(cluster.address(), flush=True)
        sys.stdin.read()
    finally:
        cluster.remove()


if __name__ == "__main__":
    main()
