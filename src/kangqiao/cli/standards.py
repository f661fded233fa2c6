"""``kangqiao standards``: what must be sent, on the screen and as files to take away. No Django here."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kangqiao.base.errors import RequestRefused
from kangqiao.base.text import display_width, pad
from kangqiao.standards.catalogue import DATA, Catalogue, catalogue, load_catalogue, survey
from kangqiao.standards.complaints import in_chinese
from kangqiao.standards.description import describe, overview, prescribed_text, value_sets_of
from kangqiao.standards.difference import EFFECT_TITLES, Change, Plain, difference, plain
from kangqiao.standards.export import export
from kangqiao.standards.model import CATEGORY_TITLES, DIMENSION_TITLES, Category, Dataset, Field, Rule, Severity
from kangqiao.standards.overlay import city_folder
from kangqiao.standards.search import KIND_TITLES, search
from kangqiao.standards.sources import read_sources
from kangqiao.standards.specs import survey_specs
from kangqiao.standards.wording import IDENTIFIES_TITLES, ORDER_TITLES

app = typer.Typer(add_completion=False, no_args_is_help=True, help="查数据集标准：要报哪些表、字段、值域和规则。")

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]

CODES_SHOWN = 20
"""Codes of a value set that ``show`` prints; the rest are in ``--json`` and in the data dictionary."""

CITY_TITLES = {"extended": "本市扩展", "replaced": "本市替换", "added": "本市自设"}
"""What the city did to a value set."""

SEVERITIES = {Severity.ERROR: "错误", Severity.WARNING: "警告"}


@app.command("list")
def list_datasets(
    category: Annotated[str, typer.Option(help="只列一类，写英文名或中文名：outpatient 或 门急诊")] = "",
    as_json: AsJson = False,
) -> None:
    """列出全部数据集。"""
    known = catalogue()
    wanted = _category(category) if category else None
    if as_json:
        rows = [row for row in overview(known) if wanted in (None, row["category"])]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    datasets = [item for item in known.datasets.values() if wanted in (None, item.category)]
    head = ("名称", "标题", "来源标准", "字段", "规则", "上报要求")
    print("\n".join(_table(head, [_overview_cells(item, known) for item in datasets])))


def _category(said: str) -> Category:
    for category, title in CATEGORY_TITLES.items():
        if said in (category, title):
            return category
    known = "、".join(f"{category} {title}" for category, title in CATEGORY_TITLES.items())
    raise RequestRefused("category.unknown", f"没有类别“{said}”，可用的类别：{known}。")


@app.command("search")
def search_words(
    words: Annotated[list[str], typer.Argument(metavar="WORD...", help="中文、英文名、数据元、数据项标识或代码")],
    as_json: AsJson = False,
) -> None:
    """在数据字典中查找。退出码：0 找到，1 没有找到。"""
    hits = search(catalogue(), " ".join(words))
    if as_json:
        print(json.dumps([asdict(hit) for hit in hits], ensure_ascii=False, indent=1))
    elif hits:
        rows = [(KIND_TITLES[hit.kind], hit.dataset or hit.value_set, hit.name, hit.title, hit.why) for hit in hits]
        print("\n".join(_table(("类别", "所在", "名称", "标题", "命中"), rows)))
    else:
        print("没有找到。")
    raise typer.Exit(0 if hits else 1)


@app.command("check")
def check_definitions(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="目录：datasets、value_sets、profiles；默认为平台自带的和本市的"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """检查数据集、值域、规则的定义和规则示例，列出全部错误。退出码：0 没有错误，1 有错误。"""
    city = city_folder() if folder is None else None
    known, problems = survey(folder or DATA, city)
    specs = (folder or DATA) / "specs"
    if city is None and specs.is_dir() and not problems:
        survey_specs(specs, known.datasets, problems)
    if as_json:
        rows = [{"file": item.file, "line": item.line, "part": item.part, "reason": item.reason} for item in problems]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    elif problems:
        print("\n".join(in_chinese(item) for item in problems))
        print(f"定义有 {len(problems)} 处错误。", file=sys.stderr)
    else:
        rules = sum(len(item.rules) for item in known.datasets.values())
        print(f"数据集 {len(known.datasets)} 个，规则 {rules:,} 条，值域 {len(known.value_sets)} 个：没有错误。")
    raise typer.Exit(1 if problems else 0)


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


@app.command("sources")
def list_sources(as_json: AsJson = False) -> None:
    """列出来源标准的各张表，以及由哪个数据集收录。"""
    sources = read_sources(DATA / "sources.tsv")
    if as_json:
        print(json.dumps([asdict(item) for item in sources], ensure_ascii=False, indent=1))
        return
    rows = [
        (item.standard, item.table, str(len(item.fields) or ""), "、".join(item.datasets), item.remark)
        for item in sources
    ]
    print("\n".join(_table(("标准", "表", "数据项", "数据集", "说明"), rows)))
    fields = sum(len(item.fields) for item in sources)
    left_out = sum(not item.fields for item in sources)
    print(f"标准表 {len(sources)} 张，数据项 {fields:,} 项；未收 {left_out} 张。")


@app.command("diff")
def show_difference(
    old: Annotated[str, typer.Argument(metavar="OLD", help="旧版：目录、导出的 catalogue.json，或 current（在用的）")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="新版，同上")],
    as_json: AsJson = False,
) -> None:
    """比较两个版本的标准，逐条说明变化和影响。退出码：0 相同，1 有变化，2 不能读取。"""
    before, after = _version(old), _version(new)
    changes = difference(before, after)
    if as_json:
        told = {"old": _title_of(before), "new": _title_of(after), "changes": [asdict(item) for item in changes]}
        print(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        print("\n".join(_changes(before, after, changes)))
    raise typer.Exit(1 if changes else 0)


def _version(said: str) -> Plain:
    """A version of the catalogue as plain data. Raises RequestRefused, DefinitionError or OSError."""
    if said in ("-", "current"):
        return plain(catalogue())
    path = Path(said)
    if path.is_dir():
        return plain(load_catalogue(path))
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        difference(found, found)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RequestRefused("catalogue.unreadable", f"{said} 不是导出的 catalogue.json。") from error
    return dict(found)


def _title_of(side: Plain) -> dict[str, str]:
    return {"version": side.get("version", ""), "digest": side.get("digest", "")}


def _changes(before: Plain, after: Plain, changes: Sequence[Change]) -> Iterable[str]:
    names = [f"{side.get('version') or '未注明版本'}（{side.get('digest', '')[:12]}）" for side in (before, after)]
    if not changes:
        yield f"{names[0]} 与 {names[1]} 没有差别。"
        return
    yield f"由 {names[0]} 到 {names[1]}，变化 {len(changes)} 处"
    for effect, title in EFFECT_TITLES.items():
        found = [item for item in changes if item.effect is effect]
        if found:
            yield f"\n{title}（{len(found)}）"
        yield from (f"  {item.where}：{item.text}" for item in found)


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
    yield from _city(dataset, known)
    yield f"\n字段（{len(dataset.fields)}）"
    head = ("字段名", "标题", "标识", "数据元", "类型", "格式", "必填", "值域", "个人标识")
    yield from _table(head, [_field_cells(item) for item in dataset.fields])
    yield from _references(dataset)
    yield from _successions(dataset)
    yield from _rules(dataset)
    yield from _value_sets(dataset, known)


def _city(dataset: Dataset, known: Catalogue) -> Iterable[str]:
    """What of the dataset is the city's own, where there is any."""
    if dataset.owner:
        yield "本市：本市自设的数据集"
    changed = [item.code for item in dataset.rules if item.owner]
    if changed:
        yield f"本市：增改的规则 {'、'.join(changed)}"
    if dataset.switched_off:
        yield f"本市：停用的规则 {'、'.join(dataset.switched_off)}"
    sets = [
        f"{name}（{CITY_TITLES[known.value_sets[name].city]}）"
        for name in value_sets_of(dataset)
        if known.value_sets[name].city
    ]
    if sets:
        yield f"本市：值域 {'、'.join(sets)}"


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


