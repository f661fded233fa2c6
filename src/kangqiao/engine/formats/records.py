"""Cut text into records, each with the line an editor shows, and set aside what is not a row.

A record is one line, or several when a quoted value holds line breaks. Three things are not rows:
a wrong number of columns, a quote that is not closed, a record longer than 1 MiB. They are rejected rows:
the rest of the file is read on.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

RECORD_LIMIT = 1 << 20
"""Bytes of one record at most."""
QUOTE_LINES = 1000
"""A quoted value may span this many lines; beyond, the quote counts as never closed."""

RAGGED = "ragged"
UNCLOSED = "unclosed_quote"
TOO_LONG = "too_long"
STRUCTURE_RULES = (RAGGED, UNCLOSED, TOO_LONG)


@dataclass(frozen=True, slots=True)
class BadRecord:
    """Text that is not a row: where it began, why, its bytes, how many columns it seemed to have."""

    line: int
    rule: str
    raw: bytes
    columns: int = 0
    raw_file: str = ""
    """Where the bytes are kept instead, when they are too many to carry; ``raw`` then holds their beginning."""


@dataclass(frozen=True, slots=True)
class LongLine:
    """Stands for a line over the limit: the pieces are read once, in order, by whoever keeps them."""

    pieces: Iterator[bytes]


def line_blocks(blocks: Iterator[bytes]) -> Iterator[bytes | LongLine]:
    """Regroup blocks of bytes so that each ends at the end of a line; a line over the limit comes as LongLine."""
    carry = b""
    for block in blocks:
        first = block.find(b"\n") + 1
        if first and len(carry) + first > RECORD_LIMIT:
            yield LongLine(iter((carry, block[: first - 1])))
            carry, block = b"", block[first:]
        cut = block.rfind(b"\n") + 1
        if cut:
            yield carry + block[:cut]
            carry = block[cut:]
            continue
        carry += block
        if len(carry) > RECORD_LIMIT:
            rest = _Rest()
            yield LongLine(rest.pieces(carry, blocks))
            carry = rest.after
    if carry:
        yield carry


class _Rest:
    """Reads a long line to its end and keeps what follows it."""

    def __init__(self) -> None:
        self.after = b""

    def pieces(self, start: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
        yield start
        for block in blocks:
            cut = block.find(b"\n") + 1
            if cut:
                yield block[: cut - 1]
                self.after = block[cut:]
                return
            yield block


class Cutter:
    """Cuts lines into records of ``width`` columns. Feed whole lines; bad records gather in ``bad``."""

    def __init__(self, delimiter: str, width: int, line: int) -> None:
        self._delimiter = delimiter.encode()
        self._commas = width - 1
        self.width = width
        self.line = line
        self.bad: list[BadRecord] = []
        self._open: list[bytes] = []
        self._open_size = 0
        self._value = _value_pattern(self._delimiter)
        self._row = _row_pattern(self._delimiter, width)

    def feed(self, text: bytes, prefix: bytes) -> list[bytes]:
        """Cut ``text`` (whole lines, UTF-8) and return good records, each as ``prefix`` line delimiter record."""
        if self._open or b'"' in text:
            return self._feed_quoted(text, prefix)
        if b"\r" in text:
            lines = text.replace(b"\r\n", b"\n")
            if b"\r" in lines:
                return self._feed_quoted(text, prefix)
            text = lines
        return self._feed_plain(text, prefix)

    def _feed_plain(self, text: bytes, prefix: bytes) -> list[bytes]:
        if not text.strip(b"\n"):  # a packed file may hold gigabytes of blank lines
            self.line += text.count(b"\n")
            return []
        lines = _lines(text)
        delimiter, commas, first = self._delimiter, self._commas, self.line
        self.line += len(lines)
        good = [
            b"%b%d%b%b" % (prefix, number, delimiter, line)
            for number, line in enumerate(lines, first)
            if line.count(delimiter) == commas and line
        ]
        if len(good) != len(lines):
            self._set_ragged_aside(lines, first)
        return good

    def _set_ragged_aside(self, lines: list[bytes], first: int) -> None:
        for number, line in enumerate(lines, first):
            columns = line.count(self._delimiter)
            if line and columns != self._commas:
                self.bad.append(BadRecord(number, RAGGED, line, columns + 1))

    def _feed_quoted(self, text: bytes, prefix: bytes) -> list[bytes]:
        good: list[bytes] = []
        pending = deque(_lines(text))
        while pending:
            line = pending.popleft()
            self._open.append(line)
            self._open_size += len(line) + 1
            self.line += 1
            pending.extendleft(reversed(self._take(good, prefix)))
        return good

    def _take(self, good: list[bytes], prefix: bytes) -> list[bytes]:
        """Take the open lines as a record if they are one; return lines that must be read again."""
        is_hopeless = len(self._open) >= QUOTE_LINES or self._open_size > RECORD_LIMIT
        if len(self._open) > 1 and _STILL_OPEN.fullmatch(self._open[-1]):
            return self._give_up() if is_hopeless else []
        raw = b"\n".join(self._open)
        record = raw.removesuffix(b"\r")
        if record and self._row.fullmatch(record):
            self._accept(record, good, prefix)
            return []
        values = self._values(record)
        if values is None:
            return self._give_up() if is_hopeless else []
        if not values:
            return self._give_up()
        if len(values) == self.width and record:
            self._accept(self._delimiter.join(_safe(value, self._delimiter) for value in values), good, prefix)
            return []
        if record:
            self.bad.append(BadRecord(self.line - len(self._open), RAGGED, raw, len(values)))
        self._open, self._open_size = [], 0
        return []

    def _accept(self, record: bytes, good: list[bytes], prefix: bytes) -> None:
        good.append(b"%b%d%b%b" % (prefix, self.line - len(self._open), self._delimiter, record))
        self._open, self._open_size = [], 0

    def _give_up(self) -> list[bytes]:
        """The first open line has a quote that is never closed: set it aside, read on after it."""
        first, *rest = self._open
        self._open, self._open_size = [], 0
        self.line -= len(rest)
        self.bad.append(BadRecord(self.line - 1, UNCLOSED, first))
        return rest

    def set_aside(self, record: BadRecord) -> None:
        """Count one line that the caller has set aside (a line over the limit). Call :meth:`finish` before."""
        self.bad.append(record)
        self.line += 1

    def take_bad(self) -> list[BadRecord]:
        """Hand over what was set aside since the last call."""
        bad, self.bad = self.bad, []
        return bad

    def finish(self, prefix: bytes) -> list[bytes]:
        """What is still open has a quote that is never closed: at the end of the file, or before a line too long."""
        good: list[bytes] = []
        while self._open:
            rest = self._give_up()
            good += self._feed_quoted(b"".join(line + b"\n" for line in rest), prefix)
        return good

    def _values(self, record: bytes) -> list[bytes] | None:
        """Values of a record, quotes taken off; None when a quote is open at its end, empty when one is misplaced."""
        if b'"' not in record:
            return record.split(self._delimiter)
        values: list[bytes] = []
        position = 0
        while True:
            match = self._value.match(record, position)
            if match is None:
                return None if _OPEN_VALUE.fullmatch(record, position) else []
            quoted = match[1]
            values.append(match[2] if quoted is None else quoted.replace(b'""', b'"'))
            position = match.end()
            if not match[3]:
                return values


_OPEN_VALUE = re.compile(rb'"[^"]*(?:""[^"]*)*')
_STILL_OPEN = re.compile(rb'[^"]*(?:""[^"]*)*')
"""A line inside a quoted value that does not close it."""


def _lines(text: bytes) -> list[bytes]:
    lines = text.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines


@lru_cache(maxsize=8)
def _value_pattern(delimiter: bytes) -> re.Pattern[bytes]:
    """One value and the delimiter after it. A quote opens a value only at its start; elsewhere it is a character."""
    mark = re.escape(delimiter)
    return re.compile(rb'(?:"([^"]*(?:""[^"]*)*)"|((?!")[^' + mark + rb"]*))(" + mark + rb"|\Z)")


@lru_cache(maxsize=64)
def _row_pattern(delimiter: bytes, width: int) -> re.Pattern[bytes]:
    """A whole row of ``width`` values that DuckDB reads as we do: quotes only around values, no lone CR outside."""
    mark = re.escape(delimiter)
    value = rb'(?>"[^"]*+(?:""[^"]*+)*+"|[^"\r' + mark + rb"]*+)"
    return re.compile(value + rb"(?:" + mark + value + rb"){%d}" % (width - 1))


def _safe(value: bytes, delimiter: bytes) -> bytes:
    if b'"' in value or b"\n" in value or b"\r" in value or delimiter in value:
        return b'"' + value.replace(b'"', b'""') + b'"'
    return value
