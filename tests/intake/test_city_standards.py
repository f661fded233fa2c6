"""A city's own standards, from its folder to the receipt and the page; and what a wrong code may have meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from tests.cast import reader
from tests.intake.conftest import Load
from tests.intake.outbox import DATASET, DRUM_TOWER

from kangqiao.standards.catalogue import catalogue

HEADER = "charge_no,patient_no,patient_name,charged_at,birth_date,sex,payment_method,total_amount"
BORN_LATER = "C1,P1,赵钱孙,20240603T101500,20240604,1,77,12.50"
NO_CODES = "C2,P2,赵钱孙,20240603T101500,19900101,男,1,12.50"
CITY = {
    "rules/outpatient_charge.yaml": "dataset: outpatient_charge\ndisable: [born_before_event]\n",
    "value_sets/CV07.10.005.tsv": "extends\ttrue\ncode\tname\n77\t商业补充保险\n",
}


def outgoing(folder: Path, *rows: str) -> Path:
    path = folder / DRUM_TOWER / "scheduled" / DATASET / "2024-06-03.csv"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    return path


def in_a_city(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in CITY.items():
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("KANGQIAO_STANDARDS", str(folder))


def found(receipt: dict) -> list[tuple[int, str, str]]:
    return [(row["line"], row["field"], row["rule"]) for row in receipt["rejected_rows"]]


def test_the_platform_refuses_what_the_city_allows(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = outgoing(tmp_path / "out", BORN_LATER, NO_CODES)
    (ours,) = load(path)
    assert found(ours) == [
        (2, "payment_method", "value_set"),
        (2, "charged_at", "born_before_event"),
        (3, "sex", "value_set"),
        (3, "payment_method", "value_set"),
    ]
    assert ours["rules_digest"] == catalogue().dataset(DATASET).digest

    in_a_city(tmp_path / "city", monkeypatch)
    (theirs,) = load(path)
    assert found(theirs) == [(3, "sex", "value_set"), (3, "payment_method", "value_set")]
    assert (theirs["state"], theirs["rows"]["stored"]) == ("stored", 1)
    assert theirs["rules_digest"] == catalogue().dataset(DATASET).digest != ours["rules_digest"]


def test_a_receipt_names_the_codes_that_may_be_meant(load: Load, tmp_path: Path) -> None:
    (receipt,) = load(outgoing(tmp_path, NO_CODES))
    sex, payment = receipt["rejected_rows"]
    assert sex == {
        "line": 2,
        "field": "sex",
        "rule": "value_set",
        "value": "男",
        "message": "性别代码（sex）的代码不在值域 GBT2261.1-2003 中，最接近的代码：1 男性",
        "hint": [{"code": "1", "name": "男性"}],
    }
    assert payment["hint"] == [{"code": "01", "name": "城镇职工基本医疗保险"}]


def test_the_page_names_them_and_the_version_of_the_rules(load: Load, tmp_path: Path, client: Client) -> None:
    (receipt,) = load(outgoing(tmp_path, NO_CODES))
    client.force_login(reader())
    page = client.get(f"/submissions/{receipt['id']}/").content.decode()
    assert "不在值域 GBT2261.1-2003 中，最接近的代码：1 男性" in page
    assert f'<dd class="code">{receipt["rules_digest"][:12]}</dd>' in page
