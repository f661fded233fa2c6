"""``kangqiao tables``: tables prescribed, declared and uploaded, of every institution or of one."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from kangqiao.cli.platform import open_platform  # isort: skip  (Django first)

from kangqiao.base.clock import parse_month
from kangqiao.base.errors import RequestRefused
from kangqiao.base.text import aligned
from kangqiao.cli.load import declaration_lines
from kangqiao.intake.declarations import take_declaration
from kangqiao.oversight.statistics.queries import month_tables
from kangqiao.oversight.statistics.rules import TableFigures, table_rows
from kangqiao.standards.catalogue import catalogue

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="某月各机构应报、申报、已报的数据集；登记一家机构的申报。"
)

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]
Institution = Annotated[str, typer.Option("--institution", metavar="NAME", help="只看一家机构，写名称或编号")]


@app.command()
def show(
    month: Annotated[str, typer.Argument(metavar="MONTH", help="月份，如 2020-05")],
    institution: Institution = "",
    as_json: AsJson = False,
) -> None:
    """各机构一行：申报/应报、已报、申报未报、未申报而报；指定机构时逐表列出。"""
    first = _month(month)
    open_platform()
    figures = [item for item in month_tables(first) if institution in ("", item.code, item.institution)]
    if institution and not figures:
        raise RequestRefused("institution.unknown", f"{month} 的名单中没有机构“{institution}”。")
    if as_json:
        print(json.dumps([as_dict(item) for item in figures], ensure_ascii=False, indent=1))
        return
    print("\n".join(_one(figures[0]) if institution else _all(figures)))


@app.command()
def declare(
    institution: Annotated[str, typer.Argument(metavar="NAME", help="机构名称或编号")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="申报.csv，一列 dataset；也可名为 申报-2024-06.csv")],
    as_json: AsJson = False,
) -> None:
    """登记一家机构申报上传的数据集；有一行不对就整份不采用。"""
    open_platform()
    receipt = take_declaration(file, institution)
    print(json.dumps(receipt.as_dict(), ensure_ascii=False) if as_json else "\n".join(declaration_lines(receipt)))
    raise typer.Exit(1 if receipt.code else 0)


def as_dict(item: TableFigures) -> dict[str, Any]:
    """One institution's tables as data; ``declared`` is null when no declaration was received."""
    coverage = item.coverage
    return {
        "code": item.code,
        "institution": item.institution,
        "kind": item.kind,
        "declared_over_prescribed": coverage.declared_over_prescribed,
        "prescribed": list(coverage.prescribed),
        "declared": None if coverage.declared is None else sorted(coverage.declared),
        "uploaded": sorted(coverage.uploaded),
        "missing": sorted(coverage.missing),
        "undeclared": sorted(coverage.undeclared),
    }


def _month(text: str) -> date:
    try:
        return parse_month(text)
    except ValueError as error:
        raise RequestRefused("bad_month", f"月份“{text}”不对，请写成 2024-06 这样的形式") from error


def _all(figures: list[TableFigures]) -> list[str]:
    head = ("机构", "申报/应报", "已报", "申报未报", "未申报而报")
    rows = [
        (
            item.institution,
            item.coverage.declared_over_prescribed,
            str(len(item.coverage.uploaded)),
            str(len(item.coverage.missing)),
            str(len(item.coverage.undeclared)),
        )
        for item in figures
    ]
    return aligned([head, *rows])


def _one(item: TableFigures) -> list[str]:
    coverage = item.coverage
    count = f"{item.institution}　申报/应报 {coverage.declared_over_prescribed}，已报 {len(coverage.uploaded)}"
    rows = [
        (row.name, row.title, _mark(row.is_prescribed), _declared(row.is_declared), _mark(row.is_uploaded))
        for row in table_rows(coverage, catalogue().datasets)
    ]
    return [count, *aligned([("数据集", "标题", "应报", "申报", "已报"), *rows])]


def _declared(is_declared: bool | None) -> str:
    return "未反馈" if is_declared is None else _mark(is_declared)


def _mark(is_so: bool) -> str:
    return "是" if is_so else "—"
