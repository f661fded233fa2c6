"""``KANGQIAO_DATABASE_URL``: what it names, and what is said of a wrong one; a password is never repeated."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from kangqiao.base.errors import RequestRefused
from kangqiao.base.home import Home
from kangqiao.web.databases import database_reason, database_settings, database_title

HOME = Home(Path("/srv/home"))
SECRET = "hunter2"


def settings(address: str, **more: str) -> dict[str, Any]:
    return database_settings({"KANGQIAO_DATABASE_URL": address, **more}, HOME)


def named(address: str) -> list[object]:
    found = settings(address)
    return [found[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")]


def test_without_an_address_the_home_has_a_file() -> None:
    for address in ("", " "):
        found = settings(address)
        assert (found["ENGINE"], found["NAME"]) == ("django.db.backends.sqlite3", Path("/srv/home/kangqiao.db"))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgresql://kq:hunter2@db.local:5433/city", ["kq", SECRET, "db.local", "5433", "city"]),
        ("postgres://kq@db.local/city", ["kq", "", "db.local", "", "city"]),
        ("postgresql:///city?host=/var/run/postgresql", ["", "", "/var/run/postgresql", "", "city"]),
        ("postgresql://kq:p%40ss%2Fw%23@[::1]:5432/%E5%BA%B7%E6%A1%A5", ["kq", "p@ss/w#", "::1", "5432", "康桥"]),
        (" postgresql://kq@h/city ", ["kq", "", "h", "", "city"]),
    ],
)
def test_a_server_is_named(address: str, expected: list[object]) -> None:
    assert named(address) == expected


@pytest.mark.parametrize(
    ("address", "path"),
    [("sqlite:////data/a%20b.db", Path("/data/a b.db")), ("sqlite:///city.db", Path.cwd() / "city.db")],
)
def test_a_file_is_named(address: str, path: Path) -> None:
    assert settings(address)["NAME"] == path


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("mysql://kq:hunter2@h/city", "应以 postgresql:// 或 sqlite:/// 开头"),
        ("city", "应以 postgresql:// 或 sqlite:/// 开头"),
        ("postgresql://kq:hunter2@h:port/city", "主机或端口写得不对；密码里的 / # @ 等字符要写成百分号编码"),
        ("postgresql://kq:hunter2@h:99999/city", "主机或端口写得不对；密码里的 / # @ 等字符要写成百分号编码"),
        ("postgresql://kq:hunter2/@h/city", "主机或端口写得不对；密码里的 / # @ 等字符要写成百分号编码"),
        ("postgresql://kq:hunter2@[::1/city", "主机或端口写得不对；密码里的 / # @ 等字符要写成百分号编码"),
        ("postgresql://kq:hunter2@h", "没有写明库名"),
        ("postgresql://kq:hunter2@h/", "没有写明库名"),
        ("postgresql://h/a/hunter2", "库名里不能有斜线，密码里的特殊字符要写成百分号编码"),
        ("postgresql://kq:x@h/city?sslmode=require#hunter2", "密码里的 # 要写成 %23"),
        ("postgresql://kq:hunter2@h/city?sslmode", "问号后面应是 名称=值，用 & 隔开"),
        ("sqlite://city.db", "sqlite 后面应是三条斜线加文件路径，绝对路径是四条斜线"),
        ("sqlite:///", "没有写明 SQLite 文件"),
        ("sqlite:///:memory:", "没有写明 SQLite 文件"),
    ],
)
def test_a_wrong_address_is_a_sentence_without_it(address: str, reason: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        settings(address)
    assert refused.value.code == "database.url"
    assert refused.value.message.startswith(f"环境变量 KANGQIAO_DATABASE_URL 有误：{reason}。")
    assert SECRET not in str(refused.value)


def test_an_unknown_parameter_is_named_with_those_there_are() -> None:
    with pytest.raises(RequestRefused, match=r"不认识的参数 passwrd，可用的有 .*sslmode.*") as refused:
        settings(f"postgresql://h/city?passwrd={SECRET}")
    assert SECRET not in str(refused.value)


def test_a_receipt_is_on_the_disk_whatever_the_server_prefers() -> None:
    for pool in ("", "8"):
        options = settings("postgresql://h/city", KANGQIAO_DATABASE_POOL=pool)["OPTIONS"]["options"]
        assert "-c synchronous_commit=on" in options


def test_a_process_that_serves_takes_from_a_pool_and_waits_for_nobody_long() -> None:
    kept, pooled = settings("postgresql://h/city"), settings("postgresql://h/city", KANGQIAO_DATABASE_POOL="8")
    assert (kept["CONN_MAX_AGE"], "pool" in kept["OPTIONS"]) == (60, False)
    assert (pooled["CONN_MAX_AGE"], pooled["OPTIONS"]["pool"]["max_size"]) == (0, 8)
    assert "statement_timeout" not in kept["OPTIONS"]["options"]
    assert "-c statement_timeout=60s" in pooled["OPTIONS"]["options"]


@pytest.mark.parametrize("pool", ["0", "-1", "many"])
def test_a_pool_of_no_size_is_refused(pool: str) -> None:
    with pytest.raises(RequestRefused, match="KANGQIAO_DATABASE_POOL 应是正整数"):
        settings("postgresql://h/city", KANGQIAO_DATABASE_POOL=pool)


def test_the_title_holds_no_password() -> None:
    assert database_title(settings("postgresql://kq:hunter2@h:5433/city")) == "PostgreSQL h:5433 的 city"
    assert database_title(settings("postgresql:///city")) == "PostgreSQL 本机 的 city"
    assert database_title(settings("")) == "/srv/home/kangqiao.db"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ('connection to server at "h", port 5432 failed: FATAL:  password authentication failed for user "kq"', "密码"),
        ('connection failed: FATAL:  database "city" does not exist', "没有名为 city 的库，请先建库"),
        ('connection failed: FATAL:  role "kq" does not exist', "没有名为 kq 的数据库用户"),
        ("connection failed: Connection refused\n\tIs the server running?", "没有启动"),
        ("FATAL:  the database system is in recovery mode", "正在启动或关闭"),
        ("server closed the connection unexpectedly\n\tThis probably means", "断开了"),
    ],
)
def test_a_driver_is_understood(said: str, sentence: str) -> None:
    assert re.search(sentence, database_reason(OperationalError(said)))


def test_words_nobody_knows_stay_on_one_line() -> None:
    assert database_reason(OperationalError("one\n\ttwo  three")) == "one two three"
