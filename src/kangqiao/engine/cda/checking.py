"""Judge a document: header, sections, entries. Whether a row may be stored is for the rules of its dataset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lxml import etree

from kangqiao.engine.cda.definitions import DocumentType, Place, codes_of
from kangqiao.engine.cda.findings import Findings
from kangqiao.engine.cda.header import DOCUMENT_ID, Header
from kangqiao.engine.cda.outline import Entry, Outline
from kangqiao.engine.cda.parsing import HL7, XSI_TYPE, Element
from kangqiao.engine.cda.paths import local, tag
from kangqiao.engine.cda.resident_id import is_resident_id
from kangqiao.engine.cda.values import CODED, DATA_TYPES, QUANTITY, is_number, is_time, natural_type, text_of
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Field
from kangqiao.standards.nearest import nearest_codes

RESIDENT_ID = "2.16.156.10011.1.3"
GENDERS = "GBT2261.1-2003"
_NS = {"h": HL7}
_PATIENT = "recordTarget/patientRole/patient"
_TIME_TAGS = frozenset(tag(name) for name in ("time", "effectiveTime", "low", "high", "birthTime"))
_VALUE = tag("value")
_TYPE_GROUPS = (CODED, frozenset({"PQ", "INT", "REAL"}), frozenset({"ST", "ED", "SC"}))
_UNITS = {
    "mL": "ml",
    "次/分": "次/min",
    "次/分钟": "次/min",
    "分": "min",
    "小时": "h",
    "天": "d",
    "CNY": "元",
    "kg": "Kg",
    "℃": "°C",
}


def check_header(root: Element, header: Header, findings: Findings) -> None:
    """Everything before the body."""
    if _attribute(root, "realmCode", "code") != "CN":
        findings.add("cda.realm_wrong", path="realmCode")
    kind = (_attribute(root, "typeId", "root"), _attribute(root, "typeId", "extension"))
    if kind != ("2.16.840.1.113883.1.3", "POCD_MT000040"):
        findings.add("cda.type_id_wrong", path="typeId")
    if not header.number:
        findings.add("cda.id_missing", path="id")
    elif header.number_root != DOCUMENT_ID:
        findings.add("cda.id_root_wrong", path="id/@root")
    if not header.effective_time:
        findings.add("cda.effective_time_missing", path="effectiveTime")
    elif not is_time(header.effective_time):
        findings.add("cda.effective_time_malformed", path="effectiveTime/@value")
    if _attribute(root, "confidentialityCode", "code") not in ("N", "R", "V"):
        findings.add("cda.confidentiality_unknown", path="confidentialityCode")
    if _attribute(root, "languageCode", "code") != "zh-CN":
        findings.add("cda.language_wrong", path="languageCode")
    if not header.set_id:
        findings.add("cda.set_id_missing", path="setId")
    _check_people(root, header, findings)
    _check_patient(root, findings)


def _check_people(root: Element, header: Header, findings: Findings) -> None:
    if not header.custodian_id and not header.custodian_name:
        findings.add("cda.custodian_missing", path="custodian")
    if not _has_name(root, "author/assignedAuthor/assignedPerson/name"):
        findings.add("cda.author_missing", path="author")
    if not _has_name(root, "legalAuthenticator/assignedEntity/assignedPerson/name"):
        findings.add("cda.signature_missing", path="legalAuthenticator")


def _check_patient(root: Element, findings: Findings) -> None:
    patient = _at(root, _PATIENT)
    if patient is None:
        findings.add("cda.patient_missing", path=_PATIENT)
        return
    line = patient.sourceline or 0
    if not _has_name(patient, "name"):
        findings.add("cda.patient_name_missing", path=f"{_PATIENT}/name", line=line)
    _check_gender(patient, findings)
    birth = _attribute(patient, "birthTime", "value")
    if birth and not is_time(birth):
        findings.add("cda.birth_time_malformed", path=f"{_PATIENT}/birthTime", line=line)
    _check_identifiers(patient, findings)


def _check_gender(patient: Element, findings: Findings) -> None:
    element = patient.find(tag("administrativeGenderCode"))
    code = "" if element is None else (element.get("code") or "").strip()
    path, line = f"{_PATIENT}/administrativeGenderCode", patient.sourceline or 0
    genders = codes_of(GENDERS)
    if element is None or (not code and not element.get("nullFlavor")):
        findings.add("cda.gender_missing", path=path, line=line)
    elif code and code not in genders:
        findings.add("cda.gender_unknown", code, path=path, line=line)
    elif code:
        _check_display_name("性别", code, genders[code], element, findings)


def _check_identifiers(patient: Element, findings: Findings) -> None:
    role = patient.getparent()
    assert role is not None
    seen: dict[str, str] = {}
    for element in (*role.iterchildren(tag("id")), *patient.iterchildren(tag("id"))):
        oid, text = element.get("root") or "", (element.get("extension") or "").strip()
        if text and seen.setdefault(oid, text) != text:
            findings.add(
                "cda.patient_id_repeated", oid, path="recordTarget/patientRole/id", line=element.sourceline or 0
            )
    number = seen.get(RESIDENT_ID, "")
    if not number:
        findings.add("cda.patient_id_missing", path=f"{_PATIENT}/id", line=patient.sourceline or 0)
    elif not is_resident_id(number):
        findings.add("cda.patient_id_invalid", path=f"{_PATIENT}/id", line=patient.sourceline or 0)


def check_body(root: Element, found: Outline, kind: DocumentType, findings: Findings) -> None:
    """Sections, entries, times and ids."""
    _check_sections(found, kind, findings)
    for element in found.uncoded:
        findings.add("cda.entry_code_missing", path="section/entry/observation", line=element.sourceline or 0)
    for entry in found.entries:
        _check_entry(entry, kind, findings)
    _check_whole(root, findings)


def _check_sections(found: Outline, kind: DocumentType, findings: Findings) -> None:
    if not found.sections and not found.supplements:
        findings.add("cda.body_missing", path="component/structuredBody")
        return
    keys = Counter(key for key, _ in found.sections)
    for key, section in kind.sections.items():
        if key not in keys:
            findings.add("cda.section_missing", section.name, key, path="component/structuredBody")
    lines = {key: element.sourceline or 0 for key, element in reversed(found.sections)}
    for key, times in keys.items():
        if key not in kind.sections:
            findings.add("cda.section_unknown", key or "（无代码）", kind.code, path="section/code", line=lines[key])
        if times > 1:
            findings.add("cda.section_repeated", key, times, path="section", line=lines[key])


def _check_entry(entry: Entry, kind: DocumentType, findings: Findings) -> None:
    place = kind.fields.get(entry.anchor) if entry.anchor else None
    path, line = f"section[{entry.section}]/{entry.name}", entry.element.sourceline or 0
    if entry.anchor is None and entry.name[:1].isupper():
        findings.add(
            "cda.entry_unmapped", entry.name, entry.displays[0] if entry.displays else "", path=path, line=line
        )
    value = entry.element.find(_VALUE)
    if value is None or value.get("nullFlavor"):
        return
    title = entry.displays[0] if entry.displays else entry.name
    wanted = _types(*place) if place and entry.anchor not in kind.named else ()
    _check_type(title, value, wanted, path, findings)
    if place is not None:
        _check_coded(title, value, place[1], place[0].code_system, path, findings)
        unit = value.get("unit") or value.get("currency") or ""
        if unit and place[0].unit and _unit(unit) != _unit(place[0].unit):
            findings.add("cda.unit_differs", title, place[0].unit, unit, path=path, line=line)


def _unit(text: str) -> str:
    return _UNITS.get(text, text).lower().replace(" ", "")


def _types(place: Place, field: Field) -> tuple[str, ...]:
    """Data types that the value may have: that of the templates, and the one the field's own type asks for."""
    return (place.type, natural_type(field)) if place.type else ()


