"""Rows with violations, in words that a clerk can act on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kangqiao.base.text import mask, mask_numbers
from kangqiao.engine.formats.records import RAGGED, TOO_LONG, UNCLOSED
from kangqiao.engine.validation.checks import Builtin, Check
from kangqiao.engine.validation.compile import ACCEPTED, DUPLICATE, REJECTED, text_of
from kangqiao.engine.validation.judge import Judge
from kangqiao.standards.model import Dataset, Field, Reference, Rule, Succession, ValueSet
from kangqiao.standards.nearest import Hints

_FETCH = 5000


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation in one row."""

    check: Check
    value: str | None
    message: str
    is_personal: bool = False
    hint: tuple[tuple[str, str], ...] = ()
    """Codes and names nearest to a value that is not in its value set."""

    def as_dict(self, line: int) -> dict[str, Any]:
        """For reports: what identifies a person is masked, its number also where it has slipped into another column.

        ``hint`` is there when there are codes near the value.
        """
        hide = mask if self.is_personal else mask_numbers
        value = hide(self.value) if self.value else self.value
        told = {
            "line": line,
            "field": self.check.field,
            "rule": self.check.rule,
            "value": value,
            "message": self.message,
        }
        return {**told, "hint": [{"code": code, "name": name} for code, name in self.hint]} if self.hint else told


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A row with violations. ``cells`` are its columns as received; ``raw`` its text where it is no row.

    Of a duplicate without other violations ``cells`` are its values written again; columns not stored are empty.
    """

    file: int
    line: int
    is_rejected: bool
    is_duplicate: bool
    cells: list[str | None] | None
    raw: str
    raw_file: str
    findings: tuple[Finding, ...]


def find(judge: Judge, *, only_left_out: bool = False) -> Iterator[FoundRow]:
    """Rows with violations of all files, by file and line; ``only_left_out``: rejected rows and duplicates."""
    cursor = judge.connection.cursor()
    cursor.execute(_statement(judge, only_left_out))
    hints = Hints()
    while rows := cursor.fetchmany(_FETCH):
        for row in rows:
            yield _found(judge, row, hints)


def _statement(judge: Judge, only_left_out: bool) -> str:
    words = [f"_w{index}" for index in range(judge.checks[-1].word + 1)]
    dirty = " OR ".join(f"{word} <> 0" for word in words)
    wanted = (
        f"_status <> {ACCEPTED}"
        if only_left_out
        else f"({dirty} OR unresolved.numbers IS NOT NULL OR repeated.line IS NOT NULL)"
    )
    values = ", ".join(text_of(field) for field in judge.dataset.fields)
    return f"""
        SELECT _file AS file, _line AS line, _status, _cells,
               CASE WHEN _status = {DUPLICATE} AND _cells IS NULL THEN [{values}] END AS written,
               [{", ".join(words)}] AS words,
               unresolved.numbers, unresolved.texts, unresolved.besides, repeated.line IS NOT NULL AS is_repeated,
               repeated.first_file, repeated.first_line, repeated.first_day,
               '' AS rule, '' AS raw, '' AS raw_file, 0 AS columns
        FROM judged
        LEFT JOIN (SELECT file, line, list(number) AS numbers, list(value) AS texts, list(beside) AS besides
                   FROM unresolved GROUP BY ALL)
          AS unresolved ON unresolved.file = _file AND unresolved.line = _line
        LEFT JOIN repeated ON repeated.file = _file AND repeated.line = _line
        WHERE {wanted}
        UNION ALL
        SELECT file, line, {REJECTED}, NULL, NULL, NULL, NULL, NULL, NULL, FALSE, NULL, NULL, NULL,
               rule, raw, raw_file, columns
        FROM aside
        ORDER BY file, line"""


def _found(judge: Judge, row: tuple[Any, ...], hints: Hints) -> FoundRow:
    file, line, status, cells, written, words, numbers, texts, besides, is_repeated, *rest = row
    first_file, first_line, first_day, rule, raw, raw_file, columns = rest
    if rule:
        findings = [_structural(judge, file, rule, columns)]
    else:
        values = dict(zip(judge.files[file].layout.fields, cells, strict=True)) if cells else {}
        dataset, sets = judge.dataset, judge.value_sets
        findings = [finding_of(dataset, sets, judge.checks[number], values, hints) for number in numbers_in(words)]
        for number, text, beside in zip(numbers or (), texts or (), besides or (), strict=True):
            findings.append(_stored_finding(judge.checks[number], text, beside))
        if is_repeated:
            findings.append(_repeated(judge, file, first_file, first_line, first_day))
    if written:
        values = dict(zip((field.name for field in judge.dataset.fields), written, strict=True))
        cells = [values.get(name) if name else None for name in judge.files[file].layout.fields]
    return FoundRow(file, line, status == REJECTED, status == DUPLICATE, cells, raw, raw_file, tuple(findings))


def numbers_in(words: list[int]) -> Iterator[int]:
    """Numbers of the checks whose bits are set."""
    for index, word in enumerate(words):
        while word:
            low = word & -word
            yield index * 64 + low.bit_length() - 1
            word ^= low


def finding_of(
    dataset: Dataset,
    value_sets: Mapping[str, ValueSet],
    check: Check,
    values: Mapping[str | None, str | None],
    hints: Hints,
) -> Finding:
    """The violation of ``check`` by a row of these values, in words."""
    value = values.get(check.field)
    field = dataset.by_name.get(check.field)
    is_personal = field is not None and field.identifies is not None
    if isinstance(check.source, Rule):
        return Finding(check, value, check.source.message, is_personal)
    if check.rule == Builtin.EVENT_DAY:
        return Finding(check, value, f"{_title(dataset, check.field)}的日期与上传文件的日期不一致")
    assert field is not None
    message = _field_message(field, Builtin(check.rule))
    if check.rule != Builtin.VALUE_SET or is_personal or not value:
        return Finding(check, value, message, is_personal)
    near = hints.of(value_sets[str(field.value_set)], value)
    meant = "、".join(f"{code} {name}" for code, name in near)
    return Finding(check, value, f"{message}，最接近的代码：{meant}" if near else message, is_personal, near)


def _field_message(field: Field, rule: Builtin) -> str:
    title = f"{field.title}（{field.name}）"
    match rule:
        case Builtin.REQUIRED:
            return f"{title}必填，不能为空"
        case Builtin.TYPE:
            return f"{title}应为{_TYPE_WORDS[field.type]}"
        case Builtin.FORMAT if field.type == "N":
            form = field.parsed
            digits = f"整数不超过 {form.integer_digits} 位"
            return f"{title}格式应为 {field.format}：{digits}，小数不超过 {form.decimals} 位"
        case Builtin.FORMAT:
            return f"{title}只能由数字组成（{field.format}）"
        case Builtin.LENGTH:
            form = field.parsed
            span = f"{form.maximum}" if form.minimum == form.maximum else f"{form.minimum} 至 {form.maximum}"
            return f"{title}长度应为 {span} 个字符（{field.format}）"
        case Builtin.VALUE_SET:
            return f"{title}的代码不在值域 {field.value_set} 中"
        case Builtin.CHECKSUM:
            return (
                f"{title}校验位或日期不正确，请核对{'统一社会信用代码' if field.checksum == 'uscc' else '身份证号码'}"
            )
    return title


_TYPE_WORDS = {
    "N": "数字",
    "D": "存在的日期，写作 YYYYMMDD",
    "DT": "存在的日期时间，写作 YYYYMMDDThhmmss",
    "L": "T 或 F",
}


def _stored_finding(check: Check, text: str, beside: str | None) -> Finding:
    """What the row alone does not show. ``beside`` is the day that a succession holds it against."""
    assert isinstance(check.source, Reference | Succession)
    message = check.source.message
    return Finding(check, text, f"{message}（{beside}）" if beside else message)


def _repeated(judge: Judge, file: int, first_file: int | None, first_line: int, first_day: Any) -> Finding:
    check = next(item for item in judge.checks if item.rule == Builtin.DUPLICATE)
    keys = "、".join(_title(judge.dataset, name) for name in judge.dataset.key)
    day = f" {first_day} 的数据" if first_day else "另一份文件"
    place = "本文件" if first_file == file else day
    return Finding(check, None, f"主键（{keys}）与{place}第 {first_line} 行重复，本行不再入库")


def _structural(judge: Judge, file: int, rule: str, columns: int) -> Finding:
    check = next(item for item in judge.checks if item.rule == rule and item.source is None)
    width = len(judge.files[file].layout.fields)
    message = {
        RAGGED: f"本行有 {columns} 列，表头有 {width} 列，列数不一致",
        UNCLOSED: "本行的双引号没有成对，无法分列",
        TOO_LONG: "本行超过 1 MiB，无法读取",
    }[rule]
    return Finding(check, None, message)


def _title(dataset: Dataset, name: str) -> str:
    field = dataset.by_name.get(name)
    return field.title if field else name
