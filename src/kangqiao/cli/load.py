"""``kangqiao load``: take files or folders as hospitals lay them out."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from kangqiao.cli.platform import FACTS, open_platform, plain_faults  # isort: skip  (Django first)

from kangqiao.intake.actions import load_files
from kangqiao.intake.declarations import DeclarationReceipt, is_declaration, take_declaration
from kangqiao.intake.discovery import find_files
from kangqiao.intake.models import SubmissionState
from kangqiao.intake.receipts import Receipt

app = typer.Typer(add_completion=False)

ROWS = ("received", "stored", "duplicate", "rejected", "superseded")


@app.command()
def load(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="文件，或按 机构/方式/数据集/日期 存放的目录；共享文档（XML 或其 zip）放在哪里都可以",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="每份上传输出一行 JSON 回执")] = False,
) -> None:
    """接收文件，校验入库，打印回执。退出码：0 全部受理，1 有文件被整份拒收。"""
    total: Counter[str] = Counter()
    with plain_faults(), progress_bar() as bar:
        open_platform()
        files = find_files(paths)
        if not files:
            print("没有找到数据文件（.csv、.csv.gz、.zip、.parquet、.xml）。", file=sys.stderr)
        task = bar.add_task("校验入库", total=len(files))
        declarations = [path for path in files if is_declaration(path)]
        for path in declarations:
            _report_declaration(take_declaration(path), total, as_json)
            bar.advance(task)
        files = [path for path in files if path not in declarations]
        for receipt in load_files(files, facts=FACTS, progress=lambda done: bar.advance(task, done)):
            _count(total, receipt)
            if as_json:
                _say(json.dumps(receipt.as_dict(), ensure_ascii=False))
            elif receipt.submission.refusal_code or receipt.submission.rejected:
                _say(receipt_line(receipt))
    if not as_json:
        _say(summary(total))
    raise typer.Exit(1 if total[SubmissionState.REFUSED] else 0)


def _report_declaration(receipt: DeclarationReceipt, total: Counter[str], as_json: bool) -> None:
    total[SubmissionState.REFUSED] += bool(receipt.code)
    total["declarations"] += not receipt.code
    if as_json:
        _say(json.dumps(receipt.as_dict(), ensure_ascii=False))
    elif receipt.code:
        _say("\n".join(declaration_lines(receipt)))


def declaration_lines(receipt: DeclarationReceipt) -> list[str]:
    """A declaration as read on the screen: a sentence, then its wrong lines."""
    where = f"{receipt.institution} {receipt.file_name}"
    if not receipt.code:
        return [f"{where}：已登记申报 {receipt.declared} 张表，应报 {receipt.prescribed} 张"]
    lines = [f"  第 {item.line} 行 {item.value}：{item.message}" for item in receipt.lines]
    return [f"{where}：整份拒收，{receipt.message}（{receipt.code}）", *lines]


def _say(text: str) -> None:
    """Print; when nobody listens any more (``| head``), the load goes on in silence."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def progress_bar() -> Progress:
    """A bar with rate and time left, on stderr, only on a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, disable=not sys.stderr.isatty())


def _count(total: Counter[str], receipt: Receipt) -> None:
    item = receipt.submission
    total[item.state] += 1
    if item.state == SubmissionState.STORED:
        for name in ROWS:
            total[f"rows_{name}"] += getattr(item, name)


def receipt_line(receipt: Receipt) -> str:
    """One submission in one line."""
    item = receipt.submission
    where = f"{item.institution_text} {item.channel} {item.dataset} {item.day_text}"
    if item.refusal_code:
        return f"{where}：整份拒收，{item.refusal_message}（{item.refusal_code}）"
    return f"{where}：收到 {item.received:,}，入库 {item.stored:,}，重复 {item.duplicate:,}，拒收 {item.rejected:,}"


def summary(total: Counter[str]) -> str:
    """The load in two lines."""
    files = (
        f"受理 {total[SubmissionState.STORED]:,} 份，无变化 {total[SubmissionState.UNCHANGED]:,} 份，"
        f"整份拒收 {total[SubmissionState.REFUSED]:,} 份"
    )
    rows = (
        f"收到 {total['rows_received']:,} 行 = 入库 {total['rows_stored']:,} + 重复 {total['rows_duplicate']:,} "
        f"+ 拒收 {total['rows_rejected']:,}；替换原有 {total['rows_superseded']:,} 行"
    )
    declared = f"；申报 {total['declarations']:,} 份" if total["declarations"] else ""
    return f"{files}{declared}\n{rows}"
