"""One writer a lake table: a lock that the kernel takes back when its holder dies."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from kangqiao.base.home import Home


@contextmanager
def table_lock(home: Home, channel: str, dataset: str) -> Iterator[None]:
    """Hold the table's lock; waits until whoever holds it is done."""
    with (home.locks / f"{channel}.{dataset}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def try_table_lock(home: Home, channel: str, dataset: str) -> Iterator[bool]:
    """Hold the table's lock if nobody else does; gives whether it was had."""
    with (home.locks / f"{channel}.{dataset}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
