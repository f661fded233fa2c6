"""The compiled catalogue: one JSON file in the user's cache folder, so that a command starts without reading 600 files.

``$KANGQIAO_CACHE``, else ``$XDG_CACHE_HOME/kangqiao``, else ``~/.cache/kangqiao``; an empty ``KANGQIAO_CACHE`` means
none. The file's first line has the fingerprint of what it was made from and the SHA-256 of the second, which has the
definitions. It is trusted only when both are right, and anything wrong with it means reading the definitions
themselves. JSON, because reading it can run nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from kangqiao.standards.model import (
    Category,
    Channel,
    Dataset,
    Dimension,
    Edition,
    Field,
    Identifies,
    Order,
    Person,
    Prescription,
    Profile,
    Reference,
    Rule,
    Severity,
    Source,
    Succession,
    ValueSet,
)

VARIABLE = "KANGQIAO_CACHE"
_CODE = Path(__file__).parent


def fingerprint(folders: Iterable[Path]) -> str:
    """SHA-256 of names, sizes and times of all definitions under ``folders``, and of the code that reads them."""
    total = hashlib.sha256()
    for file in _CODE.glob("*.py"):
        total.update(_line(file.name, file.stat()))
    for folder in folders:
        total.update(f"{folder}\n".encode(errors="surrogateescape"))
        for line in sorted(_stated(folder)):
            total.update(line)
    return total.hexdigest()


def _stated(folder: Path) -> Iterable[bytes]:
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name not in _UNREAD:
                    yield from _stated(folder / entry.name)
            else:
                yield _line(f"{folder.name}/{entry.name}", entry.stat())


_UNREAD = ("specs", "cda")
"""Folders of data that the catalogue does not read."""


def _line(name: str, found: os.stat_result) -> bytes:
    return f"{name} {found.st_size} {found.st_mtime_ns}\n".encode(errors="surrogateescape")


def recall(folders: Iterable[Path], mark: str) -> dict[str, Any] | None:
    """The parts of the catalogue that was kept for ``folders`` at ``mark``; None when there is none to trust."""
    path = _place(folders)
    if path is None:
        return None
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        said = json.loads(head)
        if said != {"fingerprint": mark, "sha256": hashlib.sha256(body).hexdigest()}:
            return None
        return _unpacked(json.loads(body))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def keep(folders: Iterable[Path], mark: str, parts: Mapping[str, Any]) -> None:
    """Keep a catalogue's parts for the next start; a folder that cannot be written means doing without."""
    path = _place(folders)
    if path is None:
        return
    body = json.dumps(_packed(dict(parts)), ensure_ascii=False, separators=(",", ":")).encode()
    head = json.dumps({"fingerprint": mark, "sha256": hashlib.sha256(body).hexdigest()}).encode()
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as handle:
            handle.write(head + b"\n" + body)
        os.replace(handle.name, path)


def _place(folders: Iterable[Path]) -> Path | None:
    named = os.environ.get(VARIABLE)
    if named == "":
        return None
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        folder = Path(named) if named else (Path(base) if base else Path.home() / ".cache") / "kangqiao"
    except RuntimeError:  # no home folder
        return None
    which = hashlib.sha256("\n".join(map(str, folders)).encode(errors="surrogateescape")).hexdigest()[:16]
    return folder / f"catalogue-{which}.json"


def _packed(node: Any) -> Any:
    """Dataclasses as lists of their values in order, which take a third of the room that names would."""
    if is_dataclass(node) and not isinstance(node, type):
        return [_packed(getattr(node, item.name)) for item in fields(node)]
    if isinstance(node, dict):
        return {key: _packed(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [_packed(item) for item in node]
    return str(node) if isinstance(node, StrEnum) else node


def _unpacked(parts: dict[str, Any]) -> dict[str, Any]:
    return {
        "datasets": {name: _dataset(row) for name, row in parts["datasets"].items()},
        "value_sets": {name: ValueSet(*row) for name, row in parts["value_sets"].items()},
        "profiles": {name: _profile(row) for name, row in parts["profiles"].items()},
        "edition": Edition(*parts["edition"]),
        "city": parts["city"],
    }


_SEVERITIES = {str(item): item for item in Severity}
_DIMENSIONS = {str(item): item for item in Dimension}


def _dataset(row: list[Any]) -> Dataset:
    said = dict(zip((item.name for item in fields(Dataset)), row, strict=True))
    said["source"] = Source(*said["source"])
    said["fields"] = tuple(_field(item) for item in said["fields"])
    said["person"] = Person(*said["person"])
    said["references"] = tuple(_reference(*item) for item in said["references"])
    said["successions"] = tuple(_succession(*item) for item in said["successions"])
    said["rules"] = tuple(_rule(item) for item in said["rules"])
    said["category"] = Category(said["category"]) if said["category"] else None
    for name in ("key", "measures", "switched_off"):
        said[name] = tuple(said[name])
    return Dataset(**said)


_IDENTIFIES = [item.name for item in fields(Field)].index("identifies")


def _field(row: list[Any]) -> Field:
    if row[_IDENTIFIES] is not None:
        row[_IDENTIFIES] = Identifies(row[_IDENTIFIES])
    return Field(*row)


def _rule(row: list[Any]) -> Rule:
    code, severity, dimension, *rest = row
    return Rule(code, _SEVERITIES[severity], _DIMENSIONS[dimension], *rest)


def _reference(names: list[str], dataset: str, to: list[str], severity: str, message: str) -> Reference:
    return Reference(tuple(names), dataset, tuple(to), _SEVERITIES[severity], message)


def _succession(code: str, field: str, order: str, *rest: str) -> Succession:
    return Succession(code, field, Order(order), *rest)


def _profile(row: list[Any]) -> Profile:
    name, title, kinds, year, items = row
    prescriptions = tuple(Prescription(dataset, Channel(channel), every) for dataset, channel, every in items)
    return Profile(name, title, tuple(kinds), year, prescriptions)
