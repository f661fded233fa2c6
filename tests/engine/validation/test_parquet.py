"""Parquet: text in the standard's notation or the field's own type; nothing rounded, nothing guessed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.engine.trial import Judged, judge_file

from kangqiao.base.errors import FileRefused

AT = dt.datetime.fromisoformat("2024-06-01T08:30:00")


def judge_table(folder: Path, file: str = "t.parquet", **columns: Any) -> Judged:
    table = {"no": ["A", "B"], "seen_at": ["20240601T083000"] * 2, "sex": ["1", "2"], **columns}
    pq.write_table(pa.table(table), folder / file)
    return judge_file(folder / file, folder)


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"seen_at": [AT, AT]},
        {"seen_at": pa.array([AT, AT], pa.timestamp("ms"))},
        {"seen_at": pa.array([AT, AT], pa.timestamp("ns"))},
        {"born": [dt.date(2020, 1, 31), None]},
        {"fee": [Decimal("1.5000"), Decimal("100.1000")]},
        {"fee": [0.1, 100.0]},
        {"beds": [5.0, None]},
        {"beds": [100, 0]},
        {"is_new": [True, None]},
        {"sex": pa.array(["1", "2"]).dictionary_encode()},
        {"name": pa.array(["张三", ""], pa.large_string())},
        {"dept": pa.nulls(2), "beds": pa.nulls(2), "born": pa.nulls(2)},
        {"other": [{"a": 1}, {"a": 2}], "bytes": [b"\xff", b"\0"]},
    ],
)
def test_accepted(tmp_path: Path, columns: dict[str, Any]) -> None:
    assert judge_table(tmp_path, **columns).verdict.accepted == 2


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"seen_at": [AT.replace(microsecond=5), AT]}, [(1, "type", "seen_at")]),
        ({"fee": [Decimal("1.505"), None]}, [(1, "format", "fee")]),
        ({"fee": [float("nan"), 1e300]}, [(1, "type", "fee"), (2, "type", "fee")]),
        ({"beds": [5.5, 1000.0]}, [(1, "format", "beds"), (2, "format", "beds")]),
        ({"sex": ["", None]}, [(1, "required", "sex"), (2, "required", "sex")]),
    ],
)
def test_rejected(tmp_path: Path, columns: dict[str, Any], found: list[tuple[int, str, str]]) -> None:
    assert judge_table(tmp_path, **columns).found() == found


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"no": [1, 2]}, "file.parquet_type"),
        ({"no": [b"a", b"b"]}, "file.parquet_type"),
        ({"no": [["a"], ["b"]]}, "file.parquet_type"),
        ({"seen_at": [dt.date(2024, 6, 1)] * 2}, "file.parquet_type"),
        ({"seen_at": pa.array([AT, AT], pa.timestamp("us", "UTC"))}, "file.parquet_type"),
        ({"no": ["a\0", "b"]}, "file.nul"),
        ({"file_row_number": [1, 2]}, "file.columns_reserved"),
    ],
)
def test_refused(tmp_path: Path, columns: dict[str, Any], code: str) -> None:
    with pytest.raises(FileRefused) as refused:
        judge_table(tmp_path, **columns)
    assert refused.value.code == code


@pytest.mark.parametrize("cut", [4, 100, -9])
def test_a_truncated_file_is_damaged(tmp_path: Path, cut: int) -> None:
    judge_table(tmp_path)
    (tmp_path / "cut").write_bytes((tmp_path / "t.parquet").read_bytes()[:cut])
    with pytest.raises(FileRefused, match=r"file\.damaged"):
        judge_file(tmp_path / "cut", tmp_path)


def test_a_name_with_wildcards_means_itself(tmp_path: Path) -> None:
    judge_table(tmp_path, "a1.parquet")
    for name in ("a*.parquet", "a[1].parquet", "a?.parquet", "~.parquet", "it's {1,2}.parquet"):
        assert judge_table(tmp_path, name).verdict.received == 2


def test_no_rows(tmp_path: Path) -> None:
    empty = pa.array([], pa.string())
    assert judge_table(tmp_path, no=empty, seen_at=empty, sex=empty).verdict.received == 0
