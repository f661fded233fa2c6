"""When a job is tried again, and when it is given up: pure decisions."""

from __future__ import annotations

import re
import traceback
from dataclasses import dataclass

from kangqiao.base.errors import Refused
from kangqiao.base.text import mask_numbers

FIRST_SECONDS, CEILING_SECONDS = 2.0, 900.0
"""Bounds of the pause before a second and before a late attempt."""
TROUBLED = 3
"""Different jobs of one task that fail in a row, from which on the task as a whole is tried more rarely."""
REST_CEILING_SECONDS = 60.0
REASON_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt ended: ``reason`` is empty when it ended well."""

    reason: str = ""
    is_final: bool = False
    """Trying again would not mend it."""

    @property
    def is_good(self) -> bool:
        return not self.reason


def pause_seconds(attempts: int, chance: float) -> float:
    """Full jitter: anywhere below a bound that doubles with each attempt. ``chance`` is in [0, 1)."""
    return chance * min(CEILING_SECONDS, FIRST_SECONDS * 2.0 ** min(attempts - 1, 30))


def rest_seconds(failures: int) -> float:
    """How long a task rests after so many different jobs of it failed in a row; then one job is tried."""
    if failures < TROUBLED:
        return 0.0
    return min(REST_CEILING_SECONDS, 2.0 ** min(failures - TROUBLED, 30))


def outcome_of(error: BaseException) -> Outcome:
    """What an error means for its job. Words that might quote a row are left out: type and place are enough."""
    if isinstance(error, Refused):
        return Outcome(_short(f"{error.message}（{error.code}）"), is_final=error.code != "platform.fault")
    place = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in place if "kangqiao" in frame.filename] or list(place)
    where = re.sub(r"^.*/(kangqiao/)", r"\1", ours[-1].filename) if ours else ""
    line = f" {where}:{ours[-1].lineno}" if ours else ""
    return Outcome(_short(f"程序出错：{type(error).__qualname__}{line}"))


def _short(text: str) -> str:
    return mask_numbers(text)[:REASON_LENGTH]
