"""Reading of code tables (值域代码表): ``value_sets/NAME.tsv``.

The first lines say what the table is, the line ``code name`` names the two columns, codes follow::

    title     人的性别代码
    standard  GB/T 2261.1-2003
    version   2003
    owner     国家标准
    code      name
    1         男性

``version`` and ``owner`` may be left out: they are then 未注明. A city's own file may begin with ``extends true``
(with a tab): its codes are added to the platform's table of the same name, or rename codes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kangqiao.base.errors import DefinitionError
from kangqiao.standards.model import ValueSet
from kangqiao.standards.notation import Format

_HEAD = ("title", "standard", "version", "owner")
_CITY_HEAD = ("extends", *_HEAD)

_Row = tuple[int, str, str]
"""Line and two cells."""


@dataclass(frozen=True, slots=True)
class Table:
    """A code table as it stands in a file: what is said of it, and its codes."""

    name: str
    head: dict[str, str]
    codes: dict[str, str]


def read_value_set(path: Path, where: str) -> ValueSet:
    """Read one code table. Raises DefinitionError at ``where`` with the line that is wrong."""
    table = read_table(path, where, _HEAD)
    return made(table, where)


def read_city_value_set(path: Path, where: str, ours: ValueSet | None) -> ValueSet:
    """Read a city's table: an extension of ``ours``, a replacement, or a new one. Raises DefinitionError."""
    table = read_table(path, where, _CITY_HEAD)
    said = table.head.pop("extends", None)
    if said is None:
        return made(table, where, "added" if ours is None else "replaced")
    if said != "true":
        raise DefinitionError(where, f"extends must be true, not {said!r}", line=1)
    if ours is None:
        raise DefinitionError(where, f"there is no value set {table.name} to extend", line=1)
    told = {"title": ours.title, "standard": ours.standard, "version": ours.version, "owner": ours.owner, **table.head}
    return ValueSet(table.name, **told, codes={**ours.codes, **table.codes}, city="extended")


def made(table: Table, where: str, city: str = "") -> ValueSet:
    """``table`` as a value set of its own. Raises DefinitionError when title or standard is missing."""
    for key in ("title", "standard"):
        if key not in table.head:
            raise DefinitionError(where, f"missing line {key!r}", line=1)
    return ValueSet(table.name, codes=table.codes, city=city, **table.head)


def read_table(path: Path, where: str, keys: Sequence[str]) -> Table:
    """Read a file whose lines before ``code name`` are of ``keys``, each once and in that order."""
    rows = _rows(path, where)
    size = next((number for number, row in enumerate(rows) if row[1] == "code"), len(rows))
    head = _head(rows[:size], where, keys)
    if size == len(rows):
        raise DefinitionError(where, "has no line 'code' and 'name'")
    if rows[size][2] != "name":
        raise DefinitionError(where, "must be 'code' and 'name'", line=rows[size][0])
    if len(rows) == size + 1:
        raise DefinitionError(where, "has no codes")
    codes: dict[str, str] = {}
    for line, code, name in rows[size + 1 :]:
        if code in codes:
            raise DefinitionError(where, f"code {code!r} is written twice", line=line)
        codes[code] = name
    return Table(path.stem, head, codes)


def _head(rows: list[_Row], where: str, keys: Sequence[str]) -> dict[str, str]:
    head: dict[str, str] = {}
    left = list(keys)
    for line, key, value in rows:
        if key not in left:
            raise DefinitionError(where, f"must begin with one of {', '.join([*left, 'code'])}, not {key!r}", line=line)
        del left[: left.index(key) + 1]
        head[key] = value
    return head


def _rows(path: Path, where: str) -> list[_Row]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise DefinitionError(where, "is not UTF-8") from error
    if lines[-1] == "":
        lines.pop()
    rows = []
    for number, line in enumerate(lines, start=1):
        cells = line.removesuffix("\r").split("\t")
        if len(cells) != 2 or any(cell != cell.strip() or not cell for cell in cells):
            raise DefinitionError(where, "must be two cells with a tab between them", line=number)
        rows.append((number, cells[0], cells[1]))
    return rows


def code_that_does_not_fit(value_set: ValueSet, form: Format) -> str | None:
    """The first code of ``value_set`` that a field of ``form`` could not hold; None when all fit."""
    for code in value_set.codes:
        if not form.minimum <= len(code) <= form.maximum or (form.letters == "N" and not code.isdigit()):
            return code
    return None
