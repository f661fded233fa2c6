"""The dictionary's pages as Markdown, from the same descriptions as the web pages.

::

    DIR/pages/README.md        contents by category
    DIR/pages/NAME.md          a dataset: fields, references, and each rule with its drawn rows
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from kangqiao.standards.catalogue import Catalogue
from kangqiao.standards.model import Dataset
from kangqiao.standards.pages import DatasetPage, FieldLine, RulePage, dataset_page, rule_page, shelves
from kangqiao.standards.wording import GENERAL_CHECKS

FOLDER = "pages"


def write_pages(catalogue: Catalogue, folder: Path) -> list[Path]:
    """Write the contents and a page a dataset under ``folder``/pages; returns the files written, in order."""
    pages = folder / FOLDER
    pages.mkdir(parents=True, exist_ok=True)
    written = [_write(pages / "README.md", _contents(catalogue))]
    for dataset in catalogue.datasets.values():
        written.append(_write(pages / f"{dataset.name}.md", _page(dataset, catalogue)))
    return written


def _write(path: Path, lines: Iterable[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _contents(catalogue: Catalogue) -> Iterator[str]:
    yield "# 数据字典"
    for shelf in shelves(catalogue):
        yield from ("", f"## {shelf.title}", "")
        rows = [
            (
                *(f"[{item.title}]({item.name}.md)", f"`{item.name}`", item.source),
                *(str(item.fields), str(item.rules), item.required_by or "不作要求"),
            )
            for item in shelf.datasets
        ]
        yield from _table(("数据集", "名称", "来源", "字段", "规则", "谁上报"), rows)
    yield from ("", "## 通用检查", "")
    yield from _table(
        ("检查", "代码", "什么样的行违反"), [(item.title, f"`{item.code}`", item.words) for item in GENERAL_CHECKS]
    )


def _page(dataset: Dataset, catalogue: Catalogue) -> Iterator[str]:
    page = dataset_page(dataset, catalogue)
    yield from (f"# {page.title} `{page.name}`", "", page.row, "")
    yield from _facts(page)
    yield from ("", "## 字段", "")
    head = ("字段", "名称", "必填", "写法", "格式", "值域", "数据元", "数据项标识", "说明")
    yield from _table(head, [_field_cells(item) for item in page.fields])
    if page.references:
        yield from ("", "## 关联", "")
        rows = [
            (item.fields, f"[{item.title}]({item.dataset}.md)", item.to, item.message, item.severity)
            for item in page.references
        ]
        yield from _table(("本表字段", "应在", "其字段", "找不到时", "级别"), rows)
    if page.successions:
        yield from (
            "",
            "## 时序",
            "",
            "同一个人（按证件号码）在别的表中的日期，不论由哪家机构上传；只提醒，不拒收。",
            "",
        )
        lines = [
            (item.field, f"{item.order} [{item.title}]({item.dataset}.md) 的{item.moment}", item.message)
            for item in page.successions
        ]
        yield from _table(("本表字段", "应", "不符时"), lines)
    yield from ("", "## 规则")
    for rule in dataset.rules:
        yield from _rule(rule_page(dataset, rule, catalogue))
    if not dataset.rules:
        yield from ("", "没有专门的规则，只做[通用检查](README.md#通用检查)。")


def _facts(page: DatasetPage) -> Iterator[str]:
    yield f"- 类别：{page.category_title}"
    yield f"- 来源：{page.source}"
    yield f"- 主键：{page.key}"
    yield f"- 业务时间：{page.event_time}"
    yield f"- 个人信息：{page.person}"
    yield f"- 谁上报：{page.required_by or '没有机构被要求上报'}"
    if page.referred_by:
        yield "- 被引用：" + "、".join(f"[{title}]({name}.md)" for name, title in page.referred_by)


def _field_cells(item: FieldLine) -> tuple[str, ...]:
    must = "主键" if item.is_key else "必填" if item.is_required else ""
    value_set = f"{item.value_set_title} `{item.value_set}`" if item.value_set else ""
    personal = f"能识别个人：{item.identifies}" if item.identifies else ""
    notes = "；".join(text for text in (personal, item.checksum, item.note) if text)
    return (
        *(item.title, f"`{item.name}`", must, f"{item.type_title}：{item.format_words}"),
        *(f"`{item.type} {item.format}`", value_set, item.origin, item.id, notes),
    )


def _rule(page: RulePage) -> Iterator[str]:
    line = page.line
    yield from ("", f"### {line.code}", "", f"**{line.message}**　{page.words}", "")
    yield f"- 级别：{line.severity}　类别：{line.dimension}　字段：{line.field_title}"
    yield f"- 怎样改：{page.mending}"
    yield f"- 依据：{page.basis}"
    yield from ("- 合格的条件：", "", "```sql", page.expr, "```")
    if not page.rows:
        return
    yield ""
    if page.note:
        yield from (page.note, "")
    rows = [(row.verdict_title, *(f"{cell.text} {cell.words}".strip() for cell in row.cells)) for row in page.rows]
    yield from _table(("判定", *(f"{title} `{name}`" for name, title in page.columns)), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A pipe table."""
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
