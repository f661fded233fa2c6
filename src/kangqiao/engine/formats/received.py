"""A file as it was received: opened, unpacked, hashed, and refused when it cannot be what it says."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from kangqiao.base.errors import FileRefused

BLOCK = 1 << 20
"""Bytes read at a time."""

UNPACKED_LIMIT = 8 << 30
"""A packed file may unpack to this many bytes at most (8 GiB) …"""
RATIO_LIMIT = 250
"""… and, beyond the first 16 MiB, to this many times its packed size."""
RATIO_FREE = 16 << 20

_DAMAGED = (zlib.error, lzma.LZMAError, zipfile.BadZipFile, ValueError, IndexError, OverflowError, struct.error)


@dataclass(frozen=True, slots=True)
class Kind:
    """What the first bytes of a file say it is."""

    name: str
    magic: bytes


GZIP = Kind("gzip", b"\x1f\x8b")
ZIP = Kind("zip", b"PK\x03\x04")
EMPTY_ZIP = Kind("zip", b"PK\x05\x06")
PARQUET = Kind("parquet", b"PAR1")
TEXT = Kind("text", b"")
_MAGICS = (GZIP, ZIP, EMPTY_ZIP, PARQUET)


def kind_of(path: Path) -> Kind:
    """What ``path`` is, by its first bytes, whatever it is called.

    Raises FileRefused for a folder, a device, a file that is absent or cannot be read.
    """
    with readable_file(path) as handle:
        start = handle.read(4)
    return next((kind for kind in _MAGICS if start.startswith(kind.magic)), TEXT)


@contextmanager
def readable_file(path: Path) -> Iterator[BinaryIO]:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise FileRefused("file.directory", f"{path.name} 是一个文件夹，不是文件。")
        if not stat.S_ISREG(mode):
            raise FileRefused("file.unreadable", f"{path.name} 不是普通文件，不能读取。")
        with path.open("rb") as handle:
            yield handle
    except FileNotFoundError as error:
        raise FileRefused("file.absent", f"找不到文件 {path.name}。") from error
    except PermissionError as error:
        raise FileRefused("file.unreadable", f"没有权限读取文件 {path.name}。") from error
    except OSError as error:
        raise FileRefused("file.unreadable", f"读取文件 {path.name} 时出错：{error.strerror}。") from error


def digest_of(path: Path) -> str:
    """SHA-256 of the file as it is. Raises FileRefused when it cannot be read."""
    with readable_file(path) as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()  # type: ignore[arg-type]


class _Hashing(io.RawIOBase):
    """Passes reads through and keeps the SHA-256 of every byte of the file, in order.

    A zip is read out of order, so its digest is taken beforehand.
    """

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        count = self._handle.readinto(buffer)  # type: ignore[attr-defined]
        self._digest.update(memoryview(buffer)[:count])
        return int(count)

    def finish(self) -> str:
        while block := self._handle.read(BLOCK):
            self._digest.update(block)
        return self._digest.hexdigest()


class Received:
    """The unpacked bytes of one file, in blocks, with the digest of the file as it came.

    Iterate :meth:`blocks` to the end before asking for :attr:`sha256`.
    """

    def __init__(self, path: Path, kind: Kind) -> None:
        self.path = path
        self.kind = kind
        with readable_file(path) as handle:
            self.size = os.fstat(handle.fileno()).st_size
        self.sha256 = ""
        self._unpacked = 0

    def blocks(self) -> Iterator[bytes]:
        """Unpacked blocks of about 1 MiB. Raises FileRefused for what is damaged, cut off or a bomb."""
        with readable_file(self.path) as handle:
            if self.kind is ZIP or self.kind is EMPTY_ZIP:
                self.sha256 = hashlib.file_digest(handle, "sha256").hexdigest()  # type: ignore[arg-type]
                member, declared = _zip_member(handle, self.path.name)
                self._check_size(declared)
                yield from self._limited(member)
                if self._unpacked != declared:
                    raise _damaged(self.path.name)
                return
            hashing = _Hashing(handle)
            stream: IO[bytes] = hashing  # type: ignore[assignment]
            if self.kind is GZIP:
                stream = gzip.GzipFile(fileobj=io.BufferedReader(hashing, BLOCK))  # type: ignore[assignment]
            yield from self._limited(stream)
            self.sha256 = hashing.finish()

    def _limited(self, stream: IO[bytes]) -> Iterator[bytes]:
        self._unpacked = 0
        while block := self._read(stream):
            self._unpacked += len(block)
            self._check_size(self._unpacked)
            yield block

    def _read(self, stream: IO[bytes]) -> bytes:
        with unpacking(self.path.name):
            return stream.read(BLOCK)

    def _check_size(self, total: int) -> None:
        bomb = self.kind is not TEXT and total > RATIO_FREE and total > RATIO_LIMIT * self.size
        if (self.kind is not TEXT and total > UNPACKED_LIMIT) or bomb:
            raise FileRefused("file.too_large", f"压缩文件 {self.path.name} 解压后过大，已停止读取。")


def _damaged(name: str) -> FileRefused:
    return FileRefused("file.damaged", f"压缩文件 {name} 已损坏，不能解压。")


@contextmanager
def unpacking(name: str) -> Iterator[None]:
    """Refuse the file for whatever the unpackers raise over bytes that make no sense to them."""
    try:
        yield
    except EOFError as error:
        raise FileRefused("file.truncated", f"压缩文件 {name} 不完整，可能传输中断，请重新上传。") from error
    except RuntimeError as error:
        raise FileRefused("file.zip_unsupported", f"压缩文件 {name} 加密或压缩方式不支持。") from error
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):  # the disk's fault, not the file's
            raise
        raise _damaged(name) from error
    except _DAMAGED as error:
        raise _damaged(name) from error


def _zip_member(handle: BinaryIO, name: str) -> tuple[IO[bytes], int]:
    """The one file in a zip and its declared size.

    Raises FileRefused when there is none or more than one.
    """
    with unpacking(name):
        archive = zipfile.ZipFile(handle)
    members = [item for item in archive.infolist() if not item.filename.endswith("/")]
    if any(item.filename == "[Content_Types].xml" for item in members):
        raise FileRefused("file.spreadsheet", f"{name} 是 Office 文档，请另存为 CSV 后上传。")
    if len(members) != 1:
        raise FileRefused("file.zip_members", f"压缩文件 {name} 中应当只有一个文件，实有 {len(members)} 个。")
    with unpacking(name):
        return archive.open(members[0]), members[0].file_size
