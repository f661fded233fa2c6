"""The database of a home that processes work on, looked at from a test, whichever it is."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from tests import postgres

ENVIRONMENT = (postgres.SERVER, "DJANGO_SETTINGS_MODULE", "PYTHONPATH")


def environment() -> dict[str, str]:
    """What a process with an environment of its own must know to work on the same kind of database."""
    return {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}


def files() -> list[str]:
    """Files of the database in a home."""
    return [] if postgres.SERVER in os.environ else ["kangqiao.db"]


def rows(home: Path, statement: str) -> list[tuple[Any, ...]]:
    """What ``statement`` finds in the database of ``home``."""
    if postgres.SERVER in os.environ:
        with psycopg.connect(postgres.home_database(home.resolve())) as server:
            return server.execute(statement).fetchall()
    with closing(sqlite3.connect(home / "kangqiao.db")) as file:
        return file.execute(statement).fetchall()
