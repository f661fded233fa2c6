"""Read one CSV file: unpack, decode, find the head line, cut records. One pass, bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kangqiao.base.errors import FileRefused
from kangqiao.engine.formats.decoding import GB18030, UTF8, Decoder, NotUtf8
from kangqiao.engine.formats.header import Layout, read_layout
from kangqiao.engine.formats.received import Received
from kangqiao.engine.formats.records import TOO_LONG, BadRecord, Cutter, LongLine, line_blocks
from kangqiao.standards.model import Dataset

RAW_HEAD = 2000
"""Bytes of a line over the limit that are kept with its rejection; the whole line goes to a file of its own."""


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What reading a file told, before any row is judged."""

    sha256: str
    size: int
    encoding: str
    layout: Layout


class Sink(Protocol):
    """Takes what a file is cut into."""

    folder: Path

    def write(self, layout: Layout, records: list[bytes]) -> None:
        """Good records, each led by the file's number and its line."""

    def set_aside(self, number: int, records: list[BadRecord]) -> None:
        """What is no row of file ``number``."""

    def forget(self, number: int) -> None:
        """Take back everything of file ``number``."""


class TextReader:
    """Reads files of one dataset into a sink; head lines seen before are not parsed again."""

    def __init__(self, dataset: Dataset, sink: Sink) -> None:
        self._dataset = dataset
        self._sink = sink
        self._layouts: dict[bytes, Layout] = {}

    def read(self, received: Received, number: int) -> ReadFile:
        """Cut ``received`` into the sink as file ``number``. Raises FileRefused; nothing of it then stays."""
        try:
            try:
                return self._read_as(UTF8, received, number)
            except NotUtf8:
                self._sink.forget(number)
                return self._read_as(GB18030, received, number)
        except FileRefused:
            self._sink.forget(number)
            raise

    def _read_as(self, encoding: str, received: Received, number: int) -> ReadFile:
        decoder = Decoder(encoding, received.path.name)
        parts = line_blocks(received.blocks())
        head_lines, head, rest = _head(decoder, parts, received.path.name)
        layout = self._layout(head)
        prefix = b"%d%b" % (number, layout.delimiter.encode())
        cutter = Cutter(layout.delimiter, len(layout.fields), line=head_lines + 1)
        self._sink.write(layout, cutter.feed(rest, prefix))
        for part in parts:
            if isinstance(part, LongLine):
                self._sink.write(layout, cutter.finish(prefix))
                cutter.set_aside(self._keep_long_line(part, number, cutter.line, decoder))
            else:
                self._sink.write(layout, cutter.feed(decoder.decode(part, cutter.line), prefix))
            self._sink.set_aside(number, cutter.take_bad())
        self._sink.write(layout, cutter.finish(prefix))
        self._sink.set_aside(number, cutter.take_bad())
        return ReadFile(received.sha256, received.size, encoding, layout)

    def _layout(self, head: bytes) -> Layout:
        if head not in self._layouts:
            self._layouts[head] = read_layout(self._dataset, head.decode())
        return self._layouts[head]

    def _keep_long_line(self, part: LongLine, number: int, line: int, decoder: Decoder) -> BadRecord:
        path = self._sink.folder / f"long-{number}-{line}.txt"
        start = b""
        with path.open("wb") as handle:
            for piece in decoder.decode_pieces(part.pieces, line):
                start = start or piece[:RAW_HEAD]
                handle.write(piece)
        return BadRecord(line, TOO_LONG, start.decode(errors="ignore").encode(), raw_file=str(path))


def _head(decoder: Decoder, parts: Iterator[bytes | LongLine], name: str) -> tuple[int, bytes, bytes]:
    """How many lines the head takes (blank lines before it count), its text, and what follows in its block.

    Raises FileRefused when the file is empty or its first line is no head line.
    """
    skipped = 0
    for part in parts:
        if isinstance(part, LongLine):
            raise FileRefused("file.no_header", f"{name} 的第一行过长，不是表头。")
        text = decoder.decode(part, skipped + 1) if skipped else decoder.decode_first(part)
        while text:
            line, _, text = text.partition(b"\n")
            skipped += 1
            if line.strip():
                return skipped, line.rstrip(b"\r"), text
    raise FileRefused("file.empty", f"{name} 是空文件。没有数据的日子请上传只有表头的文件（零报告）。")
