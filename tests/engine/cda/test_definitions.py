"""The data of document types: complete, sourced, and refused with file and line when wrong."""

from __future__ import annotations

import csv

import pytest

from kangqiao.base.errors import DefinitionError
from kangqiao.engine.cda.definitions import DATA, Anchor, Step, document_types, read_place
from kangqiao.engine.cda.outline import matches, plain
from kangqiao.engine.cda.resident_id import is_resident_id
from kangqiao.engine.cda.values import is_time, read_time, write_time
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Field

ROW = {"dataset": "d", "field": "f", "scope": "", "use": "both", "type": "", "unit": "", "code_system": ""}


def test_every_line_names_its_source() -> None:
    for path in DATA.rglob("*.tsv"):
        with path.open(encoding="utf-8", newline="") as handle:
            for number, row in enumerate(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE), 2):
                assert row["source"], f"{path.name}: line {number}"


def test_the_key_and_the_time_of_every_row_can_be_read() -> None:
    missing = []
    for kind in document_types().values():
        for item in kind.datasets:
            dataset = kind.dataset(item.name)
            wanted = (*dataset.key, dataset.event_time)
            missing += [(kind.code, item.name, name) for name in wanted if not kind.places_of[item.name].get(name)]
    assert missing == []


def test_no_place_is_written_by_two_fields_of_a_dataset() -> None:
    for kind in document_types().values():
        for item in kind.datasets:
            places = [p for found in kind.places_of[item.name].values() for p in found if p.is_written]
            assert len({(p.anchor, p.steps) for p in places}) == len(places), kind.code


def test_a_path_is_read_with_slashes_in_its_names() -> None:
    place = read_place(
        {**ROW, "path": "section/8716-3/DE04.10.118.00{脉率(次/min)}/effectiveTime/low"}, "x.tsv: line 2"
    )
    assert place.anchor == Anchor("8716-3", "DE04.10.118.00", "脉率(次/min)")
    assert place.steps == (Step("effectiveTime"), Step("low"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"path": "section/8716-3"}, "path 'section/8716-3' names no entry"),
        ({"path": "author/{x}"}, "step '{x}' of a path cannot be read"),
        ({"path": "author/time", "use": "write"}, "f: unknown scope or use"),
        ({"path": "author/time", "scope": "column"}, "f: unknown scope or use"),
    ],
)
def test_a_wrong_line_is_refused_with_its_place(change: dict[str, str], reason: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        read_place({**ROW, **change}, "cda/places/C0007.tsv: line 9")
    assert (refused.value.where, refused.value.reason) == ("cda/places/C0007.tsv: line 9", reason)


def test_display_names_are_compared_without_their_spelling() -> None:
    assert plain("中医“四诊”观察结果 ") == "中医四诊观察结果"
    assert matches("出院诊断-疾病编码@主要诊断", ("出院诊断-疾病编码", "主要诊断"))
    assert not matches("出院诊断-疾病编码@主要诊断", ("出院诊断-疾病编码",))
    assert not matches("", ("x",))


@pytest.mark.parametrize(
    ("stamp", "raw"),
    [
        ("20240601", "20240601T000000"),
        ("202406011015", "20240601T101500"),
        ("20240601101530", "20240601T101530"),
        ("20240601101530.123", "20240601T101530"),
        ("20240601101530+0800", "20240601T101530"),
        ("20240601021530+0000", "20240601T101530"),
        ("20240601T101530", "20240601T101530"),
        ("2024-06-01", "2024-06-01"),
        ("20240230", "20240230"),
        ("", ""),
    ],
)
def test_times_in_the_notation_of_the_standard(stamp: str, raw: str) -> None:
    field = Field("at", "时间", "local", "local", "local", "DT", "DT15")
    assert read_time(stamp, field) == raw


def test_days_and_times_written() -> None:
    assert [write_time(raw) for raw in ("20240601", "20240601T101530", "20240230", "x", "20240601T1015")] == [
        "20240601",
        "20240601101530",
        None,
        None,
        None,
    ]
    assert [is_time(text) for text in ("20240229", "20230229", "2024", "20240601240000")] == [True, False, False, False]


@pytest.mark.parametrize(
    ("number", "is_right"),
    [
        ("11010519491231002X", True),
        ("11010519491231002x", True),
        ("110105194912310021", False),
        ("110105194902300025", False),
        ("110105491231002", True),
        ("110105491331002", False),
        ("1101051949123100", False),
        ("１１０１０５１９４９１２３１００２X", False),
    ],
)
def test_identity_numbers(number: str, is_right: bool) -> None:
    assert is_resident_id(number) is is_right


def test_sections_and_elements_of_the_laboratory_report() -> None:
    kind = document_types()["C0007"]
    assert list(kind.sections) == ["29548-5", "30954-2", "检验报告"]
    assert "DE04.30.019.00" in kind.elements
    assert kind.repeating == "lab_result_item"
    assert kind.dataset("lab_report") is catalogue().datasets["lab_report"]
