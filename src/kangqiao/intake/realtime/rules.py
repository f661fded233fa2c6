"""Decisions about forms that need neither database nor clock."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from kangqiao.base.errors import CallRefused
from kangqiao.base.text import mask_numbers
from kangqiao.standards.model import Dataset

ROWS_A_CALL = 1000
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
"""NUL and halves of characters: neither database nor lake can hold them."""
_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})(T\d{6})?", re.ASCII)


def checked_key(text: str) -> str:
    """The idempotency key. Raises CallRefused when it is missing or not 1 to 200 printable ASCII characters."""
    if _KEY.fullmatch(text):
        return text
    sentence = "请求头 Idempotency-Key 必填，为 1 至 200 个可见的英文字符；同一次发送重试时用同一个值。"
    raise CallRefused(400, "form.idempotency_key", sentence)


def digest_of_call(dataset: str, mode: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """SHA-256 of what a call asks, whatever the order of its names."""
    text = json.dumps([dataset, mode, rows], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def texts_of(dataset: Dataset, row: Mapping[str, Any]) -> tuple[dict[str, str], list[dict[str, str]]]:
    """A row's values as the standard writes them, and what is wrong with the row's own form.

    Numbers and truth values become texts, null and empty texts are absent. A field that is unknown is a warning, a
    value that is a list or an object is an error.
    """
    values: dict[str, str] = {}
    findings: list[dict[str, str]] = []
    for name, value in row.items():
        field = dataset.by_name.get(name) or dataset.lookup.get(name)
        if field is None:
            shown = _UNWRITABLE.sub("?", name[:100])
            findings.append(_finding("unknown_field", shown, f"数据集没有数据项“{shown}”，未保存", "warning"))
        elif isinstance(value, dict | list):
            findings.append(_finding("nested_value", field.name, f"{field.title}（{field.name}）应为一个值", "error"))
        elif _UNWRITABLE.search(text := _text(value)):
            findings.append(_finding("bad_character", field.name, f"{field.title}含有不能保存的字符", "error"))
        elif text:
            values[field.name] = text
    return values, findings


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "T" if value else "F"
    return format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value)


def _finding(rule: str, field: str, message: str, severity: str) -> dict[str, str]:
    return {"rule": rule, "field": field, "value": "", "message": mask_numbers(message), "severity": severity}


def row_finding(rule: str, message: str) -> dict[str, str]:
    """What is wrong with a row as a whole."""
    return _finding(rule, "", message, "error")


def key_digest(dataset: Dataset, values: Mapping[str, str]) -> str:
    """SHA-256 of the key's values."""
    return hashlib.sha256("\x1f".join(values.get(name, "") for name in dataset.key).encode()).hexdigest()


def day_of(dataset: Dataset, values: Mapping[str, str], today: date) -> date:
    """The day of the row's event; a row without a legible one counts for today."""
    found = _DAY.fullmatch(values.get(dataset.event_time, ""))
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else today
    except ValueError:
        return today
