"""The door for bodies: pieces of uploads stream to disk, asynchronously and with bounded memory.

Every request goes through Django first, without its body (see :mod:`.protocol`). Only when Django admits a piece is
its body read: a slow sender holds a connection and at most a mebibyte, never a thread. Threads write whole blocks.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any

from django.db import close_old_connections
from django.http import HttpResponse

from kangqiao.intake.uploads.protocol import SCOPE_KEY, Admission, answer_piece, refusal_response
from kangqiao.intake.uploads.rules import OFFSET_STREAM, Piece, UploadRefused
from kangqiao.intake.uploads.writing import PieceWriter

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PREFIXES = ("/api/v1/uploads", "/uploads/tus")
BLOCK = 1 << 20
IDLE_SECONDS = float(os.environ.get("KANGQIAO_UPLOAD_IDLE_SECONDS", "30"))
LEAST_BYTES = 4096
"""Bytes that must come in each idle time: a sender that drips is as good as one that is silent."""
AT_ONCE, AT_ONCE_INSTITUTION = 256, 16
"""Pieces that one process takes in at the same time, of all and of one institution."""
DRAIN_BYTES, DRAIN_SECONDS = 4 << 20, 5.0
THREADS = 4
SILENT = "内容中断过久，已到的部分保留，请查询 Upload-Offset 后续传。"


class LineCut(Exception):
    """The sender has gone, or has been silent for too long (``is_silent``)."""

    def __init__(self, is_silent: bool = False) -> None:
        super().__init__(is_silent)
        self.is_silent = is_silent


class _Line:
    """Where the body comes from; knows when it is at its end."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.is_done = False

    async def __call__(self) -> Message:
        message = await self._receive()
        self.is_done = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message


class UploadDoor:
    """Stands before Django: ``application = UploadDoor(get_asgi_application())``."""

    def __init__(self, django: App) -> None:
        self._django = django
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="uploads")
        self._open: Counter[int] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and carries_piece(scope):
            await self._take(scope, receive, send)
        else:
            await self._django(scope, receive, send)

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        admission, answer, line = Admission(), _Answer(), _Line(receive)
        await self._django({**scope, SCOPE_KEY: admission}, _no_body(), answer)
        if admission.piece is None:
            await _drain(line)
            await answer.pass_on(send)
            return
        try:
            response = await self._stream(admission.piece, answer.status, line)
        except UploadRefused as refusal:
            response = _refusal(admission.piece, refusal)
            await _drain(line)
        except LineCut as cut:
            if not cut.is_silent:
                return
            response = _refusal(admission.piece, UploadRefused(408, "upload.silent", SILENT, {"Connection": "close"}))
        answer.take(response)
        await answer.pass_on(send)

    # ── one piece ────────────────────────────────────────────────────────────────────────────────

    async def _stream(self, piece: Piece, status: int, line: _Line) -> HttpResponse:
        async with self._place(piece.institution):
            writer = await self._run(PieceWriter, piece)
            try:
                await self._write_all(writer, line)
                await self._run(writer.finish)
            except LineCut:
                await self._run(writer.keep)
                raise
            finally:
                await asyncio.shield(self._run(writer.close))
            answer: HttpResponse = await self._run(answer_piece, piece, status)
            return answer

    async def _write_all(self, writer: PieceWriter, line: _Line) -> None:
        """Blocks of about a mebibyte, each written by a thread while nothing more is read from the line."""
        pace = _Pace()
        is_last = False
        while not is_last:
            block = bytearray()
            while not is_last and len(block) < BLOCK:
                try:
                    message = await pace.next(line)
                except LineCut:
                    await self._run(writer.write, bytes(block))
                    raise
                block += message.get("body", b"")
                is_last = not message.get("more_body", False)
            await self._run(writer.write, bytes(block))

    @asynccontextmanager
    async def _place(self, institution: int) -> Any:
        if self._open.total() >= AT_ONCE or self._open[institution] >= AT_ONCE_INSTITUTION:
            sentence = "同时上传的文件过多，请稍后续传。"
            raise UploadRefused(429, "upload.too_many_at_once", sentence, {"Retry-After": "5"})
        self._open[institution] += 1
        try:
            yield
        finally:
            self._open[institution] -= 1

    async def _run(self, work: Callable[..., Any], *values: Any) -> Any:
        """``work`` in a thread of our own, which keeps no stale connection to the database."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _with_database, work, *values)


def _with_database(work: Callable[..., Any], *values: Any) -> Any:
    close_old_connections()
    try:
        return work(*values)
    finally:
        close_old_connections()


class _Pace:
    """Reads from a line that must move: some bytes in each idle time, or the line counts as cut."""

    def __init__(self) -> None:
        self._clock = asyncio.get_running_loop().time
        self._until = self._clock() + IDLE_SECONDS
        self._got = 0

    async def next(self, line: _Line) -> Message:
        """The next part of the body. Raises LineCut."""
        try:
            message = await asyncio.wait_for(line(), max(0.0, self._until - self._clock()))
        except TimeoutError as error:
            raise LineCut(is_silent=True) from error
        if message["type"] == "http.disconnect":
            raise LineCut
        self._got += len(message.get("body", b""))
        if self._got >= LEAST_BYTES:
            self._until, self._got = self._clock() + IDLE_SECONDS, 0
        return message


class _Answer:
    """An answer that is held back until it is known to be the right one."""

    def __init__(self) -> None:
        self._messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self._messages.append(message)

    @property
    def status(self) -> int:
        return int(self._messages[0]["status"])

    def take(self, response: HttpResponse) -> None:
        """Put ``response`` in its place, under the headers that the middleware has set."""
        own = {name.lower().encode() for name in response.headers} | {b"content-length", b"content-type"}
        kept = [pair for pair in self._messages[0].get("headers", []) if pair[0].lower() not in own]
        headers = [*kept, *_headers(response), (b"content-length", str(len(response.content)).encode())]
        start = {"type": "http.response.start", "status": response.status_code, "headers": headers}
        self._messages = [start, {"type": "http.response.body", "body": response.content}]

    async def pass_on(self, send: Send) -> None:
        for message in self._messages:
            await send(message)


def _headers(response: HttpResponse) -> Iterable[tuple[bytes, bytes]]:
    skip = {"content-length"} if response.content else {"content-length", "content-type"}
    return [(name.lower().encode(), value.encode()) for name, value in response.items() if name.lower() not in skip]


def carries_piece(scope: Scope) -> bool:
    """Whether the request brings bytes of an upload."""
    path: str = scope["path"]
    if not path.startswith(PREFIXES):
        return False
    headers = {name.lower(): value for name, value in scope["headers"]}
    method = scope["method"]
    if method == "POST":
        method = headers.get(b"x-http-method-override", b"POST").decode("latin-1")
    if method == "POST":
        return bytes(headers.get(b"content-type", b"")) == OFFSET_STREAM.encode()
    return bool(method == "PATCH")


def _no_body() -> Receive:
    """For Django: a request without a body, whose sender stays on the line."""
    waiting = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if waiting:
            return waiting.pop()
        await asyncio.Event().wait()
        raise AssertionError("nobody sets the event")

    return receive


def _refusal(piece: Piece, refusal: UploadRefused) -> HttpResponse:
    response = refusal_response(refusal)
    for name, value in piece.headers.items():
        response[name] = value
    return response


async def _drain(line: _Line) -> None:
    """Read on for a while, so that a sender who is still writing gets to see the refusal."""
    got = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while got < DRAIN_BYTES and not line.is_done:
                got += len((await line()).get("body", b""))
