"""One piece of an upload on its way to disk; used by the streaming door and by Django alike."""

from __future__ import annotations

import os
from typing import BinaryIO

from kangqiao.base.clock import now
from kangqiao.intake.uploads.actions import record_offset, refuse_closed
from kangqiao.intake.uploads.models import Upload
from kangqiao.intake.uploads.rules import Piece, UploadRefused, pieces_allowed
from kangqiao.intake.uploads.storage import lock_file

CHECKPOINT = 16 << 20
"""Bytes after which a long piece is made durable on the way."""


class PieceWriter:
    """Writes one piece: made, then :meth:`write` any number of times, then :meth:`finish` or :meth:`keep`; close it.

    A piece with a checksum counts whole or not at all; of any other, what arrived is kept when the line is cut.
    Raises UploadRefused when made: 423 another writes, 409 wrong offset, 410 over, 429 too many pieces.
    """

    def __init__(self, piece: Piece) -> None:
        self._piece = piece
        self._hasher = piece.checksum.hasher() if piece.checksum else None
        self._handle: BinaryIO = lock_file(piece.upload)
        try:
            self._size = self._begin()
        except BaseException:
            self._handle.close()
            raise
        self.offset = self._durable = piece.offset

    def _begin(self) -> int:
        """Look again now that the lock is ours, cut off what was never acknowledged; gives the file's whole size."""
        upload = Upload.objects.get(pk=self._piece.upload)
        refuse_closed(upload)
        refuse_offset(upload, self._piece.offset)
        if upload.pieces >= pieces_allowed(upload.size):
            sentence = "这份上传被切得过碎，请取消后用更大的分块重新上传。"
            raise UploadRefused(429, "upload.pieces_too_many", sentence, {"Retry-After": "3600"})
        if os.fstat(self._handle.fileno()).st_size < upload.offset:
            raise UploadRefused(410, "upload.gone", "这份上传的内容已丢失，请重新上传。")
        os.ftruncate(self._handle.fileno(), upload.offset)
        self._handle.seek(upload.offset)
        return upload.size

    def write(self, block: bytes) -> None:
        """Take the next bytes. Raises UploadRefused (413) beyond the announced size."""
        if self.offset + len(block) > self._size:
            raise UploadRefused(413, "upload.too_long", f"内容超过了声明的 {self._size} 个字节。")
        view = memoryview(block)
        while view:
            view = view[self._handle.write(view) :]
        self.offset += len(block)
        if self._hasher:
            self._hasher.update(block)
        elif self.offset - self._durable >= CHECKPOINT:
            self._make_durable(is_last=False)

    def finish(self) -> int:
        """The piece has come whole: check it, make it durable; gives the new offset. Raises UploadRefused (460)."""
        if self._piece.checksum and self._hasher and not self._piece.checksum.fits(self._hasher):
            raise UploadRefused(460, "upload.checksum_differs", "这一块内容与校验值不符，已丢弃，请重发这一块。")
        self._make_durable(is_last=True)
        return self.offset

    def keep(self) -> None:
        """The line was cut: what arrived stays, unless only the whole piece could be checked."""
        if self._hasher is None and self.offset > self._durable:
            self._make_durable(is_last=True)

    def _make_durable(self, *, is_last: bool) -> None:
        os.fsync(self._handle.fileno())
        record_offset(self._piece.upload, self.offset, counts=is_last, now=now())
        self._durable = self.offset

    def close(self) -> None:
        self._handle.close()


def refuse_offset(upload: Upload, offset: int) -> None:
    """Raise UploadRefused (409) unless ``offset`` is where the next byte belongs."""
    if offset != upload.offset:
        sentence = f"Upload-Offset 是 {offset}，已收到 {upload.offset} 个字节，请从该处续传。"
        raise UploadRefused(409, "upload.offset", sentence, {"Upload-Offset": str(upload.offset)})
