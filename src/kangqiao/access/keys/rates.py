"""How often each key was used in the present minute, counted across all processes of this machine.

A file of fixed slots under the home, one a key (by a hash of its id), each under a lock of its own bytes: a refused
call costs a few microseconds and writes nothing to the database. Two keys that share a slot share its counter, which
can only refuse too early; there are 65,536 slots.
"""

from __future__ import annotations

import fcntl
import os
import struct
import threading
import zlib
from pathlib import Path

SLOTS = 1 << 16
_SLOT = struct.Struct("<QQQ")
"""Minute since 1970, calls, rows."""


class Rates:
    """Counters in the file ``path``."""

    def __init__(self, path: Path) -> None:
        self._threads = threading.Lock()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.truncate(self._handle, SLOTS * _SLOT.size)

    def take(self, key: str, minute: int, *, calls: int, rows: int, limits: tuple[int, int]) -> bool:
        """Count ``calls`` and ``rows`` unless that goes over ``limits`` (calls, rows) of the minute."""
        offset = zlib.crc32(key.encode()) % SLOTS * _SLOT.size
        with self._threads:  # the kernel's lock keeps processes apart, not the threads of one
            return self._take(offset, minute, calls, rows, limits)

    def _take(self, offset: int, minute: int, calls: int, rows: int, limits: tuple[int, int]) -> bool:
        fcntl.lockf(self._handle, fcntl.LOCK_EX, _SLOT.size, offset)
        try:
            seen, had_calls, had_rows = _SLOT.unpack(os.pread(self._handle, _SLOT.size, offset))
            if seen != minute:
                had_calls = had_rows = 0
            if had_calls + calls > limits[0] or had_rows + rows > limits[1]:
                return False
            os.pwrite(self._handle, _SLOT.pack(minute, had_calls + calls, had_rows + rows), offset)
            return True
        finally:
            fcntl.lockf(self._handle, fcntl.LOCK_UN, _SLOT.size, offset)
