"""The month's board: a handful of grouped reads, judged cell by cell. Facts and the ledger only, never the lake."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Max, Min, Q, Sum

from kangqiao.base.clock import BEIJING, days_of_month
from kangqiao.intake.models import Submission, SubmissionState
from kangqiao.oversight.monitoring.days import like_days
from kangqiao.oversight.monitoring.due import DESK_CHANNELS, daily_due
from kangqiao.oversight.monitoring.expectations import Expectations, Limits, expectations
from kangqiao.oversight.monitoring.rules import BoardRow, Cell, Part, Usual, judge_cell
from kangqiao.oversight.monitoring.waiting import Waiting, waiting_rows
from kangqiao.oversight.statistics.models import DailyFact
from kangqiao.registry.models import Institution
from kangqiao.registry.queries import listed_institutions
from kangqiao.standards.model import CHANNEL_TITLES, Channel

ARRIVED = (SubmissionState.STORED, SubmissionState.SUPERSEDED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the desk is narrowed to; an empty value narrows nothing."""

    kind: str = ""
    channel: str = ""
    dataset: str = ""
    institution: str = ""

    @property
    def channels(self) -> tuple[Channel, ...]:
        return tuple(item for item in DESK_CHANNELS if self.channel in ("", item))


class Counts(NamedTuple):
    """Of one institution, channel and day: datasets due that came, their rows, all rows, rows rejected."""

    came: int
    received: int
    all_received: int
    rejected: int


NOTHING = Counts(0, 0, 0, 0)
Key = tuple[int, str]
"""Institution's key, channel."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was read for one board."""

    counts: Mapping[Key, Mapping[date, Counts]]
    arrivals: Mapping[tuple[int, str, date], datetime]
    waiting: Waiting
    due: Mapping[tuple[str, str], frozenset[str]]
    """Kind of institution, channel → datasets due every day."""


@dataclass(frozen=True, slots=True)
class Board:
    """Institutions × days of a month as they stood at ``moment``."""

    month: date
    moment: datetime
    wanted: Wanted
    rows: tuple[BoardRow, ...] = field(default=())

    @property
    def days(self) -> list[date]:
        return days_of_month(self.month)


def desk_institutions(month: date, wanted: Wanted, scope: Collection[int] | None) -> list[Institution]:
    """Institutions listed in the month that the reader may see (``scope``; None: all), in the bulletin's order."""
    found = listed_institutions(month, wanted.kind or None)
    return [item for item in found if (scope is None or item.pk in scope) and wanted.institution in ("", item.code)]


def month_board(
    month: date, wanted: Wanted, scope: Collection[int] | None, moment: datetime, only: Collection[int] | None = None
) -> Board:
    """Judge the month that begins on ``month``; ``only`` narrows to institutions that may have changed."""
    institutions = [item for item in desk_institutions(month, wanted, scope) if only is None or item.pk in only]
    evidence = _evidence(month, wanted, institutions)
    rows = tuple(_row(item, month, wanted, evidence, moment) for item in institutions)
    return Board(month, moment, wanted, rows)


def _evidence(month: date, wanted: Wanted, institutions: list[Institution]) -> Evidence:
    kinds = {item.kind for item in institutions}
    due: dict[tuple[str, str], frozenset[str]] = {
        (kind, channel): daily_due(kind, channel, wanted.dataset) for kind in kinds for channel in wanted.channels
    }
    by_kind = {kind: [item.pk for item in institutions if item.kind == kind] for kind in kinds}
    counts: dict[Key, dict[date, Counts]] = defaultdict(dict)
    arrivals: dict[tuple[int, str, date], datetime] = {}
    for (kind, channel), datasets in due.items():
        _read_counts(counts, by_kind[kind], channel, datasets, month, wanted.dataset)
        _read_arrivals(arrivals, by_kind[kind], channel, datasets, month)
    waiting = waiting_rows(_days_shown(month), {item.pk for item in institutions})
    return Evidence(counts, arrivals, waiting, due)


def _days_shown(month: date) -> tuple[date, date]:
    days = days_of_month(month)
    return days[0], days[-1]


