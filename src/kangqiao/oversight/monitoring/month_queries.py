"""The month by datasets, and the month's real-time days and forms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Max, Q, Sum

from kangqiao.base.clock import BEIJING, days_of_month
from kangqiao.intake.models import Submission
from kangqiao.oversight.monitoring.due import prescriptions
from kangqiao.oversight.monitoring.expectations import Expectations, expectations
from kangqiao.oversight.monitoring.month_rules import MonthCell, MonthPart, judge_month
from kangqiao.oversight.monitoring.queries import ARRIVED, Wanted, desk_institutions
from kangqiao.oversight.monitoring.waiting import Waiting, waiting_rows
from kangqiao.oversight.statistics.models import DailyFact
from kangqiao.registry.models import Institution
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import CHANNEL_TITLES, Channel

Entry = tuple[str, str]
"""Channel, dataset."""
Figures = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Column:
    """One dataset by one channel."""

    channel: str
    dataset: str
    title: str
    channel_title: str


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """One institution; None where the dataset is not asked of its kind and did not come."""

    code: str
    name: str
    cells: tuple[MonthCell | None, ...]


@dataclass(frozen=True, slots=True)
class DatasetBoard:
    """Institutions × datasets of a month."""

    month: date
    moment: datetime
    columns: tuple[Column, ...]
    rows: tuple[DatasetRow, ...]

    @property
    def last(self) -> date:
        return days_of_month(self.month)[-1]


@dataclass(frozen=True, slots=True)
class RealtimeRow:
    """One institution's real-time month: days with forms, kinds of form, rows, what waits, the newest arrival."""

    code: str
    name: str
    days: int
    days_due: int
    forms: int
    forms_due: int
    received: int
    rejected: int
    waiting: int
    today: int
    last_at: datetime | None
    cell: MonthCell


@dataclass(frozen=True, slots=True)
class RealtimeBoard:
    """Real-time data of a month; ``today`` is None when the month is not the running one."""

    month: date
    moment: datetime
    today: date | None
    rows: tuple[RealtimeRow, ...]


def dataset_board(month: date, wanted: Wanted, scope: Collection[int] | None, moment: datetime) -> DatasetBoard:
    """Judge every dataset that is due every day or month, and every other one that came."""
    institutions = desk_institutions(month, wanted, scope)
    figures = _figures(month, wanted, institutions)
    waiting = _waiting_by_dataset(month, institutions)
    asked = {kind: _asked(kind, wanted) for kind in dict.fromkeys(item.kind for item in institutions)}
    columns = _columns(asked, figures)
    days_due = _days_due(month, moment)
    rows = tuple(
        DatasetRow(
            item.code,
            item.name_in(month),
            tuple(_cell(column, asked[item.kind], figures[item.pk], waiting[item.pk], days_due) for column in columns),
        )
        for item in institutions
    )
    return DatasetBoard(month, moment, columns, rows)


def _asked(kind: str, wanted: Wanted) -> dict[Entry, str]:
    return {
        (str(item.channel), item.dataset): item.every
        for channel in wanted.channels
        for item in prescriptions(kind, channel, wanted.dataset)
    }


def _columns(
    asked: Mapping[str, Mapping[Entry, str]], figures: Mapping[int, Mapping[Entry, Figures]]
) -> tuple[Column, ...]:
    came = {key for of_one in figures.values() for key, found in of_one.items() if found["days"]}
    regular = [key for of_kind in asked.values() for key, every in of_kind.items() if every != "any" or key in came]
    keys = list(dict.fromkeys([*regular, *sorted(came)]))
    keys.sort(key=lambda key: key[0] == Channel.REALTIME)
    titles = {str(channel): title for channel, title in CHANNEL_TITLES.items()}
    known = catalogue().datasets
    return tuple(
        Column(channel, name, known[name].title if name in known else name, titles.get(channel, channel))
        for channel, name in keys
    )


def _cell(
    column: Column,
    asked: Mapping[Entry, str],
    figures: Mapping[Entry, Figures],
    waiting: Mapping[str, int],
    days_due: Mapping[Entry, int],
) -> MonthCell | None:
    key = (column.channel, column.dataset)
    found = figures.get(key, {})
    if key not in asked and not found.get("days"):
        return None
    every = asked.get(key, "any")
    part = MonthPart(
        every,
        found.get("days", 0),
        days_due.get((column.channel, every), 0),
        found.get("received", 0),
        found.get("rejected", 0),
        waiting.get(column.dataset, 0) if column.channel == Channel.REALTIME else 0,
        found.get("before_days", 0),
        found.get("before_rows", 0),
    )
    return MonthCell(column.channel, column.dataset, part, judge_month(part, expectations().limits))


def _figures(month: date, wanted: Wanted, institutions: list[Institution]) -> dict[int, dict[Entry, Figures]]:
    """Institution's key → channel and dataset → days, rows and rejected rows of the month; days and rows before it."""
    last = days_of_month(month)[-1]
    start = month - timedelta(days=expectations().limits.history_days)
    in_month, before = Q(day__gte=month), Q(day__lt=month)
    facts = DailyFact.objects.filter(
        day__range=(start, last), channel__in=wanted.channels, institution_id__in=[item.pk for item in institutions]
    )
    rows = (
        (facts.filter(dataset=wanted.dataset) if wanted.dataset else facts)
        .values("institution_id", "channel", "dataset")
        .annotate(
            days=Count("pk", filter=in_month),
            # The aliases differ from the columns, or later aggregates would take the alias for the column.
            rows=Sum("received", filter=in_month, default=0),
            refused=Sum("rejected", filter=in_month, default=0),
            before_days=Count("pk", filter=before),
            before_rows=Sum("received", filter=before, default=0),
        )
        .order_by()
    )
    found: dict[int, dict[Entry, Figures]] = defaultdict(dict)
    for row in rows:
        found[row["institution_id"]][row["channel"], row["dataset"]] = {
            **{name: row[name] for name in ("days", "before_days", "before_rows")},
            "received": row["rows"],
            "rejected": row["refused"],
        }
    return found


