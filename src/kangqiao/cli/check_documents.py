"""The hospital's own look at shared documents before they are sent: each judged alone, then their rows together."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kangqiao.base.errors import FileRefused
from kangqiao.engine.cda.archive import Member, clean_name, holds_documents, read_members
from kangqiao.engine.cda.documents import Document, read_document
from kangqiao.engine.formats.header import Layout
from kangqiao.engine.formats.text_file import ReadFile
from kangqiao.engine.validation.counting import count
from kangqiao.engine.validation.findings import find
from kangqiao.engine.validation.judge import Arrival, Judge
from kangqiao.standards.catalogue import Catalogue
from kangqiao.standards.model import Dataset

Report = dict[str, Any]

SAMPLES_A_TABLE = 50
"""Rows with violations that are shown of one dataset."""


def files_of_documents(path: Path) -> list[Path]:
    """The files of documents at or below ``path``; none when it is something else."""
    if path.is_dir():
        return [item for item in sorted(path.rglob("*")) if item.is_file() and holds_documents(item)]
    return [path] if holds_documents(path) else []


def check_documents(known: Catalogue, files: Iterable[Path]) -> Report:
    """What would become of the documents and their rows; nothing is stored."""
    documents: list[Report] = []
    rows: dict[str, list[tuple[str, Document]]] = {}
    for file in files:
        for member in _members(file):
            report, document = _check(member)
            documents.append(report)
            if document is not None and report["error"] is None:
                for name in document.rows:
                    rows.setdefault(name, []).append((member.name, document))
    tables = [_judge(known, known.datasets[name], items) for name, items in rows.items()]
    return {"documents": documents, "tables": tables, "summary": _summary(documents, tables)}


def _members(file: Path) -> Iterator[Member]:
    try:
        yield from read_members(file)
    except FileRefused as error:
        yield Member(clean_name(file.name), refusal=error)


def _check(member: Member) -> tuple[Report, Document | None]:
    report: Report = {"name": member.name, "type": None, "title": None, "sha256": None, "rows": {}, "findings": []}
    report["error"] = None
    try:
        if member.refusal:
            raise member.refusal
        document = read_document(member.content)
    except FileRefused as error:
        report["error"] = error.as_dict() | {"line": getattr(error, "line", 0)}
        return report, None
    report |= {"type": document.kind.code, "title": document.kind.title, "sha256": document.sha256}
    report["rows"] = {name: len(items) for name, items in document.rows.items()}
    report["findings"] = [item.as_dict() for item in document.findings]
    if refusal := document.refusal:
        report["error"] = {"code": refusal.code, "message": refusal.message, "line": refusal.line}
    return report, document


def _judge(known: Catalogue, dataset: Dataset, items: list[tuple[str, Document]]) -> Report:
    names = tuple(field.name for field in dataset.fields)
    layout = Layout(",", names, names)
    with (
        tempfile.TemporaryDirectory(prefix="kangqiao-") as folder,
        Judge(dataset, known.value_sets, Path(folder)) as judge,
    ):
        for number, (_, document) in enumerate(items):
            read = ReadFile(document.sha256, document.size, "xml", layout)
            judge.take(Arrival(number, Path(folder)), document.rows[dataset.name], read)
        judge.resolve()
        verdicts = count(judge)
        total: Counter[str] = Counter()
        violations: Counter[tuple[str, str, str]] = Counter()
        for verdict in verdicts.values():
            total.update(verdict.rows())
            for item in verdict.violations:
                violations[item.check.rule, item.check.field, str(item.check.severity)] += item.rows
        samples = _samples(judge, [name for name, _ in items])
    heads = ("rule", "field", "severity")
    found = [dict(zip(heads, key, strict=True)) | {"rows": rows} for key, rows in violations.items()]
    return {"dataset": dataset.name, "rows": dict(total), "violations": found, "samples": samples}


def _samples(judge: Judge, names: list[str]) -> list[Report]:
    samples: list[Report] = []
    for row in find(judge):
        for finding in row.findings:
            if len(samples) < SAMPLES_A_TABLE:
                samples.append({"document": names[row.file], **finding.as_dict(row.line)})
    return samples


def _summary(documents: list[Report], tables: list[Report]) -> Report:
    total: Counter[str] = Counter({"received": 0, "accepted": 0, "rejected": 0, "duplicate": 0})
    for table in tables:
        total.update(table["rows"])
    refused = sum(item["error"] is not None for item in documents)
    errors = sum(any(f["severity"] == "error" for f in item["findings"]) for item in documents)
    return {"documents": len(documents), "refused": refused, "with_errors": errors, "rows": dict(total)}


def exit_code(report: Report) -> int:
    """0 everything would be taken, 1 some of it would not, 2 none of the documents can be read."""
    summary = report["summary"]
    if summary["documents"] == summary["refused"]:
        return 2
    rows = summary["rows"]
    return 1 if summary["refused"] or summary["with_errors"] or rows["accepted"] != rows["received"] else 0


def as_text(report: Report) -> str:
    """The report for a reader: each document with what is wrong with it, then the rows."""
    lines = []
    for item in report["documents"]:
        kind = f"{item['type']} {item['title']}" if item["type"] else "不能识别"
        state = f"整份拒收：{item['error']['message']}（{item['error']['code']}）" if item["error"] else "可以接收"
        lines.append(f"{item['name']}  {kind}  {state}")
        lines += [_finding_line(finding) for finding in item["findings"][:20]]
        if len(item["findings"]) > 20:
            lines.append(f"  …… 共 {len(item['findings'])} 条，用 --json 看全部")
    for table in report["tables"]:
        rows = table["rows"]
        counts = f"接收 {rows['accepted']:,}，拒收 {rows['rejected']:,}，重复 {rows['duplicate']:,}"
        lines.append(f"{table['dataset']}  共 {rows['received']:,} 行：{counts}")
        lines += [f"  {item['document']} 第 {item['line']} 行  {item['message']}" for item in table["samples"][:20]]
    summary = report["summary"]
    lines.append(f"共 {summary['documents']:,} 份文档，整份拒收 {summary['refused']:,} 份。")
    return "\n".join(lines)


def _finding_line(finding: Report) -> str:
    kind = "错误" if finding["severity"] == "error" else "提醒"
    where = f"（第 {finding['line']} 行）" if finding["line"] else ""
    return f"  {kind}  {finding['code']}  {finding['message']}{where}"
