"""``kangqiao simulate``: write what the institutions of a made-up city would send; or example rows of one dataset."""

from __future__ import annotations

import csv
import json
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from kangqiao.base.clock import parse_month
from kangqiao.base.errors import RequestRefused
from kangqiao.simulate.city import write_city
from kangqiao.simulate.generic.rows import example_rows
from kangqiao.simulate.scale import Wish
from kangqiao.standards.catalogue import catalogue

app = typer.Typer(add_completion=False)

MOST_ROWS = 1_000_000
"""Example rows that are made at once, in memory."""


@app.callback(invoke_without_command=True)
def simulate(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="写入的目录，应为空")] = None,
    month: Annotated[str, typer.Option(help="月份，如 2024-06")] = "2024-06",
    rows: Annotated[str, typer.Option(help="规模：公布数据量的倍数，1 为全市")] = "0.01",
    faults: Annotated[str, typer.Option(help="故意出错的行占定时数据的比例")] = "0",
    seed: Annotated[int, typer.Option(min=0, help="随机种子；参数相同，文件逐字节相同")] = 7,
    institutions: Annotated[str, typer.Option(metavar="A,B", help="只写这些机构，默认当月表中的全部")] = "",
    days: Annotated[str, typer.Option(metavar="1-7", help="只写当月的这几天，默认整月")] = "",
    processes: Annotated[int, typer.Option(min=1, help="同时使用的进程数；不影响结果")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="输出计划摘要（JSON）")] = False,
) -> None:
    """生成一个模拟城市某月上传的文件，以及应当得到的结果 plan.json。其中没有真实的人。"""
    if context.invoked_subcommand:
        return
    if out is None:
        raise RequestRefused("usage", "缺少 --out。用法见 kangqiao simulate --help")
    chosen = tuple(name for name in institutions.replace("，", ",").split(",") if name)
    wish = Wish(_month(month), _share(rows, "rows"), _share(faults, "faults"), seed, chosen, _span(days))
    plan = _write(wish, out, processes)
    print(json.dumps(summary(plan), ensure_ascii=False, indent=1, sort_keys=True) if as_json else _text(plan, out))


@app.command("rows")
def write_rows(
    name: Annotated[str, typer.Argument(metavar="DATASET", help="数据集名称")],
    rows: Annotated[int, typer.Option(min=1, max=MOST_ROWS, help="行数")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="随机种子；参数相同，内容相同")] = 7,
    out: Annotated[Path | None, typer.Option(metavar="FILE.csv", help="写入的文件；不写则打印")] = None,
) -> None:
    """输出一个数据集的示例数据：按定义生成，符合全部校验规则，其中没有真实的人。"""
    dataset = catalogue().dataset(name)
    columns = example_rows(dataset, catalogue(), rows, seed)
    lines = [list(columns), *zip(*columns.values(), strict=True)]
    if out is None:
        csv.writer(sys.stdout, lineterminator="\n").writerows(lines)
        return
    with out.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(lines)
    print(f"{dataset.title}（{dataset.name}）：{rows:,} 行，在 {out}")


def _month(text: str) -> str:
    try:
        parse_month(text)
    except ValueError:
        raise RequestRefused("simulate.month", f"--month 应如 2024-06：{text}") from None
    return text


def _share(text: str, name: str) -> str:
    """A decimal above nothing (rows) or from 0 to 0.3 (faults), as it was written."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise RequestRefused(f"simulate.{name}", f"--{name} 应为小数：{text}") from None
    is_good = value.is_finite() and (0 < value <= 10 if name == "rows" else 0 <= value <= Decimal("0.3"))
    if not is_good:
        raise RequestRefused(
            f"simulate.{name}", f"--{name} 应{'大于 0、不超过 10' if name == 'rows' else '在 0 到 0.3 之间'}：{text}"
        )
    return text


def _span(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    low, _, high = text.partition("-")
    if not low.isdecimal() or not (high or low).isdecimal():
        raise RequestRefused("simulate.days", f"--days 应如 1-7：{text}")
    return int(low), int(high or low)


def _write(wish: Wish, out: Path, processes: int) -> dict[str, Any]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("生成文件", total=None)
        return write_city(wish, out, processes, lambda done, whole: bar.update(task, completed=done, total=whole))


def summary(plan: dict[str, Any]) -> dict[str, Any]:
    """The plan without its long lists."""
    short = {name: value for name, value in plan.items() if name not in ("institutions", "faults_planted")}
    kept = plan["institutions"]
    return short | {
        "institutions": len(kept),
        "rejected": sum(item["rejected"] for item in kept),
        "duplicate": sum(item["duplicate"] for item in kept),
        "fault_kinds": len(plan["faults_planted"]),
    }


def _text(plan: dict[str, Any], out: Path) -> str:
    short = summary(plan)
    before = short.get("stored_before")
    records = f"；另有月前已建的健康档案 {before:,} 行" if before else ""
    return (
        f"{short['institutions']} 家机构，{short['files']:,} 个文件，{short['total_rows']:,} 行，在 {out}\n"
        f"定时数据应入库 {short['stored_scheduled']:,} 行，拒收 {short['rejected']:,} 行，"
        f"重复 {short['duplicate']:,} 行；实时数据应入库 {short['stored_realtime']:,} 行{records}。"
        f"明细见 {out / 'plan.json'}"
    )
