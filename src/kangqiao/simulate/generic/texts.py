"""Texts and codes of rows: from value sets, from the tables of medicine, from the vocabulary, or a running number."""

# numpy says Any of what an array of objects is indexed to.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import ClassVar

import numpy as np

from kangqiao.simulate.generic.basis import Basis
from kangqiao.simulate.generic.people import Someone
from kangqiao.simulate.generic.vocabulary import Words, code_shares, words_of
from kangqiao.simulate.house import institution_code, institution_names
from kangqiao.simulate.medicine import Diagnoses, panels, table
from kangqiao.simulate.text import day_texts, objects
from kangqiao.standards.model import Dataset, Field, ValueSet
from kangqiao.standards.notation import Format

_TABLES = {
    "diagnosis": "diagnoses",
    "drug": "drugs",
    "operation": "operations",
    "lab": "lab_items",
    "exam": "exams",
    "service": "services",
}
_PRINTED = 2
"""Decimals that are always written; zeros beyond them are not."""
_VAGUE = re.compile("其他|其它|不详|未说明|未知|未作|不能|死|拒绝|未分类|待查")
_DEADLY = "死亡|抢救|病危|死因"
_DEADLY_CODES = "C|I2[15]|I6[1-9]|I50|J18|J44|N18"
_LAB_NUMBERS = {"参考值上限": "high", "参考值下限": "low", "定量结果": "value"}


Writer = Callable[["Texts", Field, Words, np.ndarray], np.ndarray]


