"""Money in exact decimals (元, 分, 千元). Never floats."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def to_cents(amount: Decimal) -> Decimal:
    """Round half up to the cent (分)."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def thousand_yuan(amount: Decimal) -> Decimal:
    """Yuan (元) to thousand yuan (千元) with two decimals, as the bulletin prints income."""
    return to_cents(amount / 1000)
