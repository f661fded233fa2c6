"""One institution's day, dataset by dataset: what was due, what came and when, against what is usual."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Max, Min

from kangqiao.base.clock import BEIJING
from kangqiao.intake.models import Submission
from kangqiao.oversight.monitoring.days import DayKind, day_kind
from kangqiao.oversight.monitoring.due import DESK_CHANNELS, prescriptions
from kangqiao.oversight.monitoring.expectations import expectations
from kangqiao.oversight.monitoring.queries import ARRIVED, NOTHING, Counts, Wanted, month_board, usual_of
from kangqiao.oversight.monitoring.rules import STATE_TITLES, Cell, Part, Verdict, judge_part
from kangqiao.oversight.monitoring.waiting import WaitingRows, waiting_rows
from kangqiao.oversight.statistics.models import DailyFact
from kangqiao.registry.models import Institution
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import CHANNEL_TITLES, Channel

EVERY_TITLES = {"day": "每天", "month": "每月", "any": "随发生随报"}
KIND_TITLES = {
    DayKind.WORKING: "工作日",
    DayKind.REST: "休息日",
    DayKind.HOLIDAY: "节假日",
    DayKind.MAKE_UP: "调休上班",
}
Entry = tuple[str, str]
"""Channel, dataset."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """When rows of a dataset first and last came for the day, and in how many submissions."""

    first_at: datetime
    last_at: datetime
    submissions: int


@dataclass(frozen=True, slots=True)
class DayEntry:
    """One dataset of the day."""

    channel: str
    dataset: str
    title: str
    every: str
    verdict: Verdict
    received: int
    stored: int
    duplicate: int
    rejected: int
    waiting: int
    usual: float | None
    arrival: Arrival | None

    @property
    def state(self) -> str:
        return str(self.verdict.state)

    @property
    def state_title(self) -> str:
        return STATE_TITLES[self.verdict.state]

    @property
    def channel_title(self) -> str:
        return {str(channel): title for channel, title in CHANNEL_TITLES.items()}.get(self.channel, self.channel)

    @property
    def every_title(self) -> str:
        return EVERY_TITLES[self.every]


@dataclass(frozen=True, slots=True)
class InstitutionDay:
    """The page of one institution's day."""

    code: str
    name: str
    day: date
    kind: DayKind
    moment: datetime
    cell: Cell
    entries: tuple[DayEntry, ...]

    @property
    def kind_title(self) -> str:
        return f"星期{'一二三四五六日'[self.day.weekday()]}，{KIND_TITLES[self.kind]}"

    @property
    def previous(self) -> date:
        return self.day - timedelta(days=1)

    @property
    def following(self) -> date:
        return self.day + timedelta(days=1)


def institution_day(item: Institution, day: date, moment: datetime) -> InstitutionDay:
    """All datasets due on the day or that came, the prescribed ones first."""
    month = day.replace(day=1)
    board = month_board(month, Wanted(institution=item.code), {item.pk}, moment)
    cell = board.rows[0].cells[day.day - 1]
    return InstitutionDay(item.code, item.name_in(month), day, day_kind(day), moment, cell, _entries(item, day, moment))


def _entries(item: Institution, day: date, moment: datetime) -> tuple[DayEntry, ...]:
    history = _history(item, day)
    today = _facts_of(item, day)
    arrivals = _arrivals(item, day)
    waiting = {
        (str(Channel.REALTIME), entry.dataset): entry
        for entry in waiting_rows((day, day), {item.pk}).found.get((item.pk, day), ())
    }
    every = {(str(entry.channel), entry.dataset): entry.every for entry in prescriptions(item.kind)}
    came = {*today, *waiting, *arrivals}
    shown = [key for key, often in every.items() if often == "day" or key in came]
    shown += sorted(came - every.keys())
    return tuple(
        _entry(
            key, every.get(key, "any"), day, moment, history[key], today.get(key), waiting.get(key), arrivals.get(key)
        )
        for key in shown
    )


def _entry(
    key: Entry,
    every: str,
    day: date,
    moment: datetime,
    history: dict[date, Counts],
    fact: DailyFact | None,
    waiting: WaitingRows | None,
    arrival: Arrival | None,
) -> DayEntry:
    limits = expectations().limits
    channel, dataset = key
    usual = usual_of(history, day, limits)
    counts = history.get(day, NOTHING)
    rows = counts.received + (waiting.rows if waiting else 0)
    is_daily = every == "day" and channel in DESK_CHANNELS
    part = Part(
        title=dataset,
        due=1 if is_daily else 0,
        came=1 if counts.came or waiting else 0,
        received=rows,
        all_received=rows,
        rejected=counts.rejected,
        waiting=waiting.rows if waiting else 0,
        due_at=expectations().due_at(channel, every, day),
        arrived_at=arrival.first_at if arrival else None,
        usual=usual,
    )
    found = catalogue().datasets.get(dataset)
    return DayEntry(
        channel=channel,
        dataset=dataset,
        title=found.title if found else dataset,
        every=every,
        verdict=judge_part(part, moment, limits),
        received=fact.received if fact else 0,
        stored=fact.stored if fact else 0,
        duplicate=fact.duplicate if fact else 0,
        rejected=fact.rejected if fact else 0,
        waiting=waiting.rows if waiting else 0,
        usual=usual.median_rows(limits),
        arrival=arrival,
    )


def _history(item: Institution, day: date) -> dict[Entry, dict[date, Counts]]:
    """Of each channel and dataset, what came on the days up to ``day`` that it may be compared with, and on itself."""
    start = day - timedelta(days=expectations().limits.history_days)
    facts = DailyFact.objects.filter(institution=item, day__range=(start, day))
    found: dict[Entry, dict[date, Counts]] = defaultdict(dict)
    for channel, dataset, of_day, received, rejected in facts.values_list(
        "channel", "dataset", "day", "received", "rejected"
    ):
        found[channel, dataset][of_day] = Counts(1, received, received, rejected)
    return found


def _facts_of(item: Institution, day: date) -> dict[Entry, DailyFact]:
    return {(fact.channel, fact.dataset): fact for fact in DailyFact.objects.filter(institution=item, day=day)}


def _arrivals(item: Institution, day: date) -> dict[Entry, Arrival]:
    rows = (
        Submission.objects.filter(institution=item, day=day, state__in=ARRIVED)
        .values_list("channel", "dataset")
        .annotate(first=Min("received_at"), last=Max("received_at"), submissions=Count("pk"))
        .order_by()
    )
    return {
        (channel, dataset): Arrival(first.astimezone(BEIJING), last.astimezone(BEIJING), submissions)
        for channel, dataset, first, last, submissions in rows
    }
