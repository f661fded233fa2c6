"""Cutting text into records: the line an editor shows, and what is set aside."""

from __future__ import annotations

import pytest

from kangqiao.engine.formats.records import (
    QUOTE_LINES,
    RAGGED,
    RECORD_LIMIT,
    TOO_LONG,
    UNCLOSED,
    BadRecord,
    Cutter,
    LongLine,
    line_blocks,
)


def cut(text: str, width: int = 3) -> tuple[list[str], list[tuple[int, str, str]]]:
    cutter = Cutter(",", width, line=2)
    good = cutter.feed(text.encode(), b"0,") + cutter.finish(b"0,")
    return [record.decode() for record in good], [(bad.line, bad.rule, bad.raw.decode()) for bad in cutter.take_bad()]


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ("a,b,c\n", ["0,2,a,b,c"]),
        ("a,b,c", ["0,2,a,b,c"]),
        ("a,b,c\r\nd,e,f\r\n", ["0,2,a,b,c", "0,3,d,e,f"]),
        ("\n\na,b,c\n\nd,e,f\n\n", ["0,4,a,b,c", "0,6,d,e,f"]),
        ('a,"b,b",c\n', ['0,2,a,"b,b",c']),
        ('a,"b\nb",c\nd,e,f\n', ['0,2,a,"b\nb",c', "0,4,d,e,f"]),
        ('a,"b\r\nb",c\r\nd,e,f\r\n', ['0,2,a,"b\r\nb",c', "0,4,d,e,f"]),
        ('a,"b""b",c\n', ['0,2,a,"b""b",c']),
        ('a,b"b,c\n', ['0,2,a,"b""b",c']),
        ('a, "b",c\n', ['0,2,a," ""b""",c']),
        ("a,b\rb,c\n", ['0,2,a,"b\rb",c']),
        ('"a","","c"\n', ['0,2,"a","","c"']),
        (",,\n", ["0,2,,,"]),
        ("a,b,c\r\r\n", ['0,2,a,b,"c\r"']),
    ],
)
def test_rows(text: str, records: list[str]) -> None:
    assert cut(text) == (records, [])


@pytest.mark.parametrize(
    ("text", "records", "bad"),
    [
        ("a,b\nd,e,f\n", ["0,3,d,e,f"], [(2, RAGGED, "a,b")]),
        ("a,b,c,\n", [], [(2, RAGGED, "a,b,c,")]),
        ('""\n\n', [], [(2, RAGGED, '""')]),
        ('a,"b\nb"\nd,e,f\n', ["0,4,d,e,f"], [(2, RAGGED, 'a,"b\nb"')]),
        ('a,"b,c\nd,e,f\n', ["0,3,d,e,f"], [(2, UNCLOSED, 'a,"b,c')]),
        ('a,"b,c\nd,"e",f\n', ['0,3,d,"e",f'], [(2, UNCLOSED, 'a,"b,c')]),
        ('a,"b"x,c\nd,e,f\n', ["0,3,d,e,f"], [(2, UNCLOSED, 'a,"b"x,c')]),
        ('a,b,c\nd,e,"f', ["0,2,a,b,c"], [(3, UNCLOSED, 'd,e,"f')]),
    ],
)
def test_what_is_no_row_is_set_aside_and_the_rest_is_read_on(
    text: str, records: list[str], bad: list[tuple[int, str, str]]
) -> None:
    assert cut(text) == (records, bad)


def test_an_open_quote_gives_up_after_its_lines() -> None:
    lines = "".join(f"x{number},y,z\n" for number in range(QUOTE_LINES + 5))
    records, bad = cut(f'a,"b,c\n{lines}')
    assert bad == [(2, UNCLOSED, 'a,"b,c')]
    assert len(records) == QUOTE_LINES + 5
    assert records[0] == "0,3,x0,y,z"
    assert records[-1] == f"0,{QUOTE_LINES + 7},x{QUOTE_LINES + 4},y,z"


def test_an_open_quote_gives_up_after_its_bytes() -> None:
    line = 'q""' * 1000
    count = RECORD_LIMIT // len(line) + 10
    records, bad = cut('a,"b,c\n' + f"{line}\n" * count, width=1)
    assert records == [f'0,{number},"{line.replace(chr(34), chr(34) * 2)}"' for number in range(3, count + 3)]
    assert bad == [(2, UNCLOSED, 'a,"b,c')]


def test_a_line_too_long_does_not_join_a_quoted_value() -> None:
    cutter = Cutter(",", 3, line=2)
    good = cutter.feed(b'a,"b\n', b"0,") + cutter.finish(b"0,")
    cutter.set_aside(BadRecord(cutter.line, TOO_LONG, b"..."))
    good += cutter.feed(b'b",c\nd,e,f\n', b"0,") + cutter.finish(b"0,")
    assert good == [b"0,5,d,e,f"]
    assert [(bad.line, bad.rule) for bad in cutter.take_bad()] == [(2, UNCLOSED), (3, TOO_LONG), (4, RAGGED)]


def regroup(*blocks: bytes) -> list[bytes | tuple[bytes, ...]]:
    parts: list[bytes | tuple[bytes, ...]] = []
    for part in line_blocks(iter(blocks)):
        parts.append(tuple(part.pieces) if isinstance(part, LongLine) else part)
    return parts


def test_blocks_end_at_line_ends() -> None:
    assert regroup(b"ab", b"c\nd", b"e\nf") == [b"abc\n", b"de\n", b"f"]


@pytest.mark.parametrize("extra", [1, 300])
def test_a_line_over_the_limit_comes_in_pieces_wherever_it_ends(extra: int) -> None:
    long = b"x" * RECORD_LIMIT
    assert regroup(long, b"y" * extra + b"\nz\n") == [(long, b"y" * extra), b"z\n"]
    assert regroup(long + b"y", b"y" * extra + b"\nz\n") == [(long + b"y", b"y" * extra), b"z\n"]


def test_a_line_at_the_limit_is_a_line() -> None:
    long = b"x" * (RECORD_LIMIT - 1)
    assert regroup(long, b"\nz\n") == [long + b"\nz\n"]
