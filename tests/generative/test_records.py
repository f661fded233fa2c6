"""The record cutter against Python's csv module, on any well-formed text."""

from __future__ import annotations

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from kangqiao.engine.formats.records import Cutter

DELIMITERS = st.sampled_from([",", "\t", "|"])
VALUES = st.text(st.sampled_from('ab,|\t"\n\r 内😀'), max_size=6)
TABLES = st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(VALUES, min_size=width, max_size=width), min_size=1))
ENDS = st.sampled_from(["\n", "\r\n"])


@settings(max_examples=300, deadline=None)
@given(TABLES, DELIMITERS, ENDS, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.integers(1, 9))
def test_any_well_formed_text(rows: list[list[str]], delimiter: str, end: str, quoting: int, step: int) -> None:
    if any("\r" in value for row in rows for value in row):
        quoting = csv.QUOTE_ALL  # a bare CR before the line's end is part of the line's end
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(rows)  # type: ignore[arg-type]
    cutter = Cutter(delimiter, len(rows[0]), line=2)
    good: list[bytes] = []
    for piece in _whole_lines(buffer.getvalue().encode(), step):
        good += cutter.feed(piece, b"0" + delimiter.encode())
    good += cutter.finish(b"0" + delimiter.encode())
    assert cutter.take_bad() == []
    parsed = [next(csv.reader(io.StringIO(record.decode(), newline=""), delimiter=delimiter)) for record in good]
    assert [record[2:] for record in parsed] == rows
    assert [int(record[1]) for record in parsed] == _lines_of(rows)


def _whole_lines(text: bytes, step: int) -> list[bytes]:
    lines = text.splitlines(keepends=True) if b"\r" not in text else [line + b"\n" for line in text.split(b"\n")[:-1]]
    return [b"".join(lines[at : at + step]) for at in range(0, len(lines), step)]


def _lines_of(rows: list[list[str]]) -> list[int]:
    numbers = [2]
    for row in rows:
        numbers.append(numbers[-1] + 1 + sum(value.count("\n") for value in row))
    return numbers[:-1]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60).map(lambda data: data.replace(b"\0", b'"')), st.integers(1, 4))
def test_any_bytes_become_rows_or_are_set_aside_and_no_line_vanishes(text: bytes, width: int) -> None:
    cutter = Cutter(",", width, line=1)
    good = cutter.feed(text, b"0,") + cutter.finish(b"0,")
    starts = {int(record.split(b",")[1]) for record in good} | {bad.line for bad in cutter.take_bad()}
    lines = text.split(b"\n")
    assert cutter.line == len(lines) + (1 if lines[-1] else 0)
    first = next((number for number, line in enumerate(lines, 1) if line.removesuffix(b"\r")), None)
    assert (min(starts) if starts else None) == first
    assert len(starts) <= sum(1 for line in lines if line)
