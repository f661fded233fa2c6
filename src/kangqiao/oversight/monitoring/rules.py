"""How a day of one institution is judged, and what a judgement says in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from statistics import median

from kangqiao.oversight.monitoring.expectations import Limits


class State(StrEnum):
    """What a cell of the desk says."""

    MISSING = "missing"
    FALLEN = "fallen"
    MANY_REJECTED = "many_rejected"
    PARTIAL = "partial"
    LATE = "late"
    AHEAD = "ahead"
    ON_TIME = "on_time"
    NOT_DUE = "not_due"


SEVERITY = tuple(State)
"""Worst first: of several judgements the first of these is the cell's."""

STATE_TITLES = {
    State.MISSING: "未报",
    State.FALLEN: "骤降",
    State.MANY_REJECTED: "拒收多",
    State.PARTIAL: "缺报",
    State.LATE: "迟报",
    State.AHEAD: "未到时限",
    State.ON_TIME: "按时",
    State.NOT_DUE: "不要求",
}
NEEDS_SOMEONE = (State.MISSING, State.FALLEN, State.MANY_REJECTED, State.PARTIAL)


@dataclass(frozen=True, slots=True)
class Usual:
    """Like days of the institution's own past: datasets and rows that came on each, days without any left out."""

    datasets: tuple[int, ...] = ()
    rows: tuple[int, ...] = ()

    def median_rows(self, limits: Limits) -> float | None:
        """None when there are too few days to compare with."""
        return median(self.rows) if len(self.rows) >= limits.history_minimum else None

    def few_datasets(self, limits: Limits) -> int | None:
        """The lower quartile: fewer datasets than this come on one like day in four at most."""
        if len(self.datasets) < limits.history_minimum:
            return None
        return sorted(self.datasets)[(len(self.datasets) - 1) // 4]


@dataclass(frozen=True, slots=True)
class Part:
    """One channel of a cell: what was due, what came, what is usual."""

    title: str
    """定时 or 实时, or a dataset's title."""
    due: int
    came: int
    received: int
    """Rows of the datasets due; waiting ones included."""
    all_received: int
    """Rows of all datasets of the channel."""
    rejected: int
    waiting: int
    due_at: datetime | None
    arrived_at: datetime | None
    """When the last of what was due first came."""
    usual: Usual
    is_unused: bool = False
    """The institution sends by other channels, and by this one it never did in the time looked at."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A state and one sentence why."""

    state: State
    why: str


def judge_part(part: Part, moment: datetime, limits: Limits) -> Verdict:
    """Judge one channel (or dataset) of a day as it stands at ``moment``."""
    if not part.came and not part.received:
        return _silent(part, moment)
    found = _rejected(part, limits)
    if part.due and part.due_at and moment >= part.due_at:
        found = _fallen(part, limits) or found or _partial(part, limits) or _late(part)
    return found or _fine(part, moment)


def judge_cell(parts: Sequence[Part], moment: datetime, limits: Limits) -> Verdict:
    """Judge a day by all its parts: the worst counts, but what is missing beside what came makes the day partial."""
    came = any(part.came or part.received for part in parts)
    judged = [(part, judge_part(part, moment, limits)) for part in parts if not (came and part.is_unused)]
    states = {verdict.state for _, verdict in judged}
    worst = min(states, key=SEVERITY.index, default=State.NOT_DUE)
    if worst is State.MISSING and came:
        rest = [state for state in states if state in (State.FALLEN, State.MANY_REJECTED)]
        worst = min(rest, key=SEVERITY.index, default=State.PARTIAL)
    told = [(part, verdict) for part, verdict in judged if len(judged) == 1 or verdict.state is not State.NOT_DUE]
    sentences = [f"{part.title}：{verdict.why}" if len(parts) > 1 else verdict.why for part, verdict in told]
    sentences += [f"{part.title}：该机构一直未报" for part in parts if came and part.is_unused]
    return Verdict(worst, "；".join(sentences) or "当天没有要报的数据集")


def moment_text(moment: datetime, other: datetime | None = None) -> str:
    """``6月4日10:00``; with the year when it is not that of ``other``."""
    year = f"{moment.year}年" if other and other.year != moment.year else ""
    return f"{year}{moment.month}月{moment.day}日{moment:%H:%M}"


def _silent(part: Part, moment: datetime) -> Verdict:
    if not part.due or part.due_at is None:
        return Verdict(State.NOT_DUE, "没有要报的数据集")
    if moment < part.due_at:
        return Verdict(State.AHEAD, f"还没有收到，时限为 {moment_text(part.due_at)}")
    asked = f"应报 {part.due} 种，" if part.due > 1 else ""
    return Verdict(State.MISSING, f"{asked}时限 {moment_text(part.due_at)} 已过，没有收到")


def _fallen(part: Part, limits: Limits) -> Verdict | None:
    usual = part.usual.median_rows(limits)
    if usual is None or usual < limits.fall_usual or part.received >= limits.fall_share * usual:
        return None
    share = part.received / usual
    return Verdict(
        State.FALLEN, f"收到 {part.received:,} 条，只有往常同类日中位数 {usual:,.0f} 条的 {share:.0%}{_count(part)}"
    )


def _rejected(part: Part, limits: Limits) -> Verdict | None:
    if part.all_received < limits.rejected_received:
        return None
    share = part.rejected / part.all_received
    if share <= limits.rejected_share:
        return None
    return Verdict(
        State.MANY_REJECTED, f"收到 {part.all_received:,} 条，拒收 {part.rejected:,} 条，占 {share:.1%}{_count(part)}"
    )


def _partial(part: Part, limits: Limits) -> Verdict | None:
    usual = part.usual.few_datasets(limits)
    if part.came >= part.due or (usual is not None and part.came >= usual):
        return None
    compared = f"，往常至少 {usual} 种" if usual is not None and usual < part.due else ""
    return Verdict(State.PARTIAL, f"应报 {part.due} 种，只收到 {part.came} 种{compared}")


def _late(part: Part) -> Verdict | None:
    if part.arrived_at is None or part.due_at is None or part.arrived_at <= part.due_at:
        return None
    behind = part.arrived_at - part.due_at
    by = f"{behind.days} 天" if behind.days else f"{-(-behind.seconds // 3600)} 小时"
    return Verdict(State.LATE, f"{moment_text(part.arrived_at, part.due_at)} 才收到，比时限晚 {by}{_count(part)}")


def _fine(part: Part, moment: datetime) -> Verdict:
    waiting = f"，其中 {part.waiting:,} 条待入库" if part.waiting else ""
    if not part.due or part.due_at is None:
        return Verdict(State.ON_TIME, f"收到 {part.all_received:,} 条{waiting}，不要求每天报")
    if moment < part.due_at and part.came < part.due:
        until = f"应报 {part.due} 种，时限 {moment_text(part.due_at)}"
        return Verdict(State.AHEAD, f"已收到 {part.came} 种、{part.received:,} 条{waiting}，{until}")
    if part.due == 1:
        return Verdict(State.ON_TIME, f"收到 {part.received:,} 条{waiting}")
    return Verdict(State.ON_TIME, f"收到 {part.came} 种、{part.received:,} 条{waiting}，应报 {part.due} 种")


def _count(part: Part) -> str:
    return f"（{part.came}/{part.due} 种）" if part.due > 1 else ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One institution's one day, judged."""

    code: str
    day: date
    verdict: Verdict
    came: int
    due: int
    received: int
    rejected: int
    waiting: int

    @property
    def state(self) -> State:
        return self.verdict.state

    @property
    def title(self) -> str:
        return STATE_TITLES[self.verdict.state]

    @property
    def iso(self) -> str:
        return self.day.isoformat()

    @property
    def text(self) -> str:
        """What stands in the cell: datasets come of those due; — where nothing came and nothing is due yet."""
        if self.due:
            return "—" if self.state is State.AHEAD and not self.came else f"{self.came}/{self.due}"
        return f"{self.received:,}" if self.received else "—"

    def as_data(self) -> dict[str, str]:
        """The cell as the page's script and the command's JSON have it."""
        return {
            "code": self.code,
            "day": self.iso,
            "state": str(self.state),
            "title": self.title,
            "text": self.text,
            "why": self.verdict.why,
        }


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One institution's month, day by day."""

    code: str
    name: str
    kind: str
    cells: tuple[Cell, ...]

    def days_in(self, state: State) -> int:
        return sum(cell.state is state for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Need:
    """Why one institution needs someone."""

    code: str
    name: str
    weight: float
    text: str
    cell: Cell
    """The newest of its worst days."""


def needs(rows: Iterable[BoardRow], weights: Mapping[str, float]) -> list[Need]:
    """Institutions with days that need someone, the heaviest first; of equal weight in the list's order."""
    found = [_need(row, weights) for row in rows if any(cell.state in NEEDS_SOMEONE for cell in row.cells)]
    return sorted(found, key=lambda item: -item.weight)


def _need(row: BoardRow, weights: Mapping[str, float]) -> Need:
    weight = sum(weights.get(cell.state, 0.0) for cell in row.cells)
    told = [
        f"{STATE_TITLES[state]} {row.days_in(state)} 天" for state in (*NEEDS_SOMEONE, State.LATE) if row.days_in(state)
    ]
    newest = max(
        (cell for cell in row.cells if cell.state in NEEDS_SOMEONE),
        key=lambda cell: (-SEVERITY.index(cell.state), cell.day),
    )
    reason = newest.verdict.why.partition("；")[0]
    last = f"最近 {newest.day.month}月{newest.day.day}日：{reason}"
    return Need(row.code, row.name, weight, f"{'、'.join(told)}。{last}。", newest)


def count_states(rows: Iterable[BoardRow]) -> dict[State, int]:
    """State → cells in it."""
    counts = dict.fromkeys(State, 0)
    for row in rows:
        for cell in row.cells:
            counts[cell.state] += 1
    return counts


def changed_cells(before: Iterable[BoardRow], after: Iterable[BoardRow]) -> list[Cell]:
    """Cells of ``after`` that were not in ``before`` just so."""
    known = {(cell.code, cell.day): cell for row in before for cell in row.cells}
    return [cell for row in after for cell in row.cells if known.get((cell.code, cell.day)) != cell]
