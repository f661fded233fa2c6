"""``kangqiao check`` on shared documents, ``kangqiao cda``: as a hospital sees them."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path
from typing import Any

from tests.engine.cda.breaking import LAB, changed
from tests.engine.cda.making import CORPUS
from typer.testing import CliRunner

from kangqiao.cli.cda import app as cda_app
from kangqiao.cli.check import app
from kangqiao.engine.cda.documents import read_document

HAND = CORPUS / "hand"


def check(path: Path) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(app, [str(path), "--json"])
    assert isinstance(result.exception, SystemExit | None), result.exception
    return result.exit_code, json.loads(result.stdout)


def test_a_good_document() -> None:
    code, report = check(HAND / "C0007-lab-report.xml")
    assert code == 0
    (document,) = report["documents"]
    assert (document["type"], document["title"], document["error"], document["findings"]) == (
        "C0007",
        "检验报告",
        None,
        [],
    )
    assert document["rows"] == {"lab_report": 1, "lab_result_item": 3}
    assert report["summary"] == {
        "documents": 1,
        "refused": 0,
        "with_errors": 0,
        "rows": {"received": 4, "accepted": 4, "rejected": 0, "duplicate": 0},
    }


def test_a_folder_of_the_whole_corpus() -> None:
    code, report = check(CORPUS)
    assert code == 0
    assert report["summary"]["documents"] == 58
    assert report["summary"]["rows"]["rejected"] == 0


def test_a_zip_with_a_broken_member(tmp_path: Path) -> None:
    path = tmp_path / "documents.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("good.xml", LAB)
        archive.writestr("bad.xml", LAB[:2000])
    code, report = check(path)
    assert code == 1
    assert [(item["name"], (item["error"] or {}).get("code")) for item in report["documents"]] == [
        ("good.xml", None),
        ("bad.xml", "cda.truncated"),
    ]


def test_nothing_readable_is_exit_2(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_bytes(changed("<!--", "<!-- --").replace(b"C0007", b"C0099"))
    (tmp_path / "y.xml").write_text("<a/>")
    code, report = check(tmp_path)
    assert code == 2
    assert [item["error"]["code"] for item in report["documents"]] == ["cda.not_xml", "cda.root_wrong"]


def test_a_rejected_row_is_exit_1_and_says_which(tmp_path: Path) -> None:
    path = tmp_path / "report.xml"
    path.write_bytes(changed('code="2" displayName="异常"', 'code="7" displayName="异常"'))
    code, report = check(path)
    assert code == 1
    (table,) = (item for item in report["tables"] if item["dataset"] == "lab_result_item")
    assert table["rows"] == {"received": 3, "accepted": 2, "rejected": 1, "duplicate": 0}
    (sample,) = table["samples"]
    assert (sample["document"], sample["line"], sample["field"], sample["rule"]) == (
        "report.xml",
        1,
        "result_code",
        "value_set",
    )


def test_text_for_a_reader() -> None:
    result = CliRunner().invoke(app, [str(HAND / "C0032-front-page.xml")])
    assert result.exit_code == 0
    assert "C0032-front-page.xml  C0032 住院病案首页  可以接收" in result.stdout
    assert result.stdout.endswith("共 1 份文档，整份拒收 0 份。\n")


def test_a_table_still_needs_its_dataset(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    result = CliRunner().invoke(app, [str(tmp_path / "a.csv")])
    assert "dataset.missing" in str(result.exception)


def test_the_53_types() -> None:
    result = CliRunner().invoke(cda_app, ["types"])
    lines = result.stdout.splitlines()
    assert len(lines) == 53
    assert lines[6].split() == ["C0007", "2.16.156.10011.2.1.1.27", "检验报告", "lab_report、lab_result_item（多行）"]
    described = json.loads(CliRunner().invoke(cda_app, ["types", "--json"]).stdout)
    assert [item["name"] for item in described[6]["datasets"]] == ["lab_report", "lab_result_item"]


def test_documents_written_from_rows(tmp_path: Path) -> None:
    document = read_document((HAND / "C0007-lab-report.xml").read_bytes())
    options = []
    for name, rows in document.rows.items():
        columns = list(dict.fromkeys(field for row in rows for field in row))
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, columns)
            writer.writeheader()
            writer.writerows(rows)
        options += ["--rows", f"{name}={tmp_path / name}.csv"]
    out = tmp_path / "out"
    result = CliRunner().invoke(cda_app, ["write", "C0007", str(out), *options, "--custodian", "南京鼓楼医院"])
    assert (result.exit_code, result.stdout) == (0, f"已写入 1 份 C0007“检验报告”到 {out}。\n")
    (path,) = out.iterdir()
    assert read_document(path.read_bytes()).rows == document.rows
    assert check(path)[0] == 0
