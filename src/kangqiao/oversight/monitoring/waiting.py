"""Rows of real-time forms that are accepted and durable, and not yet in the lake (待入库)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from kangqiao.intake.realtime.queries import waiting_counts
from kangqiao.oversight.statistics.models import DailyFact
from kangqiao.standards.model import Channel


class WaitingRows(NamedTuple):
    """Rows of one dataset that wait; ``is_new`` when no fact of the day tells of the dataset yet."""

    dataset: str
    rows: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits, by institution's key and day."""

    found: Mapping[tuple[int, date], tuple[WaitingRows, ...]] = field(default_factory=dict)

    def of_day(self, institution: int, day: date, datasets: Collection[str]) -> tuple[WaitingRows, ...]:
        """What waits of ``datasets``."""
        return tuple(item for item in self.found.get((institution, day), ()) if item.dataset in datasets)


def waiting_rows(days: tuple[date, date], institutions: Collection[int]) -> Waiting:
    """Rows that wait for days from ``days[0]`` to ``days[1]``, of ``institutions``."""
    counts = waiting_counts(days, institutions)
    if not counts:
        return Waiting()
    known = set(
        DailyFact.objects.filter(
            channel=Channel.REALTIME,
            institution_id__in={institution for institution, _, _ in counts},
            day__in={day for _, _, day in counts},
        ).values_list("institution_id", "dataset", "day")
    )
    found: dict[tuple[int, date], list[WaitingRows]] = defaultdict(list)
    for (institution, dataset, day), rows in counts.items():
        found[institution, day].append(WaitingRows(dataset, rows, (institution, dataset, day) not in known))
    return Waiting({key: tuple(items) for key, items in found.items()})
