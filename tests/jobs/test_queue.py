"""The table as a queue: one taker a start, leases, pauses, giving up, rests, periodic tasks."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from kangqiao.base.clock import BEIJING
from kangqiao.base.errors import StateConflict
from kangqiao.jobs import queue
from kangqiao.jobs.actions import discard_job, enqueue, retry_job
from kangqiao.jobs.models import Job, JobState, PeriodicTask, TaskPace
from kangqiao.jobs.queries import jobs_by_state, oldest_due
from kangqiao.jobs.queue import begin_periodic, forget_finished, give_back, keep_jobs, report_end, take_job
from kangqiao.jobs.registry import TASKS, Task
from kangqiao.jobs.rules import Outcome
from kangqiao.jobs.worker import run_due_jobs

pytestmark = pytest.mark.django_db

NOON = datetime(2024, 6, 10, 12, tzinfo=BEIJING)
GOOD, BAD = Outcome(), Outcome("程序出错。")


def second(number: float) -> datetime:
    return NOON + timedelta(seconds=number)


@pytest.fixture(autouse=True)
def tasks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two tasks that note what they are given, and nothing else; chance always gives the longest pause."""
    seen: list[str] = []

    def note(text: str = "") -> None:
        seen.append(text)

    monkeypatch.setattr(queue.random, "random", lambda: 1.0)
    for name in list(TASKS):
        monkeypatch.delitem(TASKS, name)
    monkeypatch.setitem(TASKS, "note", Task("note", note, attempts=3))
    monkeypatch.setitem(TASKS, "other", Task("other", note))
    return seen


def put(task: str = "note", **values) -> Job:
    return enqueue(task, {"text": values.pop("text", "a")}, run_at=values.pop("run_at", NOON), **values)


def state_of(job: Job) -> tuple[str, int, str]:
    job = Job.objects.get(pk=job.pk)
    return job.state, job.attempts, job.reason


def test_an_unknown_task_and_a_payload_it_does_not_take_are_refused_at_once():
    with pytest.raises(StateConflict):
        enqueue("nothing", {})
    with pytest.raises(TypeError):
        enqueue("note", {"test": "a"})
    assert Job.objects.count() == 0


def test_a_waiting_job_with_the_same_key_is_not_doubled_but_a_running_one_is_followed():
    first = put(key="day:1")
    assert put(key="day:1").pk == first.pk
    assert take_job(NOON).pk == first.pk
    second_job = put(key="day:1")
    assert second_job.pk != first.pk
    assert put(key="day:2").pk not in {first.pk, second_job.pk}
    assert put().pk != put().pk


def test_the_longest_due_comes_first_each_once_and_none_before_its_time():
    late, early, future = put(run_at=second(2)), put(run_at=second(1)), put(run_at=second(60))
    assert [take_job(second(3)).pk, take_job(second(3)).pk, take_job(second(3))] == [early.pk, late.pk, None]
    assert state_of(future) == ("waiting", 0, "")
    assert state_of(early) == ("running", 1, "")


def test_tasks_that_are_full_or_unknown_here_are_left():
    unknown = put()
    Job.objects.filter(pk=unknown.pk).update(task="of.tomorrow")
    put("note"), put("other")
    assert take_job(NOON, full=["note"]).task == "other"
    assert take_job(NOON, full=["note"]) is None
    assert state_of(unknown) == ("waiting", 0, "")


def test_a_lease_that_is_kept_holds_and_one_that_ran_out_is_taken_up_again():
    job = put()
    held = take_job(NOON)
    keep_jobs([held.lease], second(50))
    assert take_job(second(70)) is None
    again = take_job(second(111))
    assert (again.pk, again.attempts) == (job.pk, 2)
    report_end(held, GOOD, second(112))
    assert state_of(job) == ("running", 2, "")
    report_end(again, GOOD, second(113))
    assert state_of(job) == ("done", 2, "")


def test_a_job_that_kills_its_process_is_given_up_after_its_attempts():
    job = put()
    for number in range(3):
        assert take_job(second(number * 100)).attempts == number + 1
    assert take_job(second(300)) is None
    assert state_of(job) == ("given_up", 3, "执行它的进程意外中断，已试 3 次。")


def test_failures_are_tried_again_after_growing_pauses_and_given_up_with_the_reason():
    job = put()
    report_end(take_job(NOON), BAD, NOON)
    assert Job.objects.get().run_at == second(2)
    report_end(take_job(second(2)), BAD, second(2))
    assert Job.objects.get().run_at == second(6)
    report_end(take_job(second(6)), BAD, second(6))
    assert state_of(job) == ("given_up", 3, "程序出错。")


