"""Keyed hashes of persons: HMAC-SHA-256 as Python computes it, one key a person, no name in the lake."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Any

import pytest
from tests.engine.trial import CARD, DAY, VALUE_SETS, VISIT, write_rows

from kangqiao.engine.identity.separation import create_identity, identities, separate
from kangqiao.engine.lake.tables import columns_of
from kangqiao.engine.validation.judge import Arrival, Judge
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Dataset

KEY = bytes(range(32))


def key_of(text: str) -> str:
    return hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()[:32]


def identity_rows(folder: Path, *rows: dict[str, str]) -> list[dict[str, Any]]:
    base = {"seen_at": "20240601T083000", "sex": "1"}
    path = write_rows(folder / "f.csv", [{**base, "no": str(number), **row} for number, row in enumerate(rows)])
    with Judge(VISIT, VALUE_SETS, folder) as judge:
        judge.read(Arrival(0, path, "甲院", DAY))
        judge.resolve()
        create_identity(judge.connection, VISIT, KEY)
        return [row for block in identities(judge.connection) for row in block]


def test_the_key_is_an_hmac_of_the_document(tmp_path: Path) -> None:
    rows = identity_rows(tmp_path, {"id_no": CARD, "name": "张三"}, {"id_type": "03", "id_no": "g1"})
    assert {row["id_no"]: row["person_key"] for row in rows} == {
        CARD: key_of(f"id|01|{CARD}"),
        "g1": key_of("id|03|G1"),
    }


def test_fifteen_and_eighteen_digits_and_either_case_are_one_person(tmp_path: Path) -> None:
    old = CARD[:6] + CARD[8:17]
    rows = identity_rows(
        tmp_path, {"id_no": CARD}, {"id_no": CARD.lower()}, {"id_no": old}, {"id_type": "01", "id_no": old}
    )
    assert len(rows) == 4
    assert {row["person_key"] for row in rows} == {key_of(f"id|01|{CARD}")}


def test_only_accepted_rows_leave_an_identity(tmp_path: Path) -> None:
    assert identity_rows(tmp_path, {"id_no": CARD, "sex": "9"}) == []


@pytest.mark.parametrize("dataset", catalogue().datasets.values(), ids=lambda dataset: dataset.name)
def test_no_lake_table_has_a_column_that_identifies(dataset: Dataset) -> None:
    columns = {column.name for column in columns_of(dataset)}
    identifying = {item.name for item in dataset.fields if item.identifies}
    assert not columns & identifying
    assert not identifying & {item.name for item in separate(dataset).kept}
