"""Documents as they come: one XML file, or a zip of them. Each member is taken or refused for itself."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from kangqiao.base.errors import FileRefused
from kangqiao.engine.cda.findings import DocumentRefused
from kangqiao.engine.cda.parsing import BYTES_LIMIT
from kangqiao.engine.formats.received import kind_of, readable_file, unpacking

MEMBERS_LIMIT = 100_000
TOTAL_LIMIT = 4 << 30
"""Bytes that the members of one zip may unpack to …"""
RATIO_LIMIT, RATIO_FREE = 250, 16 << 20
"""… and, beyond the first 16 MiB, this many times the size of the zip."""
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ")
_NAME_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Member:
    """One document as received: its name and bytes, or why it was not read."""

    name: str
    content: bytes = b""
    refusal: FileRefused | None = None


def holds_documents(path: Path) -> bool:
    """Whether ``path`` is meant as documents: an XML file, or a zip with XML files in it."""
    if path.name.lower().endswith(".xml"):
        return True
    if not path.name.lower().endswith(".zip") or not path.is_file():
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.lower() for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    if "[content_types].xml" in names:
        return False
    return any(name.endswith(".xml") for name in names)


def read_members(path: Path) -> Iterator[Member]:
    """The documents of ``path`` in the order they lie in it. Raises FileRefused when it cannot be opened at all."""
    if kind_of(path).name == "zip":
        with readable_file(path) as handle:
            yield from _members(handle, path)
        return
    with readable_file(path) as handle:
        if os.fstat(handle.fileno()).st_size > BYTES_LIMIT:
            yield Member(clean_name(path.name), refusal=_too_large())
        else:
            yield Member(clean_name(path.name), handle.read(BYTES_LIMIT + 1))


def _members(handle: BinaryIO, path: Path) -> Iterator[Member]:
    size = os.fstat(handle.fileno()).st_size
    with unpacking(path.name):
        archive = zipfile.ZipFile(handle)
    members = [item for item in archive.infolist() if not item.is_dir()]
    if len(members) > MEMBERS_LIMIT:
        raise FileRefused("file.zip_members", f"压缩文件 {path.name} 中的文件超过 {MEMBERS_LIMIT:,} 个。")
    if not members:
        raise FileRefused("file.zip_members", f"压缩文件 {path.name} 中没有文件。")
    total = 0
    for item in members:
        member = _member(archive, item)
        total += len(member.content) if member.refusal is None else min(item.file_size, BYTES_LIMIT)
        if total > TOTAL_LIMIT or (total > RATIO_FREE and total > RATIO_LIMIT * size):
            raise FileRefused("file.too_large", f"压缩文件 {path.name} 解压后过大，已停止读取。")
        yield member


def _member(archive: zipfile.ZipFile, item: zipfile.ZipInfo) -> Member:
    name = clean_name(item.filename)
    if not name.lower().endswith(".xml"):
        return Member(name, refusal=_nested(name) if _is_archive(name) else _no_document(name))
    if item.file_size > BYTES_LIMIT:
        return Member(name, refusal=_too_large())
    try:
        with unpacking(name), archive.open(item) as stream:
            content = stream.read(BYTES_LIMIT + 1)
    except FileRefused as error:
        return Member(name, refusal=DocumentRefused(error.code, error.message))
    if len(content) > BYTES_LIMIT:
        return Member(name, refusal=_too_large())
    if content.startswith(_ARCHIVES):
        return Member(name, refusal=_nested(name))
    return Member(name, content)


def clean_name(name: str) -> str:
    """A member's name as text without folders and control characters: it names a document, never a place on disk."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    text = os.fsencode(last).decode("utf-8", errors="replace")
    return "".join(char for char in text if char.isprintable())[-_NAME_LIMIT:] or "?"


def _is_archive(name: str) -> bool:
    return name.lower().endswith((".zip", ".gz", ".tgz", ".tar", ".rar", ".7z", ".bz2", ".xz"))


def _nested(name: str) -> DocumentRefused:
    return DocumentRefused("cda.nested_archive", f"{name} 是压缩文件，压缩包里不能再有压缩包。")


def _no_document(name: str) -> DocumentRefused:
    return DocumentRefused("cda.not_a_document", f"{name} 不是 XML 文档，未读取。")


def _too_large() -> DocumentRefused:
    return DocumentRefused("cda.too_large", f"文档超过 {BYTES_LIMIT >> 20} MiB，不予读取。")