def _successions(dataset: Dataset) -> Iterable[str]:
    if dataset.successions:
        yield f"\n时序（{len(dataset.successions)}）"
    for item in dataset.successions:
        target = f"同一人的 {item.dataset}（{item.moment}）"
        yield f"{item.field} {ORDER_TITLES[item.order]}{target}　{SEVERITIES[item.severity]}：{item.message}"


def _rules(dataset: Dataset) -> Iterable[str]:
    yield f"\n规则（{len(dataset.rules)}）"
    for item in dataset.rules:
        about = f"{SEVERITIES[item.severity]}、{DIMENSION_TITLES[item.dimension]}{_owner(item)}"
        yield f"{item.code}（{about}）{item.message}"
        yield f"    {item.expr}"


def _owner(rule: Rule) -> str:
    return "、本市" if rule.owner else ""


def _value_sets(dataset: Dataset, known: Catalogue) -> Iterable[str]:
    names = value_sets_of(dataset)
    if names:
        yield f"\n值域（{len(names)}）"
    for name in names:
        value_set = known.value_sets[name]
        codes = [f"{code} {title}" for code, title in value_set.codes.items()]
        more = f"；…共 {len(codes)} 个" if len(codes) > CODES_SHOWN else ""
        yield f"{name} {value_set.title}（{value_set.standard}）：{'；'.join(codes[:CODES_SHOWN])}{more}"
