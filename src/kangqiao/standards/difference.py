"""What changed between two versions of the catalogue, in words, and what it means for a sender.

Both are compared as plain data (:func:`plain`), which ``kangqiao standards export`` writes as ``catalogue.json``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from kangqiao.standards.catalogue import Catalogue
from kangqiao.standards.model import LOCAL
from kangqiao.standards.notation import parse_format

Plain = dict[str, Any]


class Effect(StrEnum):
    """What a change does to a file that was right before."""

    BREAKING = "breaking"
    LOOSER = "looser"
    NOTE = "note"


EFFECT_TITLES = {Effect.BREAKING: "会使原来合格的数据被拒收", Effect.LOOSER: "放宽", Effect.NOTE: "说明"}

_SEVERITIES = {"error": "错误", "warning": "警告"}
_KINDS = {"hospital": "医院", "district": "区平台"}
_CHANNELS = {"scheduled": "定时", "realtime": "实时"}
_EVERY = {"day": "按日", "month": "按月", "any": "随发生"}
_LETTERS = {"N": {"N", "AN", "A"}, "AN": {"AN", "A"}, "A": {"A", "AN"}}
"""Letter groups that hold all that a group holds."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change. ``where`` is a dataset's, value set's or profile's name."""

    where: str
    text: str
    effect: Effect


def plain(catalogue: Catalogue) -> Plain:
    """The whole catalogue as plain data for JSON."""
    return {
        "version": catalogue.edition.version,
        "date": catalogue.edition.date,
        "note": catalogue.edition.note,
        "digest": catalogue.edition.digest,
        "datasets": {name: asdict(item) for name, item in catalogue.datasets.items()},
        "value_sets": {name: asdict(item) for name, item in catalogue.value_sets.items()},
        "profiles": {name: asdict(item) for name, item in catalogue.profiles.items()},
    }


def difference(old: Plain, new: Plain) -> list[Change]:
    """All changes from ``old`` to ``new``: datasets, then value sets, then profiles, each by name."""
    return [*_datasets(old, new), *_value_sets(old, new), *_profiles(old, new)]


def _datasets(old: Plain, new: Plain) -> Iterator[Change]:
    before, after = old["datasets"], new["datasets"]
    for name in sorted({*before, *after}):
        if name not in after:
            yield Change(name, f"删除数据集 {name}（{before[name]['title']}）", Effect.BREAKING)
        elif name not in before:
            item = after[name]
            text = f"新增数据集 {name}（{item['title']}），{len(item['fields'])} 个字段，{len(item['rules'])} 条规则"
            yield Change(name, text, Effect.NOTE)
        else:
            for text, effect in _dataset(before[name], after[name], old["value_sets"], new["value_sets"]):
                yield Change(name, text, effect)


_Said = Iterator[tuple[str, Effect]]


def _dataset(old: Plain, new: Plain, old_sets: Plain, new_sets: Plain) -> _Said:
    for key, title, effect in (
        ("title", "标题", Effect.NOTE),
        ("category", "类别", Effect.NOTE),
        ("source", "来源", Effect.NOTE),
        ("key", "主键", Effect.BREAKING),
        ("event_time", "业务时间", Effect.BREAKING),
        ("person", "人员字段", Effect.NOTE),
        ("measures", "合计字段", Effect.NOTE),
    ):
        if _listed(old[key]) != _listed(new[key]):
            yield f"{title}由“{_shown(old[key])}”改为“{_shown(new[key])}”", effect
    yield from _fields(old, new, old_sets, new_sets)
    yield from _rules(old, new)
    yield from _references(old, new)
    yield from _successions(old, new)


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(str(item) for item in value.values() if item)
    return "、".join(map(str, value)) if isinstance(value, list | tuple) else str(value or "无")


def _fields(old: Plain, new: Plain, old_sets: Plain, new_sets: Plain) -> _Said:
    before = {item["name"]: item for item in old["fields"]}
    after = {item["name"]: item for item in new["fields"]}
    renamed = _renamed(before, after)
    for name, item in before.items():
        if name in after:
            yield from _field(name, item, after[name], old_sets, new_sets)
        elif name in renamed:
            target = after[renamed[name]]
            effect = Effect.BREAKING if target["required"] else Effect.NOTE
            yield f"字段 {name}（{item['title']}）改名为 {target['name']}", effect
            yield from _field(target["name"], item, target, old_sets, new_sets)
        else:
            yield f"删除字段 {name}（{item['title']}），上传的这一列不再入库", Effect.NOTE
    for name, item in after.items():
        if name not in before and name not in renamed.values():
            must = item["required"]
            text = f"新增{'必填' if must else '选填'}字段 {name}（{item['title']}）"
            yield text, Effect.BREAKING if must else Effect.NOTE


