"""The ground floor: days, ids, masks, money, secrets."""

from __future__ import annotations

import stat
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from kangqiao.base.clock import days_of_month, parse_day, parse_month
from kangqiao.base.errors import FileRefused
from kangqiao.base.home import Home
from kangqiao.base.ids import new_id
from kangqiao.base.money import thousand_yuan, to_cents
from kangqiao.base.text import display_width, mask, mask_numbers, pad


def test_days_and_months() -> None:
    assert parse_day("2024-06-30") == date(2024, 6, 30)
    assert parse_month("2024-02") == date(2024, 2, 1)
    assert len(days_of_month(date(2024, 2, 1))) == 29
    assert days_of_month(date(2024, 12, 1))[-1] == date(2024, 12, 31)


@pytest.mark.parametrize("text", ["20240630", "2024-6-3", "2024-02-30", "", "2024-W26-7"])
def test_what_is_no_day(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_day(text)


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("", ""),
        ("张", "*"),
        ("张三", "张*"),
        ("欧阳娜娜", "欧***"),
        ("13812345678", "138******78"),
        ("320102199001011234", "3201**********1234"),
    ],
)
def test_masks(value: str, masked: str) -> None:
    assert mask(value) == masked


def test_numbers_of_persons_are_masked_inside_a_text() -> None:
    text = "张三13812345678，证320102199001011234；单号20240601083015"
    assert mask_numbers(text) == "张三138******78，证3201**********1234；单号20240601083015"


def test_width_of_text() -> None:
    assert display_width("a内科") == 5
    assert (pad("内", 4), pad("内", 4, right=True)) == ("内  ", "  内")


def test_money() -> None:
    assert to_cents(Decimal("0.125")) == Decimal("0.13")
    assert thousand_yuan(Decimal("1234565")) == Decimal("1234.57")


def test_ids_sort_by_time_and_differ() -> None:
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert [len(item) for item in ids] == [26] * 1000
    assert [item[:10] for item in ids] == sorted(item[:10] for item in ids)


def test_a_home_keeps_its_secrets(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    key = home.person_key()
    assert len(key) == 32
    assert home.person_key() == key
    assert home.session_key() != key.hex()
    assert stat.S_IMODE((home.root / "person.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(home.root.stat().st_mode) == 0o700


def test_a_refusal_is_data() -> None:
    assert FileRefused("file.empty", "空").as_dict() == {"code": "file.empty", "message": "空"}
