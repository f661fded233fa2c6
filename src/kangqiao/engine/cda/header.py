"""What the header says of the document itself: its number, its set and version, its keeper."""

from __future__ import annotations

from dataclasses import dataclass

from kangqiao.engine.cda.findings import Findings
from kangqiao.engine.cda.parsing import Element
from kangqiao.engine.cda.paths import INSTITUTION, tag
from kangqiao.engine.cda.values import text_of

DOCUMENT_ID = "2.16.156.10011.1.1"


@dataclass(frozen=True, slots=True)
class Header:
    """``set_id`` is empty when the document names no set; ``replaces`` are numbers of the documents it replaces."""

    number: str
    effective_time: str
    """As written: YYYYMMDDhhmmss."""
    set_id: str = ""
    version: int = 1
    custodian_id: str = ""
    custodian_name: str = ""
    number_root: str = DOCUMENT_ID
    set_root: str = ""
    replaces: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """What all versions of one document have in common."""
        if self.set_id:
            return f"set:{self.set_root}:{self.set_id}"
        return f"id:{self.number_root}:{self.number}"


def read_header(root: Element, findings: Findings) -> Header:
    """The header as the document gives it; what is missing is noted by the checks."""
    number, number_root = _identifier(root, "id")
    set_id, set_root = _identifier(root, "setId")
    custodian = root.find("/".join(tag(name) for name in ("custodian", "assignedCustodian", _KEEPER)))
    return Header(
        number,
        _attribute(root.find(tag("effectiveTime")), "value"),
        set_id,
        _version(root, findings),
        *_keeper(custodian),
        number_root,
        set_root,
        _replaced(root),
    )


_KEEPER = "representedCustodianOrganization"


def _identifier(parent: Element, name: str) -> tuple[str, str]:
    element = parent.find(tag(name))
    return _attribute(element, "extension"), _attribute(element, "root")


def _attribute(element: Element | None, name: str) -> str:
    return "" if element is None else (element.get(name) or "").strip()


def _version(root: Element, findings: Findings) -> int:
    text = _attribute(root.find(tag("versionNumber")), "value")
    if text.isascii() and text.isdigit() and 1 <= int(text[:10]) < 10**9:
        return int(text)
    if text:
        findings.add("cda.version_malformed", path="versionNumber/@value")
    return 1


def _keeper(custodian: Element | None) -> tuple[str, str]:
    if custodian is None:
        return "", ""
    name = custodian.find(tag("name"))
    ids = {item.get("root") or "": (item.get("extension") or "").strip() for item in custodian.iterchildren(tag("id"))}
    return ids.get(INSTITUTION) or next(iter(ids.values()), ""), "" if name is None else text_of(name)


def _replaced(root: Element) -> tuple[str, ...]:
    numbers = []
    for related in root.iterchildren(tag("relatedDocument")):
        parent = related.find(tag("parentDocument"))
        if related.get("typeCode") == "RPLC" and parent is not None:
            number, _ = _identifier(parent, "id")
            numbers += [number] if number else []
    return tuple(numbers)
