"""Every check, its verdict, its denominator; rules, references, duplicates, measures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.engine.trial import CARD, USCC, VISIT, field, judge_file, judge_rows, rule, store, with_rules, write_rows

from kangqiao.engine.validation.checks import checks_of, words_of
from kangqiao.engine.validation.judge import Stored
from kangqiao.standards.model import Dimension, Severity


@pytest.mark.parametrize(
    ("name", "value", "violated"),
    [
        ("no", "", ["required"]),
        ("no", "  ", ["required"]),
        ("no", "\u3000\t", ["required"]),
        ("no", "12345678901", ["length"]),
        ("seen_at", "", ["required"]),
        ("seen_at", "20240601T083060", ["type"]),
        ("seen_at", "20240601T240000", ["type"]),
        ("seen_at", "2024-06-01T08:30:00", ["type"]),
        ("seen_at", "20240602T000000", ["event_day"]),
        ("name", "张", ["length"]),
        ("name", "张三", []),
        ("name", "诸葛孔明一二", ["length"]),
        ("name", "😀😀😀😀😀", []),
        ("id_type", "1", ["value_set"]),
        ("id_no", CARD, []),
        ("id_no", CARD.lower(), []),
        ("id_no", CARD[:-1] + "1", ["checksum"]),
        ("id_no", "320102199002301234", ["checksum"]),
        ("id_no", "320102900101123", []),
        ("id_no", "320102901301123", ["checksum"]),
        ("id_no", "G12345678", ["checksum"]),
        ("org", USCC, []),
        ("org", USCC.lower(), ["checksum"]),
        ("org", "1", ["length", "checksum"]),
        ("sex", "9", ["value_set"]),
        ("sex", "１", ["value_set"]),
        ("sex", "1 ", ["value_set"]),
        ("sex", " x", []),
        ("sex", "   ", ["required"]),
        ("born", "20240230", ["type"]),
        ("born", "2024-06-01", ["type"]),
        ("born", "00000000", ["type"]),
        ("born", "00000101", ["type"]),
        ("born", "00010101", []),
        ("seen_at", "00000101T000000", ["type"]),
        ("born", " 2024061", ["type"]),
        ("born", "20240602", ["born_first"]),
        ("fee", "12345.67", ["fee_range"]),
        ("fee", "-0", []),
        ("fee", "1.505", ["format"]),
        ("fee", "123456", ["format"]),
        *[("fee", text, ["type"]) for text in ("+5", ".5", "5.", "1e5", "NaN", "Infinity", "１２", " 5", "1,000")],
        ("beds", "012", []),
        ("beds", "1234", ["format"]),
        ("beds", "5.0", ["format"]),
        ("beds", "9" * 60, ["format"]),
        ("code", "12", ["length"]),
        ("code", "12a", ["format"]),
        ("is_new", "T", []),
        *[("is_new", text, ["type"]) for text in ("t", "true", "1", "T ")],
    ],
)
def test_one_value(tmp_path: Path, name: str, value: str, violated: list[str]) -> None:
    judged = judge_rows(tmp_path, {name: value})
    assert [code for _, code, _ in judged.found()] == violated
    warnings = {"event_day", "fee_range"}
    assert judged.verdict.rejected == (1 if set(violated) - warnings else 0)


def test_an_identity_number_is_judged_only_where_the_document_is_an_identity_card(tmp_path: Path) -> None:
    judged = judge_rows(tmp_path, {"id_type": "03", "id_no": "G1"}, {"id_type": "01", "id_no": "G1"}, {"id_no": CARD})
    assert judged.found() == [(3, "checksum", "id_no")]
    assert judged.counts() == {("checksum", "id_no"): (1, 2)}


def test_denominators_count_the_rows_a_check_applies_to(tmp_path: Path) -> None:
    judged = judge_rows(
        tmp_path,
        {"fee": "x", "sex": ""},
        {"fee": "1.234", "sex": " "},
        {"fee": "6000", "sex": "9", "name": "张"},
        {"name": "张三", "born": "20250101"},
        {"seen_at": "x", "born": "20200101"},
    )
    assert judged.counts() == {
        ("type", "seen_at"): (1, 5),
        ("length", "name"): (1, 2),
        ("required", "sex"): (2, 5),
        ("value_set", "sex"): (1, 3),
        ("type", "fee"): (1, 3),
        ("format", "fee"): (1, 3),
        ("born_first", "seen_at"): (1, 1),
        ("fee_range", "fee"): (1, 1),
    }
    assert judged.verdict.rows() == {"received": 5, "accepted": 0, "rejected": 5, "duplicate": 0}


def test_dimensions_sum_violations_and_denominators_of_their_checks(tmp_path: Path) -> None:
    dimensions = judge_rows(tmp_path, {"sex": ""}, {"seen_at": "20240602T000000"}).verdict.dimensions
    assert dimensions[Dimension.COMPLETENESS] == (1, 6)
    assert dimensions[Dimension.CONTINUITY] == (1, 2)
    assert dimensions[Dimension.LINKAGE] == (0, 0)


def test_measures_sum_accepted_rows_exactly(tmp_path: Path) -> None:
    judged = judge_rows(tmp_path, {"fee": "0.10"}, {"fee": "0.2"}, {"fee": "5", "sex": ""}, {"no": "V1", "fee": "7"})
    assert judged.verdict.measures == {"fee": Decimal("0.30")}


def test_a_rule_that_is_null_or_fails_at_run_time_does_not_apply(tmp_path: Path) -> None:
    dataset = with_rules(
        rule("fails", "CAST(no AS INTEGER) > 100", Severity.WARNING),
        rule("null", "beds > 7", Severity.WARNING),
    )
    judged = judge_rows(tmp_path, {"no": "abc"}, {"no": "7", "beds": "5"}, dataset=dataset)
    assert judged.counts() == {("fails", ""): (1, 1), ("null", ""): (1, 1)}


def test_more_than_64_checks_take_two_words(tmp_path: Path) -> None:
    many = tuple(field(f"x{number}", "N", "N..3") for number in range(40))
    dataset = replace(with_rules(rule("last", "x39 < 5")), fields=(*VISIT.fields, *many))
    assert words_of(dataset) == 2
    assert len(checks_of(dataset)) == 107
    judged = judge_rows(tmp_path, {"x0": "a", "x20": "1.5", "x39": "9"}, {"x39": "4"}, dataset=dataset)
    assert judged.found() == [(2, "type", "x0"), (2, "format", "x20"), (2, "last", "")]
    assert judged.counts()["last", ""] == (1, 2)


def test_bit_63_is_a_check_like_any_other(tmp_path: Path) -> None:
    many = tuple(field(f"x{number}", "N", "N..3") for number in range(30))
    dataset = replace(with_rules(), fields=(*VISIT.fields, *many))
    check = checks_of(dataset)[63]
    judged = judge_rows(tmp_path, {check.field: {"type": "a", "format": "1.5"}[check.rule]}, dataset=dataset)
    assert judged.found() == [(2, check.rule, check.field)]


def test_the_first_valid_row_of_a_key_counts(tmp_path: Path) -> None:
    judged = judge_rows(tmp_path, {"no": "A", "sex": "9"}, {"no": "A"}, {"no": "A"}, {"no": "B"}, {"no": "A"})
    assert judged.found() == [(2, "value_set", "sex"), (4, "duplicate", "no"), (6, "duplicate", "no")]
    assert judged.verdict.rows() == {"received": 5, "accepted": 2, "rejected": 1, "duplicate": 2}
    assert judged.counts()["duplicate", "no"] == (2, 5)
    assert "第 3 行重复" in judged.rows[1].findings[0].message


def test_keys_stored_before_are_duplicates_unless_their_day_is_replaced(tmp_path: Path) -> None:
    stored = store(
        tmp_path / "own.parquet",
        _institution=["甲院", "甲院", "乙院"],
        _day=[date(2024, 5, 31), date(2024, 6, 1), date(2024, 5, 31)],
        _line=[7, 8, 9],
        no=["A", "B", "C"],
    )
    judged = judge_rows(tmp_path, {"no": "A"}, {"no": "B"}, {"no": "C"}, stored=Stored(own=(stored,)))
    assert judged.found() == [(2, "duplicate", "no")]
    assert "2024-05-31 的数据第 7 行" in judged.rows[0].findings[0].message


def test_references_are_looked_up_in_the_same_institution(tmp_path: Path) -> None:
    stored = store(tmp_path / "d.parquet", _institution=["甲院", "乙院"], code=["D1", "D2"])
    rows = [{"dept": "D1"}, {"dept": "D2"}, {"dept": ""}, {"dept": "D3", "sex": ""}]
    judged = judge_rows(tmp_path, *rows, stored=Stored(others={"department": (stored,)}))
    assert judged.found() == [(3, "reference", "dept"), (5, "required", "sex")]
    assert judged.counts()["reference", "dept"] == (1, 2)
    assert judged.verdict.accepted == 3


def test_rows_rejected_by_a_reference_keep_their_columns(tmp_path: Path) -> None:
    reference = replace(VISIT.references[0], severity=Severity.ERROR)
    judged = judge_rows(tmp_path, {"dept": "D9"}, dataset=replace(VISIT, references=(reference,)), stored=Stored())
    assert judged.verdict.rejected == 1
    assert judged.rows[0].cells is not None
    assert judged.rows[0].cells[:2] == ["V1", "20240601T083000"]


def test_structural_violations_are_counted_with_the_rows(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "f.csv", [{"no": "A", "seen_at": "20240601T083000", "sex": "1"}])
    with path.open("a", encoding="utf-8") as handle:
        handle.write('\nx\n"y\n' + "z" * (2 << 20))
    judged = judge_file(path, tmp_path)
    assert judged.verdict.rows() == {"received": 4, "accepted": 1, "rejected": 3, "duplicate": 0}
    assert judged.found() == [(4, "ragged", ""), (5, "unclosed_quote", ""), (6, "too_long", "")]
    assert [row.findings[0].value for row in judged.rows] == [None, None, None]


def test_what_identifies_a_person_is_masked_also_in_a_wrong_column(tmp_path: Path) -> None:
    row = judge_rows(tmp_path, {"name": "诸葛孔明一二", "id_no": CARD[:-1] + "1", "sex": CARD}).rows[0]
    values = {item.check.field: item.as_dict(2)["value"] for item in row.findings}
    assert values == {"name": "诸*****", "id_no": "3201**********1031", "sex": "3201**********103X"}


def test_a_file_without_rows_has_zeros(tmp_path: Path) -> None:
    verdict = judge_rows(tmp_path).verdict
    assert verdict.rows() == {"received": 0, "accepted": 0, "rejected": 0, "duplicate": 0}
    assert verdict.violations == ()
    assert verdict.measures == {"fee": Decimal(0)}
