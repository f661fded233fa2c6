"""The head line of a file: its delimiter, and which field each column is."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache

from kangqiao.base.errors import FileRefused
from kangqiao.standards.model import Dataset, Field

DELIMITERS = (",", "\t", "|")
COLUMN_LIMIT = 2000
"""Columns a file may have; the widest dataset has some 200."""
_HEAD_LIMIT = 1 << 17
"""Bytes of a head line; the csv module reads no longer value."""
_OTHER_DELIMITERS = (";", "，", "；", "^", "~", "\x01", "\x1f", ":", " ")
OWN_COLUMNS = ("_line", "_rule", "_message")
"""Columns that our own file of rejected rows adds; sent back, they are passed over without a word."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the columns of a file lie. ``fields[i]`` is the field name of column i, None for a column not stored."""

    delimiter: str
    header: tuple[str, ...]
    fields: tuple[str | None, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Names of columns that are no field of the dataset, in order."""
        pairs = enumerate(zip(self.header, self.fields, strict=True), 1)
        return tuple(
            name or f"（第 {number} 列，没有列名）"
            for number, (name, field) in pairs
            if field is None and name not in OWN_COLUMNS
        )


@lru_cache(maxsize=4096)
def read_layout(dataset: Dataset, line: str) -> Layout:
    """The layout that a head line declares (English names, Chinese titles or field ids, in any order).

    Raises FileRefused: no header, wrong delimiter, wrong line ends, a column twice, too many columns,
    a required column missing.
    """
    _check_head(dataset, line)
    found = max((_split(dataset, line, delimiter) for delimiter in DELIMITERS), key=_recognised)
    if not _recognised(found):
        raise _unrecognised(dataset, line)
    return _checked(dataset, found)


def match_columns(dataset: Dataset, names: tuple[str, ...]) -> Layout:
    """The layout of a file whose columns have names already (Parquet). Raises as :func:`read_layout`."""
    if len(names) > COLUMN_LIMIT:
        raise FileRefused("file.columns_too_many", f"文件的列数超过 {COLUMN_LIMIT}，请核对文件与数据集。")
    layout = Layout("", names, tuple(_field_name(dataset, name) for name in names))
    if not _recognised(layout):
        raise FileRefused("file.no_header", f"没有一列属于数据集“{dataset.title}”，请核对文件与数据集。")
    return _checked(dataset, layout)


def _check_head(dataset: Dataset, line: str) -> None:
    if "\r" in line:
        raise FileRefused("file.line_ends", "行尾只有回车符（CR）。每行应以换行符（LF 或 CRLF）结束，请重新导出。")
    if len(line) > _HEAD_LIMIT:
        raise FileRefused("file.no_header", f"第一行过长，不是“{dataset.title}”的表头。")
    if max(line.count(delimiter) for delimiter in DELIMITERS) >= COLUMN_LIMIT:
        raise FileRefused("file.columns_too_many", f"表头的列数超过 {COLUMN_LIMIT}，请核对文件与数据集。")


def _split(dataset: Dataset, line: str, delimiter: str) -> Layout:
    reader = csv.reader([line], delimiter=delimiter, skipinitialspace=True)
    names = tuple(name.strip().strip('"').strip() for name in next(reader, []))
    return Layout(delimiter, names, tuple(_field_name(dataset, name) for name in names))


def _field_name(dataset: Dataset, text: str) -> str | None:
    field = dataset.lookup.get(text) or dataset.by_name.get(text.lower())
    return field.name if field else None


def _recognised(layout: Layout) -> int:
    return sum(field is not None for field in layout.fields)


def _unrecognised(dataset: Dataset, line: str) -> FileRefused:
    for delimiter in _OTHER_DELIMITERS:
        if delimiter in line and _recognised(_split_plain(dataset, line, delimiter)) >= 2:
            return FileRefused("file.delimiter", "列之间的分隔符应为逗号、制表符或竖线，本文件用的是其他分隔符。")
    return FileRefused(
        "file.no_header",
        f"第一行没有“{dataset.title}”的列名。第一行应为表头（英文名、中文名或数据项标识），请核对文件与数据集。",
    )


def _split_plain(dataset: Dataset, line: str, delimiter: str) -> Layout:
    names = tuple(name.strip().strip('"') for name in line.split(delimiter))
    return Layout(delimiter, names, tuple(_field_name(dataset, name) for name in names))


def _checked(dataset: Dataset, layout: Layout) -> Layout:
    known = [name for name in layout.fields if name is not None]
    twice = [dataset.by_name[name] for name in dict.fromkeys(known) if known.count(name) > 1]
    if twice:
        raise FileRefused("file.columns_repeated", f"这些列出现了不止一次：{_titles(twice)}。")
    missing = [field for field in dataset.fields if field.required and field.name not in known]
    if missing:
        raise FileRefused("file.columns_missing", f"缺少必填列：{_titles(missing)}。")
    return layout


def _titles(fields: list[Field]) -> str:
    return "、".join(f"{field.title}（{field.name}）" for field in fields)
