"""What changes on the boards that are being watched: one look at the database a second, shared by all listeners.

A listener hands in a queue; a thread of this process looks for what has changed, judges anew the institutions it
concerns, and puts the cells that came out differently into the queues. Once a minute every board is judged anew, as
time alone turns a day that is not due into one that is missing. The thread ends with the last listener.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import DatabaseError, connections

from kangqiao.base.clock import now
from kangqiao.oversight.monitoring.changes import Marker, changed_institutions, read_marker
from kangqiao.oversight.monitoring.queries import Wanted, month_board
from kangqiao.oversight.monitoring.rules import BoardRow, changed_cells

LISTENERS = 100
"""In one process; more are refused, and their pages ask every 15 seconds instead."""
LISTENERS_OF_ONE = 6
"""Of one account in one process."""
QUEUE = 32
BEAT_EVERY = 15
CHECK_EVERY = 5
SWEEP_EVERY = 60
UNREAD = 30
"""Seconds between beats, between looks at the listeners' rights, between judgements of everything;
until a stream that nobody reads is let go."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ask:
    """Which board: the month, what it is narrowed to, whose institutions (None: all)."""

    month: date
    wanted: Wanted
    scope: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class Message:
    """One event: its name and the data; an ``end`` is the last."""

    event: str
    data: dict[str, Any]


@dataclass(eq=False, slots=True)
class Listener:
    """One open page."""

    ask: Ask
    account: str
    is_allowed: Callable[[], bool]
    loop: asyncio.AbstractEventLoop | None = None
    """Of the server that sends the events; None until it begins to."""
    queue: asyncio.Queue[Message] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    is_greeted: bool = False
    waited: int = 0
    """Looks at the database that it was joined and not read."""

    def tell(self, message: Message) -> None:
        """From the thread of the hub; a page that does not read loses what waits and is told to come again."""
        if self.loop is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._put, message)

    def _put(self, message: Message) -> None:
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            message = Message("again", {})
        self.queue.put_nowait(message)


class TooManyListeners(Exception):
    """This process, or this account in it, has as many listeners as it may have."""


class Hub:
    """The listeners of this process, and the boards they watch."""

    def __init__(self, look: Callable[[], datetime] = now, pause: float = 1.0) -> None:
        self._look = look
        self._pause = pause
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._boards: dict[Ask, dict[str, BoardRow]] = {}
        self._marker: Marker | None = None
        self._ticks = 0
        self._thread: threading.Thread | None = None

    def join(self, listener: Listener, *, start: bool = True) -> None:
        """Take a listener in. Raises TooManyListeners."""
        with self._lock:
            of_one = sum(item.account == listener.account for item in self._listeners)
            if len(self._listeners) >= LISTENERS or of_one >= LISTENERS_OF_ONE:
                raise TooManyListeners
            self._listeners.append(listener)
            if start and self._thread is None:
                self._thread = threading.Thread(target=self._run, name="monitoring", daemon=True)
                self._thread.start()

    def leave(self, listener: Listener) -> None:
        """Let a listener go; one that has gone already is no error."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def listeners(self) -> list[Listener]:
        """Those present."""
        with self._lock:
            return list(self._listeners)

    def tick(self) -> None:
        """One look: rights, changes, beats."""
        moment = self._look()
        if self._ticks % CHECK_EVERY == 0:
            self._end_the_unentitled()
        self._forget_the_gone()
        present = self.listeners()
        self._boards = {ask: self._boards.get(ask, {}) for ask in {item.ask for item in present}}
        marker = read_marker(self._marker)
        changed = changed_institutions(self._marker, marker)
        self._marker = marker
        if self._ticks % SWEEP_EVERY == 0:
            changed = None
        for ask in self._boards:
            self._refresh(ask, changed, moment, [item for item in present if item.ask == ask])
        if self._ticks % BEAT_EVERY == 0:
            self._tell(present, Message("beat", {"as_of": stamp(moment)}))
        self._ticks += 1

    def _refresh(self, ask: Ask, changed: set[int] | None, moment: datetime, listeners: Sequence[Listener]) -> None:
        known = self._boards[ask]
        only = None if not known else changed
        if only is None or only:
            rows = month_board(ask.month, ask.wanted, ask.scope, moment, only).rows
            cells = changed_cells(known.values(), rows) if known else []
            known.update({row.code: row for row in rows})
            if cells:
                data = {"as_of": stamp(moment), "cells": [cell.as_data() for cell in cells]}
                self._tell([item for item in listeners if item.is_greeted], Message("cells", data))
        for listener in listeners:
            if not listener.is_greeted and listener.loop is not None:
                listener.is_greeted = True
                listener.tell(Message("board", {"as_of": stamp(moment), "states": _states(known)}))

    def _end_the_unentitled(self) -> None:
        for listener in self.listeners():
            if not listener.is_allowed():
                self.leave(listener)
                listener.tell(Message("end", {}))

    def _tell(self, listeners: Sequence[Listener], message: Message) -> None:
        for listener in listeners:
            listener.tell(message)

    def _run(self) -> None:
        pause = threading.Event()
        while self._is_needed():
            try:
                self.tick()
            except DatabaseError:
                log.warning("the monitoring desk cannot read the database; it tries again", exc_info=True)
                connections.close_all()
            pause.wait(self._pause)
        connections.close_all()

    def _is_needed(self) -> bool:
        with self._lock:
            if not self._listeners:
                self._thread, self._boards, self._marker = None, {}, None
            return bool(self._listeners)

    def _forget_the_gone(self) -> None:
        """Pages that never came for their stream, and those whose server has ended."""
        for listener in self.listeners():
            listener.waited += listener.loop is None
            if listener.waited > UNREAD or (listener.loop is not None and listener.loop.is_closed()):
                self.leave(listener)


def stamp(moment: datetime) -> str:
    """Data time of an event."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _states(rows: dict[str, BoardRow]) -> dict[str, list[tuple[str, str]]]:
    """Code → state and text of each day: enough to see whether a page made a moment ago is still right."""
    return {code: [(str(cell.state), cell.text) for cell in row.cells] for code, row in rows.items()}


HUB = Hub()
"""The one of this process."""
