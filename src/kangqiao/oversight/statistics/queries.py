"""Reads of facts: the month of every institution, the month day by day, rows stored so far."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.http import Http404

from kangqiao.access.audit.actions import record_event
from kangqiao.access.rights import Reach, Reader
from kangqiao.base.clock import days_of_month
from kangqiao.oversight.statistics.models import DailyFact, DailyMeasure
from kangqiao.oversight.statistics.rules import (
    HEALTH_RECORDS,
    INCOME,
    INPATIENT_CHARGE,
    INPATIENT_DISCHARGE,
    OUTPATIENT_CHARGE,
    OUTPATIENT_VISIT,
    DayCell,
    MatrixRow,
    MonthFigures,
    RowTotals,
    StoredRows,
    TableCoverage,
    TableFigures,
)
from kangqiao.registry.models import Institution
from kangqiao.registry.queries import declarations_in, institution_by_text, listed_institutions
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Channel

SCHEDULED = Q(channel=Channel.SCHEDULED)
REALTIME = Q(channel=Channel.REALTIME, received__gt=0)

DayCounts = tuple[int, int, int]
"""Datasets, rows received, rows rejected."""


def month_figures(month: date, kind: str | None = None, reach: Reach = None) -> list[MonthFigures]:
    """Every listed institution's month, in the bulletin's order; one that sent nothing has zeros.

    ``month`` is the month's first day. An institution that is not listed has a row when it sent something.
    ``reach`` narrows this and its like to institutions by their keys; None: all.
    """
    counts = _month_counts(month)
    income = _month_income(month)
    listed = _within(listed_institutions(month, kind, also=counts), reach)
    return [_figures(item, month, counts.get(item.pk, {}), income.get(item.pk, {})) for item in listed]


def month_tables(month: date, kind: str | None = None, reach: Reach = None) -> list[TableFigures]:
    """Every listed institution's month by tables, those with most rows first, as the layout of 2020 prints it."""
    counts = _month_counts(month)
    uploaded = _uploaded_tables(month)
    records = _health_records(month)
    declared = declarations_in(month)
    figures = [
        _table_figures(
            item,
            month,
            counts.get(item.pk, {}),
            TableCoverage(prescribed_tables(item.kind), declared.get(item.pk), frozenset(uploaded[item.pk])),
            records[item.pk],
        )
        for item in _within(listed_institutions(month, kind, also=counts.keys() | declared.keys()), reach)
    ]
    return sorted(figures, key=lambda item: -item.rows)


def tables_for(reader: Reader, month: date, code: str) -> TableFigures:
    """One institution's month by tables. Raises Http404 for absent and forbidden; forbidden leaves an event."""
    institution = institution_by_text(code)
    if institution is not None and not reader.covers("tables.view", institution.pk):
        with transaction.atomic():
            record_event(
                reader, "access.refused", subject=institution.code, institution_id=institution.pk, outcome="refused",
                detail={"permission": "tables.view"},
            )  # fmt: skip
        raise Http404
    reach = reader.institutions("tables.view")
    figures = next((item for item in month_tables(month, reach=reach) if item.code == code), None)
    if figures is None:
        raise Http404
    return figures


def prescribed_tables(kind: str) -> tuple[str, ...]:
    """Names of the tables prescribed to ``kind`` by schedule, in the profile's order."""
    prescribed = catalogue().profile(kind).prescriptions
    return tuple(item.dataset for item in prescribed if item.channel is Channel.SCHEDULED)


def stored_rows(month: date) -> list[StoredRows]:
    """Validated rows of each channel: in the month, and in all current submissions up to its last day."""
    days = days_of_month(month)
    found = (
        DailyFact.objects.filter(day__lte=days[-1])
        .values("channel")
        .annotate(month=Sum("stored", filter=Q(day__gte=month), default=0), cumulative=Sum("stored"))
        .order_by()
    )
    rows = {row["channel"]: StoredRows(row["channel"], row["month"], row["cumulative"]) for row in found}
    return [rows.get(channel, StoredRows(channel, 0, 0)) for channel in (Channel.SCHEDULED, Channel.REALTIME)]


def month_totals(month: date, reach: Reach = None) -> RowTotals:
    """Rows of all institutions in the month, by what became of them."""
    sums = {name: Sum(name, default=0) for name in ("received", "stored", "duplicate", "rejected")}
    return RowTotals(**_facts(reach).filter(day__range=_bounds(month)).aggregate(**sums))


def latest_month(reach: Reach = None) -> date | None:
    """First day of the newest month with facts."""
    last = _facts(reach).aggregate(last=Max("day"))["last"]
    return last.replace(day=1) if last else None


def month_matrix(month: date, kind: str, channel: str, today: date, reach: Reach = None) -> list[MatrixRow]:
    """Which of the datasets due every day came, per institution of ``kind`` and day.

    ``channel`` narrows to one channel; an empty text takes both. Datasets due once a month are left out.
    """
    prescribed = catalogue().profile(kind).prescriptions
    daily = [item for item in prescribed if item.every == "day" and channel in ("", item.channel)]
    due = [(str(item.channel), item.dataset) for item in daily]
    found = _matrix_counts(month, kind, due)
    return [
        MatrixRow(
            item.code, item.name_in(month), len(due), _cells(found[item.pk], days_of_month(month), len(due), today)
        )
        for item in _within(listed_institutions(month, kind, also=found), reach)
    ]


def _within(institutions: list[Institution], reach: Reach) -> list[Institution]:
    return [item for item in institutions if reach is None or item.pk in reach]


def _facts(reach: Reach) -> QuerySet[DailyFact]:
    return DailyFact.objects.all() if reach is None else DailyFact.objects.filter(institution_id__in=reach)


