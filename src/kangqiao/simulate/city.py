"""The whole city: institution by institution, on as many processes as asked for, and the plan of it all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kangqiao.base.errors import StateConflict
from kangqiao.simulate.allocation import Allocation, allocate, give_rest
from kangqiao.simulate.book import Book, arranged
from kangqiao.simulate.chance import stream
from kangqiao.simulate.days import busyness, day_number
from kangqiao.simulate.faults.planting import NOTHING, Share, share_out
from kangqiao.simulate.figures import published
from kangqiao.simulate.house import House
from kangqiao.simulate.jobs import population, run_jobs
from kangqiao.simulate.month import Month
from kangqiao.simulate.scale import Quota, Wish, quota
from kangqiao.simulate.sending import Sender, Sent, planted_rows
from kangqiao.simulate.style import Style
from kangqiao.simulate.tables_city import write_tables
from kangqiao.simulate.tables_month import TABLES_MONTHS
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Channel

_REALTIME_VISITS = 3
"""Visits a day in real time; other forms have as many or fewer."""


@dataclass(frozen=True, slots=True)
class Job:
    """One institution to write."""

    wish: Wish
    number: int
    """Place in the collection tables, from 1."""
    out: Path

    @property
    def quota(self) -> Quota:
        return quota(published()[self.number - 1], self.wish)

    @property
    def weight(self) -> int:
        return self.quota.scheduled_rows

    @property
    def house(self) -> House:
        figures = published()[self.number - 1]
        return House(figures.institution, figures.kind, self.number, population(self.wish))


def write_city(
    wish: Wish, out: Path, processes: int = 2, tell: Callable[[int, int], None] | None = None
) -> dict[str, Any]:
    """Write all files and ``plan.json`` into ``out``; the plan is returned.

    ``tell`` is called with (rows written, rows in all) after each institution. Raises RequestRefused for a wish that
    cannot be met and StateConflict when ``out`` has anything in it.
    """
    if out.exists() and any(out.iterdir()):
        raise StateConflict(f"目录 {out} 不是空的，请换一个目录。")
    plan = (
        write_tables(wish, out, processes, tell) if wish.month in TABLES_MONTHS else _write(wish, out, processes, tell)
    )
    text = json.dumps(plan, ensure_ascii=False, indent=1, sort_keys=True)
    (out / "plan.json").write_text(text + "\n", encoding="utf-8")
    return plan


def _write(wish: Wish, out: Path, processes: int, tell: Callable[[int, int], None] | None) -> dict[str, Any]:
    names = [item.institution for item in published()]
    jobs = [Job(wish, names.index(figures.institution) + 1, out) for figures in wish.chosen()]
    out.mkdir(parents=True, exist_ok=True)
    done = run_jobs(jobs, processes, write_institution, tell)
    return _plan(jobs, done)


def write_institution(job: Job) -> tuple[Sent, Sent]:
    """Write what one institution sends: by schedule and in real time."""
    return _write_scheduled(job), _write_realtime(job)


def _prescribed(job: Job, channel: Channel) -> tuple[str, ...]:
    """Datasets prescribed on a channel that can be made, in the profile's order."""
    profile = catalogue().profile(job.house.kind)
    return tuple(p.dataset for p in profile.prescriptions if p.channel is channel and p.dataset in arranged())


def _write_scheduled(job: Job) -> Sent:
    share = job.quota
    plan = allocate(share, _prescribed(job, Channel.SCHEDULED))
    faults = share_out(share.faulty_rows, plan.good)
    plan.left = share.scheduled_rows - sum(plan.good.values()) - sum(one.added for one in faults.values())
    give_rest(plan)
    days = job.wish.days
    month = Month(
        house=job.house,
        channel="scheduled",
        days=np.array([day_number(day) for day in days]),
        weights=busyness(days),
        counts=plan.good,
        encounters=plan.encounters if plan.good else 0,
        stays=plan.stays,
        outpatient_cents=share.outpatient_cents or 0,
        inpatient_cents=share.inpatient_cents or 0,
    )
    return _send(job, month, faults)


def _write_realtime(job: Job) -> Sent:
    share = job.quota
    if not share.realtime_days or not share.forms:
        return Sent()
    days = job.wish.days
    chosen = stream(job.wish.seed, share.institution, "realtime").choice(len(days), share.realtime_days, replace=False)
    forms = _prescribed(job, Channel.REALTIME)[: share.forms]
    plan = _realtime(forms, share.realtime_days)
    month = Month(
        house=job.house,
        channel="realtime",
        days=np.array([day_number(days[place]) for place in sorted(chosen.tolist())]),
        weights=np.ones(share.realtime_days),
        counts=plan.good,
        encounters=plan.encounters,
        stays=plan.stays,
        outpatient_cents=plan.encounters * 32_000,
        inpatient_cents=plan.stays * 1_500_000,
    )
    return _send(job, month, {})


def _realtime(forms: tuple[str, ...], days: int) -> Allocation:
    """A few rows of each form a day; the first form has rows every day."""
    visits, stays = days * _REALTIME_VISITS, days + 1
    few = {
        "inpatient_admission": stays,
        "inpatient_charge": stays,
        "inpatient_discharge": days,
        "operation_record": days,
    }
    good = {form: few.get(form, visits) for form in forms}
    return Allocation(good, encounters=visits, stays=stays)


def _send(job: Job, month: Month, faults: dict[str, Share]) -> Sent:
    book, sent, style = Book(month), Sent(), Style(job.number)
    folder = job.out / month.house.name / month.channel
    for dataset in catalogue().in_loading_order():
        if month.counts.get(dataset.name):
            share = faults.get(dataset.name, NOTHING)
            sent += Sender(book, dataset, style, folder / dataset.name, share).write()
    return sent


def _plan(jobs: list[Job], done: dict[int, tuple[Sent, Sent]]) -> dict[str, Any]:
    scheduled, realtime = Sent(), Sent()
    institutions = []
    for job in sorted(jobs, key=lambda job: job.number):
        ours, live = done[job.number]
        told = {"stored": ours.stored, "rejected": ours.rejected, "duplicate": ours.duplicate}
        institutions.append(job.quota.promised() | told)
        scheduled += ours
        realtime += live
    wish = jobs[0].wish if jobs else Wish()
    return {
        "month": wish.month,
        "rows": wish.rows,
        "faults": wish.faults,
        "seed": wish.seed,
        "days": [day.isoformat() for day in (wish.days[0], wish.days[-1])],
        "institutions": institutions,
        "faults_planted": planted_rows(scheduled.planted),
        "files": scheduled.files + realtime.files,
        "total_rows": sum(one.stored + one.rejected + one.duplicate for one in (scheduled, realtime)),
        "stored_scheduled": scheduled.stored,
        "stored_realtime": realtime.stored,
    }
