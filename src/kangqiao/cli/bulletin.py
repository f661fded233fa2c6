"""``kangqiao bulletin``: the month's tables, to read, to print, to calculate with."""

from __future__ import annotations

import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kangqiao.cli.platform import open_platform  # isort: skip  (Django first)

from kangqiao.base.clock import parse_month
from kangqiao.base.errors import RequestRefused
from kangqiao.oversight.bulletin.documents import html_document, json_document, text_document, xlsx_document
from kangqiao.oversight.bulletin.queries import bulletin_tables
from kangqiao.oversight.bulletin.rules import Layout

app = typer.Typer(add_completion=False)


class Format(StrEnum):
    TEXT = "text"
    HTML = "html"
    XLSX = "xlsx"
    JSON = "json"


@app.command()
def bulletin(
    month: Annotated[str, typer.Argument(metavar="MONTH", help="月份，如 2024-06")],
    form: Annotated[Format, typer.Option("--format", help="输出形式")] = Format.TEXT,
    layout: Annotated[
        Layout | None, typer.Option("--layout", help="采集情况表的版式；默认 2023 年及以前用 2020，以后用 2024")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="写入文件；默认输出到屏幕")] = None,
) -> None:
    """输出某月各区、医院的数据采集情况和累计校验入库数据量。"""
    try:
        first = parse_month(month)
    except ValueError as error:
        raise RequestRefused("bad_month", f"月份“{month}”不对，请写成 2024-06 这样的形式") from error
    if form is Format.XLSX and out is None and sys.stdout.isatty():
        raise RequestRefused("out_missing", "xlsx 是二进制文件，请用 --out 指定要写入的文件")
    open_platform()
    _deliver(_rendered(first, form, layout), out)


def _rendered(first: date, form: Format, layout: Layout | None) -> bytes:
    tables = bulletin_tables(first, layout)
    if form is Format.XLSX:
        return xlsx_document(first, tables)
    if form is Format.HTML:
        return html_document(first, tables).encode()
    return (json_document(tables) if form is Format.JSON else text_document(tables)).encode()


def _deliver(content: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        raise RequestRefused("out_unwritable", f"无法写入 {out}：{error.strerror}") from error
    print(f"已写入 {out}", file=sys.stderr)
