# ruff: noqa: E501 - tables read best with a case a line
"""What changed between two versions, in words, and what it does to a sender."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.standards.conftest import FILES, write_files

from kangqiao.cli.main import main
from kangqiao.standards.catalogue import load_catalogue
from kangqiao.standards.difference import Effect, difference, plain
from kangqiao.standards.export import export

VISIT, CHARGE, SEXES, HOSPITAL = FILES

B, L, N = Effect.BREAKING, Effect.LOOSER, Effect.NOTE

CHANGES = {
    "title": (CHARGE, "title: 收费\n", "title: 收费单\n", [("charge", "标题由“收费”改为“收费单”", N)]),
    "key": (VISIT, "key: [visit_no]", "key: [visit_no, visited_at]", [("visit", "主键由“visit_no”改为“visit_no、visited_at”", B)]),
    "shorter": (VISIT, "format: AN..30", "format: AN..20", [("visit", "字段 patient_no 的格式由 AN..30 改为 AN..20", B)]),
    "longer": (VISIT, "format: AN..30", "format: AN..50", [("visit", "字段 patient_no 的格式由 AN..30 改为 AN..50", L)]),
    "digits only": (VISIT, "format: AN..30", "format: N..30", [("visit", "字段 patient_no 的格式由 AN..30 改为 N..30", B)]),
    "fewer decimals": (VISIT, "'N..8,2'", "'N..8,1'", [("visit", "字段 fee 的格式由 N..8,2 改为 N..8,1", B)]),
    "more digits": (VISIT, "'N..8,2'", "'N..10,2'", [("visit", "字段 fee 的格式由 N..8,2 改为 N..10,2", L)]),
    "type": (VISIT, "type: D, format: D8", "type: DT, format: DT15", [("visit", "字段 birth_date 的类型由 D 改为 DT", B), ("visit", "字段 birth_date 的格式由 D8 改为 DT15", B)]),
    "required": (VISIT, "type: D, format: D8", "type: D, format: D8, required: true", [("visit", "字段 birth_date 改为必填", B)]),
    "optional field": (CHARGE, "fields:\n", "fields:\n  - {name: note, title: 备注, id: local, element: local, year: local, type: S1, format: AN..50}\n", [("charge", "新增选填字段 note（备注）", N)]),
    "required field": (CHARGE, "fields:\n", "fields:\n  - {name: note, title: 备注, id: local, element: local, year: local, type: S1, format: AN..50, required: true}\n", [("charge", "新增必填字段 note（备注）", B)]),
    "renamed": (VISIT, "name: patient_no,", "name: record_no,", [("visit", "人员字段由“id_no patient_name sex birth_date patient_no”改为“id_no patient_name sex birth_date record_no”", N), ("visit", "字段 patient_no（患者院内编号）改名为 record_no", N)]),
    "no value set": (VISIT, "type: S3, format: N1, value_set: sexes", "type: S3, format: N1", [("visit", "字段 sex 的值域由 sexes 改为 无", L)]),
    "checksum": (VISIT, ", checksum: resident_id", "", [("visit", "字段 id_no 的校验由 resident_id 改为 无", L)]),
    "milder rule": (VISIT, "severity: error", "severity: warning", [("visit", "规则 born_first 的级别由错误改为警告", L)]),
    "rule's condition": (VISIT, "birth_date <= CAST", "birth_date < CAST", [("visit", "规则 born_first 的条件由“birth_date <= CAST(visited_at AS DATE)”改为“birth_date < CAST(visited_at AS DATE)”", B)]),
    "rule renamed": (VISIT, "code: born_first", "code: birth_first", [("visit", "删除规则 born_first（就诊时间早于出生日期）", L), ("visit", "新增规则 birth_first（错误）：就诊时间早于出生日期", B)]),
    "stricter reference": (CHARGE, "severity: warning", "severity: error", [("charge", "关联 visit_no → visit（visit_no） 的级别改为错误", B)]),
    "code gone": (SEXES, "2\t女性\n", "", [("sexes", "值域 sexes 删除代码 2 女性", B)]),
    "code more": (SEXES, "2\t女性\n", "2\t女性\n9\t不详\n", [("sexes", "值域 sexes 新增代码 9 不详", L)]),
    "code renamed": (SEXES, "2\t女性", "2\t女", [("sexes", "值域 sexes 代码 2 由“女性”改称“女”", N)]),
    "version": (SEXES, "version\t2003", "version\t2024", [("sexes", "值域 sexes 的版本由“2003”改为“2024”", N)]),
    "prescribed monthly": (HOSPITAL, "{day: [visit, charge]}", "{day: [visit], month: [charge]}", [("hospital", "医院定时上报的 charge 由按日改为按月", N)]),
    "no more in real time": (HOSPITAL, "realtime: [visit]", "realtime: [charge]", [("hospital", "医院实时上报新要求 charge（按日）", N), ("hospital", "医院实时上报不再要求 visit", B)]),
}  # fmt: skip


@pytest.fixture
def newer(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(small, tmp_path_factory.mktemp("newer") / "standards"))


@pytest.mark.parametrize(("file", "old", "new", "said"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_in_words(
    small: Path, newer: Path, file: str, old: str, new: str, said: list[tuple[str, str, Effect]]
) -> None:
    text = (newer / file).read_text(encoding="utf-8").replace(old, new, 1)
    if "DT15" in new:
        text = text.replace(" birth_date: birth_date,", "")
        said = [
            (
                "visit",
                "人员字段由“id_no patient_name sex birth_date patient_no”改为“id_no patient_name sex patient_no”",
                N,
            ),
            *said,
        ]
    if "record_no" in new:
        text = text.replace("local_no: patient_no", "local_no: record_no")
    (newer / file).write_text(text, encoding="utf-8")
    found = difference(plain(load_catalogue(small)), plain(load_catalogue(newer)))
    assert [(item.where, item.text, item.effect) for item in found] == said


def test_a_dataset_more_and_a_dataset_less(small: Path, newer: Path) -> None:
    (newer / CHARGE).unlink()
    (newer / HOSPITAL).write_text(FILES[HOSPITAL].replace("[visit, charge]", "[visit]"), encoding="utf-8")
    both, one = plain(load_catalogue(small)), plain(load_catalogue(newer))
    assert [(item.text, item.effect) for item in difference(both, one)] == [
        ("删除数据集 charge（收费）", B),
        ("医院定时上报不再要求 charge", N),
    ]
    assert [(item.text, item.effect) for item in difference(one, both)] == [
        ("新增数据集 charge（收费），3 个字段，0 条规则", N),
        ("医院定时上报新要求 charge（按日）", N),
    ]


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["standards", "diff", *arguments])
    return int(left.value.code or 0)


def test_the_same_is_exit_0(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export(load_catalogue(small), tmp_path / "out")
    assert run(str(small), str(tmp_path / "out" / "catalogue.json")) == 0
    assert run("-", "current") == 0
    digest = load_catalogue(small).edition.digest[:12]
    assert capsys.readouterr().out.splitlines()[0] == (f"未注明版本（{digest}） 与 未注明版本（{digest}） 没有差别。")


def test_different_is_exit_1(small: Path, newer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(newer, {SEXES: FILES[SEXES] + "9\t不详\n"})
    assert run(str(small), str(newer)) == 1
    assert capsys.readouterr().out.splitlines()[1:] == ["", "放宽（1）", "  sexes：值域 sexes 新增代码 9 不详"]
    assert run(str(small), str(newer), "--json") == 1
    assert json.loads(capsys.readouterr().out)["changes"] == [
        {"where": "sexes", "text": "值域 sexes 新增代码 9 不详", "effect": "looser"}
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"datasets": {"a": 1}, "value_sets": {}, "profiles": {}}'])
def test_unreadable_is_exit_2(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old.json").write_text(text)
    assert run(str(tmp_path / "old.json"), "-") == 2
    assert capsys.readouterr().err == (f"{tmp_path}/old.json 不是导出的 catalogue.json。（catalogue.unreadable）\n")


def test_a_file_that_is_not_there_is_exit_2(tmp_path: Path) -> None:
    assert run(str(tmp_path / "none.json"), "-") == 2


def test_a_folder_that_is_wrong_is_exit_2(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(small, {SEXES: FILES[SEXES] + "2\t女\n"})
    assert run(str(small), "-") == 2
    assert capsys.readouterr().err == (
        "标准定义有误，未执行：value_sets/sexes.tsv:8: 代码 2 用了两次（definition.wrong）\n"
    )
