"""What is due by when (报送时限) and the desk's thresholds, from ``data/expectations.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from kangqiao.base.clock import BEIJING, days_of_month

FILE = Path(__file__).with_name("data") / "expectations.yaml"


@dataclass(frozen=True, slots=True)
class DueTime:
    """Data of a day are due ``days_after`` later at ``time``; data of a month on that day of the month after."""

    channel: str
    every: str
    days_after: int
    time: time
    source: str
    reason: str

    def moment(self, day: date) -> datetime:
        """When what stands for ``day`` (any day of the month, for monthly data) is due, in Beijing time."""
        start = days_of_month(day.replace(day=1))[-1] if self.every == "month" else day
        return datetime.combine(start + timedelta(days=self.days_after), self.time, BEIJING)


@dataclass(frozen=True, slots=True)
class Threshold:
    """One number from which on the desk raises its hand, and why this number."""

    name: str
    title: str
    value: float
    unit: str
    """天, 条, or ``share`` of a whole."""
    source: str
    reason: str

    @property
    def shown(self) -> str:
        """``56 天``, ``50%``."""
        return f"{self.value:.0%}" if self.unit == "share" else f"{self.value:g} {self.unit}"


@dataclass(frozen=True, slots=True)
class Limits:
    """The thresholds by name, for the rules."""

    history_days: int
    history_minimum: int
    fall_share: float
    fall_usual: float
    rejected_share: float
    rejected_received: float


@dataclass(frozen=True, slots=True)
class Expectations:
    """All of the file."""

    due: Mapping[tuple[str, str], DueTime]
    """By channel and ``day`` or ``month``."""
    thresholds: tuple[Threshold, ...]
    limits: Limits
    weights: Mapping[str, float]
    """State → what one such day weighs in the list of those who need someone."""

    def due_at(self, channel: str, every: str, day: date) -> datetime | None:
        """When the data of ``day`` are due; None where the file sets no time."""
        found = self.due.get((channel, every))
        return found.moment(day) if found else None


@lru_cache(maxsize=1)
def expectations() -> Expectations:
    """The file, read once a process."""
    return read_expectations(FILE)


def read_expectations(path: Path) -> Expectations:
    """Read a file of the same form. Raises KeyError, TypeError or ValueError for one that is wrong."""
    content = yaml.safe_load(path.read_text("utf-8"))
    due = [_due_time(item) for item in content["due"]]
    thresholds = tuple(Threshold(**item) for item in content["thresholds"])
    limits = Limits(**{item.name: item.value for item in thresholds})  # type: ignore[arg-type]
    weights = {item["state"]: float(item["value"]) for item in content["weights"]}
    return Expectations({(item.channel, item.every): item for item in due}, thresholds, limits, weights)


def _due_time(item: dict[str, Any]) -> DueTime:
    return DueTime(**{**item, "time": time.fromisoformat(item["time"])})