def _renamed(before: Mapping[str, Plain], after: Mapping[str, Plain]) -> dict[str, str]:
    """Fields that have another name and the same field id, or where it is local the same title."""
    gone = [item for name, item in before.items() if name not in after]
    come = {_identity(item): name for name, item in after.items() if name not in before}
    return {item["name"]: come[_identity(item)] for item in gone if _identity(item) in come}


def _identity(item: Plain) -> str:
    return str(item["title"] if item["id"] == LOCAL else item["id"])


def _field(name: str, old: Plain, new: Plain, old_sets: Plain, new_sets: Plain) -> _Said:
    if old["title"] != new["title"]:
        text = f"字段 {name} 的标题由“{old['title']}”改为“{new['title']}”，以中文标题为表头的文件须改"
        yield text, Effect.BREAKING if new["required"] else Effect.NOTE
    if old["type"] != new["type"]:
        yield f"字段 {name} 的类型由 {old['type']} 改为 {new['type']}", _type_effect(old, new)
    if old["format"] != new["format"]:
        yield f"字段 {name} 的格式由 {old['format']} 改为 {new['format']}", _format_effect(old, new)
    if old["required"] != new["required"]:
        effect = Effect.BREAKING if new["required"] else Effect.LOOSER
        yield f"字段 {name} 改为{'必填' if new['required'] else '选填'}", effect
    if old["value_set"] != new["value_set"]:
        said = f"由 {old['value_set'] or '无'} 改为 {new['value_set'] or '无'}"
        yield f"字段 {name} 的值域{said}", _value_set_effect(old, new, old_sets, new_sets)
    if old["checksum"] != new["checksum"]:
        said = f"由 {old['checksum'] or '无'} 改为 {new['checksum'] or '无'}"
        yield f"字段 {name} 的校验{said}", Effect.BREAKING if new["checksum"] else Effect.LOOSER
    for key, title in (
        ("id", "数据项标识"),
        ("element", "数据元"),
        ("year", "数据元年份"),
        ("identifies", "个人标识"),
        ("note", "备注"),
    ):
        if old[key] != new[key]:
            yield f"字段 {name} 的{title}由“{old[key] or '无'}”改为“{new[key] or '无'}”", Effect.NOTE


def _type_effect(old: Plain, new: Plain) -> Effect:
    """Kinds of text differ by name only: their format and value set are told apart."""
    texts = old["type"].startswith("S") and new["type"].startswith("S")
    return Effect.NOTE if texts else Effect.BREAKING


def _format_effect(old: Plain, new: Plain) -> Effect:
    if old["type"] != new["type"] and not (old["type"].startswith("S") and new["type"].startswith("S")):
        return Effect.BREAKING
    if new["value_set"]:
        return Effect.NOTE
    was, now = parse_format(old["type"], old["format"]), parse_format(new["type"], new["format"])
    holds = now.letters in _LETTERS.get(was.letters, {was.letters}) and now.decimals >= was.decimals
    if old["type"] == "N":
        return Effect.LOOSER if holds and now.integer_digits >= was.integer_digits else Effect.BREAKING
    return Effect.LOOSER if holds and now.minimum <= was.minimum and now.maximum >= was.maximum else Effect.BREAKING


def _value_set_effect(old: Plain, new: Plain, old_sets: Plain, new_sets: Plain) -> Effect:
    if not new["value_set"]:
        return Effect.LOOSER
    if not old["value_set"]:
        return Effect.BREAKING
    codes = set(old_sets[old["value_set"]]["codes"])
    return Effect.LOOSER if codes <= set(new_sets[new["value_set"]]["codes"]) else Effect.BREAKING


def _rules(old: Plain, new: Plain) -> _Said:
    before = {item["code"]: item for item in old["rules"]}
    after = {item["code"]: item for item in new["rules"]}
    for code, item in before.items():
        strict = item["severity"] == "error"
        if code not in after:
            yield f"删除规则 {code}（{item['message']}）", Effect.LOOSER if strict else Effect.NOTE
        else:
            yield from _rule(code, item, after[code])
    for code, item in after.items():
        if code not in before:
            effect = Effect.BREAKING if item["severity"] == "error" else Effect.NOTE
            yield f"新增规则 {code}（{_SEVERITIES[item['severity']]}）：{item['message']}", effect


def _rule(code: str, old: Plain, new: Plain) -> _Said:
    strict = new["severity"] == "error"
    if old["severity"] != new["severity"]:
        said = f"由{_SEVERITIES[old['severity']]}改为{_SEVERITIES[new['severity']]}"
        yield f"规则 {code} 的级别{said}", Effect.BREAKING if strict else Effect.LOOSER
    if old["expr"] != new["expr"]:
        text = f"规则 {code} 的条件由“{old['expr']}”改为“{new['expr']}”"
        yield text, Effect.BREAKING if strict else Effect.NOTE
    for key, title in (("message", "说明"), ("dimension", "维度"), ("field", "字段"), ("source", "依据")):
        if old[key] != new[key]:
            yield f"规则 {code} 的{title}由“{old[key] or '无'}”改为“{new[key] or '无'}”", Effect.NOTE


