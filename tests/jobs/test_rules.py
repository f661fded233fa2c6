"""Pauses, rests and what an error says, as pure decisions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from kangqiao.base.errors import RequestRefused
from kangqiao.jobs.rules import Outcome, outcome_of, pause_seconds, rest_seconds


def test_the_bound_of_the_pause_doubles_up_to_a_ceiling():
    bounds = [pause_seconds(attempts, 1.0) for attempts in range(1, 12)]
    assert bounds == [2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 900.0, 900.0]


@given(some.integers(1, 10_000), some.floats(0, 1, exclude_max=True))
def test_the_pause_lies_anywhere_below_its_bound(attempts, chance):
    assert 0 <= pause_seconds(attempts, chance) <= pause_seconds(attempts, 1.0) <= 900


def test_a_task_rests_once_three_jobs_of_it_failed_in_a_row():
    assert [rest_seconds(failures) for failures in (0, 2, 3, 4, 5, 8, 9, 100)] == [0, 0, 1, 2, 4, 32, 60, 60]


def test_a_refusal_is_final_and_says_its_sentence_without_numbers_of_persons():
    refused = RequestRefused("row.wrong", "证件号 320102199001011234 有误。")
    assert outcome_of(refused) == Outcome("证件号 3201**********1234 有误。（row.wrong）", is_final=True)
    assert outcome_of(RequestRefused("platform.fault", "磁盘已满。")).is_final is False


def test_another_error_says_its_type_and_place_and_not_its_words():
    try:
        int("张三")
    except ValueError as error:
        outcome = outcome_of(error)
    assert outcome.is_final is False
    assert outcome.reason.startswith("程序出错：ValueError ")
    assert "张三" not in outcome.reason
