"""The tables of one month's bulletin, from facts alone."""

from __future__ import annotations

from datetime import date

from kangqiao.oversight.bulletin.rules import (
    Layout,
    Table,
    collection_table,
    district_tables,
    hospital_tables,
    layout_of,
    month_title,
    stored_table,
)
from kangqiao.oversight.statistics.queries import month_figures, month_tables, stored_rows
from kangqiao.registry.models import InstitutionKind


def bulletin_tables(month: date, layout: Layout | None = None) -> list[Table]:
    """Districts, hospitals, stored rows: the tables of the month that begins on ``month``, in its own layout or
    the one asked for."""
    collection = {Layout.OF_2020: _tables_of_2020, Layout.OF_2024: _tables_of_2024}[layout or layout_of(month)]
    return [*collection(month), stored_table(month, stored_rows(month))]


def _tables_of_2020(month: date) -> list[Table]:
    title = month_title(month)
    return [
        district_tables(f"{title}各区数据采集情况", month_tables(month, InstitutionKind.DISTRICT)),
        hospital_tables(f"{title}医院数据采集情况", month_tables(month, InstitutionKind.HOSPITAL)),
    ]


def _tables_of_2024(month: date) -> list[Table]:
    figures = month_figures(month)
    districts = [item for item in figures if item.kind == InstitutionKind.DISTRICT]
    hospitals = [item for item in figures if item.kind == InstitutionKind.HOSPITAL]
    title = month_title(month)
    return [
        collection_table("districts", f"{title}各区数据采集情况", "区名称", districts),
        collection_table("hospitals", f"{title}医院数据采集情况", "医院名称", hospitals),
    ]
