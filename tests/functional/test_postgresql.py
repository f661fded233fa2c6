"""The command on a PostgreSQL server that keeps what it has said: opened by two at once, killed while rows come in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests import postgres
from tests.intake.outbox import DRUM_TOWER, charge, send

DAYS = [f"2024-06-{day:02d}" for day in range(1, 13)]


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Cluster]:
    folder = postgres.binaries()
    if folder is None:
        pytest.skip(f"no PostgreSQL {postgres.OLDEST} or newer; as root: {postgres.INSTALL}")
    cluster = postgres.Cluster(folder)
    try:
        cluster.create()
        cluster.start()
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture
def address(server: postgres.Cluster, request: pytest.FixtureRequest) -> str:
    """An empty database of the test's own."""
    name = f"test_{abs(hash(request.node.name))}"
    with psycopg.connect(server.address(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return server.address(name)


def start(home: Path, address: str, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "kangqiao", "--home", str(home), *words]
    own = {"KANGQIAO_DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "kangqiao.web.settings"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env={**os.environ, **own}, text=True, **pipes)


def run(home: Path, address: str, *words: str) -> tuple[int, str, str]:
    process = start(home, address, *words)
    out, err = process.communicate(timeout=180)
    return process.returncode, out, err


def counted(address: str, table: str) -> int:
    with psycopg.connect(address) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_two_homes_open_an_empty_database_at_once_and_one_keeps_it(address: str, tmp_path: Path) -> None:
    homes = [tmp_path / "one", tmp_path / "two"]
    processes = [start(home, address, "lake", "list") for home in homes]
    ends = [(process.communicate(timeout=180)[1], process.returncode) for process in processes]
    assert sorted(code for _, code in ends) == [0, 2]
    assert [err for err, code in ends if code] == [
        "这个数据库属于另一个数据目录（人员标识密钥 person.key 不同）。"
        "请核对 KANGQIAO_HOME 与 KANGQIAO_DATABASE_URL。（home.database）\n"
    ]
    assert counted(address, "registry_personkeymark") == 1
    assert not (homes[0] / "kangqiao.db").exists()


def test_a_database_that_is_away_is_said_without_its_password(server: postgres.Cluster, tmp_path: Path) -> None:
    address = f"postgresql://kangqiao:hunter2@/nosuch?host={server.folder}"
    code, out, err = run(tmp_path / "home", address, "lake", "list")
    place = f"PostgreSQL {server.folder} 的 nosuch"
    said = f"不能使用数据库（{place}）：没有名为 nosuch 的库，请先建库。（database.away）\n"
    assert (code, out, err) == (2, "", said)


def test_the_server_is_killed_and_every_row_is_there_once(
    server: postgres.Cluster, address: str, tmp_path: Path
) -> None:
    """The power of the database fails three times while a month comes in; the same command brings it to its end."""
    home = tmp_path / "home"
    for day in DAYS:
        send(tmp_path / "out", day, [charge(f"{day}-{number}", day) for number in range(20)], DRUM_TOWER)
    assert run(home, address, "lake", "list")[0] == 0
    ends = [killed_while_loading(server, address, home, tmp_path / "out", delay) for delay in (0, 0.4, 0.8)]
    assert ends[0][0] == 2
    assert all(code in (0, 2) and "Traceback" not in err for code, err in ends), ends
    code, out, err = run(home, address, "load", str(tmp_path / "out" / DRUM_TOWER), "--json")
    assert code == 0, err
    assert {json.loads(line)["state"] for line in out.splitlines()} <= {"stored", "unchanged"}
    assert sum(item["rows"] for item in json.loads(run(home, address, "lake", "list", "--json")[1])) == 240
    with psycopg.connect(address) as connection:
        sums = "SELECT count(*), sum(stored) FROM intake_submission WHERE is_current"
        assert connection.execute(sums).fetchone() == (12, 240)
        assert connection.execute("SELECT sum(stored) FROM statistics_dailyfact").fetchone() == (240,)


def killed_while_loading(
    server: postgres.Cluster, address: str, home: Path, outbox: Path, delay: float
) -> tuple[int, str]:
    process = start(home, address, "load", str(outbox / DRUM_TOWER), "--json")
    wait_for_session(server)
    time.sleep(delay)
    server.kill()
    err = process.communicate(timeout=180)[1]
    server.start()
    return process.returncode, err


def wait_for_session(server: postgres.Cluster) -> None:
    """Until the command is connected."""
    deadline = time.monotonic() + 60
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'kangqiao'"
    with psycopg.connect(server.address(), autocommit=True) as connection:
        while connection.execute(sessions).fetchone() == (0,):
            assert time.monotonic() < deadline
            time.sleep(0.02)
