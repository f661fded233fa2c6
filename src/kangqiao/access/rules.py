"""How long a source of failures waits, and how long a session lasts."""

from __future__ import annotations

from datetime import datetime, timedelta

FREE = {"pair": 5, "device": 10, "address": 50}
"""Failures without a wait: of an account from an address, from a device known to it, of an address as a whole."""
FIRST_WAIT, LONGEST_WAIT = 15, 900
FORGOTTEN_AFTER = timedelta(hours=24)
IDLE = timedelta(minutes=30)
LONGEST_SESSION = timedelta(hours=12)
CODE_WITHIN = timedelta(minutes=5)
"""Between the password and the code."""


def wait_seconds(kind: str, failures: int) -> int:
    """Seconds to wait after so many failures: none at first, then doubling up to a quarter of an hour."""
    over = failures - FREE[kind]
    return 0 if over < 0 else min(FIRST_WAIT * 2 ** min(over, 20), LONGEST_WAIT)


def has_ended(began: float, seen: float, moment: datetime) -> bool:
    """Whether a session is over: too long unused, or too old. Times are seconds since 1970."""
    at = moment.timestamp()
    return at - seen > IDLE.total_seconds() or at - began > LONGEST_SESSION.total_seconds()
