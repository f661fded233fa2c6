"""The city in a month that is told by tables (May 2020): institution by institution, and the plan of it all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from kangqiao.simulate.book import Book
from kangqiao.simulate.chance import stream
from kangqiao.simulate.choosing import Choice, choose, declared_tables, prescribed
from kangqiao.simulate.days import busyness, day_number, day_of, spread
from kangqiao.simulate.faults.planting import NOTHING, Share, share_out
from kangqiao.simulate.generic.breaking import Breaker
from kangqiao.simulate.generic.templates import Known, Wanted, dressed
from kangqiao.simulate.house import House
from kangqiao.simulate.jobs import population, run_jobs
from kangqiao.simulate.month import Month
from kangqiao.simulate.scale import Wish
from kangqiao.simulate.sending import Sender, Sent, planted_rows
from kangqiao.simulate.style import Style, texts
from kangqiao.simulate.tables.chunk import Chunk
from kangqiao.simulate.tables.community import residents
from kangqiao.simulate.tables.sheets import SHEETS
from kangqiao.simulate.tables_month import RECORDS, TableFigures, TableQuota, chosen, eve, quota_of
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Dataset

DECLARATION = "申报.csv"
_VISIT_CENTS = 35_000
_STAY_CENTS = 1_600_000
_KNOWN = 600
"""Rows of a table that others may point at."""
_WITHOUT_PEOPLE = ("department", "staff", "bed", "infectious_disease_card")
"""Tables pointed at whose rows are not about the patient of a visit or stay."""


@dataclass(frozen=True, slots=True)
class TablesJob:
    """One institution to write."""

    wish: Wish
    figures: TableFigures
    out: Path

    @property
    def number(self) -> int:
        return self.figures.number

    @property
    def quota(self) -> TableQuota:
        return quota_of(self.figures, self.wish)

    @property
    def weight(self) -> int:
        return self.quota.rows


@dataclass
class Told:
    """What one institution has sent: in the month, and the health records before it."""

    sent: Sent = field(default_factory=Sent)
    before: Sent = field(default_factory=Sent)
    tables: int = 0
    days: set[str] = field(default_factory=set)
    records: tuple[int, ...] = (0, 0, 0)
    declared: int | None = None


def write_tables(
    wish: Wish, out: Path, processes: int, tell: Callable[[int, int], None] | None = None
) -> dict[str, Any]:
    """Write all files into ``out``; the plan is returned. Raises RequestRefused for a wish that cannot be met."""
    jobs = [TablesJob(wish, figures, out) for figures in chosen(wish)]
    out.mkdir(parents=True, exist_ok=True)
    return _plan(jobs, run_jobs(jobs, processes, write_institution, tell))


def write_institution(job: TablesJob) -> Told:
    """Write what one institution sends, and its declaration."""
    return _Writer(job).write()


class _Writer:
    def __init__(self, job: TablesJob) -> None:
        self._job = job
        self._quota = job.quota
        self._house = House(job.figures.institution, job.figures.kind, job.number, population(job.wish))
        self._style = Style(job.number)
        self._folder = job.out / self._house.name
        self._told = Told()
        self._known: dict[str, Known] = {}

    def write(self) -> Told:
        choice = choose(self._quota)
        self._declare(choice)
        if not self._quota.rows:
            return self._told
        faults = share_out(self._quota.faulty_rows, choice.good)
        left = self._quota.rows - sum(choice.good.values()) - sum(share.added for share in faults.values())
        choice.good[max(choice.sheets or choice.good, key=lambda name: choice.good[name])] += left
        self._stock(choice)
        month = self._month(choice)
        for dataset in catalogue().in_loading_order():
            if dataset.name in choice.good:
                self._send(dataset, month, choice, faults.get(dataset.name, NOTHING))
        self._told.days = {path.name[:10] for path in self._folder.glob("scheduled/*/*")} & self._days_written
        return self._told

    @property
    def _days_written(self) -> set[str]:
        return {day.isoformat() for day in self._job.wish.days}

    def _declare(self, choice: Choice) -> None:
        names = declared_tables(self._quota, choice.good)
        if names is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            lines = "".join(f"{name}\n" for name in ["dataset", *names])
            (self._folder / DECLARATION).write_text(lines, encoding="utf-8")
            self._told.declared = len(names)

    def _month(self, choice: Choice) -> Month:
        days = self._job.wish.days
        rng = stream(self._job.wish.seed, self._house.name, "upload days")
        places = np.sort(rng.choice(len(days), self._quota.upload_days, replace=False))
        written = [days[place] for place in places.tolist()]
        return Month(
            house=self._house,
            channel="scheduled",
            days=np.array([day_number(day) for day in written]),
            weights=busyness(written),
            counts=choice.sheets,
            encounters=choice.encounters,
            stays=choice.stays,
            outpatient_cents=choice.good.get("outpatient_charge", 0) * _VISIT_CENTS,
            inpatient_cents=choice.good.get("inpatient_charge", 0) * _STAY_CENTS,
            first=self._before(choice),
        )

    # ── health records of before the month ───────────────────────────────────────────────────

    def _before(self, choice: Choice) -> dict[str, int]:
        """Health records that are there when the month begins."""
        totals = zip(RECORDS, self._quota.records, strict=True)
        return {name: total - choice.good.get(name, 0) for name, total in totals if total > choice.good.get(name, 0)}

    def _stock(self, choice: Choice) -> None:
        counts = self._before(choice)
        day = np.array([day_number(eve(self._job.wish))])
        book = Book(Month(self._house, "scheduled", day, np.ones(1), counts, encounters=1, stays=0))
        for name in counts:
            self._told.before += self._sender(book, catalogue().dataset(name), NOTHING).write()
        self._told.records = tuple(counts.get(name, 0) + choice.good.get(name, 0) for name in RECORDS)

    # ── tables of the month ──────────────────────────────────────────────────────────────────

    def _send(self, dataset: Dataset, month: Month, choice: Choice, share: Share) -> None:
        rows = choice.good[dataset.name]
        book = Book(month)
        if dataset.name in SHEETS:
            sent = self._sender(book, dataset, share).write()
            self._remember(book, dataset.name)
        else:
            sent = self._write_generic(dataset, month, rows, share)
        self._told.tables += bool(sent.files)
        self._told.sent += sent

    def _sender(self, book: Book, dataset: Dataset, share: Share) -> Sender:
        return Sender(book, dataset, self._style, self._folder / "scheduled" / dataset.name, share)

    def _remember(self, book: Book, name: str) -> None:
        """Keep some rows of a table that others point at."""
        if name not in referred_to():
            return
        chunk = Chunk(book, name, book.rows(name).part(0, _KNOWN))
        columns = {key: np.array(texts(value, len(chunk)), dtype=object) for key, value in SHEETS[name](chunk).items()}
        person = None if name in _WITHOUT_PEOPLE else chunk.person
        self._known[name] = Known(columns, residents(chunk).person if name in RECORDS else person)

    def _write_generic(self, dataset: Dataset, month: Month, rows: int, share: Share) -> Sent:
        position = self._positions(dataset, month, rows)
        wanted = Wanted(dataset, self._house, tuple(month.days.tolist()), position, self._known)
        columns, kept = dressed(wanted)
        self._known[dataset.name] = Known(columns)
        sent = Sent(stored=len(kept))
        filled = {name for name, values in columns.items() if (values != "").any()}
        fields = self._style.fields(dataset, filled)
        names = [item.name for item in fields]
        table = {name: columns[name].copy() for name in names}
        extra: list[tuple[int, list[str]]] = []
        if any(share) and len(kept):
            breaker = Breaker(dataset, columns, names, self._house, month.days[position[kept]], self._style.number * 5)
            sent.planted = breaker.planted
            table, extra = breaker.broken(share)
            sent.rejected, sent.duplicate = breaker.rejected, breaker.duplicate
        days = position[kept]
        lines: dict[int, list[str]] = {}
        for day, line in zip(days.tolist(), self._style.lines([table[name].tolist() for name in names]), strict=True):
            lines.setdefault(day, []).append(line)
        for row, cells in extra:
            lines[int(days[row])].append(self._style.line(cells))
        folder = self._folder / "scheduled" / dataset.name
        folder.mkdir(parents=True, exist_ok=True)
        for day in sorted(lines):
            head = self._style.head(dataset, fields)
            self._style.write(folder / day_of(month.days[day]).isoformat(), [head, *lines[day]])
            sent.files += 1
        return sent

    def _positions(self, dataset: Dataset, month: Month, rows: int) -> np.ndarray:
        """Days of the rows: spread over all, each table beginning on another one."""
        turn = (self._house.number + len(self._known)) % len(month.days)
        counts = np.roll(spread(rows, np.roll(month.weights, -turn)), turn)
        return np.repeat(np.arange(len(month.days)), counts)


@cache
def referred_to() -> frozenset[str]:
    """Datasets that some other points at."""
    return frozenset(one.dataset for dataset in catalogue().datasets.values() for one in dataset.references)


def _plan(jobs: list[TablesJob], done: dict[int, Told]) -> dict[str, Any]:
    whole, before = Sent(), Sent()
    for told in done.values():
        whole += told.sent
        before += told.before
    wish = jobs[0].wish if jobs else Wish()
    return {
        "month": wish.month,
        "rows": wish.rows,
        "faults": wish.faults,
        "seed": wish.seed,
        "days": [day.isoformat() for day in (wish.days[0], wish.days[-1])],
        "institutions": [_line(job, done[job.number]) for job in jobs],
        "faults_planted": planted_rows(whole.planted),
        "files": whole.files + before.files,
        "total_rows": sum(one.stored + one.rejected + one.duplicate for one in (whole, before)),
        "stored_scheduled": whole.stored,
        "stored_before": before.stored,
        "stored_realtime": 0,
    }


def _line(job: TablesJob, told: Told) -> dict[str, Any]:
    """One line of the collection tables as they must come out, and what became of the rows."""
    quota, kind = job.quota, job.figures.kind
    declared = "未反馈" if told.declared is None else told.declared
    records = zip(("basic", "hypertension", "diabetes"), told.records, strict=True) if kind == "district" else ()
    return {
        "institution": job.figures.institution,
        "kind": kind,
        "declared_over_prescribed_tables": f"{declared}/{len(prescribed(kind))}",
        "uploaded_tables": told.tables,
        "rows_uploaded": told.sent.stored + told.sent.rejected + told.sent.duplicate,
        "upload_days": len(told.days),
        "outpatient_visits": quota.visits,
        "discharges": quota.discharges,
        **{f"health_records_{name}": count for name, count in records},
        "stored": told.sent.stored,
        "rejected": told.sent.rejected,
        "duplicate": told.sent.duplicate,
        "stored_before": told.before.stored,
    }