def _month_counts(month: date) -> dict[int, dict[str, Any]]:
    rows = (
        DailyFact.objects.filter(day__range=_bounds(month))
        .values("institution_id")
        .annotate(
            rows=Sum("received"),
            upload_days=Count("day", filter=Q(received__gt=0), distinct=True),
            scheduled_rows=Sum("received", filter=SCHEDULED, default=0),
            realtime_days=Count("day", filter=REALTIME, distinct=True),
            realtime_forms=Count("dataset", filter=REALTIME, distinct=True),
            outpatient_visits=Sum("stored", filter=SCHEDULED & Q(dataset=OUTPATIENT_VISIT), default=0),
            discharges=Sum("stored", filter=SCHEDULED & Q(dataset=INPATIENT_DISCHARGE), default=0),
            outpatient_charges=Sum("received", filter=SCHEDULED & Q(dataset=OUTPATIENT_CHARGE), default=0),
            inpatient_charges=Sum("received", filter=SCHEDULED & Q(dataset=INPATIENT_CHARGE), default=0),
        )
        .order_by()
    )
    return {row["institution_id"]: {**row} for row in rows}


def _month_income(month: date) -> dict[int, dict[str, Decimal]]:
    """Institution → dataset → yuan. Added up here: SQLite would add decimals as floats."""
    values = DailyMeasure.objects.filter(
        fact__day__range=_bounds(month),
        fact__channel=Channel.SCHEDULED,
        fact__dataset__in=(OUTPATIENT_CHARGE, INPATIENT_CHARGE),
        measure=INCOME,
    ).values_list("fact__institution_id", "fact__dataset", "value")
    sums: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for institution, dataset, value in values:
        sums[institution][dataset] += value
    return sums


def _figures(item: Institution, month: date, counts: dict[str, Any], income: dict[str, Decimal]) -> MonthFigures:
    prescribed = catalogue().profile(item.kind).prescriptions
    return MonthFigures(
        code=item.code,
        institution=item.name_in(month),
        kind=item.kind,
        scheduled_rows=counts.get("scheduled_rows", 0),
        realtime_days=counts.get("realtime_days", 0),
        realtime_forms=counts.get("realtime_forms", 0),
        realtime_prescribed=sum(entry.channel == Channel.REALTIME for entry in prescribed),
        outpatient_visits=counts.get("outpatient_visits", 0),
        outpatient_income=_income(counts.get("outpatient_charges", 0), income.get(OUTPATIENT_CHARGE)),
        discharges=counts.get("discharges", 0),
        inpatient_income=_income(counts.get("inpatient_charges", 0), income.get(INPATIENT_CHARGE)),
    )


def _table_figures(
    item: Institution, month: date, counts: dict[str, Any], coverage: TableCoverage, records: dict[str, int]
) -> TableFigures:
    basic, hypertension, diabetes = (records.get(name, 0) for name in HEALTH_RECORDS)
    return TableFigures(
        code=item.code,
        institution=item.name_in(month),
        kind=item.kind,
        coverage=coverage,
        rows=counts.get("rows", 0),
        upload_days=counts.get("upload_days", 0),
        outpatient_visits=counts.get("outpatient_visits", 0),
        discharges=counts.get("discharges", 0),
        records=(basic, hypertension, diabetes),
    )


def _uploaded_tables(month: date) -> dict[int, set[str]]:
    """Institution's key → tables of which rows came in the month."""
    came = DailyFact.objects.filter(day__range=_bounds(month), received__gt=0)
    tables: dict[int, set[str]] = defaultdict(set)
    for institution, dataset in came.values_list("institution_id", "dataset").distinct().order_by():
        tables[institution].add(dataset)
    return tables


def _health_records(month: date) -> dict[int, dict[str, int]]:
    """Institution's key → table → rows stored of all time up to the month's end. A record sent twice counts once:
    its second row is a duplicate and is not stored."""
    rows = (
        DailyFact.objects.filter(SCHEDULED, dataset__in=HEALTH_RECORDS, day__lte=_bounds(month)[1])
        .values_list("institution_id", "dataset")
        .annotate(stored=Sum("stored"))
        .order_by()
    )
    records: dict[int, dict[str, int]] = defaultdict(dict)
    for institution, dataset, stored in rows:
        records[institution][dataset] = stored
    return records


def _income(rows: int, amount: Decimal | None) -> Decimal | None:
    return (amount or Decimal(0)) if rows else None


def _matrix_counts(month: date, kind: str, due: list[tuple[str, str]]) -> dict[int, dict[date, DayCounts]]:
    wanted = Q(pk__in=[])
    for channel in {channel for channel, _ in due}:
        wanted |= Q(channel=channel, dataset__in=[dataset for other, dataset in due if other == channel])
    rows = (
        DailyFact.objects.filter(wanted, day__range=_bounds(month), institution__kind=kind, received__gt=0)
        .values("institution_id", "day")
        .annotate(datasets=Count("pk"), rows=Sum("received"), refused=Sum("rejected"))
        .order_by()
    )
    found: dict[int, dict[date, DayCounts]] = defaultdict(dict)
    for row in rows:
        found[row["institution_id"]][row["day"]] = (row["datasets"], row["rows"], row["refused"])
    return found


def _cells(found: dict[date, DayCounts], days: list[date], due: int, today: date) -> tuple[DayCell, ...]:
    cells = []
    for day in days:
        datasets, received, rejected = found.get(day, (0, 0, 0))
        cells.append(DayCell(day, datasets, due, received, rejected, day < today))
    return tuple(cells)


def _bounds(month: date) -> tuple[date, date]:
    days = days_of_month(month)
    return days[0], days[-1]
