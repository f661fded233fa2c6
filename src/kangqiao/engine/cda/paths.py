"""Walking the steps of a place: to a value that is there, or making what is not."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from kangqiao.engine.cda.definitions import Step, codes_of
from kangqiao.engine.cda.outline import plain
from kangqiao.engine.cda.parsing import HL7, Element
from kangqiao.engine.cda.values import converted, is_code, is_number, text_of, write_time
from kangqiao.standards.model import Field

ORGANIZATION = "organization"
BED, ROOM, DEPARTMENT, WARD, INSTITUTION = (f"2.16.156.10011.1.{number}" for number in (22, 21, 26, 27, 5))
ORGANIZATIONS = (BED, ROOM, DEPARTMENT, WARD, INSTITUTION)
"""From the bed to the hospital: each is part of the next."""
_ORGANIZATION_TAGS = frozenset(
    {"wholeOrganization", "providerOrganization", "scopingOrganization", "representedOrganization"}
)
_LOCATION = ("encompassingEncounter", "location", "healthCareFacility", "serviceProviderOrganization")
_TIMES = frozenset({"time", "effectiveTime", "low", "high", "birthTime"})
_VALUES = frozenset({"age", "width", "doseQuantity", "rateQuantity"})
_SIGNERS = frozenset({"legalAuthenticator", "authenticator", "informant"})


def tag(name: str) -> str:
    return f"{{{HL7}}}{name}"


def local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


def read_path(start: Element, steps: tuple[Step, ...], field: Field) -> str | None:
    """The raw text of ``field`` at ``steps`` below ``start``; None when nothing is there."""
    *way, last = steps
    if last.name.startswith("="):
        return last.name[1:] if read_path(start, tuple(way), field) else None
    if last.name.startswith("@"):
        element = _find(start, way)
        text = None if element is None else element.get(last.name[1:])
        return converted(text.strip(), field) or None if text else None
    if last.name == "id" and way and way[-1].name == ORGANIZATION and not last.mark:
        organization = _find(start, way)
        return _own_id(organization, way[-1].mark) if organization is not None else None
    element = _find(start, steps)
    return None if element is None else _leaf(element, last, field)


def _find(start: Element, steps: tuple[Step, ...] | list[Step]) -> Element | None:
    found: Element | None = start
    for step in steps:
        if found is None:
            return None
        found = next(_children(found, step), None)
    return found


def _children(parent: Element, step: Step) -> Iterator[Element]:
    if step.name == ORGANIZATION:
        yield from _organizations(parent, step.mark)
        return
    for child in parent.iterchildren(tag(step.name)):
        if not step.mark or _is_marked(child, step):
            yield child


def _organizations(parent: Element, oid: str) -> Iterator[Element]:
    for element in (parent, *parent.iterdescendants("*")):
        if local(element) in _ORGANIZATION_TAGS and _own_id(element, oid) is not None:
            yield element


def _own_id(element: Element, oid: str) -> str | None:
    """The extension of the element's id of this root, empty if it has none; None where the id is not there."""
    for item in element.iterchildren(tag("id")):
        if item.get("root") == oid:
            return (item.get("extension") or "").strip()
    return None


def _is_marked(element: Element, step: Step) -> bool:
    if step.name == "id":
        return bool(element.get("root") == step.mark)
    wanted = role_name(step.mark)
    if step.name == "participant" and element.get("typeCode") == step.mark:
        return True
    return any(role_name(code.get("displayName") or "") == wanted for code in element.iter(tag("code")))


def role_name(text: str) -> str:
    """The name of a role without what spellings differ in: 检验技师签名 is 检验技师."""
    return plain(text).removesuffix("签名").removesuffix("签字")


def _leaf(element: Element, step: Step, field: Field) -> str | None:
    if element.get("nullFlavor"):
        return None
    name = local(element)
    if step.name == ORGANIZATION:
        return _organization_text(element, step.mark)
    if name == "id":
        text = element.get("extension") or ""
    elif name in _TIMES:
        low = element.find(tag("low"))
        text = element.get("value") or ("" if low is None else low.get("value") or "")
    elif name == "telecom":
        text = (element.get("value") or "").removeprefix("tel:").removeprefix("mailto:")
    elif name in _VALUES or (element.get("value") is not None and element.get("code") is None):
        text = element.get("value") or ""
    elif element.get("code") is not None or element.get("displayName") is not None:
        pair = (element.get("code") or "", element.get("displayName") or "")
        text = next(iter(filter(None, pair if is_code(field) else pair[::-1])), "")
    else:
        text = text_of(element)
    return converted(text.strip(), field) or None