def _days_due(month: date, moment: datetime) -> dict[Entry, int]:
    """Channel and ``day`` or ``month`` → days of the month (or 1) whose due time has passed."""
    expected: Expectations = expectations()
    return {
        (channel, every): sum(
            item.moment(day) <= moment for day in (days_of_month(month) if every == "day" else [month])
        )
        for (channel, every), item in expected.due.items()
    }


def _waiting_by_dataset(month: date, institutions: list[Institution]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (institution, _), entries in _waiting(month, institutions).found.items():
        for entry in entries:
            found[institution][entry.dataset] += entry.rows
    return found


def _waiting(month: date, institutions: list[Institution]) -> Waiting:
    return waiting_rows((month, days_of_month(month)[-1]), {item.pk for item in institutions})


def realtime_board(month: date, wanted: Wanted, scope: Collection[int] | None, moment: datetime) -> RealtimeBoard:
    """Real-time days and forms of every institution, as the bulletin counts them, today's with what waits."""
    institutions = desk_institutions(month, wanted, scope)
    days = days_of_month(month)
    today = moment.date() if moment.date() in days else None
    figures = _realtime_figures(month, wanted, institutions, today)
    waiting = _waiting(month, institutions)
    last = _last_arrivals(month, wanted, institutions)
    due = _days_due(month, moment).get((str(Channel.REALTIME), "day"), 0)
    rows = tuple(
        _realtime_row(item, month, wanted, figures.get(item.pk, {}), waiting, last.get(item.pk), due, today)
        for item in institutions
    )
    return RealtimeBoard(month, moment, today, rows)


def _realtime_row(
    item: Institution,
    month: date,
    wanted: Wanted,
    found: Figures,
    waiting: Waiting,
    last_at: datetime | None,
    due: int,
    today: date | None,
) -> RealtimeRow:
    entries = [
        (day, entry)
        for (institution, day), of_day in waiting.found.items()
        for entry in of_day
        if institution == item.pk and wanted.dataset in ("", entry.dataset)
    ]
    rows = sum(entry.rows for _, entry in entries)
    asked = prescriptions(item.kind, Channel.REALTIME, wanted.dataset)
    names = ("days", "received", "rejected", "before_days", "before_rows")
    days, received, rejected, before_days, before_rows = (found.get(name, 0) for name in names)
    part = MonthPart("day", days, due if asked else 0, received + rows, rejected, rows, before_days, before_rows)
    return RealtimeRow(
        code=item.code,
        name=item.name_in(month),
        days=days,
        days_due=part.days_due,
        forms=found.get("forms", 0),
        forms_due=len(asked),
        received=received + rows,
        rejected=rejected,
        waiting=rows,
        today=found.get("today", 0) + sum(entry.rows for day, entry in entries if day == today),
        last_at=last_at,
        cell=MonthCell(str(Channel.REALTIME), wanted.dataset, part, judge_month(part, expectations().limits)),
    )


def _realtime_figures(
    month: date, wanted: Wanted, institutions: list[Institution], today: date | None
) -> dict[int, Figures]:
    last = days_of_month(month)[-1]
    start = month - timedelta(days=expectations().limits.history_days)
    in_month, before = Q(day__gte=month), Q(day__lt=month)
    facts = DailyFact.objects.filter(
        day__range=(start, last),
        channel=Channel.REALTIME,
        received__gt=0,
        institution_id__in=[item.pk for item in institutions],
    )
    rows = (
        (facts.filter(dataset=wanted.dataset) if wanted.dataset else facts)
        .values("institution_id")
        .annotate(
            days=Count("day", filter=in_month, distinct=True),
            forms=Count("dataset", filter=in_month, distinct=True),
            rows=Sum("received", filter=in_month, default=0),
            refused=Sum("rejected", filter=in_month, default=0),
            today=Sum("received", filter=Q(day=today) if today else Q(pk__in=[]), default=0),
            before_days=Count("day", filter=before, distinct=True),
            before_rows=Sum("received", filter=before, default=0),
        )
        .order_by()
    )
    return {
        row["institution_id"]: {**row, "received": row["rows"], "rejected": row["refused"]}  # type: ignore[dict-item]
        for row in rows
    }


def _last_arrivals(month: date, wanted: Wanted, institutions: list[Institution]) -> dict[int, datetime]:
    came = Submission.objects.filter(
        institution_id__in=[item.pk for item in institutions],
        day__range=(month, days_of_month(month)[-1]),
        channel=Channel.REALTIME,
        state__in=ARRIVED,
    )
    rows = (
        (came.filter(dataset=wanted.dataset) if wanted.dataset else came)
        .values_list("institution_id")
        .annotate(at=Max("received_at"))
        .order_by()
    )
    return {institution: at.astimezone(BEIJING) for institution, at in rows}