def test_what_trying_again_does_not_mend_is_given_up_at_once():
    job = put()
    report_end(take_job(NOON), Outcome("文件有误。", is_final=True), NOON)
    assert state_of(job) == ("given_up", 1, "文件有误。")
    assert TaskPace.objects.count() == 0


def test_a_failed_job_whose_key_waits_anew_has_nothing_left_to_do():
    job = put(key="day:1")
    held = take_job(NOON)
    newer = put(key="day:1")
    report_end(held, BAD, NOON)
    assert state_of(job) == ("discarded", 1, "程序出错。")
    assert state_of(newer) == ("waiting", 0, "")


def test_a_start_that_was_given_back_does_not_count():
    job = put()
    give_back(take_job(NOON), second(1))
    assert state_of(job) == ("waiting", 0, "")
    assert take_job(second(1)).attempts == 1


def test_a_task_that_fails_everywhere_slows_down_as_a_whole_and_stops_no_other():
    for _ in range(5):
        put()
    other = put("other", run_at=second(0.5))
    for _ in range(3):
        report_end(take_job(NOON), BAD, NOON)
    assert TaskPace.objects.get().rest_until == second(1)
    assert take_job(second(0.6)).pk == other.pk
    assert take_job(second(0.9)) is None
    # After the rest one job is tried, and only one.
    probe = take_job(second(1))
    assert probe.task == "note"
    assert take_job(second(1)) is None
    report_end(probe, BAD, second(1))
    assert TaskPace.objects.get().rest_until == second(3)
    report_end(take_job(second(3)), GOOD, second(3))
    pace = TaskPace.objects.get()
    assert (pace.failures, pace.rest_until) == (0, None)
    assert take_job(second(3)) is not None


def test_one_poisoned_job_does_not_slow_its_task_down():
    poisoned = put()
    for number in (0, 10, 20):
        report_end(take_job(second(number)), BAD, second(number))
    assert state_of(poisoned)[0] == "given_up"
    assert TaskPace.objects.get().failures == 1


def test_given_up_jobs_can_be_retried_or_discarded_and_others_not():
    job = put()
    with pytest.raises(StateConflict):
        retry_job(job.pk)
    Job.objects.update(state=JobState.GIVEN_UP, attempts=3, reason="程序出错。")
    assert (retry_job(job.pk).state, state_of(job)) == ("waiting", ("waiting", 0, "程序出错。"))
    Job.objects.update(state=JobState.GIVEN_UP)
    assert discard_job(job.pk).state == "discarded"
    with pytest.raises(StateConflict):
        discard_job(job.pk)


def test_periodic_tasks_come_once_and_never_beside_themselves(monkeypatch):
    monkeypatch.setitem(TASKS, "tick", Task("tick", lambda: None, every_seconds=30))
    for moment in (NOON, second(1), second(29)):
        begin_periodic(moment)
    assert [job.key for job in Job.objects.all()] == ["every:tick"]
    assert PeriodicTask.objects.get().next_at == second(30)
    running = take_job(second(29))
    begin_periodic(second(31))
    assert Job.objects.count() == 1
    report_end(running, GOOD, second(32))
    assert Job.objects.count() == 0
    begin_periodic(second(62))
    assert Job.objects.get().run_at == second(62)


def test_of_a_periodic_task_the_newest_giving_up_is_kept(monkeypatch):
    monkeypatch.setitem(TASKS, "tick", Task("tick", lambda: None, attempts=1, every_seconds=30))
    for number, reason in ((0, "先。"), (1000, "后。")):
        begin_periodic(second(number))
        report_end(take_job(second(number)), Outcome(reason), second(number))
    assert [job.reason for job in Job.objects.all()] == ["后。"]


def test_finished_jobs_are_forgotten_after_a_week_and_given_up_ones_are_not():
    done, given_up = put(), put()
    report_end(take_job(NOON), GOOD, NOON)
    report_end(take_job(NOON), Outcome("文件有误。", is_final=True), NOON)
    forget_finished(NOON + timedelta(days=7, seconds=1))
    assert [job.pk for job in Job.objects.all()] == [given_up.pk]
    assert done.pk != given_up.pk


def test_figures_count_every_state_and_the_age_of_what_is_due():
    put(run_at=second(5)), put(run_at=second(9)), take_job(second(6))
    assert jobs_by_state() == {"waiting": 1, "running": 1, "done": 0, "given_up": 0, "discarded": 0}
    assert oldest_due(second(8)) is None
    assert oldest_due(second(10)) == second(9)


def test_due_jobs_run_in_this_process_for_who_asks(tasks):
    put(text="甲"), put("other", text="乙", run_at=second(1))
    assert run_due_jobs() == 2
    assert tasks == ["甲", "乙"]
    assert jobs_by_state()["done"] == 2
