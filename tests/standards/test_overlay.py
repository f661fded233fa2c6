# ruff: noqa: E501 - tables read best with a case a line
"""A city's own standards, laid over the platform's; the small catalogue stands for the platform."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.standards.conftest import write_files

from kangqiao.base.errors import DefinitionError
from kangqiao.cli.main import main
from kangqiao.standards.catalogue import catalogue, load_catalogue, survey
from kangqiao.standards.model import Channel, Prescription, Severity

SEXES = "extends\ttrue\ncode\tname\n2\t女\n9\t未说明的性别\n"

RULES = """\
dataset: visit
change:
  - {code: born_first, severity: warning, message: 请核对出生日期}
add:
  - {code: fee_range, severity: error, dimension: usability, field: fee, expr: "fee <= 500", message: 费用超过500元}
"""

WARD = """\
name: ward
title: 病区
category: resource
source: {standard: local}
key: [ward_no]
event_time: reported_on
fields:
  - {name: ward_no, title: 病区编号, id: local, element: local, year: local, type: S1, format: AN..10, required: true}
  - {name: reported_on, title: 上报日期, id: local, element: local, year: local, type: D, format: D8, required: true}
"""

PROFILE = "name: city-2026\ntitle: 本市加报\nkinds: [hospital]\nyear: '2026'\nscheduled: {month: [ward]}\n"


def city(small: Path, files: dict[str, str]) -> Path:
    return write_files(small / "city", files)


def test_a_value_set_is_extended(small: Path) -> None:
    sexes = load_catalogue(small, city(small, {"value_sets/sexes.tsv": SEXES})).value_sets["sexes"]
    assert sexes.codes == {"1": "男性", "2": "女", "9": "未说明的性别"}
    assert (sexes.title, sexes.version, sexes.owner, sexes.city) == ("性别代码", "2003", "国家标准", "extended")


def test_a_value_set_is_replaced(small: Path) -> None:
    text = "title\t性别\nstandard\tlocal\nowner\t南京市\ncode\tname\n1\t男\n"
    sexes = load_catalogue(small, city(small, {"value_sets/sexes.tsv": text})).value_sets["sexes"]
    assert (sexes.codes, sexes.version, sexes.owner, sexes.city) == ({"1": "男"}, "未注明", "南京市", "replaced")


def test_rules_are_changed_and_added(small: Path) -> None:
    visit = load_catalogue(small, city(small, {"rules/visit.yaml": RULES})).dataset("visit")
    changed, added = visit.rules
    assert (changed.code, changed.severity, changed.message) == ("born_first", Severity.WARNING, "请核对出生日期")
    assert changed.expr == "birth_date <= CAST(visited_at AS DATE)"
    assert (added.code, added.expr) == ("fee_range", "fee <= 500")
    assert (changed.owner, added.owner) == ("local", "local")


def test_a_rule_is_switched_off(small: Path) -> None:
    folder = city(small, {"rules/visit.yaml": "dataset: visit\ndisable: [born_first]\n"})
    visit = load_catalogue(small, folder).dataset("visit")
    assert (visit.rules, visit.switched_off) == ((), ("born_first",))


def test_a_table_and_a_profile_of_the_city(small: Path) -> None:
    known = load_catalogue(small, city(small, {"datasets/ward.yaml": WARD, "profiles/city-2026.yaml": PROFILE}))
    assert known.dataset("ward").owner == "local"
    assert Prescription("ward", Channel.SCHEDULED, "month") in known.profile("hospital").prescriptions
    assert list(known.profiles) == ["hospital", "city-2026"]


@pytest.mark.parametrize(
    ("file", "text", "changed"),
    [("value_sets/sexes.tsv", SEXES, {"visit"}), ("rules/visit.yaml", RULES, {"visit"})],
)
def test_what_results_has_a_digest_of_its_own(small: Path, file: str, text: str, changed: set[str]) -> None:
    ours = load_catalogue(small)
    theirs = load_catalogue(small, city(small, {file: text}))
    assert {name for name in ours.datasets if ours.datasets[name].digest != theirs.datasets[name].digest} == changed
    assert ours.edition.digest != theirs.edition.digest
    assert load_catalogue(small) == ours


WRONG = {
    "nothing to extend": ("value_sets/x.tsv", SEXES, ":1: there is no value set x to extend"),
    "extends no": ("value_sets/sexes.tsv", SEXES.replace("true", "yes"), ":1: extends must be true, not 'yes'"),
    "a code twice": ("value_sets/sexes.tsv", SEXES + "9\t其他\n", ":5: code '9' is written twice"),
    "unknown dataset": ("rules/visits.yaml", "dataset: visits\ndisable: [a]\n", ":1: unknown dataset 'visits'"),
    "other name": ("rules/visit.yaml", "dataset: charge\n", ":1: dataset 'charge' must be the file's name"),
    "unknown rule": ("rules/visit.yaml", RULES.replace("born_first", "born"), ":3: change.born: there is no rule 'born' to change"),
    "rule that is there": ("rules/visit.yaml", RULES.replace("fee_range", "born_first"), ":5: add.born_first: there is a rule 'born_first' already; write it under change"),
    "nothing to switch off": ("rules/visit.yaml", "dataset: visit\ndisable:\n  - born\n", ":3: disable: there is no rule 'born' to switch off"),
    "wrong expression": ("rules/visit.yaml", RULES.replace("fee <=", "fees <="), ":5: add.fee_range: expr names 'fees', which is not a field"),
    "wrong severity": ("rules/visit.yaml", RULES.replace("severity: warning", "severity: hint"), ":3: change.born_first: unknown severity 'hint', one of error, warning"),
    "key of a change": ("rules/visit.yaml", RULES.replace("message: 请", "text: 请"), ":3: change.born_first: unknown key 'text', one of code, severity, dimension, field, expr, message, source"),
    "ours again": ("datasets/visit.yaml", WARD.replace("ward", "visit"), ":1: the platform has a dataset visit already; change its rules"),
    "type": ("datasets/ward.yaml", WARD.replace("type: D,", "type: X,"), ":9: fields.reported_on: unknown type 'X', one of S1, S2, S3, N, D, DT, L"),
    "profile again": ("profiles/hospital.yaml", PROFILE.replace("city-2026", "hospital").replace("ward", "visit"), ":1: the platform has a profile hospital already"),
    "other file": ("rules/visit.yml", RULES, ": must be a .yaml file"),
}  # fmt: skip


@pytest.mark.parametrize(("file", "text", "said"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_refused_with_file_and_line(small: Path, file: str, text: str, said: str) -> None:
    folder = city(small, {file: text})
    _, problems = survey(small, folder)
    assert [str(problem) for problem in problems] == [f"{folder / file}{said}"]


def test_an_unknown_folder_is_refused(small: Path) -> None:
    folder = city(small, {"valuesets/sexes.tsv": SEXES})
    _, problems = survey(small, folder)
    assert [str(problem) for problem in problems] == [
        f"{folder}/valuesets: is none of the folders value_sets, rules, datasets, profiles"
    ]


def test_the_city_named_by_the_environment_is_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, {"rules/bed.yaml": "dataset: bed\ndisable: [rate_range]\n"})
    monkeypatch.setenv("KANGQIAO_STANDARDS", str(tmp_path))
    assert catalogue().dataset("bed").switched_off == ("rate_range",)
    monkeypatch.delenv("KANGQIAO_STANDARDS")
    assert catalogue().dataset("bed").switched_off == ()


def test_the_city_in_the_home_folder_is_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, {"standards/rules/bed.yaml": "dataset: bed\ndisable: [rate_range]\n"})
    monkeypatch.setenv("KANGQIAO_HOME", str(tmp_path))
    assert catalogue().dataset("bed").switched_off == ("rate_range",)


def test_a_folder_that_is_named_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANGQIAO_STANDARDS", str(tmp_path / "none"))
    with pytest.raises(DefinitionError) as refused:
        catalogue()
    assert str(refused.value) == f"{tmp_path}/none: no such folder (KANGQIAO_STANDARDS)"


def test_a_wrong_city_ends_a_command_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_files(tmp_path, {"rules/bed.yaml": "dataset: bed\ndisable: [no_rule]\n"})
    monkeypatch.setenv("KANGQIAO_STANDARDS", str(tmp_path))
    with pytest.raises(SystemExit) as left:
        main(["check", str(tmp_path / "bed.csv"), "--dataset", "bed"])
    assert left.value.code == 2
    assert capsys.readouterr().err == (
        f"标准定义有误，未执行：{tmp_path}/rules/bed.yaml:2: disable: 没有规则 no_rule，不能停用（definition.wrong）\n"
    )


def test_show_says_what_is_the_city_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = "dataset: bed\nchange: [{code: closed_state, severity: error}]\ndisable: [rate_range]\n"
    write_files(
        tmp_path, {"rules/bed.yaml": rules, "value_sets/local.bed_type.tsv": "extends\ttrue\ncode\tname\n8\t日间\n"}
    )
    monkeypatch.setenv("KANGQIAO_STANDARDS", str(tmp_path))
    with pytest.raises(SystemExit):
        main(["standards", "show", "bed"])
    lines = capsys.readouterr().out.splitlines()
    assert "本市：增改的规则 closed_state" in lines
    assert "本市：停用的规则 rate_range" in lines
    assert "本市：值域 local.bed_type（本市扩展）" in lines
