"""The codes nearest to a value that is in no value set: what a clerk most likely meant."""

from __future__ import annotations

import difflib
import re
import unicodedata

from kangqiao.standards.model import ValueSet

SHOWN = 3
"""Codes suggested for one value."""

LONGEST = 40
"""Characters of a value that is compared; nothing is suggested for a longer one."""

_SHORT = 5
"""Codes of a table that is short enough to be told."""

_LIKE = 0.6
_ENDINGS = re.compile(r"(代码|性|者)$")


def nearest_codes(value_set: ValueSet, value: str) -> tuple[tuple[str, str], ...]:
    """Up to three (code, name) nearest to ``value``, the nearest first; none when nothing is like it.

    First a code that is the same but for leading zeros, case or width; then a name that is the same, begins with
    the value or is like it (男 → 1 男性); then codes like it. When there are none of these, the codes next to a
    number, and the codes of a table so short that any of them may be meant.
    """
    plain = _plain(value)
    if not plain or len(plain) > LONGEST:
        return ()
    codes = {code: _plain(code) for code in value_set.codes}
    names = {code: _plain(name) for code, name in value_set.codes.items()}
    same = [code for code, text in codes.items() if _bare(text) == _bare(plain)]
    found = same or [
        *(code for code, text in names.items() if text == plain),
        *_like_name(names, plain),
        *_like(codes, plain),
    ]
    chosen = list(dict.fromkeys(found)) or _next_to(codes, plain)
    return tuple((code, value_set.codes[code]) for code in chosen[:SHOWN])


class Hints:
    """Nearest codes, computed once for each distinct value and for so many values of a table only."""

    def __init__(self, most: int = 200) -> None:
        self._most = most
        self._known: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}

    def of(self, value_set: ValueSet, value: str) -> tuple[tuple[str, str], ...]:
        """As :func:`nearest_codes`; nothing for values met after the most that are computed."""
        key = (value_set.name, value)
        if key not in self._known:
            if len(self._known) >= self._most:
                return ()
            self._known[key] = nearest_codes(value_set, value)
        return self._known[key]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text[: LONGEST * 2]).casefold().strip()


def _bare(text: str) -> str:
    return text.lstrip("0").replace(".", "") or "0"


def _like_name(names: dict[str, str], plain: str) -> list[str]:
    """Names that hold the value or are held by it, the shortest difference first; then names spelt like it."""
    if plain.isascii() and plain.isdigit():
        return []
    bare = _ENDINGS.sub("", plain) or plain
    holding = [
        code for code, name in names.items() if bare in name or (len(name) > 1 and _ENDINGS.sub("", name) in plain)
    ]
    holding.sort(key=lambda code: (not names[code].startswith(bare), abs(len(names[code]) - len(plain))))
    return [*holding[:SHOWN], *_like(names, plain)]


def _like(texts: dict[str, str], plain: str) -> list[str]:
    """Keys of the texts spelt like ``plain``, the likest first."""
    near = difflib.get_close_matches(plain, dict.fromkeys(texts.values()), n=SHOWN, cutoff=_LIKE)
    return [code for text in near for code, other in texts.items() if other == text]


def _next_to(codes: dict[str, str], plain: str) -> list[str]:
    """Codes that are numbers, the next to ``plain`` first; for what is no number the codes of a short table."""
    if plain.isascii() and plain.isdigit():
        numbers = {code: int(text) for code, text in codes.items() if text.isascii() and text.isdigit()}
        return sorted(numbers, key=lambda code: abs(numbers[code] - int(plain)))
    return list(codes) if len(codes) <= _SHORT else []
