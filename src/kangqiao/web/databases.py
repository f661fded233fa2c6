"""Which database: ``KANGQIAO_DATABASE_URL``, else SQLite in the home folder (docs/decisions/0018).

::

    postgresql://USER:PASSWORD@HOST:PORT/NAME?sslmode=verify-full     a server's
    postgresql:///NAME?host=/var/run/postgresql                       by the socket in a folder
    sqlite:///FOLDER/FILE.db, sqlite:////ABSOLUTE/FILE.db             a file, in the working folder or anywhere

A password that must not stand in an address may come from libpq's own ``PGPASSFILE`` (``~/.pgpass``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from kangqiao.base.errors import RequestRefused
from kangqiao.base.home import Home

VARIABLE = "KANGQIAO_DATABASE_URL"
POOL = "KANGQIAO_DATABASE_POOL"
"""How many connections one process may hold. Set by a process that serves pages in many short-lived threads."""
POSTGRESQL = ("postgresql", "postgres")
EXAMPLE = "postgresql://用户:密码@主机:5432/库名"
OPTIONS = frozenset(
    {
        *("host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "channel_binding", "gssencmode"),
        *("passfile", "connect_timeout", "target_session_attrs", "application_name"),
    }
)
"""What may follow the question mark; libpq's names."""
SERVER_SIDE = {
    "synchronous_commit": "on",  # a receipt says stored: it is on the disk, whatever the server's own choice
    "timezone": "UTC",
    "idle_in_transaction_session_timeout": "600s",  # a process that hangs gives its locks back
}
SERVING = {
    **SERVER_SIDE,
    "statement_timeout": "60s",
    "lock_timeout": "30s",
    "idle_in_transaction_session_timeout": "90s",
}
"""In a process that serves, no page and no call holds others up; commands and workers may take their time."""


def database_settings(environment: Mapping[str, str], home: Home) -> dict[str, Any]:
    """Django's settings of the one database. Raises RequestRefused for an address that names none."""
    address = environment.get(VARIABLE, "").strip()
    if not address:
        return _sqlite(home.database)
    try:
        parts = urlsplit(address)
        scheme, port = parts.scheme, parts.port
    except ValueError as error:
        raise _wrong("主机或端口写得不对；密码里的 / # @ 等字符要写成百分号编码") from error
    if scheme == "sqlite":
        return _sqlite(_file(parts))
    if scheme not in POSTGRESQL:
        raise _wrong("应以 postgresql:// 或 sqlite:/// 开头")
    return _postgresql(parts, port, environment.get(POOL, ""))


def _wrong(reason: str) -> RequestRefused:
    """The address itself is never repeated: it holds a password."""
    return RequestRefused(
        "database.url", f"环境变量 {VARIABLE} 有误：{reason}。正确写法如 {EXAMPLE} 或 sqlite:////目录/文件.db。"
    )


def _file(parts: SplitResult) -> Path:
    if parts.netloc or parts.query or parts.fragment:
        raise _wrong("sqlite 后面应是三条斜线加文件路径，绝对路径是四条斜线")
    path = unquote(parts.path.removeprefix("/"))
    if not path or path.endswith("/") or path == ":memory:":
        raise _wrong("没有写明 SQLite 文件")
    return Path(path).absolute()


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "timeout": 60,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=60000;",
        },
    }


def _postgresql(parts: SplitResult, port: int | None, pool: str) -> dict[str, Any]:
    options = _options(parts)
    name = unquote(parts.path.removeprefix("/"))
    if not name or "/" in name:
        raise _wrong("没有写明库名" if not name else "库名里不能有斜线，密码里的特殊字符要写成百分号编码")
    settings: dict[str, Any] = {
        "ENGINE": "kangqiao.web.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": options.pop("port", str(port or "")),
        "CONN_HEALTH_CHECKS": True,
    }
    return settings | (_pooled(options, pool) if pool else _kept(options))


def _options(parts: SplitResult) -> dict[str, str]:
    try:
        given = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError as error:
        raise _wrong("问号后面应是 名称=值，用 & 隔开") from error
    if unknown := sorted(set(given) - OPTIONS):
        raise _wrong(f"不认识的参数 {'、'.join(unknown)}，可用的有 {'、'.join(sorted(OPTIONS))}")
    if parts.fragment:
        raise _wrong("密码里的 # 要写成 %23")
    return {"application_name": "kangqiao", "connect_timeout": "10", "keepalives_idle": "30", **given}


def _kept(options: dict[str, str]) -> dict[str, Any]:
    """A connection a thread, kept while it is of use and looked at before it is used again."""
    return {"CONN_MAX_AGE": 60, "OPTIONS": {**options, "options": _session(SERVER_SIDE)}}


def _pooled(options: dict[str, str], pool: str) -> dict[str, Any]:
    """A pool a process: threads of an asynchronous server live as long as a request, connections longer."""
    if not pool.isdecimal() or int(pool) < 1:
        raise RequestRefused("database.pool", f"环境变量 {POOL} 应是正整数，是每个进程最多的数据库连接数。")
    size = {"min_size": min(2, int(pool)), "max_size": int(pool), "timeout": 10, "max_idle": 300}
    return {"CONN_MAX_AGE": 0, "OPTIONS": {**options, "options": _session(SERVING), "pool": size}}


def _session(values: Mapping[str, str]) -> str:
    return " ".join(f"-c {name}={value}" for name, value in values.items())


def database_title(settings: Mapping[str, Any]) -> str:
    """Where the database is, without its password, for sentences and logs."""
    if settings["ENGINE"].endswith("sqlite3"):
        return str(settings["NAME"])
    place = ":".join(str(part) for part in (settings["HOST"], settings["PORT"]) if part) or "本机"
    return f"PostgreSQL {place} 的 {settings['NAME']}"


REASONS = (
    (r"password authentication failed|no password supplied|fe_sendauth", "用户名或密码不对"),
    (r'database "(.*)" does not exist', r"没有名为 \1 的库，请先建库"),
    (r'role "(.*)" does not exist', r"没有名为 \1 的数据库用户"),
    (r"no pg_hba\.conf entry", "数据库服务器不允许从这台机器连接（pg_hba.conf）"),
    (r"permission denied(?: for (?:schema|database) (\S+))?", "数据库用户权限不够，应是这个库的所有者"),
    (r"too many clients|remaining connection slots", "数据库的连接数已满"),
    (r"starting up|shutting down|in recovery mode", "数据库正在启动或关闭，请稍候再试"),
    (r"server closed the connection|connection is (?:lost|closed|bad)|terminating connection", "与数据库的连接断开了"),
    (r"timeout expired|timed out|couldn't get a connection", "连接数据库超时"),
    (r"could not translate host name|failed to resolve host", "找不到数据库主机"),
    (r"Connection refused|No such file or directory", "数据库没有启动，或者主机、端口写错了"),
    (r"PostgreSQL (\d+) or later is required \(found (\S+)\)", r"PostgreSQL 的版本 \2 太旧，应为 \1 以上"),
    (r"unable to open database file", "不能打开数据库文件"),
)
"""What drivers say → what an operator can act on."""


def database_reason(error: Exception) -> str:
    """What a driver says, as a part of a Chinese sentence; in its own words, on one line, where we know no better."""
    said = " ".join(str(error).split())
    for english, chinese in REASONS:
        if found := re.search(english, said):
            return found.expand(chinese)
    return said


def serve_from_pool(environment: Any = os.environ, size: int = 16) -> None:
    """Called before settings are read by a process that answers requests: it takes connections from a pool."""
    environment.setdefault(POOL, str(size))
