"""Deaths are not followed by visits, whoever sent which of the two first."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from kangqiao.simulate.generic.rows import example_rows
from kangqiao.standards.catalogue import catalogue

DRUM_TOWER = "南京鼓楼医院"
CHILDREN = "南京市儿童医院"
VISIT, DEATH = "outpatient_registration", "death_certificate"
TIMES = {VISIT: "registered_at", DEATH: "died_at"}
SAME = ("id_type", "id_no", "sex", "birth_date", "patient_name")
AFTER, BEFORE = f"{VISIT}_after_{DEATH}", f"{DEATH}_before_{VISIT}"


def row_of(dataset: str, day: str) -> dict[str, str]:
    """One clean row whose event, and all its moments, lie on ``day``."""
    known = catalogue()
    columns = example_rows(known.dataset(dataset), known, 1, 7)
    row = {name: values[0] for name, values in columns.items()}
    moved = {field.name for field in known.dataset(dataset).fields if field.type in ("D", "DT")} - {"birth_date"}
    return {name: day.replace("-", "") + value[8:] if name in moved and value else value for name, value in row.items()}


def send(folder: Path, institution: str, dataset: str, day: str, row: dict[str, str]) -> Path:
    path = folder / institution / "scheduled" / dataset / f"{day}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(row))
        writer.writeheader()
        writer.writerow(row)
    return path


@pytest.fixture
def pair(tmp_path):
    """A death and a registration of the same person, on the days given."""

    def make(died: str, seen: str) -> tuple[Path, Path]:
        death, visit = row_of(DEATH, died), row_of(VISIT, seen)
        visit |= {name: death[name] for name in SAME if name in death and name in visit}
        return (
            send(tmp_path, CHILDREN, DEATH, died, death),
            send(tmp_path, DRUM_TOWER, VISIT, seen, visit),
        )

    return make


def found(receipts) -> set[str]:
    (receipt,) = receipts
    assert (receipt["rows"]["stored"], receipt["rows"]["rejected"]) == (1, 0), receipt
    return {item["rule"] for item in receipt["violations"]} & {AFTER, BEFORE}


def test_a_visit_after_a_death_that_another_institution_has_sent(load, pair):
    death, visit = pair("2024-06-03", "2024-06-04")
    assert found(load(death)) == set()
    assert found(load(visit)) == {AFTER}


def test_a_death_that_comes_when_a_later_visit_is_stored(load, pair):
    death, visit = pair("2024-06-03", "2024-06-04")
    assert found(load(visit)) == set()
    assert found(load(death)) == {BEFORE}


@pytest.mark.parametrize("seen", ["2024-06-03", "2024-06-02"])
def test_a_visit_on_the_day_of_death_or_before_is_right(load, pair, seen):
    death, visit = pair("2024-06-03", seen)
    assert found(load(death)) == set()
    assert found(load(visit)) == set()


def test_a_death_that_was_taken_back_by_a_resend_is_forgotten(load, pair, tmp_path):
    death, visit = pair("2024-06-03", "2024-06-05")
    load(death)
    pair("2024-06-03", "2024-06-05")
    other = row_of(DEATH, "2024-06-03") | {"id_no": "11010519491231002X"}
    send(tmp_path, CHILDREN, DEATH, "2024-06-03", other)
    load(death)
    assert found(load(visit)) == set()
