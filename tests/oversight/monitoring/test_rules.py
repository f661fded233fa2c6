"""How days are judged, and what the judgement says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from kangqiao.base.clock import BEIJING
from kangqiao.oversight.monitoring.expectations import expectations
from kangqiao.oversight.monitoring.rules import (
    BoardRow,
    Cell,
    Part,
    State,
    Usual,
    Verdict,
    changed_cells,
    count_states,
    judge_cell,
    judge_part,
    needs,
)

LIMITS = expectations().limits
DUE = datetime(2024, 6, 4, 10, tzinfo=BEIJING)
AFTER = datetime(2024, 6, 4, 10, 1, tzinfo=BEIJING)
BEFORE = datetime(2024, 6, 4, 9, 59, tzinfo=BEIJING)
FULL = Part("定时", 21, 21, 1000, 1000, 10, 0, DUE, datetime(2024, 6, 4, 3, tzinfo=BEIJING), Usual())
SILENT = replace(FULL, came=0, received=0, all_received=0, rejected=0, arrived_at=None)
HISTORY = Usual((21,) * 8, (900, 1000, 1000, 1000, 1000, 1000, 1100, 1100))


@pytest.mark.parametrize(
    ("part", "moment", "state", "why"),
    [
        (FULL, AFTER, "on_time", "收到 21 种、1,000 条，应报 21 种"),
        (FULL, BEFORE, "on_time", "收到 21 种、1,000 条，应报 21 种"),
        (replace(FULL, waiting=7), AFTER, "on_time", "收到 21 种、1,000 条，其中 7 条待入库，应报 21 种"),
        (SILENT, AFTER, "missing", "应报 21 种，时限 6月4日10:00 已过，没有收到"),
        (SILENT, DUE, "missing", "应报 21 种，时限 6月4日10:00 已过，没有收到"),
        (SILENT, BEFORE, "ahead", "还没有收到，时限为 6月4日10:00"),
        (replace(FULL, came=5), BEFORE, "ahead", "已收到 5 种、1,000 条，应报 21 种，时限 6月4日10:00"),
        (replace(FULL, came=5), AFTER, "partial", "应报 21 种，只收到 5 种"),
        (replace(FULL, arrived_at=AFTER), AFTER, "late", "6月4日10:01 才收到，比时限晚 1 小时（21/21 种）"),
        (replace(FULL, arrived_at=DUE), AFTER, "on_time", "收到 21 种、1,000 条，应报 21 种"),
        (
            replace(FULL, arrived_at=datetime(2025, 6, 6, 10, tzinfo=BEIJING)),
            datetime(2025, 6, 6, 11, tzinfo=BEIJING),
            "late",
            "2025年6月6日10:00 才收到，比时限晚 367 天（21/21 种）",
        ),
        (replace(FULL, rejected=51), BEFORE, "many_rejected", "收到 1,000 条，拒收 51 条，占 5.1%（21/21 种）"),
        (replace(FULL, rejected=50), AFTER, "on_time", "收到 21 种、1,000 条，应报 21 种"),
        (replace(FULL, due=0, came=0), AFTER, "on_time", "收到 1,000 条，不要求每天报"),
        (replace(SILENT, due=0), AFTER, "not_due", "没有要报的数据集"),
    ],
)
def test_one_part(part, moment, state, why):
    assert judge_part(part, moment, LIMITS) == Verdict(State(state), why)


def test_few_rows_are_not_judged_by_their_share_of_rejects():
    assert judge_part(replace(FULL, received=19, all_received=19, rejected=19), AFTER, LIMITS).state == "on_time"


@pytest.mark.parametrize(
    ("received", "usual", "moment", "state"),
    [
        (499, HISTORY, AFTER, "fallen"),
        (500, HISTORY, AFTER, "on_time"),
        (499, HISTORY, BEFORE, "on_time"),
        (1, Usual((21, 21), (1000, 1000)), AFTER, "on_time"),  # two like days are too few
        (1, Usual((21, 21, 21), (1000, 1000, 1000)), AFTER, "fallen"),
        (1, Usual((21, 21, 21), (19, 19, 19)), AFTER, "on_time"),  # too few rows on usual days
        (9, Usual((21, 21, 21), (20, 20, 20)), AFTER, "fallen"),
    ],
)
def test_a_fall_against_the_institutions_own_past(received, usual, moment, state):
    part = replace(FULL, received=received, all_received=received, rejected=0, usual=usual)
    assert judge_part(part, moment, LIMITS).state == state


def test_a_fall_says_against_what():
    part = replace(FULL, received=240, all_received=240, rejected=0, usual=HISTORY)
    assert judge_part(part, AFTER, LIMITS).why == "收到 240 条，只有往常同类日中位数 1,000 条的 24%（21/21 种）"


@pytest.mark.parametrize(
    ("came", "datasets", "state"),
    [
        (20, (21,) * 8, "partial"),
        (20, (21,) * 7 + (3,), "partial"),  # one bad day in the past excuses nothing
        (15, (15, 16, 18, 15), "on_time"),  # never more than some of them come
        (14, (15, 16, 18, 15), "partial"),
        (20, (20, 20), "partial"),  # too short a past to excuse anything
    ],
)
def test_datasets_that_never_come_make_no_day_partial(came, datasets, state):
    part = replace(FULL, came=came, usual=Usual(datasets, (1000,) * len(datasets)))
    assert judge_part(part, AFTER, LIMITS).state == state


REALTIME = replace(FULL, title="实时", due=11, came=11)


@pytest.mark.parametrize(
    ("parts", "state", "why"),
    [
        ([FULL, REALTIME], "on_time", "定时：收到 21 种、1,000 条，应报 21 种；实时：收到 11 种、1,000 条，应报 11 种"),
        ([SILENT, replace(SILENT, title="实时", due=11)], "missing", None),
        ([FULL, replace(SILENT, title="实时", due=11)], "partial", None),
        ([replace(FULL, rejected=900), replace(SILENT, title="实时", due=11)], "many_rejected", None),
        (
            [FULL, replace(SILENT, title="实时", due=11, is_unused=True)],
            "on_time",
            "定时：收到 21 种、1,000 条，应报 21 种；实时：该机构一直未报",
        ),
        ([replace(SILENT, is_unused=True)], "missing", None),
        ([], "not_due", "当天没有要报的数据集"),
    ],
)
def test_a_day_by_its_parts(parts, state, why):
    found = judge_cell(parts, AFTER, LIMITS)
    assert found.state == state
    assert why is None or found.why == why


def cell(day: int, state: str, came: int = 1) -> Cell:
    return Cell("NJ-H01", date(2024, 6, day), Verdict(State(state), "原因；其他"), came, 32, 10, 1, 0)


def row(code: str, *states: str) -> BoardRow:
    cells = tuple(replace(cell(day, state), code=code) for day, state in enumerate(states, start=1))
    return BoardRow(code, f"机构{code}", "hospital", cells)


def test_who_needs_someone_by_weight():
    rows = [row("A", "late", "late", "on_time"), row("B", "partial", "late"), row("C", "missing", "partial", "missing")]
    found = needs(rows, expectations().weights)
    assert [(item.code, item.weight) for item in found] == [("C", 23.0), ("B", 4.0)]
    assert found[0].text == "未报 2 天、缺报 1 天。最近 6月3日：原因。"
    assert found[0].cell.day == date(2024, 6, 3)


def test_states_are_counted():
    counts = count_states([row("A", "late", "late"), row("B", "missing")])
    assert (counts[State.LATE], counts[State.MISSING], counts[State.ON_TIME]) == (2, 1, 0)


def test_only_cells_that_came_out_differently_have_changed():
    before = [row("A", "ahead", "ahead"), row("B", "ahead")]
    after = [row("A", "on_time", "ahead"), row("B", "ahead")]
    assert [(item.code, item.day.day) for item in changed_cells(before, after)] == [("A", 1)]


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (cell(1, "partial", 18), "18/32"),
        (cell(1, "missing", 0), "0/32"),
        (cell(1, "ahead", 0), "—"),
        (cell(1, "ahead", 3), "3/32"),
        (replace(cell(1, "on_time", 0), due=0, received=1234), "1,234"),
        (replace(cell(1, "not_due", 0), due=0, received=0), "—"),
    ],
)
def test_what_stands_in_a_cell(found, text):
    assert found.text == text
