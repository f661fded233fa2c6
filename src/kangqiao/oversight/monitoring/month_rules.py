"""How one dataset of one institution's month is judged."""

from __future__ import annotations

from dataclasses import dataclass

from kangqiao.oversight.monitoring.expectations import Limits
from kangqiao.oversight.monitoring.rules import STATE_TITLES, State, Verdict


@dataclass(frozen=True, slots=True)
class MonthPart:
    """One dataset (or all forms) of a month by one channel, beside the weeks before the month."""

    every: str
    """``day``, ``month`` or ``any``."""
    days: int
    """Days of the month on which it came."""
    days_due: int
    """Days of the month whose due time has passed; for monthly data 1 once it has, else 0."""
    received: int
    rejected: int
    waiting: int
    before_days: int
    before_rows: int
    """Days with data, and their rows, in the weeks before the month."""


def judge_month(part: MonthPart, limits: Limits) -> Verdict:
    """Judge the month so far."""
    if not part.days and not part.waiting:
        return _silent(part)
    return _rejected(part, limits) or _fallen(part, limits) or _partial(part, limits) or _fine(part)


def _silent(part: MonthPart) -> Verdict:
    if part.every == "any":
        return Verdict(State.NOT_DUE, "本月没有收到；随发生随报，不要求每天报")
    if not part.days_due:
        return Verdict(State.AHEAD, "还没有收到，时限未到")
    return Verdict(
        State.MISSING, f"应报 {part.days_due} 天，一天也没有收到" if part.every == "day" else "本月应报，没有收到"
    )


def _rejected(part: MonthPart, limits: Limits) -> Verdict | None:
    if part.received < limits.rejected_received or part.rejected <= limits.rejected_share * part.received:
        return None
    share = part.rejected / part.received
    return Verdict(State.MANY_REJECTED, f"收到 {part.received:,} 条，拒收 {part.rejected:,} 条，占 {share:.1%}")


def _fallen(part: MonthPart, limits: Limits) -> Verdict | None:
    if part.every != "day" or part.before_days < limits.history_minimum or not part.days_due:
        return None
    usual, mean = part.before_rows / limits.history_days, part.received / part.days_due
    if usual * part.days_due < limits.fall_usual or mean >= limits.fall_share * usual:
        return None
    return Verdict(
        State.FALLEN,
        f"平均每天 {mean:,.1f} 条，只有之前 {limits.history_days} 天平均 {usual:,.1f} 条的 {mean / usual:.0%}",
    )


def _partial(part: MonthPart, limits: Limits) -> Verdict | None:
    if part.every != "day" or part.days >= part.days_due:
        return None
    usual = part.before_days / limits.history_days if part.before_days >= limits.history_minimum else 1.0
    if part.days >= int(usual * part.days_due):
        return None
    return Verdict(State.PARTIAL, f"应报 {part.days_due} 天，收到 {part.days} 天、{part.received:,} 条")


def _fine(part: MonthPart) -> Verdict:
    waiting = f"，另有 {part.waiting:,} 条待入库" if part.waiting else ""
    return Verdict(State.ON_TIME, f"收到 {part.days} 天、{part.received:,} 条{waiting}")


@dataclass(frozen=True, slots=True)
class MonthCell:
    """One institution's one dataset in a month, judged."""

    channel: str
    dataset: str
    part: MonthPart
    verdict: Verdict

    @property
    def state(self) -> State:
        return self.verdict.state

    @property
    def title(self) -> str:
        return STATE_TITLES[self.verdict.state]

    @property
    def text(self) -> str:
        """Days come of those due; of monthly and occasional data the rows."""
        if self.part.every == "day":
            return f"{self.part.days}/{self.part.days_due}" if self.part.days_due or self.part.days else "—"
        return f"{self.part.received:,}" if self.part.days else ("0" if self.state is State.MISSING else "—")
