"""A city's own standards (本市标准), laid over the platform's without touching them.

The folder is ``KANGQIAO_STANDARDS``, else ``standards`` in the home folder where there is one::

    CITY/
      value_sets/NAME.tsv    extends (first line ``extends	true``), replaces or adds a code table
      rules/DATASET.yaml     adds, changes and switches off rules of one dataset
      datasets/NAME.yaml     a table of the city's own
      profiles/NAME.yaml     what the city prescribes beyond the platform's profiles

A file of rules; what ``change`` leaves out stays as it is::

    dataset: outpatient_charge
    change: [{code: total_range, severity: error, expr: "total_amount <= 50000", message: 费用超过5万元}]
    add: [{code: …, severity: …, dimension: …, field: …, expr: …, message: …, source: …}]
    disable: [insurance_range]

The definition that results has a digest of its own, so that a verdict says by which version it was given.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from kangqiao.base.errors import DefinitionError
from kangqiao.base.home import current_home
from kangqiao.standards.documents import Document, Shape, check_shape, read_document
from kangqiao.standards.reader import Definition

VARIABLE = "KANGQIAO_STANDARDS"
FOLDERS = {"value_sets": "tsv", "rules": "yaml", "datasets": "yaml", "profiles": "yaml"}

_RULES = Shape({"dataset": "text"}, {"change": "maps", "add": "maps", "disable": "texts"})
_CHANGE = Shape(
    {"code": "text"}, dict.fromkeys(("severity", "dimension", "field", "expr", "message", "source"), "text")
)


def city_folder() -> Path | None:
    """The city's folder; None when there is none. Raises DefinitionError when the one that is named is missing."""
    named = os.environ.get(VARIABLE)
    if named:
        folder = Path(named).resolve()
        if not folder.is_dir():
            raise DefinitionError(str(folder), f"no such folder ({VARIABLE})")
        return folder
    folder = current_home().standards
    return folder if folder.is_dir() else None


def city_files(folder: Path, kind: str) -> Iterator[tuple[Path, str]]:
    """The city's files of one kind, each with what refusals call it: its whole path."""
    for path in sorted((folder / kind).glob(f"*.{FOLDERS[kind]}")):
        yield path, str(path)


def refuse_strangers(folder: Path) -> None:
    """Refuse what would silently not be read: an unknown folder, a file of another kind. Raises DefinitionError."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.name not in FOLDERS or not path.is_dir():
            raise DefinitionError(str(path), f"is none of the folders {', '.join(FOLDERS)}")
        for file in sorted(path.iterdir()):
            if not file.name.startswith(".") and file.suffix != f".{FOLDERS[path.name]}":
                raise DefinitionError(str(file), f"must be a .{FOLDERS[path.name]} file")


def with_city_rules(definition: Definition, path: Path, where: str) -> Definition:
    """``definition`` with the rules of the city's file ``path``. Raises DefinitionError."""
    document = read_document(path, where)
    check_shape(document, _RULES, where)
    if document["dataset"] != definition.name or path.stem != definition.name:
        raise DefinitionError(where, f"dataset {document['dataset']!r} must be the file's name", key="dataset")
    rules = {node.get("code", ""): node for node in definition.document.get("rules", [])}
    places: dict[str, str] = {}
    successions = {node.get("code", ""): node for node in definition.document.get("successions", [])}
    _switch_off(document, rules, successions, where)
    _change(document, rules, places, where)
    _add(document, rules, places, where)
    merged = {**definition.document, "rules": list(rules.values())}
    if "successions" in merged:
        merged["successions"] = list(successions.values())
    off = tuple(document.get("disable", []))
    return replace(definition, document=merged, rule_places=places, switched_off=off)


def _switch_off(document: Document, rules: dict[str, Document], successions: dict[str, Document], where: str) -> None:
    for code in document.get("disable", []):
        place = rules if code in rules else successions
        if code not in place:
            raise DefinitionError(f"{where}: disable", f"there is no rule {code!r} to switch off", key=code)
        del place[code]


def _change(document: Document, rules: dict[str, Document], places: dict[str, str], where: str) -> None:
    for node in document.get("change", []):
        place = f"{where}: change.{node.get('code', '?')}"
        check_shape(node, _CHANGE, place)
        if node["code"] not in rules:
            raise DefinitionError(place, f"there is no rule {node['code']!r} to change", key="code")
        if node["code"] in places:
            raise DefinitionError(place, "code is used twice", key="code")
        rules[node["code"]] = {**rules[node["code"]], **node}
        places[node["code"]] = place


def _add(document: Document, rules: dict[str, Document], places: dict[str, str], where: str) -> None:
    for node in document.get("add", []):
        place = f"{where}: add.{node.get('code', '?')}"
        code = node.get("code")
        if not isinstance(code, str):
            raise DefinitionError(place, "missing key 'code'")
        if code in rules or code in document.get("disable", []):
            raise DefinitionError(place, f"there is a rule {code!r} already; write it under change", key="code")
        rules[code] = node
        places[code] = place
