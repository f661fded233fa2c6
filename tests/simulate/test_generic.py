"""Rows of any dataset from its definition: clean, keys unique, the same for the same seed."""

import csv
import io
import re
from datetime import date

import numpy as np
import pytest
from tests.simulate.clean import verdict_on
from typer.testing import CliRunner

from kangqiao.cli.simulate import app
from kangqiao.simulate.days import day_number
from kangqiao.simulate.figures import HOSPITAL
from kangqiao.simulate.generic.basis import Basis, example_basis
from kangqiao.simulate.generic.patterns import text_matching
from kangqiao.simulate.generic.rows import Unsatisfiable, example_rows, rows_of
from kangqiao.simulate.house import House
from kangqiao.simulate.population import Population
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Dataset, Dimension, Field, Rule, Severity, Source

ROWS = 24


@pytest.mark.parametrize("name", sorted(catalogue().datasets))
def test_rows_of_every_dataset_are_clean(name, tmp_path):
    dataset = catalogue().dataset(name)
    columns = example_rows(dataset, catalogue(), ROWS, seed=7)
    verdict = verdict_on(dataset, columns, tmp_path, date(2024, 6, 3))
    assert [(item.check.rule, item.check.field, item.rows) for item in verdict.violations] == []
    assert verdict.accepted == ROWS


def test_the_same_seed_gives_the_same_rows_and_another_seed_others():
    dataset = catalogue().dataset("health_checkup")
    first, again, other = (example_rows(dataset, catalogue(), 5, seed) for seed in (3, 3, 4))
    assert first == again
    assert first["patient_name"] != other["patient_name"]


def test_many_rows_have_a_key_each_and_are_clean(tmp_path):
    dataset = catalogue().dataset("vital_sign_record")
    columns = example_rows(dataset, catalogue(), 9_000, seed=1)
    verdict = verdict_on(dataset, columns, tmp_path, date(2024, 6, 3))
    assert (verdict.accepted, verdict.violations) == (9_000, ())


def test_numbers_that_are_given_are_written_as_they_are():
    basis = example_basis(3, seed=1)
    numbers = np.array(["SM1", "SM2", "SM3"], dtype=object)
    linked = Basis(basis.house, basis.day, basis.second, linked={"visit_no": numbers})
    columns = rows_of(catalogue().dataset("outpatient_diagnosis"), catalogue(), linked, seed=1)
    assert columns["visit_no"].tolist() == ["SM1", "SM2", "SM3"]
    assert columns["item_no"].tolist() == ["1", "1", "1"]


def test_rows_of_given_people_are_about_them():
    house = House("康桥示例医院", HOSPITAL, 900, Population(7, 24_000, date(2024, 6, 3)))
    person = np.array([100, 101])
    basis = Basis(house, np.full(2, day_number(date(2024, 6, 3))), np.array([36_000, 40_000]), person)
    columns = rows_of(catalogue().dataset("outpatient_visit"), catalogue(), basis, seed=7)
    assert columns["id_no"].tolist() == house.population.id_numbers(person).tolist()
    assert columns["patient_name"].tolist() == house.population.names(person).tolist()


def _dataset(*exprs):
    fields = (
        Field("serial_no", "流水号", "local", "local", "local", "S1", "AN..20", required=True),
        Field("recorded_at", "记录日期时间", "local", "local", "local", "DT", "DT15", required=True),
        Field("begun_at", "开始日期时间", "local", "local", "local", "DT", "DT15", required=True),
        Field("part_fee", "甲费", "local", "local", "local", "N", "N..8,2", required=True),
        Field("other_fee", "乙费", "local", "local", "local", "N", "N..8,2", required=True),
        Field("total_fee", "合计费", "local", "local", "local", "N", "N..8,2", required=True),
        Field("has_note", "特别标志", "local", "local", "local", "L", "T/F", required=True),
        Field("note", "说明", "local", "local", "local", "S1", "AN..50"),
    )
    rules = tuple(Rule(f"rule_{n}", Severity.ERROR, Dimension.USABILITY, expr, "x") for n, expr in enumerate(exprs))
    return Dataset("made_up", "测试", Source("local"), ("serial_no",), "recorded_at", fields, rules=rules)


@pytest.mark.parametrize(
    "expr",
    [
        "begun_at <= recorded_at",
        "recorded_at - begun_at BETWEEN INTERVAL 2 HOUR AND INTERVAL 3 HOUR",
        "part_fee + other_fee = total_fee",
        "abs(total_fee - part_fee - COALESCE(other_fee, 0)) <= 0.01",
        "total_fee >= 900",
        "part_fee / total_fee <= 0.2",
        "CASE WHEN has_note THEN note IS NOT NULL ELSE note IS NULL END",
        "CASE WHEN part_fee > 20 THEN matches(note, '^[A-C][0-9]{2}-(X|Y)$') END",
        "note IS NOT NULL AND length(note) >= 12",
        "NOT (has_note AND part_fee < 50)",
        "CAST(recorded_at AS DATE) - CAST(begun_at AS DATE) = 1",
        "part_fee < other_fee OR note IN ('甲', '乙')",
    ],
)
def test_each_shape_of_rule_is_mended(expr, tmp_path):
    dataset = _dataset(expr)
    verdict = verdict_on(dataset, example_rows(dataset, catalogue(), 40, seed=2), tmp_path, date(2024, 6, 3))
    assert (verdict.accepted, verdict.violations) == (40, ())


def test_rules_that_no_row_can_meet_are_named():
    with pytest.raises(Unsatisfiable, match=r"rule_\d"):
        example_rows(_dataset("total_fee > 10", "total_fee < 5"), catalogue(), 5, seed=2)


@pytest.mark.parametrize("pattern", ["^[A-Z][0-9]{2}$", "^(01|02)-[0-9]{3,}", "^[^a-z]+$", "^1[.][0-9]+$"])
def test_a_text_is_found_for_a_pattern(pattern):
    texts = [text_matching(pattern, np.random.default_rng(seed)) for seed in range(20)]
    assert [text for text in texts if not re.search(pattern, text)] == []


def test_the_command_prints_example_rows():
    done = CliRunner().invoke(app, ["rows", "lab_report", "--rows", "4"])
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert done.exit_code == 0
    assert list(rows[0]) == [field.name for field in catalogue().dataset("lab_report").fields]
    assert [row["report_no"][:4] for row in rows] == ["SN24"] * 4


def test_the_command_writes_example_rows_to_a_file(tmp_path):
    done = CliRunner().invoke(app, ["rows", "bed", "--rows", "3", "--out", str(tmp_path / "bed.csv")])
    assert done.stdout == f"床位（bed）：3 行，在 {tmp_path / 'bed.csv'}\n"
    assert len((tmp_path / "bed.csv").read_text("utf-8-sig").splitlines()) == 4
