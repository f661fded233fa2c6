"""What a command needs that works on the platform: Django set up first, the home open, facts connected to intake."""

from __future__ import annotations

from kangqiao.web.boot import open_home  # isort: skip  (it sets Django up)

from kangqiao.intake.actions import FactSink, recover_all
from kangqiao.oversight.statistics.actions import forget_daily_facts, record_daily_facts

__all__ = ["FACTS", "open_platform"]

FACTS = FactSink(record_daily_facts, forget_daily_facts)


def open_platform() -> None:
    """Open the home, and bring to an end what a killed process left."""
    open_home()
    recover_all(facts=FACTS)
