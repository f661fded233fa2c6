"""``kangqiao check``: the hospital's own look at a file before it is sent. No home, nothing stored."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, NoReturn

import duckdb
import typer

from kangqiao.base.errors import FileRefused, RequestRefused
from kangqiao.cli.check_documents import as_text as documents_as_text
from kangqiao.cli.check_documents import check_documents, files_of_documents
from kangqiao.cli.check_documents import exit_code as documents_exit_code
from kangqiao.engine.formats.text_file import ReadFile
from kangqiao.engine.validation.counting import Verdict, count
from kangqiao.engine.validation.findings import FoundRow, find
from kangqiao.engine.validation.judge import Arrival, Judge
from kangqiao.engine.validation.rejected_csv import RejectedCsv
from kangqiao.standards.catalogue import Catalogue, catalogue
from kangqiao.standards.model import DIMENSION_TITLES, Dataset, Severity

app = typer.Typer(add_completion=False)

SAMPLES_A_CHECK = 20
"""Rows shown of each check; all rejected rows are in the file of ``--rejected``."""

_EMPTY = {"received": 0, "accepted": 0, "rejected": 0, "duplicate": 0}
Report = dict[str, Any]


@app.command()
def check(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="要检查的文件：CSV（可压缩）、Parquet，或共享文档（XML、XML 的 zip 或目录）"
        ),
    ],
    dataset: Annotated[str, typer.Option(help="数据集名称，见 kangqiao standards list；共享文档不用写")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
    rejected: Annotated[
        Path | None, typer.Option(metavar="OUT.csv", help="把被拒收的行写入此文件，附规则与说明")
    ] = None,
) -> None:
    """检查一个文件能否被平台接收。退出码：0 全部接收，1 有行被拒收或重复，2 文件不能按该数据集读取。"""
    if not dataset:
        _check_documents(file, as_json)
    report: Report = {"dataset": dataset, "file": _shown(file), "sha256": None, "rows": dict(_EMPTY)}
    report |= {"unknown_columns": [], "violations": [], "samples": [], "error": None}
    try:
        known = catalogue()
        _judge(known, known.dataset(dataset), file, rejected, report)
    except (FileRefused, RequestRefused) as error:
        report["error"] = error.as_dict()
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        report["error"] = {"code": "machine.failed", "message": f"本机磁盘、内存或目录不能使用：{error}"}
    print(json.dumps(report, ensure_ascii=False, indent=1) if as_json else _text(report))
    raise typer.Exit(_exit_code(report))


def _check_documents(file: Path, as_json: bool) -> NoReturn:
    """Check shared documents, which say themselves what they are; ends the command."""
    files = files_of_documents(file)
    if not files and not file.exists():
        raise RequestRefused("file.absent", f"找不到文件 {_shown(file)}。")
    if not files:
        raise RequestRefused("dataset.missing", "请用 --dataset 写明数据集；只有共享文档（XML）可以不写。")
    report = check_documents(catalogue(), files)
    print(json.dumps(report, ensure_ascii=False, indent=1) if as_json else documents_as_text(report))
    raise typer.Exit(documents_exit_code(report))


def _judge(known: Catalogue, dataset: Dataset, file: Path, rejected: Path | None, report: Report) -> None:
    if rejected is not None:
        _check_output(file, rejected)
    with (
        tempfile.TemporaryDirectory(prefix="kangqiao-") as folder,
        Judge(dataset, known.value_sets, Path(folder)) as judge,
    ):
        read = judge.read(Arrival(0, file))
        judge.resolve()
        verdict = count(judge)[0]
        report |= _summary(read, verdict)
        with ExitStack() as stack:
            out = None
            if rejected is not None:
                out = RejectedCsv(stack.enter_context(rejected.open("wb")), read.layout.header, read.layout.delimiter)
            report["samples"] = _samples(judge, verdict, out)


def _check_output(file: Path, out: Path) -> None:
    """Refuse, before any work is done, an OUT that cannot be written or is the checked file itself."""
    if out.exists() and file.exists() and out.samefile(file):
        raise RequestRefused("rejected.same_file", "拒收行不能写入被检查的文件本身，请换一个文件名。")
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise RequestRefused("rejected.unwritable", f"不能写入 {_shown(out)}：它是文件夹，或所在的文件夹不存在。")
    if not os.access(out if out.exists() else out.absolute().parent, os.W_OK):
        raise RequestRefused("rejected.unwritable", f"没有权限写入 {_shown(out)}。")


def _shown(path: Path) -> str:
    """A file name may hold bytes that are no text."""
    return os.fsencode(path).decode(errors="replace")


def _summary(read: ReadFile, verdict: Verdict) -> Report:
    return {
        "sha256": read.sha256,
        "rows": verdict.rows(),
        "unknown_columns": list(read.layout.unknown),
        "violations": [item.as_dict() for item in verdict.violations],
    }


def _samples(judge: Judge, verdict: Verdict, out: RejectedCsv | None) -> list[dict[str, Any]]:
    """The first rows of each check, in line order; on the way every rejected row goes to ``out``."""
    wanted = {item.check.number: min(item.rows, SAMPLES_A_CHECK) for item in verdict.violations}
    missing = sum(wanted.values())
    samples = []
    for row in find(judge):
        if out is None and not missing:
            break
        if out is not None and row.is_rejected:
            _write(out, row)
        for finding in row.findings:
            if wanted.get(finding.check.number):
                wanted[finding.check.number] -= 1
                missing -= 1
                samples.append(finding.as_dict(row.line))
    return samples


def _write(out: RejectedCsv, row: FoundRow) -> None:
    reasons = [(item.check.rule, item.message) for item in row.findings if item.check.severity is Severity.ERROR]
    if row.cells is None:
        out.text(row.line, reasons, row.raw, row.raw_file)
    else:
        out.row(row.line, reasons, row.cells)


def _exit_code(report: Report) -> int:
    if report["error"]:
        return 2
    return 0 if report["rows"]["accepted"] == report["rows"]["received"] else 1


def _text(report: Report) -> str:
    if report["error"]:
        print(f"{report['error']['message']}（{report['error']['code']}）", file=sys.stderr)
        return f"{report['file']}：不能按 {report['dataset']} 读取，未检查任何一行。"
    rows = report["rows"]
    lines = [
        f"{report['file']}（{report['dataset']}）",
        f"共 {rows['received']:,} 行：接收 {rows['accepted']:,}，拒收 {rows['rejected']:,}，重复 {rows['duplicate']:,}",
    ]
    if report["unknown_columns"]:
        lines.append(f"不属于该数据集、不会入库的列：{'、'.join(report['unknown_columns'])}")
    for item in report["violations"]:
        kind = "错误" if item["severity"] == "error" else "提醒"
        dimension = DIMENSION_TITLES[item["dimension"]]
        share = f"{item['rows']:,}/{item['denominator']:,}"
        lines.append(f"  {kind}  {dimension}  {item['rule']}  {item['field']}  {share} 行")
    lines += [f"  第 {item['line']} 行  {item['message']}" for item in report["samples"][:50]]
    return "\n".join(lines)
