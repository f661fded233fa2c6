"""Institutions written on as many processes as asked for."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from fractions import Fraction
from typing import Protocol, TypeVar

from kangqiao.simulate.population import CITY, Population
from kangqiao.simulate.scale import Wish

_FEWEST_PEOPLE = 6_000
_IN_ONE_PROCESS = 4_000
"""A city of fewer rows than this is not worth a second process."""


class AnyJob(Protocol):
    """One institution to write."""

    @property
    def number(self) -> int: ...

    @property
    def weight(self) -> int:
        """Rows to write."""


Job = TypeVar("Job", bound=AnyJob)
Result = TypeVar("Result")


def population(wish: Wish) -> Population:
    """The people of the city asked for."""
    return Population(wish.seed, max(_FEWEST_PEOPLE, int(CITY * Fraction(wish.rows))), wish.first)


def run_jobs(
    jobs: list[Job],
    processes: int,
    write: Callable[[Job], Result],
    tell: Callable[[int, int], None] | None = None,
) -> dict[int, Result]:
    """Results by number; the largest institutions first, so that none is left over at the end.

    ``tell`` is called with (rows written, rows in all) after each institution.
    """
    whole = sum(job.weight for job in jobs)
    weights = {job.number: job.weight for job in jobs}
    done: dict[int, Result] = {}
    rows = 0
    for number, result in _run(jobs, processes if whole > _IN_ONE_PROCESS else 1, write):
        done[number] = result
        rows += weights[number]
        if tell:
            tell(rows, whole)
    return done


def _run(jobs: list[Job], processes: int, write: Callable[[Job], Result]) -> Iterator[tuple[int, Result]]:
    ordered = sorted(jobs, key=lambda job: -job.weight)
    if processes <= 1:
        for job in ordered:
            yield job.number, write(job)
        return
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(write, job): job.number for job in ordered}
        for future in as_completed(waiting):
            yield waiting[future], future.result()
