"""``kangqiao check`` as a hospital sees it: the contract, one test a point."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kangqiao.cli.check import app

HEADER = "department_code,department_name,reported_on,department_type,is_active"
TITLES = "科室代码,科室名称,上报日期,科室类别代码,在用标志"
GOOD = "D1,内科,20240601,1,T"
BAD_DATE = "D2,外科,20240230,1,T"
TEXT = f"{HEADER}\n{GOOD}\n"
ZERO = {"received": 0, "accepted": 0, "rejected": 0, "duplicate": 0}


def run(path: Path, *options: str, dataset: str = "department") -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(app, [str(path), "--dataset", dataset, "--json", *options])
    assert isinstance(result.exception, SystemExit | None), result.exception
    return result.exit_code, json.loads(result.stdout)


def check(folder: Path, content: str | bytes, *options: str, name: str = "f.csv") -> tuple[int, dict[str, Any]]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return run(path, *options)


def lines(report: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [(item["line"], item["rule"], item["field"]) for item in report["samples"]]


def zipped(*members: tuple[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members:
            archive.writestr(name, text)
    return buffer.getvalue()


def test_all_rows_accepted(tmp_path: Path) -> None:
    assert check(tmp_path, TEXT) == (
        0,
        {
            "dataset": "department",
            "file": str(tmp_path / "f.csv"),
            "sha256": hashlib.sha256(TEXT.encode()).hexdigest(),
            "rows": {"received": 1, "accepted": 1, "rejected": 0, "duplicate": 0},
            "unknown_columns": [],
            "violations": [],
            "samples": [],
            "error": None,
        },
    )


def test_a_rejected_row(tmp_path: Path) -> None:
    code, report = check(tmp_path, f"{TEXT}{BAD_DATE}\n")
    assert code == 1
    assert report["rows"] == {"received": 2, "accepted": 1, "rejected": 1, "duplicate": 0}
    assert report["violations"] == [
        {
            "rule": "type",
            "field": "reported_on",
            "dimension": "conformity",
            "severity": "error",
            "rows": 1,
            "denominator": 2,
        }
    ]
    assert report["samples"] == [
        {
            "line": 3,
            "field": "reported_on",
            "rule": "type",
            "value": "20240230",
            "message": "上报日期（reported_on）应为存在的日期，写作 YYYYMMDD",
        }
    ]


def test_duplicates(tmp_path: Path) -> None:
    code, report = check(tmp_path, f"{TEXT}{GOOD}\n")
    assert code == 1
    assert report["rows"] == {"received": 2, "accepted": 1, "rejected": 0, "duplicate": 1}
    assert lines(report) == [(3, "duplicate", "department_code")]


@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        TEXT.rstrip("\n"),
        TEXT.replace("\n", "\r\n"),
        TEXT.replace(",", "\t"),
        TEXT.replace(",", "|"),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("gb18030"),
        gzip.compress(TEXT.encode()),
        zipped(("a.csv", TEXT)),
        f"{TITLES}\n{GOOD}\n".encode("gb18030"),
        f"{HEADER.upper()}\n{GOOD}\n",
        '\ufeff"department_code", "department_name" ,"reported_on","department_type","is_active"\r\n' + GOOD,
        "is_active,上报日期,department_type,科室名称,department_code\nT,20240601,1,内科,D1\n",
        f"\n\n{HEADER}\n\n{GOOD}\n\n",
        f'{HEADER}\nD1,"内\r\n科",20240601,1,T\n',
    ],
    ids=lambda value: type(value).__name__,  # a packed file holds the hour it was packed
)
def test_shapes_that_are_read(tmp_path: Path, content: str | bytes) -> None:
    code, report = check(tmp_path, content)
    assert (code, report["rows"]["accepted"], report["error"]) == (0, 1, None)


def test_a_header_and_no_rows_is_a_zero_report(tmp_path: Path) -> None:
    for content in (HEADER, HEADER + "\n"):
        code, report = check(tmp_path, content)
        assert (code, report["rows"], report["error"]) == (0, ZERO, None)


def test_lines_are_those_of_an_editor(tmp_path: Path) -> None:
    quoted = 'D5,"内\n\n科",x,1,T'
    _, report = check(tmp_path, f"\n{HEADER}\n\n{quoted}\n{BAD_DATE}\n")
    assert lines(report) == [(4, "type", "reported_on"), (7, "type", "reported_on")]


def test_unknown_columns_are_named(tmp_path: Path) -> None:
    code, report = check(tmp_path, f"{HEADER},院长,\n{GOOD},x,\n")
    assert (code, report["unknown_columns"]) == (0, ["院长", "（第 7 列，没有列名）"])


def test_ragged_unclosed_and_long_lines_are_rejected_rows(tmp_path: Path) -> None:
    long = "x" * (3 << 20)
    code, report = check(tmp_path, f'{HEADER}\n{GOOD}\na,b\nD3,"x,20240601,1,T\n{long}\nD4,d,20240601,1,F\n')
    assert code == 1
    assert report["rows"] == {"received": 5, "accepted": 2, "rejected": 3, "duplicate": 0}
    assert lines(report) == [(3, "ragged", ""), (4, "unclosed_quote", ""), (5, "too_long", "")]


REFUSED = {
    "file.empty": b"",
    "file.columns_missing": f"{HEADER.removesuffix(',is_active')}\nD1,a,20240601,1\n".encode(),
    "file.no_header": f"{GOOD}\n{GOOD}\n".encode(),
    "file.delimiter": TEXT.replace(",", ";").encode(),
    "file.undecodable": f"{HEADER}\nD1,".encode() + b"\xff\xff,20240601,1,T\n",
    "file.nul": TEXT.replace("内", "\0").encode(),
    "file.truncated": gzip.compress(TEXT.encode() * 99)[:-9],
    "file.damaged": b"PK\x03\x04" + b"x" * 99,
    "file.zip_members": zipped(("a", TEXT), ("b", TEXT)),
    "file.line_ends": TEXT.replace("\n", "\r").encode(),
    "file.columns_repeated": TEXT.replace("\n", ",科室代码\n").encode(),
}


@pytest.mark.parametrize(("code", "content"), REFUSED.items(), ids=REFUSED)
def test_files_refused_whole(tmp_path: Path, code: str, content: bytes) -> None:
    out = tmp_path / "out.csv"
    exit_code, report = check(tmp_path, content, "--rejected", str(out))
    assert (exit_code, report["error"]["code"], report["rows"]) == (2, code, ZERO)
    assert report["error"]["message"]
    assert not out.exists()


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    codes = [run(tmp_path / name)[1]["error"]["code"] for name in ("folder.csv", "pipe.csv", "absent.csv")]
    assert codes == ["file.directory", "file.unreadable", "file.absent"]


def test_an_unknown_dataset(tmp_path: Path) -> None:
    code, report = run(tmp_path / "f.csv", dataset="departmnt")
    assert (code, report["error"]["code"]) == (2, "dataset.unknown")
    assert "department" in report["error"]["message"]


@pytest.mark.parametrize("name", ["a b.csv", "科室*.csv", "[x].csv", 'it\'s "q".csv', "~f.csv", "-f.csv"])
def test_names_of_files_mean_themselves(tmp_path: Path, name: str) -> None:
    assert check(tmp_path, TEXT, name=name)[0] == 0


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    code, report = check(tmp_path, TEXT, name=os.fsdecode(b"\xff.csv"))
    assert (code, report["file"]) == (0, f"{tmp_path}/\ufffd.csv")


def test_rejected_rows_are_written_as_received(tmp_path: Path) -> None:
    out = tmp_path / "o 出.csv"
    rows = [GOOD, BAD_DATE, "a,b,c", 'D3,"x,20240601,1,T', 'D4,"a,""b""\nc",x,9z,T', GOOD]
    code, _ = check(tmp_path, f"{HEADER}\n" + "\n".join(rows), "--rejected", str(out))
    assert code == 1
    with out.open(encoding="utf-8-sig", newline="") as handle:
        header, *written = list(csv.reader(handle))
    assert header == ["_line", "_rule", "_message", *HEADER.split(",")]
    assert [(row[0], row[1], row[3:]) for row in written] == [
        ("3", "type", BAD_DATE.split(",")),
        ("4", "ragged", ["a", "b", "c"]),
        ("5", "unclosed_quote", ['D3,"x,20240601,1,T']),
        ("6", "type; value_set", ["D4", 'a,"b"\nc', "x", "9z", "T"]),
    ]
    assert written[0][2] == "上报日期（reported_on）应为存在的日期，写作 YYYYMMDD"


def test_rejected_rows_put_right_are_read_again(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    check(tmp_path, f"{HEADER}\n{BAD_DATE}\n", "--rejected", str(out))
    code, report = check(tmp_path, out.read_text("utf-8-sig").replace("20240230", "20240229"))
    assert (code, report["rows"]["accepted"], report["unknown_columns"]) == (0, 1, [])


def test_a_long_line_of_gb18030_is_written_whole_in_utf8(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    long = 'D2,"内科' * 300_000
    check(tmp_path, f"{TEXT}{long}\n".encode("gb18030"), "--rejected", str(out))
    assert out.read_text("utf-8-sig").endswith(',"' + long.replace('"', '""') + '"\n')


def test_nothing_rejected_leaves_only_the_head(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("old")
    check(tmp_path, TEXT, "--rejected", str(out))
    assert out.read_text("utf-8-sig") == f"_line,_rule,_message,{HEADER}\n"


def test_an_output_that_cannot_be_written_is_refused_and_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(TEXT)
    outs = [tmp_path / "absent" / "o.csv", tmp_path, path / "o.csv", path]
    codes = [run(path, "--rejected", str(out))[1]["error"]["code"] for out in outs]
    assert codes == ["rejected.unwritable"] * 3 + ["rejected.same_file"]
    assert path.read_text() == TEXT


def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    code, report = check(tmp_path, f"{HEADER}\n{BAD_DATE}\n", "--rejected", "/dev/full")
    assert (code, report["error"]["code"]) == (2, "machine.failed")


def test_values_that_identify_are_masked(tmp_path: Path) -> None:
    names = ["registration_no", "patient_no", "id_no", "patient_name", "sex", "birth_date", "registered_at"]
    names += ["department_code", "department_name", "registration_fee", "phone"]
    values = ["G1", "P1", "320102199001011234", "张" * 51, "320102199001011234", "19900101", "20240601T083000"]
    values += ["D1", "内科", "5.00", "138" * 9]
    path = tmp_path / "f.csv"
    path.write_text(",".join(names) + "\n" + ",".join(values) + "\n", "utf-8")
    code, report = run(path, dataset="outpatient_registration")
    assert code == 1
    shown = {(item["rule"], item["field"]): item["value"] for item in report["samples"]}
    assert shown["checksum", "id_no"] == "3201**********1234"
    assert shown["value_set", "sex"] == "3201**********1234"
    assert shown["length", "patient_name"] == "张张张张" + "*" * 43 + "张张张张"
    assert shown["length", "phone"] == "1381" + "*" * 19 + "8138"


def test_words_for_people(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(f"{TEXT}{BAD_DATE}\n", "utf-8")
    result = CliRunner().invoke(app, [str(path), "--dataset", "department"])
    assert result.exit_code == 1
    assert "共 2 行：接收 1，拒收 1，重复 0" in result.stdout
    assert "第 3 行  上报日期（reported_on）应为存在的日期" in result.stdout
