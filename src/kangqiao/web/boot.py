"""Make the platform ready for a process that is not the web server: home folder, Django, database tables.

Importing this module sets Django up; :func:`open_home` brings the database up to date.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.db import NotSupportedError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from kangqiao.base.errors import RequestRefused
from kangqiao.base.home import Home, current_home
from kangqiao.web.databases import database_reason, database_title

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kangqiao.web.settings")
django.setup()

# Models can only be read once Django is set up.
from kangqiao.registry.actions import ensure_institutions, hold_to_person_key  # noqa: E402

OPENING = 0x6B616E67
"""PostgreSQL's number of the lock under which tables are made: homes on several machines may share a database."""


def open_home() -> Home:
    """Create the home folder, bring its tables up to date, register the institutions.

    Two processes may call it at once. Raises RequestRefused for a path that lake addresses cannot hold, a database
    that cannot be reached or used, or one that another home's rows are in.
    """
    home = current_home()
    if unsafe := sorted(set(str(home.root)) & set("#?%")):
        raise RequestRefused("home.path", f"数据目录的路径不能含有 {' '.join(unsafe)}：{home.root}。")
    home.create()
    home.session_key()
    with _alone(home):
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0, interactive=False)
        if connection.vendor == "sqlite":
            os.chmod(connection.settings_dict["NAME"], 0o600)
        hold_to_person_key(home.person_key())
        ensure_institutions()
    return home


def is_in_home(home: Home) -> bool:
    """Whether the database is a file of the home's own, which goes when the home goes."""
    return connection.vendor == "sqlite" and Path(connection.settings_dict["NAME"]).is_relative_to(home.root)


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Nobody else opens the home, or another home with the same database, meanwhile."""
    with (home.locks / "open.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _connect()
        if connection.vendor == "sqlite":
            yield
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [OPENING])
        try:
            yield
        finally:
            if connection.is_usable():  # a lost connection has given its lock back
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [OPENING])


def _connect() -> None:
    place = database_title(settings.DATABASES["default"])
    try:
        connection.ensure_connection()
        encoding = _encoding()
    except (OperationalError, NotSupportedError) as error:
        raise RequestRefused("database.away", f"不能使用数据库（{place}）：{database_reason(error)}。") from error
    if encoding != "UTF8":
        raise RequestRefused("database.encoding", f"数据库（{place}）的编码是 {encoding}，应以 UTF8 编码建库。")


def _encoding() -> str:
    if connection.vendor == "sqlite":
        return "UTF8"
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        return str(cursor.fetchone()[0])