def _references(old: Plain, new: Plain) -> _Said:
    before, after = ({_reference(item): item for item in side["references"]} for side in (old, new))
    for said, item in before.items():
        if said not in after:
            yield f"删除关联 {said}", Effect.LOOSER if item["severity"] == "error" else Effect.NOTE
        elif item["severity"] != after[said]["severity"]:
            effect = Effect.BREAKING if after[said]["severity"] == "error" else Effect.LOOSER
            yield f"关联 {said} 的级别改为{_SEVERITIES[after[said]['severity']]}", effect
    for said, item in after.items():
        if said not in before:
            effect = Effect.BREAKING if item["severity"] == "error" else Effect.NOTE
            yield f"新增关联 {said}（{_SEVERITIES[item['severity']]}）", effect


def _reference(item: Plain) -> str:
    return f"{'、'.join(item['fields'])} → {item['dataset']}（{'、'.join(item['to'])}）"


def _successions(old: Plain, new: Plain) -> _Said:
    """They only warn, so none makes a file wrong; catalogues written before there were any have none."""
    before, after = ({item["code"]: item for item in side.get("successions", ())} for side in (old, new))
    for code, item in before.items():
        if code not in after:
            yield f"删除时序 {code}（{item['message']}）", Effect.NOTE
        elif item != after[code]:
            yield f"时序 {code} 由“{_succession(item)}”改为“{_succession(after[code])}”", Effect.NOTE
    for code, item in after.items():
        if code not in before:
            yield f"新增时序 {code}（警告）：{item['message']}", Effect.NOTE


def _succession(item: Plain) -> str:
    order = {"not_after": "不晚于", "not_before": "不早于"}[item["order"]]
    said = f"{item['field']} {order} {item['dataset']}.{item['moment']}：{item['message']}"
    return f"{said}（{item['source']}）" if item["source"] else said


def _value_sets(old: Plain, new: Plain) -> Iterator[Change]:
    used = {item["value_set"] for side in (old, new) for data in side["datasets"].values() for item in data["fields"]}
    before, after = old["value_sets"], new["value_sets"]
    for name in sorted({*before, *after}):
        if name not in after or name not in before:
            word, item = ("删除", before[name]) if name not in after else ("新增", after[name])
            yield Change(name, f"{word}值域 {name}（{item['title']}），{len(item['codes'])} 个代码", Effect.NOTE)
            continue
        for key, title in (("title", "标题"), ("standard", "标准"), ("version", "版本"), ("owner", "维护者")):
            if before[name][key] != after[name][key]:
                text = f"值域 {name} 的{title}由“{before[name][key]}”改为“{after[name][key]}”"
                yield Change(name, text, Effect.NOTE)
        for text, effect in _codes(before[name]["codes"], after[name]["codes"]):
            yield Change(name, f"值域 {name} {text}", effect if name in used else Effect.NOTE)


def _codes(old: Mapping[str, str], new: Mapping[str, str]) -> _Said:
    for code, name in old.items():
        if code not in new:
            yield f"删除代码 {code} {name}", Effect.BREAKING
        elif name != new[code]:
            yield f"代码 {code} 由“{name}”改称“{new[code]}”", Effect.NOTE
    for code, name in new.items():
        if code not in old:
            yield f"新增代码 {code} {name}", Effect.LOOSER


def _profiles(old: Plain, new: Plain) -> Iterator[Change]:
    before, after = _prescribed(old), _prescribed(new)
    for key in sorted({*before, *after}):
        profile, kind, channel, dataset = key
        who = f"{_KINDS[kind]}{_CHANNELS[channel]}"
        if key not in after:
            effect = Effect.BREAKING if channel == "realtime" else Effect.NOTE
            yield Change(profile, f"{who}上报不再要求 {dataset}", effect)
        elif key not in before:
            yield Change(profile, f"{who}上报新要求 {dataset}（{_EVERY[after[key]]}）", Effect.NOTE)
        elif before[key] != after[key]:
            text = f"{who}上报的 {dataset} 由{_EVERY[before[key]]}改为{_EVERY[after[key]]}"
            yield Change(profile, text, Effect.NOTE)


def _prescribed(side: Plain) -> dict[tuple[str, str, str, str], str]:
    return {
        (name, kind, item["channel"], item["dataset"]): item["every"]
        for name, profile in side["profiles"].items()
        for kind in profile["kinds"]
        for item in profile["prescriptions"]
    }
