"""Values: as CDA data types write them, and as the texts of a dataset's row (see ``standards.notation``)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from kangqiao.base.clock import BEIJING
from kangqiao.engine.cda.parsing import XSI_TYPE, Element
from kangqiao.standards.model import Field

DATA_TYPES = frozenset(
    {"ST", "ED", "CD", "CE", "CV", "CO", "CS", "PQ", "INT", "REAL", "MO", "BL", "TS", "II", "IVL_TS", "IVL_PQ", "SC"}
    | {"TEL", "AD", "PN", "EN", "ON", "RTO", "BN", "URL"}
)
CODED, QUANTITY = frozenset({"CD", "CE", "CV", "CO", "CS"}), frozenset({"PQ", "INT", "REAL", "MO"})
_TIME = re.compile(r"(\d{8}|\d{12}|\d{14})(\.\d{1,4})?([+-]\d{4})?")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_MOMENT = re.compile(r"\d{8}T\d{6}")
_CJK = re.compile(r"[\u4e00-\u9fff]")
_BOOLEANS = {"true": "T", "false": "F"}
_CODE_ENDINGS = ("代码", "编码")


def is_code(field: Field) -> bool:
    """Whether the field holds a code rather than words."""
    return bool(field.value_set) or field.type == "S3" or field.title.endswith(_CODE_ENDINGS)


def read_time(text: str, field: Field | None = None) -> str:
    """A CDA time stamp in the notation of ``field`` (D8 or DT15); text that is none stays as it is."""
    found = _TIME.fullmatch(text)
    if found is None or not is_time(text):
        return text
    digits = found[1]
    if field is not None and field.type == "D":
        return digits[:8]
    if found[3] and len(digits) > 8:
        digits = _in_beijing(digits, found[3])
    return f"{digits[:8]}T{digits[8:]:0<6}"


@lru_cache(maxsize=4096)
def is_time(text: str) -> bool:
    """Whether ``text`` is a time stamp of HL7 that exists: day, minute or second, with or without an offset."""
    found = _TIME.fullmatch(text)
    if found is None:
        return _MOMENT.fullmatch(text) is not None and _exists(text.replace("T", ""))
    return _exists(f"{found[1]:0<14}")


def _exists(digits: str) -> bool:
    try:
        return bool(datetime.strptime(digits, "%Y%m%d%H%M%S"))  # noqa: DTZ007
    except ValueError:
        return False


def _in_beijing(digits: str, offset: str) -> str:
    minutes = int(offset[1:3]) * 60 + int(offset[3:])
    zone = timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
    moment = datetime.strptime(f"{digits:0<14}", "%Y%m%d%H%M%S").replace(tzinfo=zone)
    return moment.astimezone(BEIJING).strftime("%Y%m%d%H%M%S")


def write_time(raw: str) -> str | None:
    """A D8 or DT15 as a CDA time stamp; None for text that is neither."""
    if _MOMENT.fullmatch(raw):
        raw = raw.replace("T", "")
    return raw if len(raw) in (8, 14) and is_time(raw) else None


def is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def text_of(element: Element) -> str:
    """The words of an element, without the space around them; of an address its parts in order of size."""
    if len(element):
        order = {name: place for place, name in enumerate(_ADDRESS)}
        parts = sorted(element, key=lambda child: order.get(child.tag.rpartition("}")[2], 99))
        return "".join((part.text or "").strip() for part in parts if not part.tag.endswith("postalCode"))
    return (element.text or "").strip()


_ADDRESS = ("country", "state", "city", "county", "township", "streetName", "houseNumber", "streetAddressLine")


def read_value(value: Element, field: Field, *, is_named: bool = False) -> str | None:
    """The ``value`` of an observation as the raw text of ``field``; None when it holds nothing.

    ``is_named``: its display name is a field of its own, so words where a code belongs are that name.
    """
    if value.get("nullFlavor"):
        return None
    kind = value.get(XSI_TYPE, "").rpartition(":")[2]
    code, stated, words = value.get("code"), value.get("value"), text_of(value)
    if kind in CODED or (code is not None and stated is None):
        name = value.get("displayName") or words
        text = (code or "" if is_named else code or name) if is_code(field) or is_named else name or code or ""
    elif stated is not None:
        text = stated.strip()
    else:
        text = "" if is_named and _CJK.search(words) else words
    return converted(text, field) or None


def read_name(value: Element) -> str | None:
    """The words beside a code: its display name, or the text where there is no code."""
    name = value.get("displayName") or value.findtext("{*}originalText") or text_of(value)
    return name.strip() or None


def converted(text: str, field: Field) -> str:
    """``text`` as CDA writes it, in the notation of ``field``; what cannot be converted stays for the rules."""
    if field.type in ("D", "DT"):
        return read_time(text, field)
    if field.type == "L":
        return _BOOLEANS.get(text, text)
    return text


def natural_type(field: Field) -> str:
    """The CDA data type that says what the field's own type does."""
    plain = {"D": "TS", "DT": "TS", "L": "BL", "N": "REAL"}
    return plain.get(field.type) or ("CD" if is_code(field) else "ST")


def write_value(value: Element, raw: str, field: Field, kind: str) -> bool:
    """Fill an empty ``value``; False, and nothing written, when ``raw`` does not fit what CDA can say."""
    if field.type in ("D", "DT"):
        stamp = write_time(raw)
        return stamp is not None and _fill(value, "TS", value=stamp)
    if field.type == "L":
        return raw in ("T", "F") and _fill(value, "BL", value="true" if raw == "T" else "false")
    if field.type == "N":
        numeric = kind if kind in QUANTITY else ("REAL" if field.parsed.decimals else "INT")
        return is_number(raw) and _fill(value, numeric, value=raw)
    if is_code(field):
        return raw == raw.strip() and _fill(value, "CD", code=raw)
    if raw != raw.strip():
        return False
    value.set(XSI_TYPE, "ST")
    value.text = raw
    return True


def _fill(element: Element, kind: str, **attributes: str) -> bool:
    element.set(XSI_TYPE, kind)
    for name, text in attributes.items():
        element.set(name, text)
    return True
