"""Every usable table of WS 445 and WS 365, and the two certificates, is carried whole."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from kangqiao.base.errors import DefinitionError
from kangqiao.cli.main import main
from kangqiao.standards.catalogue import DATA, catalogue
from kangqiao.standards.model import LOCAL
from kangqiao.standards.sources import not_of_a_source, read_sources

SOURCES = read_sources(DATA / "sources.tsv")
HEAD = "standard\ttable\tfields\tdatasets\tremark\n"

BORROWERS = {"inpatient_charge", "outpatient_charge"}
"""Local datasets that take totals from the standard's record of costs (医疗费用记录)."""


def test_how_many_tables_there_are() -> None:
    found = Counter(item.standard.split("-")[0].split(".")[0] for item in SOURCES)
    assert found == {"WS 445": 59, "WS 365": 18, "WS 375": 1, "WS 376": 1}


def test_all_fields_of_all_tables_are_carried() -> None:
    known = catalogue().datasets
    assert {item.table: item.uncarried(known) for item in SOURCES if item.uncarried(known)} == {}


def test_one_table_only_is_unusable() -> None:
    assert [(item.standard, item.table, item.remark) for item in SOURCES if not item.fields] == [
        ("WS 365-2011", "5.2.10 职业病报告卡信息", "来源中本表内容是5.2.15的副本，不可用，未收")
    ]


def test_no_dataset_has_an_identifier_that_its_source_has_not() -> None:
    datasets = [item for item in catalogue().datasets.values() if item.name not in BORROWERS]
    assert not_of_a_source(datasets, SOURCES) == []


def test_a_dataset_of_a_standard_names_it() -> None:
    known = catalogue().datasets
    named = {(name, item.standard) for item in SOURCES for name in item.datasets}
    assert {(name, known[name].source.standard) for name, _ in named} <= named
    standing = {item.name for item in known.values() if item.source.standard != LOCAL}
    assert standing - {name for name, _ in named} == set()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("standard\ttable\n", "sources.tsv:1: must begin with standard, table, fields, datasets, remark"),
        (HEAD + "WS 1\tA\n", "sources.tsv:2: must be 5 cells with tabs between them"),
        (
            HEAD + "WS 1\tA\tX.01\t\t\nWS 1\tB\tX.a\t\t\n",
            "sources.tsv:3: fields 'X.a' must be like HDSD00.01.001-006,017",
        ),
    ],
)
def test_a_wrong_list_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "sources.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as refused:
        read_sources(path)
    assert str(refused.value) == said


def test_they_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["standards", "sources"])
    assert left.value.code is None
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["标准", "表", "数据项", "数据集", "说明"]
    assert lines[1].split() == ["WS", "365-2011", "5.2.01", "个人基本信息", "42", "resident_basic_info"]
    assert lines[-1] == "标准表 79 张，数据项 3,396 项；未收 1 张。"


def test_they_are_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["standards", "sources", "--json"])
    first = json.loads(capsys.readouterr().out)[0]
    assert (first["table"], first["fields"][:2], first["datasets"]) == (
        "5.2.01 个人基本信息",
        ["HDSD00.01.001", "HDSD00.01.002"],
        ["resident_basic_info"],
    )
