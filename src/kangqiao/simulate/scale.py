"""Planning arithmetic: the published figures scaled to the rows and days asked for, in whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from kangqiao.base.clock import days_of_month, parse_month
from kangqiao.base.errors import RequestRefused
from kangqiao.simulate.days import chosen_days
from kangqiao.simulate.figures import Figures, published


@dataclass(frozen=True)
class Wish:
    """What was asked for. ``rows`` and ``faults`` are decimals as written on the command line."""

    month: str = "2024-06"
    rows: str = "0.01"
    faults: str = "0"
    seed: int = 7
    institutions: tuple[str, ...] = ()
    span: tuple[int, int] | None = None
    """First and last day of the month to write; None is the whole month."""

    @property
    def first(self) -> date:
        return parse_month(self.month)

    @property
    def days(self) -> list[date]:
        return chosen_days(self.first, self.span)

    @property
    def share(self) -> Fraction:
        """Share of a published month that is written: rows times the share of the days."""
        return Fraction(self.rows) * Fraction(len(self.days), len(days_of_month(self.first)))

    def chosen(self) -> tuple[Figures, ...]:
        """The institutions asked for, in the tables' order. Raises RequestRefused for an unknown name."""
        known = {item.institution for item in published()}
        if unknown := [name for name in self.institutions if name not in known]:
            raise RequestRefused("simulate.institution", f"采集情况表中没有这些机构：{'、'.join(unknown)}")
        return tuple(item for item in published() if not self.institutions or item.institution in self.institutions)


@dataclass(frozen=True, slots=True)
class Quota:
    """What one institution must send: rows with the faulty ones, stored visits and discharges, cents of income."""

    figures: Figures
    scheduled_rows: int
    faulty_rows: int
    visits: int
    discharges: int
    outpatient_cents: int | None
    inpatient_cents: int | None
    realtime_days: int
    forms: int

    @property
    def institution(self) -> str:
        return self.figures.institution

    def promised(self) -> dict[str, object]:
        """The institution's line of plan.json, without what only writing tells."""
        return {
            "institution": self.institution,
            "kind": self.figures.kind,
            "scheduled_rows": self.scheduled_rows,
            "realtime_days": self.realtime_days,
            "realtime_forms": f"{self.forms}/{self.figures.forms_prescribed or 11}",
            "outpatient_visits": self.visits,
            "outpatient_income_thousand_yuan": in_thousand_yuan(self.outpatient_cents),
            "discharges": self.discharges,
            "inpatient_income_thousand_yuan": in_thousand_yuan(self.inpatient_cents),
        }


def half_up(value: Fraction) -> int:
    """Round to a whole number, a half upwards."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def in_thousand_yuan(cents: int | None) -> str:
    """Cents (分) as thousand yuan with two decimals, ``/`` for nothing reported."""
    if cents is None:
        return "/"
    hundredths = half_up(Fraction(cents, 1000))
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def quota(figures: Figures, wish: Wish) -> Quota:
    """The published figures of one institution, scaled."""
    rows = half_up(figures.scheduled_rows * wish.share)
    return Quota(
        figures=figures,
        scheduled_rows=rows,
        faulty_rows=half_up(rows * Fraction(wish.faults)),
        visits=half_up(figures.outpatient_visits * wish.share),
        discharges=half_up(figures.discharges * wish.share),
        outpatient_cents=_cents(figures.outpatient_income, wish.share),
        inpatient_cents=_cents(figures.inpatient_income, wish.share),
        realtime_days=_realtime_days(figures, wish),
        forms=figures.forms_received if figures.realtime_days else 0,
    )


def _cents(thousand_yuan: Decimal | None, share: Fraction) -> int | None:
    return None if thousand_yuan is None else half_up(Fraction(thousand_yuan) * 100_000 * share)


def _realtime_days(figures: Figures, wish: Wish) -> int:
    if not figures.realtime_days:
        return 0
    written, whole = len(wish.days), len(days_of_month(wish.first))
    return max(1, min(written, half_up(figures.realtime_days * Fraction(written, whole))))
