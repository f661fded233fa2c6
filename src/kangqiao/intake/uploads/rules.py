"""Decisions about uploads that need neither database nor clock: what a sender announces, and what is refused."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol

from kangqiao.base.clock import parse_day
from kangqiao.base.errors import CallRefused

UPLOAD_MOVES = {
    "receiving": ("waiting", "failed", "expired"),
    "waiting": ("checking", "failed"),
    "checking": ("done", "failed"),
    "done": (),
    "failed": (),
    "expired": (),
}
"""State → states an upload may move to. A check that the platform breaks off stays ``checking`` until it succeeds."""

TUS_VERSION = "1.0.0"
TUS_EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
OFFSET_STREAM = "application/offset+octet-stream"
CHECKSUMS = ("sha256", "sha1")

MODES = ("store", "test")
CHANNELS = ("scheduled", "realtime", "document")
METADATA_LIMIT = 8192
"""Characters of an ``Upload-Metadata`` header."""
KEYS_LIMIT = 32
NAME_LIMIT = 255
"""Bytes of a file name, as file systems have it."""
KEEP_OPEN = timedelta(hours=24)
"""How long an upload waits for its next piece."""
PIECES_FREE, PIECE_SIZE = 500, 64 << 10
"""An upload may come in 500 pieces and one more for each 64 KiB of it: enough for any line, too few for a nuisance."""

_INTEGER = re.compile(r"\d{1,18}", re.ASCII)
_KEY = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_DAY = re.compile(r"(?<!\d)(20\d\d)-?(\d\d)-?(\d\d)(?!\d)")


class UploadRefused(CallRefused):
    """A request of the tus protocol that is refused."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, code, message, headers={"Tus-Resumable": TUS_VERSION, **(headers or {})})


@dataclass(frozen=True, slots=True)
class Limits:
    """What one platform takes."""

    max_size: int = 8 << 30
    """Bytes of one file."""
    max_open: int = 100
    """Uploads of one institution that wait for bytes."""
    max_open_bytes: int = 64 << 30
    """Bytes that all of them have announced."""
    reserve: int = 1 << 30
    """Bytes of the disk that uploads leave free."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What ``Upload-Length`` and ``Upload-Metadata`` say of a file that is to come."""

    size: int
    file_name: str
    channel: str
    mode: str
    dataset: str = ""
    day: date | None = None
    sha256: str = ""
    amends: str = ""
    institution: str = ""


def may_move(state: str, to: str) -> bool:
    """Whether an upload in ``state`` may come into the state ``to``."""
    return to in UPLOAD_MOVES[state]


def whole_number(text: str | None, header: str) -> int:
    """The number in a header. Raises UploadRefused when it is absent or anything else."""
    if text is None or _INTEGER.fullmatch(text) is None:
        raise UploadRefused(400, "upload.header", f"请求头 {header} 应为不小于 0 的整数。")
    return int(text)


def read_metadata(text: str) -> dict[str, str]:
    """``Upload-Metadata`` as names and texts. Raises UploadRefused for whatever is not well formed."""
    if len(text) > METADATA_LIMIT:
        raise _bad_metadata(f"长度超过 {METADATA_LIMIT} 个字符")
    found: dict[str, str] = {}
    for pair in filter(None, (item.strip(" ") for item in text.split(","))):
        key, _, value = pair.partition(" ")
        if _KEY.fullmatch(key) is None or key in found:
            raise _bad_metadata("键名不合法或重复")
        if len(found) == KEYS_LIMIT:
            raise _bad_metadata(f"超过 {KEYS_LIMIT} 项")
        found[key] = _metadata_text(key, value)
    return found


def _metadata_text(key: str, value: str) -> str:
    try:
        text = base64.b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise _bad_metadata(f"{key} 的值不是 UTF-8 文本的 Base64 编码") from error
    if not text.isprintable():
        raise _bad_metadata(f"{key} 的值含有控制字符")
    return text


def _bad_metadata(reason: str) -> UploadRefused:
    return UploadRefused(400, "upload.metadata", f"请求头 Upload-Metadata 有误：{reason}。")


