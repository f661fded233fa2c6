"""Every built-in check, row by row in plain Python, against the verdicts of the SQL."""

from __future__ import annotations

import re
import tempfile
from datetime import datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError
from tests.engine.trial import CARD, GOOD, NAMES, USCC, VALUE_SETS, VISIT, judge_file, write_rows

from kangqiao.engine.compute.duck import connect
from kangqiao.standards.model import Field

OF_A_FIELD = ("required", "type", "length", "format", "value_set", "checksum")
BLANK = " \t\n\f\r\u00a0\u3000"


def violated(row: dict[str, str]) -> set[tuple[str, str]]:
    """(rule, field) of the built-in checks that a row violates."""
    return {(rule, field.name) for field in VISIT.fields for rule in _of_field(field, row)}


def _of_field(field: Field, row: dict[str, str]) -> list[str]:
    value = row[field.name]
    if field.required and (value == "" or (field.is_text and not value.strip(BLANK))):
        return ["required"]
    if value == "":
        return []
    return _of_text(field, value, row) if field.is_text else _of_other(field, value)


def _of_text(field: Field, value: str, row: dict[str, str]) -> list[str]:
    form, found = field.parsed, []
    if field.value_set:
        return [] if value in VALUE_SETS[field.value_set].codes else ["value_set"]
    if not form.minimum <= len(value) <= form.maximum:
        found.append("length")
    if form.letters == "N" and not re.fullmatch("[0-9]*", value):
        found.append("format")
    if field.checksum == "uscc" and not is_uscc(value):
        found.append("checksum")
    if field.checksum == "resident_id" and (row["id_type"] or "01") == "01" and not is_resident_id(value):
        found.append("checksum")
    return found


def _of_other(field: Field, value: str) -> list[str]:
    if field.type == "L":
        return [] if value in ("T", "F") else ["type"]
    if field.type == "D":
        return [] if is_time(value, "[0-9]{8}", "%Y%m%d") else ["type"]
    if field.type == "DT":
        return [] if is_time(value, "[0-9]{8}T[0-9]{6}", "%Y%m%dT%H%M%S") else ["type"]
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
        return ["type"]
    whole, _, rest = value.removeprefix("-").partition(".")
    form = field.parsed
    return [] if len(whole) <= form.integer_digits and len(rest) <= form.decimals else ["format"]


def is_time(value: str, pattern: str, form: str) -> bool:
    if not re.fullmatch(pattern, value):
        return False
    try:
        datetime.strptime(f"{value}+0000", f"{form}%z")
    except ValueError:
        return False
    return not value.endswith(("60", "61")) if "S" in form else True


def is_uscc(value: str) -> bool:
    if not re.fullmatch("[0-9A-HJ-NP-RTUW-Y]{18}", value):
        return False
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(alphabet.index(char) * pow(3, place, 31) for place, char in enumerate(value[:17]))
    return alphabet[(31 - total) % 31] == value[17]


def is_resident_id(value: str) -> bool:
    """GB 11643: ISO 7064 MOD 11-2; of the old numbers of 15 digits only the date can be judged."""
    if re.fullmatch("[0-9]{15}", value):
        return is_time("19" + value[6:12], "[0-9]{8}", "%Y%m%d")
    if not re.fullmatch("[0-9]{17}[0-9Xx]", value) or not is_time(value[6:14], "[0-9]{8}", "%Y%m%d"):
        return False
    digits = [10 if char in "Xx" else int(char) for char in value]
    return sum(digit * pow(2, 17 - place, 11) for place, digit in enumerate(digits)) % 11 == 1


NASTY = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8) | st.text(
    st.sampled_from("01239.-+eETFX \t\n\r\"',内１😀\u3000"), max_size=20
)
DAYS = st.dates().map(lambda day: f"{day:%Y%m%d}".zfill(8))
SHAPES = {
    "seen_at": st.builds("{}T{:06d}".format, DAYS, st.integers(0, 999_999)),
    "born": DAYS | st.integers(0, 99_999_999).map("{:08d}".format),
    "fee": st.from_regex(r"-?[0-9]{0,7}\.?[0-9]{0,3}", fullmatch=True),
    "beds": st.from_regex(r"-?[0-9]{1,5}", fullmatch=True),
    "code": st.from_regex(r"[0-9]{1,6}", fullmatch=True),
    "sex": st.sampled_from(["0", "1", "2", " x", "x", "1 "]),
    "id_type": st.sampled_from(["01", "03", "1"]),
    "id_no": st.sampled_from([CARD, CARD.lower(), CARD[:6] + CARD[8:17]])
    | st.from_regex("[0-9]{17}[0-9Xx]", fullmatch=True),
    "org": st.just(USCC) | st.from_regex("[0-9A-Z]{17,18}", fullmatch=True),
    "is_new": st.sampled_from("TFtf"),
}
CODES = st.from_regex("[159][1239][0-9]{6}[0-9A-HJ-NP-RTUW-Y]{9}", fullmatch=True)
ROWS = st.fixed_dictionaries(
    {
        name: st.just(GOOD.get(name, "")) | (SHAPES[name] | NASTY | st.just("") if name in SHAPES else NASTY)
        for name in NAMES
    }
)


@settings(max_examples=25, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=40))
def test_sql_and_plain_python_agree(rows: list[dict[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        judged = judge_file(write_rows(folder / "f.csv", rows), folder)
    found = {row.line: row for row in judged.rows}
    line = 2
    for row in rows:
        checks = {(item.check.rule, item.check.field) for item in found[line].findings} if line in found else set()
        builtin = {
            pair for pair in checks if pair[0] not in ("born_first", "fee_range", "no_error", "event_day", "duplicate")
        }
        assert builtin == violated(row), row
        line += 1 + sum(value.count("\n") for value in row.values())
    assert judged.verdict.received == len(rows)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.from_regex("[0-9]{17}", fullmatch=True), min_size=1, max_size=50))
def test_identity_numbers_as_python_stdnum_computes_them(numbers: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, connect(Path(folder)) as connection:
        rows = connection.execute("SELECT n, id_check_character(n) FROM unnest($n) AS t(n)", {"n": numbers}).fetchall()
    assert [check for _, check in rows] == [ric.calc_check_digit(number + "0") for number, _ in rows]


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.from_regex("[159][1239][0-9]{6}[0-9A-HJ-NP-RTUW-Y]{9}", fullmatch=True), min_size=1, max_size=50),
    st.sampled_from("0A7Y"),
)
def test_credit_codes_as_python_stdnum_judges_them(codes: list[str], wrong: str) -> None:
    values = [code + last for code in codes for last in (uscc.calc_check_digit(code + "0"), wrong)]
    with tempfile.TemporaryDirectory() as folder, connect(Path(folder)) as connection:
        rows = connection.execute("SELECT c, is_uscc(c) FROM unnest($c) AS t(c)", {"c": values}).fetchall()
    assert [is_valid for _, is_valid in rows] == [_stdnum_accepts(code) for code, _ in rows]


def _stdnum_accepts(code: str) -> bool:
    try:
        uscc.validate(code)
    except ValidationError:
        return False
    return True
