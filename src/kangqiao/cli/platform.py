"""What a command needs that works on the platform: Django set up first, the home open, facts connected to intake."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from kangqiao.web.boot import open_home  # isort: skip  (it sets Django up)

from django.db import InterfaceError, OperationalError

from kangqiao.base.errors import RequestRefused
from kangqiao.intake.actions import FactSink, recover_all
from kangqiao.oversight.statistics.actions import forget_daily_facts, record_daily_facts
from kangqiao.web.databases import database_reason

__all__ = ["FACTS", "open_platform", "plain_faults"]

FACTS = FactSink(record_daily_facts, forget_daily_facts)


def open_platform() -> None:
    """Open the home, and bring to an end what a killed process left."""
    with plain_faults():
        open_home()
        recover_all(facts=FACTS)


@contextmanager
def plain_faults() -> Iterator[None]:
    """Say in a sentence what the machine did to us: disk full, memory short, database away.

    What was stored stays stored; what was being stored is finished or undone by the next command.
    """
    try:
        yield
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException, OperationalError, InterfaceError) as error:
        reason = database_reason(error) if isinstance(error, OperationalError | InterfaceError) else error
        raise RequestRefused(
            "platform.fault",
            f"处理中断：{reason}。已入库的数据不受影响；排除故障后再执行同一命令，会从中断处接着处理。",
        ) from error
