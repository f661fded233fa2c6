"""The codes nearest to a wrong value."""

from __future__ import annotations

import pytest

from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.nearest import Hints, nearest_codes

SEX = "GBT2261.1-2003"
ID_TYPE = "CV02.01.101"


@pytest.mark.parametrize(
    ("value_set", "value", "first"),
    [
        (SEX, "3", ("2", "女性")),
        (SEX, "M", ("0", "未知的性别")),
        (SEX, "男", ("1", "男性")),
        (SEX, "女性", ("2", "女性")),
        (SEX, "01", ("1", "男性")),
        (SEX, "１", ("1", "男性")),
        (ID_TYPE, "1", ("01", "居民身份证")),
        (ID_TYPE, "身份证", ("01", "居民身份证")),
        ("GB3304-1991", "汉", ("01", "汉族")),
    ],
)
def test_the_nearest_code(value_set: str, value: str, first: tuple[str, str]) -> None:
    assert nearest_codes(catalogue().value_sets[value_set], value)[0] == first


@pytest.mark.parametrize("value", ["", " ", "男" * 41])
def test_nothing_is_near(value: str) -> None:
    assert nearest_codes(catalogue().value_sets[SEX], value) == ()


def test_a_number_has_the_codes_next_to_it() -> None:
    near = nearest_codes(catalogue().value_sets[SEX], "3")
    assert near == (("2", "女性"), ("1", "男性"), ("0", "未知的性别"))


def test_nothing_of_a_long_table_is_near() -> None:
    assert nearest_codes(catalogue().value_sets["CV03.00.203"], "zzz") == ()


def test_so_many_values_are_computed_and_no_more() -> None:
    hints, sexes = Hints(most=2), catalogue().value_sets[SEX]
    assert [hints.of(sexes, value)[:1] for value in ("男", "女", "01", "男")] == [
        (("1", "男性"),),
        (("2", "女性"),),
        (),
        (("1", "男性"),),
    ]


def test_a_field_that_identifies_a_person_has_no_codes_to_be_near() -> None:
    """So no hint can tell what stood in it."""
    fields = [item for dataset in catalogue().datasets.values() for item in dataset.fields]
    assert [item.name for item in fields if item.identifies and item.value_set] == []
