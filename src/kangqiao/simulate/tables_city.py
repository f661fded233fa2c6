"""The city in a month that is told by tables (May 2020): institution by institution, and the plan of it all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from kangqiao.simulate.book import Book, is_of_encounters
from kangqiao.simulate.chance import stream
from kangqiao.simulate.choosing import ABSORBING, Choice, choose, declared_tables, prescribed
from kangqiao.simulate.days import busyness, day_number, day_of, spread
from kangqiao.simulate.faults.planting import NOTHING, Share, share_out
from kangqiao.simulate.generic.breaking import Breaker
from kangqiao.simulate.generic.draft import Columns
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
_ABOUT_RESIDENTS = ("resident_basic_info", "health_checkup")


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


@dataclass(frozen=True, eq=False)
class MadeTable:
    """Clean rows of a table without a sheet, and the position of the day of each."""

    columns: Columns
    position: np.ndarray


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
        self._covered: set[int] = set()
        """Positions of days on which something is sent."""

    def write(self) -> Told:
        choice = choose(self._quota)
        self._declare(choice)
        if not self._quota.rows:
            return self._told
        faults = share_out(self._quota.faulty_rows, choice.good)
        self._give(choice, self._quota.rows - sum(choice.good.values()) - sum(one.added for one in faults.values()))
        month = self._month(choice)
        self._remember_sheets(month, choice)
        made = self._made(month, choice)
        self._give(choice, sum(choice.generic.values()) - sum(len(table.position) for table in made.values()))
        self._stock(choice)
        self._send(self._month(choice), made, choice, faults)
        self._told.days = {path.name[:10] for path in self._folder.glob("scheduled/*/*")} & self._days_written
        return self._told

    def _give(self, choice: Choice, rows: int) -> None:
        """Put rows that are left (or take those too many) where any number of rows is right."""
        if rows:
            free = [name for name in ABSORBING if name in choice.good and name not in referred_to()]
            largest = max(choice.sheets or choice.good, key=lambda name: choice.good[name])
            choice.good[(free or [largest])[0]] += rows

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

    def _send(self, month: Month, made: dict[str, MadeTable], choice: Choice, faults: dict[str, Share]) -> None:
        book = Book(month)
        for dataset in catalogue().in_loading_order():
            if not choice.good.get(dataset.name):
                continue
            share = faults.get(dataset.name, NOTHING)
            if dataset.name in SHEETS:
                sent = self._sender(book, dataset, share).write()
            else:
                sent = self._write_made(dataset, month, made[dataset.name], share)
            self._told.tables += bool(sent.files)
            self._told.sent += sent

    def _sender(self, book: Book, dataset: Dataset, share: Share) -> Sender:
        return Sender(book, dataset, self._style, self._folder / "scheduled" / dataset.name, share)

    def _remember_sheets(self, month: Month, choice: Choice) -> None:
        """Keep some rows of the tables that others point at."""
        book = Book(month)
        for name in choice.sheets:
            rows = book.rows(name)
            self._covered |= set(rows.position.tolist())
            if name in referred_to() and len(rows):
                chunk = Chunk(book, name, rows.part(0, _KNOWN))
                made = SHEETS[name](chunk)
                columns = {key: np.array(texts(value, len(chunk)), dtype=object) for key, value in made.items()}
                self._known[name] = Known(columns, _people_of(chunk))

    def _made(self, month: Month, choice: Choice) -> dict[str, MadeTable]:
        """Rows of all tables without a sheet."""
        made: dict[str, MadeTable] = {}
        whole = tuple(day_number(day) for day in self._job.wish.days)
        for dataset in catalogue().in_loading_order():
            if rows := choice.generic.get(dataset.name):
                position = self._positions(dataset.name, month, rows)
                wanted = Wanted(dataset, self._house, tuple(month.days.tolist()), position, self._known, whole)
                columns, kept = dressed(wanted)
                made[dataset.name] = MadeTable(columns, position[kept])
                if len(kept):
                    self._known[dataset.name] = Known(columns)
        return made

    def _positions(self, name: str, month: Month, rows: int) -> np.ndarray:
        """Days of the rows: first those on which nothing else is sent, then by how busy they are."""
        bare = sorted(set(range(len(month.days))) - self._covered)[:rows]
        self._covered |= set(bare)
        chance = month.rng("positions", name).random(len(month.days))
        others = np.repeat(np.arange(len(month.days)), spread(rows - len(bare), month.weights * (0.5 + chance)))
        return np.sort(np.concatenate([np.array(bare, dtype=np.int64), others]))

    def _write_made(self, dataset: Dataset, month: Month, made: MadeTable, share: Share) -> Sent:
        sent = Sent(stored=len(made.position))
        filled = {name for name, values in made.columns.items() if (values != "").any()}
        fields = self._style.fields(dataset, filled)
        names = [item.name for item in fields]
        table = {name: made.columns[name] for name in names}
        extra: list[tuple[int, list[str]]] = []
        if any(share) and len(made.position) >= sum(share):
            day = month.days[made.position]
            breaker = Breaker(dataset, made.columns, names, self._house, day, self._style.number * 5)
            table, extra = breaker.broken(share)
            sent.planted, sent.rejected, sent.duplicate = breaker.planted, breaker.rejected, breaker.duplicate
        lines = self._by_day(made.position, table, extra)
        folder = self._folder / "scheduled" / dataset.name
        folder.mkdir(parents=True, exist_ok=True)
        for position in sorted(lines):
            day_name = day_of(month.days[position]).isoformat()
            self._style.write(folder / day_name, [self._style.head(dataset, fields), *lines[position]])
        sent.files = len(lines)
        return sent

    def _by_day(self, position: np.ndarray, table: Columns, extra: list[tuple[int, list[str]]]) -> dict[int, list[str]]:
        lines: dict[int, list[str]] = {}
        written = self._style.lines([values.tolist() for values in table.values()])
        for day, line in zip(position.tolist(), written, strict=True):
            lines.setdefault(day, []).append(line)
        for row, cells in extra:
            lines[int(position[row])].append(self._style.line(cells))
        return lines


def _people_of(chunk: Chunk) -> np.ndarray | None:
    """Whom the rows are about, where that can be told."""
    if chunk.dataset in _ABOUT_RESIDENTS:
        return residents(chunk).person
    return chunk.person if is_of_encounters(chunk.dataset) else None


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
