"""Reading of code tables (值域代码表): ``value_sets/NAME.tsv``.

The first line gives the title, the second the standard, the third names the two columns, codes follow::

    title     人的性别代码
    standard  GB/T 2261.1-2003
    code      name
    1         男性
"""

from __future__ import annotations

from pathlib import Path

from kangqiao.base.errors import DefinitionError
from kangqiao.standards.model import ValueSet
from kangqiao.standards.notation import Format

_HEAD = ("title", "standard", "code")


def read_value_set(path: Path, where: str) -> ValueSet:
    """Read one code table. Raises DefinitionError at ``where`` with the line that is wrong."""
    rows = _rows(path, where)
    for number, (expected, row) in enumerate(zip(_HEAD, rows[:3], strict=False), start=1):
        if row[0] != expected:
            raise DefinitionError(where, f"line {number} must begin with {expected!r}, not {row[0]!r}")
    if len(rows) < 4:
        raise DefinitionError(where, "has no codes")
    if rows[2] != ("code", "name"):
        raise DefinitionError(where, "line 3 must be 'code' and 'name'")
    codes: dict[str, str] = {}
    for number, (code, name) in enumerate(rows[3:], start=4):
        if code in codes:
            raise DefinitionError(where, f"line {number}: code {code!r} is written twice")
        codes[code] = name
    return ValueSet(path.stem, rows[0][1], rows[1][1], codes)


def _rows(path: Path, where: str) -> list[tuple[str, str]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise DefinitionError(where, "is not UTF-8") from error
    rows = []
    for number, line in enumerate(lines, start=1):
        cells = line.split("\t")
        if len(cells) != 2 or any(cell != cell.strip() or not cell for cell in cells):
            raise DefinitionError(where, f"line {number} must be two cells with a tab between them")
        rows.append((cells[0], cells[1]))
    return rows


def code_that_does_not_fit(value_set: ValueSet, form: Format) -> str | None:
    """The first code of ``value_set`` that a field of ``form`` could not hold; None when all fit."""
    for code in value_set.codes:
        if not form.minimum <= len(code) <= form.maximum or (form.letters == "N" and not code.isdigit()):
            return code
    return None
