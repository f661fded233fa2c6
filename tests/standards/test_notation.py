"""The standards' notation of formats, and the small facts of the model."""

from __future__ import annotations

import re

import pytest

from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Person
from kangqiao.standards.notation import Format, parse_format

GOOD = [
    ("S1", "A..50", Format("A", 1, 50)),
    ("S1", "AN10", Format("AN", 10, 10)),
    ("S1", "AN6..20", Format("AN", 6, 20)),
    ("S3", "N1", Format("N", 1, 1)),
    ("S1", "N..30", Format("N", 1, 30)),
    ("N", "N1", Format("N", 1, 1)),
    ("N", "N..10,2", Format("N", 1, 10, 2)),
    ("N", "N3..5,1", Format("N", 3, 5, 1)),
    ("N", "N4,1", Format("N", 4, 4, 1)),
    ("D", "D8", Format("D", 8, 8)),
    ("DT", "DT15", Format("DT", 15, 15)),
    ("L", "T/F", Format("L", 1, 1)),
]

WRONG = [
    ("X", "N1", "unknown type 'X', one of S1, S2, S3, N, D, DT, L"),
    ("S1", "", "unknown format ''"),
    ("S1", "A", "unknown format 'A'"),
    ("S1", "a..50", "unknown format 'a..50'"),
    ("S1", "AN..18 ", "unknown format 'AN..18 '"),
    ("S1", "A..", "format 'A..' has no upper length"),
    ("S1", "AN20..6", "format 'AN20..6' has impossible lengths"),
    ("S1", "AN0", "format 'AN0' has impossible lengths"),
    ("S1", "AN..10,2", "format 'AN..10,2' has decimals, but type S1 is text"),
    ("N", "AN..10", "format 'AN..10' does not fit type N"),
    ("N", "N..3,2", "format 'N..3,2' has impossible lengths"),
    ("N", "N..39", "format 'N..39' has impossible lengths"),
    ("D", "D10", "format 'D10' does not fit type D, which is written D8"),
    ("DT", "DT14", "format 'DT14' does not fit type DT, which is written DT15"),
    ("L", "Y/N", "format 'Y/N' does not fit type L, which is written T/F"),
]


@pytest.mark.parametrize(("type_code", "text", "parsed"), GOOD)
def test_format_that_is_known(type_code: str, text: str, parsed: Format) -> None:
    assert parse_format(type_code, text) == parsed


@pytest.mark.parametrize(("type_code", "text", "reason"), WRONG)
def test_format_that_is_refused(type_code: str, text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}$"):
        parse_format(type_code, text)


@pytest.mark.parametrize(("text", "digits"), [("N..10,2", 7), ("N4,1", 2), ("N..3", 3), ("N..14,4", 9)])
def test_the_decimal_point_takes_a_place(text: str, digits: int) -> None:
    assert parse_format("N", text).integer_digits == digits


def test_a_header_may_use_name_title_or_field_id() -> None:
    dataset = catalogue().dataset("lab_report")
    field = dataset.by_name["specimen_no"]
    assert [dataset.lookup[text] for text in ("specimen_no", "检验标本号", "HDSD00.05.045")] == [field] * 3
    assert "local" not in dataset.lookup


def test_no_header_word_means_two_fields() -> None:
    for dataset in catalogue().datasets.values():
        words = [text for item in dataset.fields for text in {item.name, item.title, item.id} - {"local"}]
        assert len(words) == len(set(words)) == len(dataset.lookup)


def test_person_tells_the_roles_it_has() -> None:
    assert Person(name="patient_name", local_no="patient_no").fields() == {
        "name": "patient_name",
        "local_no": "patient_no",
    }
    assert Person().fields() == {}
