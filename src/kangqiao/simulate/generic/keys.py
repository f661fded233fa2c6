"""No two rows of one key: what repeats gets a number of its own."""

from __future__ import annotations

from collections import Counter

from kangqiao.simulate.generic.draft import Draft
from kangqiao.simulate.generic.texts import code_of_institution, number_text
from kangqiao.standards.model import Field


def make_distinct(draft: Draft) -> None:
    """Change the part of the key that may change in rows whose key came before."""
    keys = [draft.columns[name].tolist() for name in draft.dataset.key]
    carrier = _carrier(draft)
    place = draft.dataset.key.index(carrier.name)
    seen: set[tuple[str, ...]] = set()
    turns: Counter[tuple[str, ...]] = Counter()
    for row, key in enumerate(zip(*keys, strict=True)):
        own = key
        while own in seen:
            turns[key] += 1
            value = _another(carrier, key[place], turns[key] + 1, draft.basis.first + row)
            own = (*key[:place], value, *key[place + 1 :])
        seen.add(own)
        draft.columns[carrier.name][row] = own[place]


def _carrier(draft: Draft) -> Field:
    """The part of the key that refers nowhere and says nothing else: the last text or number."""
    pointing = {name for reference in draft.dataset.references for name in reference.fields} | set(draft.basis.linked)
    fields = [draft.dataset.by_name[name] for name in reversed(draft.dataset.key)]
    plain = [f for f in fields if f.type not in ("D", "DT", "L") and not f.value_set]
    return next((f for f in plain if f.name not in pointing), plain[0] if plain else fields[0])


def _another(field: Field, text: str, turn: int, row: int) -> str:
    """A value of ``field`` for the ``turn``-th row of the same key."""
    if field.checksum == "uscc":
        return code_of_institution(field, 1_000 + row * 7 + turn)
    if field.type == "N":
        return number_text(field, turn) or text
    if text.isdigit() and len(text) <= 3:
        return str(turn).zfill(field.parsed.minimum)
    width = min(6, field.parsed.maximum)
    return f"{text[: field.parsed.maximum - width]}{900_000 - row * 13 - turn:0{width}d}"[: field.parsed.maximum]
