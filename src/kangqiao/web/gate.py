"""The gate before Django: what a request may weigh, how long it may take to come, how many are worked on at once.

A sender who is slow holds a connection and no thread: a place among those worked on is taken when the body is there.
Streams of events give their place back once they have begun. A refusal for calling too often stands, without a look at
the database, until its ``Retry-After`` has passed.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from kangqiao.web.problems import CONTENT_TYPE, problem_bytes

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_BYTES = 8 << 20
IDLE_SECONDS, BODY_SECONDS = 20.0, 120.0
AT_ONCE = 12
"""Requests that one process works on at once: fewer than its pool has connections to the database."""
REMEMBERED = 10_000


class _Refused(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Gate:
    """``Gate(app, is_exempt)``: requests that ``is_exempt`` names bring their body past the gate."""

    def __init__(self, app: App, is_exempt: Callable[[Scope], bool]) -> None:
        self._app = app
        self._is_exempt = is_exempt
        self._places = asyncio.Semaphore(AT_ONCE)
        self._tired = _Tired()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        caller = _caller(scope)
        if caller and (wait := self._tired.seconds_left(caller)):
            await _refuse(scope, send, 429, ((b"retry-after", str(wait).encode()),))
            return
        most = None if self._is_exempt(scope) else BODY_BYTES
        passage = _Passage(self._places, receive, self._noting(caller, send), most)
        try:
            passage.check_length(scope)
            await self._app(scope, passage.receive, passage.send)
        except _Refused as refused:
            if not passage.has_answered:
                await _refuse(scope, send, refused.status, ((b"connection", b"close"),))
        finally:
            passage.leave()

    def _noting(self, caller: bytes, send: Send) -> Send:
        """``send``, which notes a caller who is told to wait before the caller learns of it."""

        async def noting(message: Message) -> None:
            if caller and message["type"] == "http.response.start" and message["status"] == 429:
                wait = _header(message, b"retry-after")
                if wait.isdigit():
                    self._tired.note(caller, int(wait))
            await send(message)

        return noting


class _Passage:
    """One request on its way in and its answer on the way out."""

    def __init__(self, places: asyncio.Semaphore, receive: Receive, send: Send, most: int | None) -> None:
        self._places = places
        self._receive, self._send = receive, send
        self._left = most
        self._has_place = self._is_read = False
        self._until = time.monotonic() + BODY_SECONDS
        self.has_answered = False

    def check_length(self, scope: Scope) -> None:
        """Refuse a body that says itself that it is too large before any of it is read."""
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if self._left is not None and length.isdigit() and int(length) > self._left:
            raise _Refused(413)

    async def receive(self) -> Message:
        if self._is_read:
            return await self._receive()
        message = await self._next_part()
        if self._left is not None:
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise _Refused(413)
        if message["type"] == "http.request" and not message.get("more_body", False):
            self._is_read = True
            await self._places.acquire()
            self._has_place = True
        return message

    async def _next_part(self) -> Message:
        seconds = min(IDLE_SECONDS, self._until - time.monotonic())
        try:
            return await asyncio.wait_for(self._receive(), max(seconds, 0.0))
        except TimeoutError as error:
            raise _Refused(408) from error

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_answered = True
            if _header(message, b"content-type").startswith(b"text/event-stream"):
                self.leave()
        await self._send(message)

    def leave(self) -> None:
        if self._has_place:
            self._has_place = False
            self._places.release()


class _Tired:
    """Callers who were told to wait, and until when; the oldest are forgotten first."""

    def __init__(self) -> None:
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def note(self, caller: bytes, seconds: int) -> None:
        self._until[caller] = time.monotonic() + min(seconds, 60)
        self._until.move_to_end(caller)
        if len(self._until) > REMEMBERED:
            self._until.popitem(last=False)

    def seconds_left(self, caller: bytes) -> int:
        """Whole seconds, rounded up; 0 for nobody who was told to wait."""
        until = self._until.get(caller)
        if until is None:
            return 0
        left = until - time.monotonic()
        if left <= 0:
            del self._until[caller]
            return 0
        return int(left) + 1


def _header(message: Message, wanted: bytes) -> bytes:
    return next((value for name, value in message.get("headers", ()) if name.lower() == wanted), b"")


def _caller(scope: Scope) -> bytes:
    """A key, the address it comes from and what it does, hashed because keys are secrets; empty without a key.

    Browsers behind one address must not shut each other out, and who may send no more rows may still ask for receipts.
    """
    key = dict(scope["headers"]).get(b"authorization", b"")
    client = (scope.get("client") or ("",))[0]
    room = "/".join(scope["path"].split("/")[:4])
    return (
        hashlib.sha256(f"{client}\n{scope['method']} {room}\n".encode(errors="replace") + key).digest() if key else b""
    )


async def _refuse(scope: Scope, send: Send, status: int, headers: tuple[tuple[bytes, bytes], ...]) -> None:
    """A problem, also for pages: whoever sends too much or too slowly is a program."""
    body = problem_bytes(status)
    more = [(b"content-type", CONTENT_TYPE.encode()), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": more})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
