"""Files as they come: packed, cut off, lying about their size, no files at all."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import struct
import zipfile
from pathlib import Path

import pytest

from kangqiao.base.errors import FileRefused
from kangqiao.engine.formats import received
from kangqiao.engine.formats.received import Received, kind_of

TEXT = b"no,at\n" + b"".join(b"%d,x\n" % number for number in range(5000))


def packed(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def with_size(data: bytes, size: int) -> bytes:
    """The zip with another unpacked size in both of its headers."""
    changed = bytearray(data)
    at = changed.rfind(b"PK\x01\x02")
    changed[at + 24 : at + 28] = changed[22:26] = struct.pack("<I", size)
    return bytes(changed)


def encrypted(data: bytes) -> bytes:
    changed = bytearray(data)
    changed[changed.rfind(b"PK\x01\x02") + 8] = changed[6] = 1
    return bytes(changed)


ZIP = packed(("d/", b""), ("科室.csv", TEXT))
GZIP = gzip.compress(TEXT)


def unpack(path: Path, data: bytes) -> bytes:
    path.write_bytes(data)
    file = Received(path, kind_of(path))
    text = b"".join(file.blocks())
    assert file.sha256 == hashlib.sha256(data).hexdigest()
    return text


@pytest.mark.parametrize(
    "data",
    [
        TEXT,
        GZIP,
        gzip.compress(TEXT[:99]) + gzip.compress(TEXT[99:]),
        ZIP,
        packed(("a", TEXT), method=zipfile.ZIP_BZIP2),
        packed(("a", TEXT), method=zipfile.ZIP_LZMA),
        packed(("a", TEXT), method=zipfile.ZIP_STORED),
    ],
    ids=["text", "gzip", "gzips", "zip", "bzip2", "lzma", "stored"],
)
def test_unpacking_whatever_the_name(tmp_path: Path, data: bytes) -> None:
    assert unpack(tmp_path / "a.parquet", data) == TEXT


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (GZIP[:-9], "file.truncated"),
        (GZIP[:2], "file.truncated"),
        (GZIP[:-8] + b"\0\0\0\0" + GZIP[-4:], "file.damaged"),
        (GZIP + b"junk", "file.damaged"),
        (packed(("a", TEXT), ("b", TEXT)), "file.zip_members"),
        (packed(), "file.zip_members"),
        (ZIP[:-9], "file.damaged"),
        (ZIP[:4], "file.damaged"),
        (with_size(ZIP, 100), "file.damaged"),
        (with_size(ZIP, len(TEXT) + 1), "file.damaged"),
        (with_size(ZIP, 0xFFFFFFF0), "file.too_large"),
        (encrypted(ZIP), "file.zip_unsupported"),
        (packed(("[Content_Types].xml", b""), ("xl/a.xml", b"")), "file.spreadsheet"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refusals(tmp_path: Path, data: bytes, code: str) -> None:
    with pytest.raises(FileRefused) as refused:
        unpack(tmp_path / "a.csv", data)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "data", [gzip.compress(b"a" * 3_000_000), packed(("a", b"a" * 3_000_000))], ids=["gzip", "zip"]
)
def test_bombs_are_refused_by_ratio_and_by_size(tmp_path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert unpack(tmp_path / "a", data) == b"a" * 3_000_000
    with monkeypatch.context() as patch:
        patch.setattr(received, "RATIO_FREE", 1 << 20)
        with pytest.raises(FileRefused, match=r"file\.too_large"):
            unpack(tmp_path / "a", data)
    monkeypatch.setattr(received, "UNPACKED_LIMIT", 1 << 20)
    with pytest.raises(FileRefused, match=r"file\.too_large"):
        unpack(tmp_path / "a", data)


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    codes = {}
    for name in ("folder.csv", "pipe.csv", "loop.csv", "absent.csv", "x" * 300):
        with pytest.raises(FileRefused) as refused:
            kind_of(tmp_path / name)
        codes[name] = refused.value.code
    assert codes == {
        "folder.csv": "file.directory",
        "pipe.csv": "file.unreadable",
        "loop.csv": "file.unreadable",
        "absent.csv": "file.absent",
        "x" * 300: "file.unreadable",
    }


def test_every_cut_and_every_flipped_byte_of_a_zip_is_refused_or_read(tmp_path: Path) -> None:
    small = packed(("a.csv", b"no,at\n1,x\n"))
    variants = [small[:length] for length in range(4, len(small))]
    variants += [small[:at] + bytes([small[at] ^ 0xFF]) + small[at + 1 :] for at in range(4, len(small))]
    for data in variants:
        try:
            text = unpack(tmp_path / "a", data)
        except FileRefused:
            continue
        assert text == b"no,at\n1,x\n"
