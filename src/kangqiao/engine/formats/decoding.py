"""From the bytes of a file to UTF-8: UTF-8 with or without BOM, or GB18030, never a mixture of both."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from kangqiao.base.errors import FileRefused

UTF8 = "utf-8"
GB18030 = "gb18030"

_HANZI = re.compile(rb"[\xe4-\xe9][\x80-\xbf]{2}")
_UTF8_LINES = re.compile(
    rb"(?m)(?:[\xe4-\xe9][\x80-\xbf]{2}){5}"
    rb"|^[\x00-\x09\x0b-\x7f]*[\xe4-\xe9][\x80-\xbf]{2}(?:[\x00-\x7f]*[\xe4-\xe9][\x80-\xbf]{2}){3,}[\x00-\x7f]*$"
)
"""UTF-8 in a file of GB18030: five Chinese characters in a row, or lines with four and nothing else but ASCII.

In GB18030 text two characters look like that by chance once in some 10^6 names, four once in some 10^12.
"""
_ENOUGH_HANZI = 2


class NotUtf8(Exception):
    """The file is not UTF-8 from its first Chinese character on; read it again as GB18030."""


class Decoder:
    """Turns blocks of whole lines into UTF-8, checking every byte. ``line`` in errors is the file's line."""

    def __init__(self, encoding: str, name: str) -> None:
        self.encoding = encoding
        self._name = name
        self._is_certain = False
        """Whether the file is UTF-8 beyond doubt."""

    def decode_first(self, block: bytes) -> bytes:
        """The first block as UTF-8, its BOM taken off: a file with a BOM is UTF-8 or nothing.

        Raises as :meth:`decode`, and FileRefused for UTF-16 and UTF-32.
        """
        if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise FileRefused(
                "file.undecodable", f"{self._name} 是 UTF-16 或 UTF-32 编码，请另存为 UTF-8 或 GB18030 后上传。"
            )
        self._is_certain = self._is_certain or block.startswith(codecs.BOM_UTF8)
        return self.decode(block.removeprefix(codecs.BOM_UTF8), 1)

    def decode_pieces(self, pieces: Iterator[bytes], line: int) -> Iterator[bytes]:
        """One long line in pieces, which may be cut inside a character. Raises as :meth:`decode`."""
        decoder = codecs.getincrementaldecoder(self.encoding)()
        for piece in pieces:
            self.refuse_nul(piece, line)
            yield self._decode_piece(decoder, piece, line, final=False)
        yield self._decode_piece(decoder, b"", line, final=True)

    def _decode_piece(self, decoder: codecs.IncrementalDecoder, piece: bytes, line: int, *, final: bool) -> bytes:
        try:
            return decoder.decode(piece, final).encode()
        except UnicodeDecodeError as error:
            if self.encoding == UTF8 and not self._is_certain:
                raise NotUtf8 from error
            raise self._undecodable(line) from error

    def decode(self, block: bytes, line: int) -> bytes:
        """``block`` as UTF-8. Raises NotUtf8, or FileRefused for NUL bytes and bytes of no encoding."""
        self.refuse_nul(block, line)
        if block.isascii():
            return block
        return self._decode_utf8(block, line) if self.encoding == UTF8 else self._decode_gb18030(block, line)

    def refuse_nul(self, block: bytes, line: int) -> None:
        """Raise FileRefused when ``block``, which begins on ``line``, holds a NUL byte."""
        at = block.find(b"\0")
        if at >= 0:
            number = line + block[:at].count(b"\n")
            raise FileRefused("file.nul", f"{self._name} 第 {number} 行含有 NUL 字节，不是文本文件或编码有误。")

    def _decode_utf8(self, block: bytes, line: int) -> bytes:
        try:
            block.decode(UTF8)
        except UnicodeDecodeError as error:
            before = block[: error.start]
            if self._is_certain or len(_HANZI.findall(before)) >= _ENOUGH_HANZI:
                raise self._undecodable(line + before.count(b"\n")) from error
            raise NotUtf8 from error
        self._is_certain = self._is_certain or len(_HANZI.findall(block)) >= _ENOUGH_HANZI
        return block

    def _decode_gb18030(self, block: bytes, line: int) -> bytes:
        mixed = _UTF8_LINES.search(block)
        if mixed:
            raise self._undecodable(line + block[: mixed.start()].count(b"\n"))
        try:
            return block.decode(GB18030).encode()
        except UnicodeDecodeError as error:
            raise self._undecodable(line + block[: error.start].count(b"\n")) from error

    def _undecodable(self, line: int) -> FileRefused:
        return FileRefused(
            "file.undecodable",
            f"{self._name} 第 {line} 行的文字无法按 UTF-8 或 GB18030 解码，请统一编码后重新导出。",
        )
