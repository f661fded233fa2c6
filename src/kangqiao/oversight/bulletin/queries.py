"""The tables of one month's bulletin, from facts alone."""

from __future__ import annotations

from datetime import date

from kangqiao.oversight.bulletin.rules import Table, collection_table, month_title, stored_table
from kangqiao.oversight.statistics.queries import month_figures, stored_rows
from kangqiao.registry.models import InstitutionKind


def bulletin_tables(month: date) -> list[Table]:
    """Districts, hospitals, stored rows: the tables of the month that begins on ``month``."""
    figures = month_figures(month)
    districts = [item for item in figures if item.kind == InstitutionKind.DISTRICT]
    hospitals = [item for item in figures if item.kind == InstitutionKind.HOSPITAL]
    title = month_title(month)
    return [
        collection_table("districts", f"{title}各区数据采集情况", "区名称", districts),
        collection_table("hospitals", f"{title}医院数据采集情况", "医院名称", hospitals),
        stored_table(month, stored_rows(month)),
    ]
