"""Strict reading of one YAML file: every wrong key, type or syntax is refused with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kangqiao.base.errors import DefinitionError

Document = dict[str, Any]

_TEXT = "tag:yaml.org,2002:str"
_FLAG = "tag:yaml.org,2002:bool"

KINDS = {
    "text": "text",
    "flag": "true or false",
    "texts": "a list of texts",
    "map": "a mapping",
    "maps": "a list of mappings",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """The keys a mapping may have, each with the kind of its value (see ``KINDS``)."""

    required: Mapping[str, str]
    optional: Mapping[str, str] = field(default_factory=dict)


def _plain(node: yaml.Node) -> Any:
    """Texts, flags, lists and mappings; the numbers and dates that YAML would guess are refused."""
    if isinstance(node, yaml.MappingNode):
        return _mapping(node)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    if node.tag == _TEXT:
        return node.value
    if node.tag == _FLAG and node.value in ("true", "false"):
        return node.value == "true"
    raise yaml.MarkedYAMLError(problem=f"{node.value!r} must be in quotes", problem_mark=node.start_mark)


def _mapping(node: yaml.MappingNode) -> Document:
    mapping: Document = {}
    for key_node, value_node in node.value:
        key = _plain(key_node)
        if not isinstance(key, str):
            raise yaml.MarkedYAMLError(problem="a key must be text", problem_mark=key_node.start_mark)
        if key in mapping:
            problem = f"key {key!r} is written twice"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
        mapping[key] = _plain(value_node)
    return mapping


def read_document(path: Path, where: str) -> Document:
    """Read ``path`` as one YAML mapping. Raises DefinitionError at ``where`` when it is not one."""
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        document = None if node is None else _plain(node)
    except UnicodeDecodeError as error:
        raise DefinitionError(where, "is not UTF-8") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else None
        raise DefinitionError(where, f"is not YAML: {error.problem}", line=line) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise DefinitionError(where, "is not YAML") from error
    if not isinstance(document, dict):
        raise DefinitionError(where, "must be a mapping")
    return document


def check_shape(node: Document, shape: Shape, where: str) -> None:
    """Raise DefinitionError at ``where`` unless ``node`` has the keys and kinds of ``shape``."""
    kinds = {**shape.required, **shape.optional}
    for key in node:
        if key not in kinds:
            raise DefinitionError(where, f"unknown key {key!r}, one of {', '.join(kinds)}", key=key)
    for key in shape.required:
        if key not in node:
            raise DefinitionError(where, f"missing key {key!r}")
    for key, value in node.items():
        if not _is_kind(value, kinds[key]):
            raise DefinitionError(where, f"key {key!r} must be {KINDS[kinds[key]]}, not {value!r}", key=key)


def _is_kind(value: object, kind: str) -> bool:
    if kind == "text":
        return isinstance(value, str) and value == value.strip() != ""
    if kind == "flag":
        return isinstance(value, bool)
    if kind == "map":
        return isinstance(value, dict)
    item = str if kind == "texts" else dict
    return isinstance(value, list) and all(isinstance(entry, item) for entry in value)


def line_of(path: Path, error: DefinitionError) -> int | None:
    """The line of ``path`` that ``error`` is about, counted from 1; None when the file cannot be read again.

    The file is composed anew, so that reading what is right need not carry lines about.
    """
    if path.suffix != ".yaml":
        return None
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None
    steps = error.at or (*_steps(error.part), *([error.key] if error.key else []))
    return None if node is None else _walk(node, steps)


def _steps(part: str) -> list[str | int]:
    """``fields.sex`` → fields, sex; ``fields.[7]`` → fields, 7."""
    steps = part.split(".", 1) if part else []
    return [int(step[1:-1]) if step.startswith("[") else step for step in steps]


def _walk(node: yaml.Node, steps: Iterable[str | int]) -> int:
    line = node.start_mark.line
    for step in steps:
        found = _child(node, step)
        if found is None:
            break
        line, node = found
    return int(line) + 1


def _child(node: yaml.Node, step: str | int) -> tuple[int, yaml.Node] | None:
    """The line and node under ``step``: a key, a place in a list, or the name of an entry of a list."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key.start_mark.line, value
    elif isinstance(node, yaml.SequenceNode):
        for number, entry in enumerate(node.value):
            if number == step or _is_called(entry, step):
                return entry.start_mark.line, entry
    return None


def _is_called(entry: yaml.Node, name: str | int) -> bool:
    if not isinstance(entry, yaml.MappingNode):
        return bool(entry.value == name)
    return any(key.value in ("name", "code", "dataset") and value.value == name for key, value in entry.value)
