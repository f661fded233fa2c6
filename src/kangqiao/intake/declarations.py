"""Declarations (数据集申报): which of the prescribed tables an institution says it will send.

A declaration is a file in the institution's folder, beside its data::

    机构/申报.csv            holds from the beginning
    机构/申报-2020-05.csv    holds from that month on, until a newer one

It has one column, ``dataset`` (or 数据集), with a dataset's name or title a line. A file with anything unknown in it
is refused whole, with every line that is wrong.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

from kangqiao.base.clock import now, parse_month
from kangqiao.base.errors import FileRefused, Refused, RequestRefused
from kangqiao.engine.formats.decoding import GB18030, UTF8, Decoder, NotUtf8
from kangqiao.intake.rules import readable
from kangqiao.registry.actions import declare_datasets
from kangqiao.registry.models import Institution
from kangqiao.registry.queries import institution_by_text
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Channel, Dataset

BEGINNING = date(2000, 1, 1)
"""The month that a declaration without one holds from."""
HEADS = ("dataset", "数据集")
MAX_BYTES = 1 << 20

_NAME = re.compile(r"申报(?:-(\d{4}-\d{2}))?\.csv")


@dataclass(frozen=True, slots=True)
class WrongLine:
    """A line of a declaration that names no table the institution could send."""

    line: int
    value: str
    message: str


@dataclass(slots=True)
class DeclarationReceipt:
    """What became of one declaration: taken whole, or refused whole with code, sentence and lines."""

    institution: str
    file_name: str
    declared: int = 0
    prescribed: int = 0
    code: str = ""
    message: str = ""
    lines: list[WrongLine] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        refusal = {"code": self.code, "message": self.message} if self.code else None
        lines = [{"line": item.line, "value": item.value, "message": item.message} for item in self.lines]
        return {
            "kind": "declaration",
            "institution": self.institution,
            "file": self.file_name,
            "state": "refused" if refusal else "stored",
            "declared": self.declared,
            "prescribed": self.prescribed,
            "refusal": refusal,
            "lines": lines,
        }


def is_declaration(path: Path) -> bool:
    """Whether a file of this name is a declaration."""
    return _NAME.fullmatch(readable(path.name)) is not None


def take_declaration(path: Path, institution_text: str = "") -> DeclarationReceipt:
    """Read a declaration and put it down. The institution is the one named, else the folder's name."""
    receipt = DeclarationReceipt(institution_text or readable(path.parent.name), readable(path.name))
    try:
        institution = _institution(receipt.institution)
        month = _month(receipt.file_name)
        possible = _prescribed(institution)
        receipt.prescribed = len(possible)
        names, receipt.lines = _read(path, possible)
        if receipt.lines:
            raise FileRefused("declaration.unknown", f"申报中有 {len(receipt.lines)} 行不是应报的数据集，整份未采用。")
    except Refused as error:
        receipt.code, receipt.message = error.code, error.message
        return receipt
    declare_datasets(institution, names, month=month, at=now())
    receipt.declared = len(set(names))
    return receipt


def _institution(text: str) -> Institution:
    institution = institution_by_text(text)
    if institution is None:
        raise RequestRefused("institution.unknown", f"没有登记名为“{text}”的机构。")
    return institution


def _month(name: str) -> date:
    match = _NAME.fullmatch(name)
    if match is None or match[1] is None:
        return BEGINNING
    try:
        return parse_month(match[1])
    except ValueError as error:
        raise FileRefused(
            "declaration.month", f"文件名中的月份“{match[1]}”不存在，应写作 申报-2024-06.csv。"
        ) from error


def _prescribed(institution: Institution) -> dict[str, Dataset]:
    """Name and title → dataset, of the tables prescribed by schedule to institutions of this kind."""
    known = catalogue()
    entries = known.profile(institution.kind).prescriptions
    datasets = [known.datasets[item.dataset] for item in entries if item.channel is Channel.SCHEDULED]
    return {item.title: item for item in datasets} | {item.name: item for item in datasets}


def _read(path: Path, possible: dict[str, Dataset]) -> tuple[list[str], list[WrongLine]]:
    names, wrong = [], []
    for line, value in _values(_text(path), readable(path.name)):
        if value in possible:
            names.append(possible[value].name)
        else:
            wrong.append(WrongLine(line, value[:100], _why(value)))
    return names, wrong


def _why(value: str) -> str:
    if value in catalogue().datasets:
        return "这个数据集没有要求该类机构上报"
    return "没有这个数据集，名称见 kangqiao standards list"


def _text(path: Path) -> str:
    try:
        content = path.read_bytes() if path.stat().st_size <= MAX_BYTES else None
    except OSError as error:
        raise FileRefused("file.unreadable", f"读不了 {readable(path.name)}：{error.strerror}。") from error
    if content is None:
        raise FileRefused("file.too_large", f"{readable(path.name)} 超过 1 MB，不像一份申报。")
    try:
        return Decoder(UTF8, readable(path.name)).decode_first(content).decode()
    except NotUtf8:
        return Decoder(GB18030, readable(path.name)).decode_first(content).decode()


def _values(text: str, name: str) -> Iterator[tuple[int, str]]:
    """Line number and first cell of every line that is not empty, after the head."""
    reader = csv.reader(StringIO(text))
    head = next(reader, [])
    if not head or head[0].strip() not in HEADS:
        raise FileRefused("declaration.head", f"{name} 的第一行应为 dataset，以下每行一个数据集名称。")
    for row in reader:
        if row and row[0].strip():
            yield reader.line_num, row[0].strip()