def _read_counts(
    counts: dict[Key, dict[date, Counts]],
    institutions: list[int],
    channel: str,
    datasets: frozenset[str],
    month: date,
    dataset: str,
) -> None:
    first, last = _days_shown(month)
    start = first - timedelta(days=expectations().limits.history_days)
    facts = DailyFact.objects.filter(day__range=(start, last), channel=channel, institution_id__in=institutions)
    is_due = Q(dataset__in=datasets)
    rows = (
        (facts.filter(dataset=dataset) if dataset else facts)
        .values_list("institution_id", "day")
        .annotate(
            came=Count("pk", filter=is_due),
            due_rows=Sum("received", filter=is_due, default=0),
            rows=Sum("received"),
            refused=Sum("rejected"),
        )
        .order_by()
    )
    for institution, day, *figures in rows:
        counts[institution, channel][day] = Counts(*figures)


def _read_arrivals(
    arrivals: dict[tuple[int, str, date], datetime],
    institutions: list[int],
    channel: str,
    datasets: frozenset[str],
    month: date,
) -> None:
    """When the last of the datasets due first came; of forms, which come all day, when the first one came."""
    first_of_its_day = Submission.objects.filter(
        institution_id__in=institutions,
        day__range=_days_shown(month),
        channel=channel,
        dataset__in=datasets,
        state__in=ARRIVED,
        replaces=None,
        amends=None,
    )
    pick = Min("received_at") if channel == Channel.REALTIME else Max("received_at")
    rows = first_of_its_day.values_list("institution_id", "day").annotate(at=pick).order_by()
    for institution, day, moment in rows:
        arrivals[institution, channel, day] = moment.astimezone(BEIJING)


def _row(item: Institution, month: date, wanted: Wanted, evidence: Evidence, moment: datetime) -> BoardRow:
    expected = expectations()
    unused = _unused_channels(item, wanted, evidence, expected.limits)
    cells = []
    for day in days_of_month(month):
        parts = [
            _part(item, channel, day, evidence, expected, is_unused=channel in unused) for channel in wanted.channels
        ]
        cells.append(_cell(item.code, day, parts, moment, expected.limits))
    return BoardRow(item.code, item.name_in(month), item.kind, tuple(cells))


def _unused_channels(item: Institution, wanted: Wanted, evidence: Evidence, limits: Limits) -> set[str]:
    """Channels by which nothing ever came in the window though others brought enough days to tell."""
    used = {channel: len(evidence.counts.get((item.pk, channel), {})) for channel in wanted.channels}
    enough = max(used.values(), default=0) >= limits.history_minimum
    return {channel for channel, days in used.items() if enough and not days}


def _cell(code: str, day: date, parts: list[Part], moment: datetime, limits: Limits) -> Cell:
    return Cell(
        code,
        day,
        judge_cell(parts, moment, limits),
        came=sum(part.came for part in parts),
        due=sum(part.due for part in parts),
        received=sum(part.all_received for part in parts),
        rejected=sum(part.rejected for part in parts),
        waiting=sum(part.waiting for part in parts),
    )


def _part(
    item: Institution, channel: Channel, day: date, evidence: Evidence, expected: Expectations, *, is_unused: bool
) -> Part:
    by_day = evidence.counts.get((item.pk, channel), {})
    datasets = evidence.due[item.kind, channel]
    counts = by_day.get(day, NOTHING)
    waiting = evidence.waiting.of_day(item.pk, day, datasets) if channel is Channel.REALTIME else ()
    rows = sum(entry.rows for entry in waiting)
    return Part(
        title=CHANNEL_TITLES[channel],
        due=len(datasets),
        came=counts.came + sum(entry.is_new for entry in waiting),
        received=counts.received + rows,
        all_received=counts.all_received + rows,
        rejected=counts.rejected,
        waiting=rows,
        due_at=expected.due_at(channel, "day", day),
        arrived_at=evidence.arrivals.get((item.pk, channel, day)),
        usual=usual_of(by_day, day, expected.limits),
        is_unused=is_unused,
    )


def usual_of(by_day: Mapping[date, Counts], day: date, limits: Limits) -> Usual:
    """What is usual on days like ``day``: the nearest kin if there are enough of them, else the wider circle."""
    kin, wide = like_days(day, limits.history_days)
    found = _came_on(by_day, kin)
    if len(found) < limits.history_minimum:
        found = _came_on(by_day, wide)
    return Usual(tuple(item.came for item in found), tuple(item.received for item in found))


def _came_on(by_day: Mapping[date, Counts], days: Iterable[date]) -> list[Counts]:
    return [by_day[day] for day in days if day in by_day and by_day[day].came]