class Texts:
    """Texts of one dataset's rows; rows of one table of medicine agree with each other within a row."""

    def __init__(
        self,
        dataset: Dataset,
        value_sets: Mapping[str, ValueSet],
        basis: Basis,
        rng: np.random.Generator,
        someone: Callable[[], Someone],
    ) -> None:
        self._dataset = dataset
        self._value_sets = value_sets
        self._basis = basis
        self._rng = rng
        self._someone = someone
        self._families: dict[str, np.ndarray] = {}
        self._where = rng.integers(0, len(basis.house.departments), len(basis))
        self._has_lab = any(_family_of(field) == "lab" for field in dataset.fields)

    def of(self, field: Field, rows: np.ndarray) -> np.ndarray:
        """Texts of ``field`` in ``rows``."""
        if field.value_set:
            codes, shares = code_choices(self._value_sets[field.value_set], field.parsed)
            return codes[self._rng.choice(len(codes), len(rows), p=shares)]
        if field.checksum == "uscc":
            return self._institution(field, Words("institution", ("code",)), rows)
        words = self._words(field)
        writer = Texts._family if words.kind in _TABLES else self._WRITERS.get(words.kind, Texts._unknown)
        return fitted(field, writer(self, field, words, rows))

    def _words(self, field: Field) -> Words:
        words = words_of(field.title)
        is_vague = words.kind in ("text", "unknown", "department", "diagnosis", "service")
        return Words("serial") if is_vague and field.name in self._dataset.key else words

    def is_running_number(self, field: Field) -> bool:
        """Whether each row has a number of its own in this field."""
        return not field.value_set and not field.checksum and self._words(field).kind == "serial"

    def value_set(self, field: Field) -> ValueSet:
        """The codes of a field."""
        return self._value_sets[field.value_set or ""]

    def number(self, field: Field, rows: np.ndarray) -> np.ndarray | None:
        """Numbers that a table of medicine gives; None where the range of the vocabulary is used."""
        column = next((name for word, name in _LAB_NUMBERS.items() if word in field.title), "")
        if field.title.endswith(("序号", "组号")):
            return objects(["1"] * len(rows))
        if not column or not self._has_lab:
            return None
        items, row = table("lab_items"), self._row_of("lab", "lab", rows)
        low, high = items.number("low")[row], items.number("high")[row]
        numbers = {"low": low, "high": high, "value": low + (high - low) * self._rng.uniform(0.1, 0.9, len(rows))}
        return objects(number_text(field, value) or "" for value in numbers[column].tolist())

    def reroll(self, field: Field, rows: np.ndarray) -> None:
        """Let the next drawing of a field take another row of its table."""
        if (family := _family_of(field)) and (key := _key_of(field, family)) in self._families:
            self._families[key][rows] = self._draw_rows(family, rows)

    # ── tables of medicine ───────────────────────────────────────────────────────────────────

    def _family(self, field: Field, words: Words, rows: np.ndarray) -> np.ndarray:
        column = words.values[0]
        return table(_TABLES[words.kind]).text(column)[self._row_of(words.kind, _key_of(field, words.kind), rows)]

    def _row_of(self, family: str, key: str, rows: np.ndarray) -> np.ndarray:
        if key not in self._families:
            self._families[key] = self._draw_rows(family, np.arange(len(self._basis)))
        return self._families[key][rows]

    def _draw_rows(self, family: str, rows: np.ndarray) -> np.ndarray:
        if family == "diagnosis":
            one = self._someone()
            age = np.clip((self._basis.day[rows] - one.born[rows]) // 366, 0, 99)
            if re.search(_DEADLY, self._dataset.title):
                return self._rng.choice(_grave(), len(rows))
            return Diagnoses(self._basis.house.specialty).draw(self._rng, one.sex[rows], age)
        if family == "lab":
            return self._rng.choice(panels()[0], len(rows))
        return self._rng.integers(0, len(table(_TABLES[family])), len(rows))

    # ── writers by kind of words ─────────────────────────────────────────────────────────────

    def _text(self, field: Field, words: Words, rows: np.ndarray) -> np.ndarray:
        if not words.values:
            return objects(["无"] * len(rows))
        return objects(words.values)[self._rng.integers(0, len(words.values), len(rows))]

    def _staff(self, field: Field, words: Words, rows: np.ndarray) -> np.ndarray:
        place = self._rng.integers(0, len(self._basis.house.doctor_names), len(rows))
        if words.values[0] == "code":
            return self._basis.house.doctor_codes[place]
        names = self._basis.house.doctor_names
        return names[place] + "、" + names[place - 1] if words.values[0] == "pair" else names[place]

    def _department(self, field: Field, words: Words, rows: np.ndarray) -> np.ndarray:
        house, place = self._basis.house, self._where[rows]
        if re.search("转入|转至", field.title):
            place = (place + 1) % len(house.departments)
        if words.values[0] == "code":
            return house.department_codes[place]
        return house.department_names[place] + ("病区" if words.values[0] == "ward" else "")

    def _institution(self, field: Field, words: Words, rows: np.ndarray) -> np.ndarray:
        house = self._basis.house
        other = re.search("转入|转出|接收|上级|下级|对口|工作单位|生产|供应|厂家|企业|曾|学校", field.title)
        number = house.number + (1 + rows % 20 if other else 0 * rows)
        if words.values[0] == "code":
            return objects(code_of_institution(field, n) for n in number.tolist())
        names = institution_names()
        return objects(names[n % len(names)] if other else house.name for n in number.tolist())

    def _place(self, field: Field, words: Words, rows: np.ndarray) -> np.ndarray:
        index, people = self._someone().index[rows], self._basis.house.population
        if words.values[0] == "code":
            return objects(map(str, people.division_codes(index).tolist()))
        whole = people.addresses(index).tolist()
        match words.values[0]:
            case "district":
                return objects(text[6:9] for text in whole)
            case "street":
                return objects(re.sub(r"\d.*", "", text[9:]) or "中央路" for text in whole)
            case "door":
                return objects((re.search(r"\d.*", text) or [text])[0] for text in whole)
        return objects(whole)

    def _phone(self, field: Field, words: Words, rows: np.ndarray) -> np.ndarray:
        if re.search("机构|单位|填报|居委会|医院|联系电话", field.title):
            return objects(f"025-8{n:07d}" for n in self._rng.integers(3_000_000, 9_000_000, len(rows)).tolist())
        return self._basis.house.population.phones(self._someone().index[rows])

    def _serial(self, field: Field, words: Words, rows: np.ndarray) -> np.ndarray:
        head = words.values[0] if words.values else "N"
        return serial_numbers(field.parsed, self._basis.letter + head, self._basis.day[rows], self._basis.first + rows)

    def _record(self, field: Field, words: Words, rows: np.ndarray) -> np.ndarray:
        return self._someone().text("record_no", rows, self._basis.house)

    def _uid(self, field: Field, words: Words, rows: np.ndarray) -> np.ndarray:
        number = self._basis.house.number
        return objects(f"1.2.156.112605.{number}.{d}.{n}" for d, n in zip(self._basis.day[rows], rows, strict=True))

    def _small(self, field: Field, words: Words, rows: np.ndarray) -> np.ndarray:
        return objects(map(str, self._rng.integers(1, 60, len(rows)).tolist()))

    def _item(self, field: Field, words: Words, rows: np.ndarray) -> np.ndarray:
        return objects(["1"] * len(rows))

    def _months(self, field: Field, words: Words, rows: np.ndarray) -> np.ndarray:
        months = np.clip((self._basis.day[rows] - self._someone().born[rows]) // 31, 0, 999)
        return np.where(months < 12, objects(map(str, months.tolist())), "")

    def _agetext(self, field: Field, words: Words, rows: np.ndarray) -> np.ndarray:
        days = self._basis.day[rows] - self._someone().born[rows]
        return objects(f"{n // 365}岁" if n >= 366 else f"{n // 31}月" if n >= 31 else f"{n}天" for n in days.tolist())

    def _unknown(self, field: Field, words: Words, rows: np.ndarray) -> np.ndarray:
        return objects(["无" if field.parsed.letters != "N" and field.type == "S1" else "1"] * len(rows))

    _WRITERS: ClassVar[dict[str, Writer]] = {
        "text": _text,
        "staff": _staff,
        "department": _department,
        "institution": _institution,
        "place": _place,
        "phone": _phone,
        "serial": _serial,
        "record": _record,
        "uid": _uid,
        "small": _small,
        "item": _item,
        "months": _months,
        "agetext": _agetext,
    }


@lru_cache(maxsize=1)
def _grave() -> np.ndarray:
    """Diagnoses that people die of."""
    return np.flatnonzero([bool(re.match(_DEADLY_CODES, code)) for code in table("diagnoses").text("code").tolist()])


@lru_cache(maxsize=2048)
def _family_of(field: Field) -> str:
    words = words_of(field.title)
    return words.kind if words.kind in _TABLES and field.is_text and not field.value_set else ""


def _key_of(field: Field, family: str) -> str:
    """Rows of a table are shared by fields of one family; diagnoses beside the main one have their own."""
    if family != "diagnosis" or not re.search("其他|鉴别|合并|并发|既往", field.title):
        return family
    return family + re.sub("(疾病)?(编码|代码|名称)$", "", field.title)


@lru_cache(maxsize=4096)
def _choices(names: tuple[tuple[str, str], ...], value_set: str, form: Format) -> tuple[np.ndarray, np.ndarray]:
    codes = [code for code, _ in names]
    fit = [c for c in codes if form.minimum <= len(c) <= form.maximum and (form.letters != "N" or c.isdigit())]
    leaves = [c for c in fit if not any(other != c and other.startswith(c) for other in fit)] or fit or codes
    labels = dict(names)
    given = code_shares(value_set)
    weights = np.array([1 / (place + 1) ** 0.7 for place in range(len(leaves))])
    weights *= np.array([0.02 if _VAGUE.search(labels[code]) else 1.0 for code in leaves])
    weights *= (1 - sum(given.get(code, 0.0) for code in leaves)) / weights.sum()
    return objects(leaves), np.array([given.get(c, w) for c, w in zip(leaves, weights.tolist(), strict=True)])


def code_choices(value_set: ValueSet, form: Format) -> tuple[np.ndarray, np.ndarray]:
    """Codes that a field of ``form`` can hold, the finest ones, and how often each is written."""
    codes, shares = _choices(tuple(value_set.codes.items()), value_set.name, form)
    return codes, shares / shares.sum()


def code_of_institution(field: Field, number: int) -> str:
    """Credit code of an institution, or its organization code where the field is shorter."""
    form = field.parsed
    code = institution_code(number)
    if form.maximum >= len(code):
        return code
    return f"{code[8:16]}-{code[16]}" if form.maximum >= 10 else code[8:17]


def serial_numbers(form: Format, head: str, days: np.ndarray, serial: np.ndarray) -> np.ndarray:
    """Running numbers such as SN240603000001 within the length of the format."""
    width = min(6, form.maximum)
    if form.letters == "N":
        head = ""
    room = form.maximum - width
    long = form.minimum - width if form.minimum == form.maximum else 0
    texts = [(head + text[2:])[:room].ljust(long, "0") for text in day_texts(days)]
    return objects(f"{text}{number % 10**width:0{width}d}" for text, number in zip(texts, serial.tolist(), strict=True))


def fitted(field: Field, values: np.ndarray) -> np.ndarray:
    """Texts cut or filled to the lengths of the field's format; empty ones stay empty."""
    form = field.parsed
    if not field.is_text:
        return values
    return objects(_fit(text, form) for text in values.tolist())


def _fit(text: str, form: Format) -> str:
    if not text:
        return text
    if form.letters == "N" and not text.isdigit():
        text = re.sub("[^0-9]", "", text) or "1"
    if len(text) < form.minimum:
        text = text.rjust(form.minimum, "0") if text.isalnum() and text.isascii() else text.ljust(form.minimum, "。")
    return text[: form.maximum]


def number_text(field: Field, value: float) -> str | None:
    """A number as its format writes it; None where it cannot hold it."""
    form = field.parsed
    text = f"{value:.{form.decimals}f}" if form.decimals else str(round(value))
    if form.decimals > _PRINTED:
        text = text[: _PRINTED - form.decimals] + text[_PRINTED - form.decimals :].rstrip("0")
    whole = text.lstrip("-").partition(".")[0]
    if len(whole) > form.integer_digits:
        return None
    if not form.decimals and len(whole) < form.minimum:
        text = ("-" if text.startswith("-") else "") + whole.zfill(form.minimum)
    return text