def announcement_of(size: int, metadata: Mapping[str, str]) -> Announcement:
    """What the sender announces. Raises UploadRefused with the sentence that tells what is wrong.

    Dataset and day may be left out where the file's name carries them (``outpatient_charge-2024-06-30.csv``).
    """
    name = _file_name(metadata.get("filename", ""))
    mode = metadata.get("mode") or "store"
    channel = metadata.get("channel") or ("document" if name.lower().endswith(".xml") else "scheduled")
    sha256 = metadata.get("sha256", "").lower()
    if mode not in MODES:
        raise UploadRefused(400, "upload.mode", "mode 应为 store（入库）或 test（只检查）。")
    if channel not in CHANNELS:
        raise UploadRefused(400, "upload.channel", "channel 应为 scheduled、realtime 或 document。")
    if sha256 and _SHA256.fullmatch(sha256) is None:
        raise UploadRefused(400, "upload.sha256", "sha256 应为 64 位十六进制数。")
    amends = metadata.get("amends", "")[:26]
    is_table = channel != "document" and not amends
    return Announcement(
        size=size,
        file_name=name,
        channel=channel,
        mode=mode,
        dataset=(metadata.get("dataset") or _dataset_in(name)) if is_table else "",
        day=_day(metadata.get("day") or _day_in(name)) if is_table else None,
        sha256=sha256,
        amends=amends,
        institution=metadata.get("institution", ""),
    )


def _file_name(text: str) -> str:
    """A file's name as its sender calls it: it names a file, and never a place on our disk."""
    if not text or text in (".", "..") or "/" in text or "\\" in text or text.startswith("."):
        raise UploadRefused(400, "upload.filename", "filename 应为文件名，不能为空，不能带有目录。")
    if len(text.encode()) > NAME_LIMIT:
        raise UploadRefused(400, "upload.filename", f"filename 过长，不应超过 {NAME_LIMIT} 个字节。")
    return text


def _day(text: str) -> date:
    try:
        return parse_day(text)
    except ValueError as error:
        raise UploadRefused(400, "upload.day", f"数据日期“{text[:20]}”不存在，应写作 2024-06-30。") from error


def _day_in(name: str) -> str:
    found = _DAY.search(name)
    return "-".join(found.groups()) if found else ""


def _dataset_in(name: str) -> str:
    found = re.match(r"[a-z][a-z0-9_]*[a-z0-9]", name)
    return found[0] if found else ""


@dataclass(frozen=True, slots=True)
class Checksum:
    """What ``Upload-Checksum`` announces of one piece."""

    algorithm: str
    digest: bytes

    def hasher(self) -> Hasher:
        return hashlib.new(self.algorithm, usedforsecurity=False)

    def fits(self, hasher: Hasher) -> bool:
        return hmac.compare_digest(hasher.digest(), self.digest)


class Hasher(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


def read_checksum(text: str | None) -> Checksum | None:
    """``sha256 BASE64``; None when the header is absent. Raises UploadRefused for an unknown or broken one."""
    if text is None:
        return None
    algorithm, _, value = text.strip().partition(" ")
    if algorithm not in CHECKSUMS:
        raise UploadRefused(400, "upload.checksum_algorithm", f"Upload-Checksum 支持 {'、'.join(CHECKSUMS)}。")
    try:
        digest = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _bad_checksum() from error
    if len(digest) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise _bad_checksum()
    return Checksum(algorithm, digest)


def _bad_checksum() -> UploadRefused:
    return UploadRefused(400, "upload.checksum_header", "Upload-Checksum 的值不是该算法摘要的 Base64 编码。")


def pieces_allowed(size: int) -> int:
    """In how many pieces a file of ``size`` bytes may come."""
    return PIECES_FREE + size // PIECE_SIZE


@dataclass(frozen=True, slots=True)
class Piece:
    """One PATCH that was admitted: which upload, from where, how long as far as is known, with which checksum."""

    upload: str
    institution: int
    offset: int
    length: int | None
    checksum: Checksum | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