def _organization_text(element: Element, oid: str) -> str | None:
    """A bed or room is known by its number, a department, ward or hospital by its name."""
    name = element.find(tag("name"))
    words = text_of(name) if name is not None and not name.get("nullFlavor") else ""
    number = _own_id(element, oid) or ""
    return (number or words if oid in (BED, ROOM) else words) or None


# ── writing ──────────────────────────────────────────────────────────────────────────────────────


def write_path(start: Element, steps: tuple[Step, ...], raw: str, field: Field) -> None:
    """Put ``raw`` at ``steps`` below ``start``, making what is not there; what is filled already stays."""
    *way, last = steps
    if last.name.startswith("="):
        return
    if last.name.startswith("@"):
        if raw == raw.strip():
            _set(make(start, way), last.name[1:], raw)
        return
    if last.name == "id" and way and way[-1].name == ORGANIZATION and not last.mark:
        _set(_id_of(make(start, way), way[-1].mark), "extension", raw)
        return
    text = _leaf_text(raw, last, field)
    if text is not None:
        _fill_leaf(make(start, list(steps)), last, text, field)


def _leaf_text(raw: str, step: Step, field: Field) -> str | None:
    if raw != raw.strip():
        return None
    if step.name in _TIMES:
        return write_time(raw)
    return raw if step.name not in _VALUES or is_number(raw) else None


def _fill_leaf(element: Element, step: Step, text: str, field: Field) -> None:
    if step.name == ORGANIZATION:
        if step.mark in (BED, ROOM):
            _set(_id_of(element, step.mark), "extension", text)
        else:
            _set_text(child_of(element, "name"), text)
    elif step.name == "id":
        _set(element, "extension", text)
    elif step.name in _TIMES or step.name in _VALUES or step.name == "telecom":
        _set(element, "value", text)
    elif is_code(field) or step.name.endswith("Code"):
        _set(element, "code", text)
        if field.value_set and text in (codes := codes_of(field.value_set)):
            _set(element, "displayName", codes[text])
    else:
        _set_text(element, text)


def _set(element: Element, name: str, text: str) -> None:
    if element.get(name) is None:
        element.set(name, text)
        element.attrib.pop("nullFlavor", None)


def _set_text(element: Element, text: str) -> None:
    if not element.text and not len(element):
        element.text = text
        element.attrib.pop("nullFlavor", None)


def make(start: Element, steps: tuple[Step, ...] | list[Step]) -> Element:
    """The element at ``steps`` below ``start``, made with everything on the way to it."""
    element = start
    for step in steps:
        found = next(_children(element, step), None)
        element = _made(element, step) if found is None else found
    return element


def _made(parent: Element, step: Step) -> Element:
    if step.name == ORGANIZATION:
        return _made_organization(parent, step.mark)
    child = etree.SubElement(parent, tag(step.name))
    if step.name == "id" and step.mark:
        child.set("root", step.mark)
    elif step.name == "participant":
        child.set("typeCode", step.mark if step.mark.isascii() else "ATND")
        if not step.mark.isascii():
            role = "associatedEntity" if local(parent) == "ClinicalDocument" else "participantRole"
            child_of(child_of(child, role), "code").set("displayName", step.mark)
    elif step.name in _SIGNERS and step.mark:
        child_of(child_of(child, "assignedEntity"), "code").set("displayName", step.mark)
    return child


def _made_organization(parent: Element, oid: str) -> Element:
    """A new organization below ``parent``: part of none yet, or the larger whole of the largest there."""
    inner = [element for element in parent.iterdescendants("*") if local(element) in _ORGANIZATION_TAGS]
    is_free = local(parent) in _ORGANIZATION_TAGS and not len(parent)
    if not inner and is_free and oid == DEPARTMENT:
        element = parent
    else:
        base = inner[-1] if inner else parent
        if not inner and local(parent) == "componentOf":
            base = make(parent, [Step(name) for name in _LOCATION])
        element = child_of(child_of(base, "asOrganizationPartOf"), "wholeOrganization")
    _id_of(element, oid)
    return element


def _id_of(element: Element, oid: str) -> Element:
    found = next(_children(element, Step("id", oid)), None)
    return _made(element, Step("id", oid)) if found is None else found


def child_of(parent: Element, name: str) -> Element:
    """The first child of this name, made if there is none."""
    found = parent.find(tag(name))
    return etree.SubElement(parent, tag(name)) if found is None else found