def _check_type(title: str, value: Element, wanted: Sequence[str], path: str, findings: Findings) -> None:
    kind, line = value.get(XSI_TYPE, "").rpartition(":")[2], value.sourceline or 0
    stated = (value.get("value") or "").strip()
    if not kind:
        findings.add("cda.value_type_missing", title, path=path, line=line)
    elif kind not in DATA_TYPES:
        findings.add("cda.value_type_unknown", title, kind, path=path, line=line)
    elif wanted and _group(kind) not in [_group(item) for item in wanted]:
        findings.add("cda.value_type_differs", title, wanted[0], kind, path=path, line=line)
    if kind in QUANTITY and stated and not is_number(stated):
        findings.add("cda.number_malformed", title, stated, path=path, line=line)
    if kind == "BL" and stated and stated not in ("true", "false", "T", "F"):
        findings.add("cda.boolean_malformed", title, stated, path=path, line=line)
    if kind == "TS" and stated and not is_time(stated):
        findings.add("cda.time_malformed", stated, path=path, line=line)


def _group(kind: str) -> object:
    return next((group for group in _TYPE_GROUPS if kind in group), kind)


def _check_coded(title: str, value: Element, field: Field, system: str, path: str, findings: Findings) -> None:
    code, line = (value.get("code") or "").strip(), value.sourceline or 0
    if not code:
        return
    stated = value.get("codeSystem") or ""
    if system and stated and not f"{stated}.".startswith(f"{system}.") and not f"{system}.".startswith(f"{stated}."):
        findings.add("cda.code_system_differs", title, system, stated, path=path, line=line)
    if not field.value_set:
        return
    codes = codes_of(field.value_set)
    if code in codes:
        _check_display_name(title, code, codes[code], value, findings)
    else:
        table = catalogue().value_sets[field.value_set]
        near = nearest_codes(table, value.get("displayName") or code) or nearest_codes(table, code)
        hint = f"，相近的有 {'、'.join(f'{item} {name}' for item, name in near)}。" if near else "。"
        findings.add("cda.code_unknown", title, code, field.value_set, hint, path=path, line=line)


def _check_display_name(title: str, code: str, name: str, element: Element, findings: Findings) -> None:
    shown = (element.get("displayName") or "").strip()
    if shown and shown not in name and name not in shown:
        path = f"{local(element)}/@displayName"
        findings.add("cda.display_name_differs", title, code, name, shown, path=path, line=element.sourceline or 0)


def _check_whole(root: Element, findings: Findings) -> None:
    """What may stand anywhere: times that do not exist, ids given twice."""
    ids: set[str] = set()
    for element in root.iter(etree.Element):
        if element.tag in _TIME_TAGS:
            text = (element.get("value") or "").strip()
            if text and element.tag != tag("birthTime") and not is_time(text):
                findings.add("cda.time_malformed", text, path=local(element), line=element.sourceline or 0)
        name = element.get("ID")
        if name is not None:
            if name in ids:
                findings.add("cda.xml_id_repeated", name, path=local(element), line=element.sourceline or 0)
            ids.add(name)


def _at(start: Element, path: str) -> Element | None:
    return start.find("/".join(tag(name) for name in path.split("/")))


def _attribute(start: Element, path: str, name: str) -> str:
    element = _at(start, path)
    return "" if element is None else (element.get(name) or "").strip()


def _has_name(start: Element, path: str) -> bool:
    element = _at(start, path)
    return element is not None and bool(text_of(element))
