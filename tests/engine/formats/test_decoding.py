"""UTF-8 or GB18030, never both, never a guess that changes a character."""

from __future__ import annotations

import pytest

from kangqiao.base.errors import FileRefused
from kangqiao.engine.formats.decoding import GB18030, UTF8, Decoder, NotUtf8

ROW = "D1,内科,外科\n"


def test_utf8_passes_and_its_bom_is_taken_off() -> None:
    assert Decoder(UTF8, "f").decode_first(b"\xef\xbb\xbf" + ROW.encode()) == ROW.encode()


@pytest.mark.parametrize("text", [ROW, "㐀𠀀䶮é😀\n", "联通\n"])
def test_gb18030_becomes_utf8(text: str) -> None:
    assert Decoder(GB18030, "f").decode(text.encode("gb18030"), 1) == text.encode()


def test_gb18030_is_told_from_utf8() -> None:
    with pytest.raises(NotUtf8):
        Decoder(UTF8, "f").decode(ROW.encode("gb18030"), 1)


@pytest.mark.parametrize(
    ("encoding", "first", "block", "line"),
    [
        (UTF8, b"", b"a\nD,\xe5\x86\x85\xe7\xa7\x91\n" + ROW.encode("gb18030"), 13),
        (UTF8, ROW.encode(), b"a\n" + ROW.encode("gb18030"), 12),
        (UTF8, b"\xef\xbb\xbfa\n", ROW.encode("gb18030"), 11),
        (GB18030, ROW.encode("gb18030"), ROW.encode("gb18030") + ROW.encode(), 12),
        (GB18030, ROW.encode("gb18030"), "D1,内科\nD2,外科\n".encode(), 11),
        (GB18030, ROW.encode("gb18030"), "D1,心血管内科\n".encode() + ROW.encode("gb18030"), 11),
        (GB18030, ROW.encode("gb18030"), b"a\n\xff\xff\n", 12),
    ],
)
def test_a_mixture_is_refused_with_its_line(encoding: str, first: bytes, block: bytes, line: int) -> None:
    decoder = Decoder(encoding, "f")
    decoder.decode_first(first)
    with pytest.raises(FileRefused) as refused:
        decoder.decode(block, 11)
    assert refused.value.code == "file.undecodable"
    assert f" 第 {line} 行" in refused.value.message


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_utf16_is_refused_by_name(encoding: str) -> None:
    with pytest.raises(FileRefused) as refused:
        Decoder(UTF8, "f").decode_first(ROW.encode(encoding))
    assert refused.value.code == "file.undecodable"


def test_nul_bytes_are_refused_with_their_line() -> None:
    with pytest.raises(FileRefused) as refused:
        Decoder(UTF8, "f").decode(b"a\nb\nc\0\n", 5)
    assert refused.value.as_dict() == {
        "code": "file.nul",
        "message": "f 第 7 行含有 NUL 字节，不是文本文件或编码有误。",
    }


def test_pieces_may_be_cut_inside_a_character() -> None:
    text = "内科" * 3
    for encoding in (UTF8, GB18030):
        data = text.encode(encoding)
        pieces = [data[index : index + 1] for index in range(len(data))]
        assert b"".join(Decoder(encoding, "f").decode_pieces(iter(pieces), 1)) == text.encode()
    with pytest.raises(NotUtf8):
        list(Decoder(UTF8, "f").decode_pieces(iter([b"\xc4\xda"]), 1))
    with pytest.raises(FileRefused):
        list(Decoder(GB18030, "f").decode_pieces(iter([b"\xc4"]), 1))
