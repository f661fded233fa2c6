"""``kangqiao cda``: the document types of WS/T 500, and documents written from rows."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Annotated

import typer

from kangqiao.base.errors import RequestRefused
from kangqiao.base.text import pad
from kangqiao.engine.cda.definitions import DocumentType, document_types
from kangqiao.engine.cda.mapping import Rows
from kangqiao.engine.cda.writing import default_header, document_groups, write_document

app = typer.Typer(add_completion=False, help="共享文档（WS/T 500）：看文档类型，用数据行生成文档。")


@app.command()
def types(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """列出 53 种共享文档，各自的模板与对应的数据集。"""
    kinds = document_types().values()
    if as_json:
        print(json.dumps([_described(kind) for kind in kinds], ensure_ascii=False, indent=1))
        return
    for kind in kinds:
        names = "、".join(item.name + ("（多行）" if item.repeats else "") for item in kind.datasets)
        print(f"{kind.code}  {kind.template}  {pad(kind.title, 28)}{names}")


def _described(kind: DocumentType) -> dict[str, object]:
    datasets = [{"name": item.name, "repeats": item.repeats, **_coverage(kind, item.name)} for item in kind.datasets]
    return {
        "code": kind.code,
        "template": kind.template,
        "title": kind.title,
        "sections": [{"code": item.code, "name": item.name} for item in kind.sections.values()],
        "datasets": datasets,
    }


def _coverage(kind: DocumentType, name: str) -> dict[str, int]:
    """Fields of a dataset, and how many have a place in the document."""
    places = kind.places_of[name]
    return {
        "fields": len(kind.dataset(name).fields),
        "placed": sum(any(p.is_written for p in ps) for ps in places.values()),
    }


@app.command()
def write(
    code: Annotated[str, typer.Argument(metavar="TYPE", help="文档类型，如 C0007")],
    out: Annotated[Path, typer.Argument(metavar="DIR", help="写入的目录")],
    rows: Annotated[list[str], typer.Option(metavar="DATASET=FILE.csv", help="数据行：数据集=CSV 文件，可写多次")],
    institution: Annotated[str, typer.Option(help="保管机构代码")] = "",
    custodian: Annotated[str, typer.Option(help="保管机构名称")] = "",
) -> None:
    """用数据行生成共享文档，每份一个 XML 文件。"""
    kind = document_types().get(code.upper())
    if kind is None:
        raise RequestRefused("cda.type_unknown", f"没有文档类型 {code}，应为 C0001 至 C0053。")
    out.mkdir(parents=True, exist_ok=True)
    written = 0
    for one in document_groups(kind, _read_rows(rows)):
        header = default_header(kind, one, institution, custodian)
        (out / f"{kind.code}-{header.number}.xml").write_bytes(write_document(kind, header, one))
        written += 1
    print(f"已写入 {written:,} 份 {kind.code}“{kind.title}”到 {out}。")


def _read_rows(options: list[str]) -> Rows:
    """Rows by dataset from UTF-8 CSV files under the fields' names."""
    found: Rows = {}
    for option in options:
        name, _, file = option.partition("=")
        if not file or not Path(file).is_file():
            raise RequestRefused("cda.write_file", f"--rows 应写作 数据集=文件.csv，且文件存在：{option}")
        with Path(file).open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            found.setdefault(name, []).extend(
                {key: text for key, text in row.items() if key and text} for row in reader
            )
    return found
