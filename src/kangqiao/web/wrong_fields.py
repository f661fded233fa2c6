"""What pydantic finds wrong with a call, as a clerk can read it; values stay out, because they may be personal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SENTENCES = {
    "missing": "必须填写。",
    "extra_forbidden": "没有这一项，请对照接口说明。",
    "string_type": "应为文本。",
    "string_too_short": "太短，至少 {min_length} 个字符。",
    "string_too_long": "太长，至多 {max_length} 个字符。",
    "string_pattern_mismatch": "格式不对。",
    "int_type": "应为整数。",
    "int_parsing": "应为整数。",
    "int_from_float": "应为整数。",
    "float_type": "应为数字。",
    "float_parsing": "应为数字。",
    "bool_type": "应为 true 或 false。",
    "bool_parsing": "应为 true 或 false。",
    "list_type": "应为数组。",
    "dict_type": "应为对象。",
    "model_type": "应为对象。",
    "model_attributes_type": "应为对象。",
    "too_short": "至少要有 {min_length} 项。",
    "too_long": "至多 {max_length} 项。",
    "literal_error": "应为 {expected} 之一。",
    "enum": "应为 {expected} 之一。",
    "greater_than_equal": "不能小于 {ge}。",
    "less_than_equal": "不能大于 {le}。",
    "greater_than": "应大于 {gt}。",
    "less_than": "应小于 {lt}。",
    "date_from_datetime_parsing": "应为日期，如 2024-06-30。",
    "date_parsing": "应为日期，如 2024-06-30。",
    "date_type": "应为日期，如 2024-06-30。",
    "datetime_parsing": "应为时间，如 2024-06-30T10:42:00+08:00。",
    "datetime_from_date_parsing": "应为时间，如 2024-06-30T10:42:00+08:00。",
    "datetime_type": "应为时间，如 2024-06-30T10:42:00+08:00。",
}
OTHERWISE = "内容不合要求，请对照接口说明。"
SHOWN = 100


def wrong_fields(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The first hundred findings as field, row and sentence."""
    return [_wrong_field(item) for item in errors[:SHOWN]]


def _wrong_field(item: Mapping[str, Any]) -> dict[str, Any]:
    # ninja names the place as ("body", parameter, …): both are its own words, not the sender's.
    source, *path = item["loc"]
    place = path[1:] if source == "body" and len(path) > 1 else path
    row = place[1] + 1 if len(place) > 1 and place[0] == "rows" and isinstance(place[1], int) else None
    text = SENTENCES.get(item["type"], OTHERWISE)
    return {"field": ".".join(map(str, place)), "row": row, "message": _filled(text, item.get("ctx") or {})}


def _filled(text: str, values: Mapping[str, Any]) -> str:
    try:
        return text.format(**values)
    except KeyError:
        return OTHERWISE
