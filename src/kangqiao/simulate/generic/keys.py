"""No two rows of one key: what repeats gets a number of its own."""

from __future__ import annotations

from collections import Counter

from kangqiao.simulate.generic.basis import Basis
from kangqiao.simulate.generic.draft import Columns
from kangqiao.simulate.generic.texts import code_of_institution, number_text
from kangqiao.standards.model import Dataset, Field

_WIDTH = 8


def make_distinct(dataset: Dataset, basis: Basis, columns: Columns) -> None:
    """Change the part of the key that may change in rows whose key came before."""
    keys = [columns[name].tolist() for name in dataset.key]
    carrier = carrier_of(dataset, basis)
    place = dataset.key.index(carrier.name)
    seen: set[tuple[str, ...]] = set()
    turns: Counter[tuple[str, ...]] = Counter()
    for row, key in enumerate(zip(*keys, strict=True)):
        own = key
        while own in seen:
            turns[key] += 1
            value = _another(carrier, key[place], turns[key] + 1, basis.first + row)
            own = (*key[:place], value, *key[place + 1 :])
        seen.add(own)
        columns[carrier.name][row] = own[place]


def carrier_of(dataset: Dataset, basis: Basis) -> Field:
    """The part of the key that refers nowhere and says nothing else: the last text or number."""
    pointing = {name for reference in dataset.references for name in reference.fields} | set(basis.linked)
    fields = [dataset.by_name[name] for name in reversed(dataset.key)]
    plain = [f for f in fields if f.type not in ("D", "DT", "L") and not f.value_set]
    return next((f for f in plain if f.name not in pointing), plain[0] if plain else fields[0])


def _another(field: Field, text: str, turn: int, row: int) -> str:
    """A value of ``field`` for the ``turn``-th row of the same key."""
    if field.checksum == "uscc":
        return code_of_institution(field, 1_000 + row * 7 + turn)
    if field.type == "N":
        return number_text(field, turn) or text
    form = field.parsed
    if text.isdigit() and len(text) <= 3 and turn < 10**form.maximum:
        return str(turn).zfill(form.minimum)
    width = min(_WIDTH, form.maximum)
    number = (10**width - 1 - row * 13 - turn) % 10**width
    return f"{text[: form.maximum - width]}{number:0{width}d}"
