"""The file of rejected rows that goes back to the sender: fix it, send it again.

Columns ``_line``, ``_rule``, ``_message`` lead, then the row exactly as received, in the delimiter of the file
it came from. Leading, because a row with too many columns then still shows every one of them. UTF-8 with BOM,
which spreadsheets and our own reader take.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from kangqiao.engine.formats.header import OWN_COLUMNS
from kangqiao.engine.formats.received import BLOCK
from kangqiao.engine.formats.records import RAGGED


class RejectedCsv:
    """Writes rejected rows to a binary stream."""

    def __init__(self, stream: BinaryIO, header: Sequence[str], delimiter: str) -> None:
        self._stream = stream
        self._delimiter = delimiter or ","
        stream.write(codecs.BOM_UTF8)
        self._stream.write(self._line([*OWN_COLUMNS, *header]))

    def row(self, line: int, findings: Sequence[tuple[str, str]], cells: Sequence[str | None]) -> None:
        """A row that could be cut into columns; ``findings`` are (rule, message)."""
        self._stream.write(
            self._line([*self._reasons(line, findings), *("" if cell is None else cell for cell in cells)])
        )

    def text(self, line: int, findings: Sequence[tuple[str, str]], raw: str, raw_file: str = "") -> None:
        """Text that is no row, as received; a very long one is copied from ``raw_file``.

        What cannot be cut into columns stands in one quoted column, or it would swallow the rows after it.
        """
        reasons = self._line(self._reasons(line, findings)).removesuffix(b"\r\n")
        self._stream.write(reasons + self._delimiter.encode())
        text = raw.removesuffix("\r")
        if raw_file and Path(raw_file).exists():
            self._copy_quoted(Path(raw_file))
        elif [rule for rule, _ in findings] == [RAGGED] and "\r" not in text:
            self._stream.write(text.encode())
        else:
            self._stream.write(_quoted(text.encode()))
        self._stream.write(b"\r\n")

    def _copy_quoted(self, path: Path) -> None:
        self._stream.write(b'"')
        with path.open("rb") as handle:
            while block := handle.read(BLOCK):
                self._stream.write(block.replace(b'"', b'""'))
        self._stream.write(b'"')

    @staticmethod
    def _reasons(line: int, findings: Sequence[tuple[str, str]]) -> list[str]:
        return [
            str(line),
            "; ".join(rule for rule, _ in findings),
            "；".join(message for _, message in findings),
        ]

    def _line(self, values: Sequence[str]) -> bytes:
        buffer = io.StringIO(newline="")
        csv.writer(buffer, delimiter=self._delimiter).writerow(values)
        return buffer.getvalue().encode()


def _quoted(text: bytes) -> bytes:
    return b'"' + text.replace(b'"', b'""') + b'"'
