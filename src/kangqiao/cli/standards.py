"""``kangqiao standards``: what must be sent, on the screen and as files to take away. No Django here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from kangqiao.base.text import display_width, pad
from kangqiao.standards.catalogue import Catalogue, catalogue
from kangqiao.standards.description import describe, overview, prescribed_text, value_sets_of
from kangqiao.standards.dictionary import IDENTIFIES_TITLES
from kangqiao.standards.export import export
from kangqiao.standards.model import DIMENSION_TITLES, Dataset, Field, Severity

app = typer.Typer(add_completion=False, no_args_is_help=True, help="查数据集标准：要报哪些表、字段、值域和规则。")

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]

CODES_SHOWN = 20
"""Codes of a value set that ``show`` prints; the rest are in ``--json`` and in the data dictionary."""

SEVERITIES = {Severity.ERROR: "错误", Severity.WARNING: "警告"}


@app.command("list")
def list_datasets(as_json: AsJson = False) -> None:
    """列出全部数据集。"""
    known = catalogue()
    if as_json:
        print(json.dumps(overview(known), ensure_ascii=False, indent=1))
        return
    head = ("名称", "标题", "来源标准", "字段", "规则", "上报要求")
    print("\n".join(_table(head, [_overview_cells(item, known) for item in known.datasets.values()])))


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="数据集名称，见 kangqiao standards list")],
    as_json: AsJson = False,
) -> None:
    """显示一个数据集：字段、主键、关联、规则、值域。"""
    known = catalogue()
    dataset = known.dataset(name)
    if as_json:
        print(json.dumps(describe(dataset, known), ensure_ascii=False, indent=1))
        return
    print("\n".join(_page(dataset, known)))


@app.command("export")
def export_files(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="写入的目录，没有则新建")],
) -> None:
    """写出数据字典（Excel）、上报模板（CSV）和 Frictionless 表结构（JSON）。"""
    written = export(catalogue(), folder)
    print(f"已写出 {len(written)} 个文件：{folder}")


def _overview_cells(dataset: Dataset, known: Catalogue) -> tuple[str, ...]:
    counts = (str(len(dataset.fields)), str(len(dataset.rules)))
    return dataset.name, dataset.title, dataset.source.standard, *counts, prescribed_text(dataset, known)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Lines of a table whose columns stand under each other, two spaces between them."""
    lines = [head, *rows]
    widths = [max(display_width(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        yield "  ".join(pad(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip()


def _page(dataset: Dataset, known: Catalogue) -> Iterable[str]:
    source = dataset.source
    yield f"{dataset.title}　{dataset.name}"
    yield f"来源：{' '.join(part for part in (source.standard, source.part, source.table) if part)}"
    yield f"上报要求：{prescribed_text(dataset, known) or '无'}"
    yield f"主键：{'、'.join(dataset.key)}"
    yield f"业务时间：{dataset.event_time}"
    yield f"版本：{dataset.digest[:12]}"
    yield f"\n字段（{len(dataset.fields)}）"
    head = ("字段名", "标题", "标识", "数据元", "类型", "格式", "必填", "值域", "个人标识")
    yield from _table(head, [_field_cells(item) for item in dataset.fields])
    yield from _references(dataset)
    yield from _rules(dataset)
    yield from _value_sets(dataset, known)


def _field_cells(item: Field) -> tuple[str, ...]:
    identifies = IDENTIFIES_TITLES[item.identifies] if item.identifies else ""
    element = item.element if item.element == item.year else f"{item.element}（{item.year}）"
    return (
        *(item.name, item.title, item.id, element, item.type, item.format),
        *("是" if item.required else "", item.value_set or "", identifies),
    )


def _references(dataset: Dataset) -> Iterable[str]:
    if dataset.references:
        yield f"\n关联（{len(dataset.references)}）"
    for item in dataset.references:
        target = f"{item.dataset}（{'、'.join(item.to)}）"
        yield f"{'、'.join(item.fields)} → {target}　{SEVERITIES[item.severity]}：{item.message}"


def _rules(dataset: Dataset) -> Iterable[str]:
    yield f"\n规则（{len(dataset.rules)}）"
    for item in dataset.rules:
        about = f"{SEVERITIES[item.severity]}、{DIMENSION_TITLES[item.dimension]}"
        yield f"{item.code}（{about}）{item.message}"
        yield f"    {item.expr}"


def _value_sets(dataset: Dataset, known: Catalogue) -> Iterable[str]:
    names = value_sets_of(dataset)
    if names:
        yield f"\n值域（{len(names)}）"
    for name in names:
        value_set = known.value_sets[name]
        codes = [f"{code} {title}" for code, title in value_set.codes.items()]
        more = f"；…共 {len(codes)} 个" if len(codes) > CODES_SHOWN else ""
        yield f"{name} {value_set.title}（{value_set.standard}）：{'；'.join(codes[:CODES_SHOWN])}{more}"
