"""The worker (后台任务进程): a watcher that takes jobs, and child processes that run them.

Processes, not threads: a thread that hangs cannot be stopped, and one that takes the interpreter down takes all down.
The watcher runs no task itself, so nothing a task does can keep it from beating, counting time and taking up others.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from django.db import DatabaseError, InterfaceError, connections

from kangqiao.base.clock import now
from kangqiao.jobs.child import call_task, run_orders
from kangqiao.jobs.models import Job
from kangqiao.jobs.queue import begin_periodic, give_back, keep_jobs, report_end, take_job
from kangqiao.jobs.registry import TASKS
from kangqiao.jobs.rules import Outcome

TURN_SECONDS = 0.25
BEAT_SECONDS = 10.0
GRACE_SECONDS = 25.0
START_SECONDS = 60.0
JOBS_A_CHILD = 500
PARENT = "KANGQIAO_PARENT"

log = logging.getLogger("kangqiao.jobs")
_spawn = multiprocessing.get_context("spawn")


class Place:
    """Room for one job at a time, in a child process that is started when first needed."""

    def __init__(self) -> None:
        self.job: Job | None = None
        self.outcome: Outcome | None = None
        self._began = 0.0
        self._is_ready = False
        self._left = 0
        self._child: BaseProcess | None = None
        self.line: Connection | None = None

    def begin(self, job: Job) -> None:
        if self._child is None or not self._child.is_alive() or not self._left:
            self._start_child()
        assert self.line is not None
        self.job, self.outcome = job, None
        self._began = time.monotonic()
        self._left -= 1
        try:
            self.line.send((job.task, job.payload))
        except OSError:
            self._note_death()

    def _start_child(self) -> None:
        self.end_child()
        self.line, theirs = _spawn.Pipe()
        self._child = _spawn.Process(target=run_orders, args=(theirs,), daemon=True)
        self._child.start()
        theirs.close()
        self._left, self._is_ready = JOBS_A_CHILD, False

    def look(self) -> None:
        """Note the outcome if there is one: told by the child, or by its death, or by the clock."""
        if self.job is None or self.outcome is not None or self.line is None:
            return
        limit = TASKS[self.job.task].limit_seconds + (0 if self._is_ready else START_SECONDS)
        try:
            if self.line.poll():
                self._hear(self.line.recv())
            elif time.monotonic() - self._began > limit:
                self.end_child()
                self.outcome = Outcome(f"超过时限 {limit:g} 秒，已中止。")
        except (EOFError, OSError):
            self._note_death()

    def _hear(self, said: Outcome | None) -> None:
        """The child says nothing when it has started and begins: its time is counted from here."""
        if said is None:
            self._began, self._is_ready = time.monotonic(), True
        else:
            self.outcome = said

    def _note_death(self) -> None:
        code = None
        if self._child is not None:
            self._child.join(5)
            code = self._child.exitcode
        self.end_child()
        self.outcome = Outcome(f"执行它的进程意外结束（退出码 {code}）。")

    def end_child(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.join()
            self._child.close()
        if self.line is not None:
            self.line.close()
        self._child = self.line = None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began


@dataclass
class _Next:
    beat: float = 0.0
    calendar: float = 0.0


class Worker:
    """Runs jobs in ``places`` child processes until it is stopped."""

    def __init__(self, places: int = 2) -> None:
        self._places = [Place() for _ in range(places)]
        self._is_stopping = threading.Event()
        self._next = _Next()
        self._parent = int(os.environ.get(PARENT, "0"))

    def stop(self, *_: object) -> None:
        """Take no more jobs; those that run have a while to end. Also a signal handler."""
        self._is_stopping.set()

    def run(self, *, once: bool = False) -> None:
        """Until stopped; ``once``: until nothing is due."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        try:
            while not self._has_to_stop():
                is_idle = self._guarded_turn()
                if once and is_idle:
                    break
                self._next.calendar = float("inf") if once else self._next.calendar
                self._sleep()
        finally:
            self._end()

    def _has_to_stop(self) -> bool:
        return self._is_stopping.is_set() or (self._parent > 0 and os.getppid() != self._parent)

    def _sleep(self) -> None:
        """Until a child says something, a quarter of a second at most."""
        lines = [place.line for place in self._places if place.job and not place.outcome and place.line]
        if lines:
            wait(lines, TURN_SECONDS)
        else:
            self._is_stopping.wait(TURN_SECONDS)

    def _guarded_turn(self) -> bool:
        """A turn; when the database is away, everything stays as it is until it is back."""
        try:
            return self._turn()
        except (DatabaseError, InterfaceError) as error:
            log.warning("the database does not answer: %s", type(error).__name__)
            connections.close_all()
            self._is_stopping.wait(1.0)
            return False

    def _turn(self) -> bool:
        """Look after all places once; whether nothing was due and nothing runs."""
        self._settle()
        self._beat()
        self._look_at_calendar()
        self._fill()
        return all(place.job is None for place in self._places)

    def _settle(self) -> None:
        for place in self._places:
            place.look()
            if place.job is not None and place.outcome is not None:
                report_end(place.job, place.outcome, now())
                _log_end(place.job, place.outcome, place.seconds)
                place.job = place.outcome = None

    def _beat(self) -> None:
        if time.monotonic() < self._next.beat:
            return
        self._next.beat = time.monotonic() + BEAT_SECONDS
        if leases := [place.job.lease for place in self._places if place.job]:
            keep_jobs(leases, now())

    def _look_at_calendar(self) -> None:
        if time.monotonic() >= self._next.calendar:
            self._next.calendar = time.monotonic() + TURN_SECONDS
            begin_periodic(now())

    def _fill(self) -> None:
        """One task never takes all places: jobs that hang, all of one kind, leave room for others."""
        most = max(1, len(self._places) - 1)
        for place in self._places:
            if place.job is None:
                running = Counter(other.job.task for other in self._places if other.job)
                job = take_job(now(), [task for task, count in running.items() if count >= most])
                if job is None:
                    return
                place.begin(job)

    def _end(self) -> None:
        """Let what runs end in its time, give back the rest, leave no process behind."""
        until = time.monotonic() + GRACE_SECONDS
        while any(place.job for place in self._places) and time.monotonic() < until:
            self._guarded_settling()
            self._sleep_ending()
        for place in self._places:
            place.end_child()
            if place.job is not None:
                _given_back(place.job)

    def _guarded_settling(self) -> None:
        try:
            self._settle()
            self._beat()
        except (DatabaseError, InterfaceError):
            connections.close_all()

    def _sleep_ending(self) -> None:
        lines = [place.line for place in self._places if place.job and place.line]
        if lines:
            wait(lines, TURN_SECONDS)


def _given_back(job: Job) -> None:
    try:
        give_back(job, now())
    except (DatabaseError, InterfaceError):
        log.warning("job %s could not be given back: its lease will run out", job.pk)


def _log_end(job: Job, outcome: Outcome, seconds: float) -> None:
    facts = {"job": job.pk, "task": job.task, "attempt": job.attempts, "milliseconds": round(seconds * 1000)}
    line = " ".join(f"{name}={value}" for name, value in facts.items())
    if outcome.is_good:
        log.info("done %s", line, extra=facts)
    else:
        log.warning("failed %s: %s", line, outcome.reason, extra=facts)


def run_due_jobs() -> int:
    """Run what is due in this very process, without periodic tasks; how many jobs ended. For tests and scripts."""
    ended = 0
    while job := take_job(now()):
        report_end(job, call_task(job.task, job.payload), now())
        ended += 1
    return ended
