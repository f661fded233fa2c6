"""The bytes of uploads: ``HOME/uploads/<id>``, 0600, one writer at a time.

The ledger's offset says how many bytes are acknowledged. It moves only after they were forced to disk; what lies
behind it was never acknowledged and is cut off before the next piece. The lock is the kernel's: it ends with its
holder, however that dies.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from kangqiao.base.home import current_home
from kangqiao.engine.lake.lake import sync_file
from kangqiao.intake.uploads.rules import UploadRefused


def folder() -> Path:
    """Where the bytes lie; made when it is first needed."""
    path = current_home().uploads
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def path_of(upload_id: str) -> Path:
    """The file of one upload. The id is our own, never the sender's."""
    return folder() / upload_id


def create_file(upload_id: str) -> None:
    """Make the empty file, durable with its name."""
    descriptor = os.open(path_of(upload_id), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.close(descriptor)
    sync_file(path_of(upload_id))


def remove_file(upload_id: str) -> None:
    """Remove the bytes, if there are any."""
    path_of(upload_id).unlink(missing_ok=True)


def free_bytes() -> int:
    return shutil.disk_usage(folder()).free


@contextmanager
def open_for_writing(upload_id: str) -> Iterator[BinaryIO]:
    """The file, locked. Raises UploadRefused: 423 while another writes, 410 when the bytes are gone."""
    handle = lock_file(upload_id)
    try:
        yield handle
    finally:
        handle.close()


def lock_file(upload_id: str) -> BinaryIO:
    """As :func:`open_for_writing`; the caller closes it, which lets the lock go."""
    try:
        handle = path_of(upload_id).open("r+b", buffering=0)
    except FileNotFoundError as error:
        raise UploadRefused(410, "upload.gone", "这份上传已结束，内容不再保留，请重新上传。") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        handle.close()
        refusal = "这份上传正在由另一个连接写入，请稍后重试。"
        raise UploadRefused(423, "upload.locked", refusal, {"Retry-After": "2"}) from error
    return handle


def left_behind(known: set[str], *, before: float) -> Iterator[str]:
    """Names of files that no upload in ``known`` has and that nobody has touched since ``before`` (POSIX time)."""
    with suppress(FileNotFoundError):
        for entry in os.scandir(folder()):
            if entry.name not in known and entry.stat().st_mtime < before:
                yield entry.name
