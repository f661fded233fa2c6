"""``kangqiao bulletin`` as it is typed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.functional.conftest import COMMAND, Platform, environment

from kangqiao.cli.main import main


def run(home: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, "bulletin", *words], env=environment(home), capture_output=True, check=False)


def test_the_tables_of_a_month_as_text(platform: Platform) -> None:
    done = run(platform.home, "2024-06")
    lines = done.stdout.decode().splitlines()
    assert (done.returncode, done.stderr) == (0, b"")
    assert lines[0] == "2024年6月各区数据采集情况"
    assert [line.split()[0] for line in lines[3:5]] == ["江宁区", "溧水区"]


def test_an_empty_month_is_a_table_of_noughts(platform: Platform) -> None:
    done = run(platform.home, "2030-01", "--format", "json")
    tables = json.loads(done.stdout)
    assert done.returncode == 0
    assert [len(table["rows"]) for table in tables] == [12, 39, 3]
    assert tables[0]["rows"][11] == ["秦淮区", 0, 0, "0/11", 0, "/", 0, "/"]


def test_a_workbook_goes_to_a_file_or_down_the_pipe_with_the_same_bytes(platform: Platform, tmp_path: Path) -> None:
    out = tmp_path / "june.xlsx"
    done = run(platform.home, "2024-06", "--format", "xlsx", "--out", str(out))
    assert (done.returncode, done.stdout, done.stderr.decode()) == (0, b"", f"已写入 {out}\n")
    assert run(platform.home, "2024-06", "--format", "xlsx").stdout == out.read_bytes()


@pytest.mark.parametrize("month", ["2024-6", "2024-13", "202406", "六月"])
def test_a_wrong_month_is_refused_in_a_sentence(month: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["bulletin", month])
    told = capsys.readouterr()
    assert (ended.value.code, told.out) == (2, "")
    assert told.err == f"月份“{month}”不对，请写成 2024-06 这样的形式（bad_month）\n"


def test_a_file_that_cannot_be_written_is_named(platform: Platform, tmp_path: Path) -> None:
    out = tmp_path / "no" / "june.txt"
    done = run(platform.home, "2024-06", "--out", str(out))
    assert done.returncode == 2
    assert f"无法写入 {out}" in done.stderr.decode()
