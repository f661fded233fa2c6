"""From rows to a document: what is written can be read back as the same rows, whatever they hold.

Each field is put where the standard has a place for it. Then the document is read, and what does not come back as
it was given (a field without a place, a value CDA cannot say, a row that differs from the others in what stands in
the header) is written once more under our own name, as a supplement, which the reader takes before all else.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence

from lxml import etree

from kangqiao.base.errors import RequestRefused
from kangqiao.engine.cda.definitions import DISPLAY_NAME, Anchor, DocumentType, Place, codes_of
from kangqiao.engine.cda.findings import Findings
from kangqiao.engine.cda.header import DOCUMENT_ID, Header
from kangqiao.engine.cda.mapping import Row, Rows, map_rows
from kangqiao.engine.cda.outline import NARRATIVE, SUPPLEMENT, outline
from kangqiao.engine.cda.parsing import HL7, XSI_TYPE, Element
from kangqiao.engine.cda.paths import INSTITUTION, ORGANIZATION, ORGANIZATIONS, child_of, tag, write_path
from kangqiao.engine.cda.recognition import CODE_SYSTEM
from kangqiao.engine.cda.values import write_time, write_value
from kangqiao.standards.model import Dataset, Field

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_ELEMENTS = "2.16.156.10011.2.2.1"
_LOINC = "2.16.840.1.113883.6.1"
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# fmt: off
_CHILDREN = (
    "realmCode", "typeId", "templateId", "id", "code", "title", "text", "statusCode", "effectiveTime",
    "confidentialityCode", "languageCode", "setId", "versionNumber", "recordTarget", "time", "routeCode",
    "doseQuantity", "rateQuantity", "administrationUnitCode", "value", "targetSiteCode", "consumable",
    "performer", "author", "informant", "custodian", "legalAuthenticator", "authenticator", "participant",
    "documentationOf", "relatedDocument", "componentOf", "addr", "telecom", "patientType", "patient", "name",
    "administrativeGenderCode", "birthTime", "maritalStatusCode", "ethnicGroupCode", "signatureCode",
    "assignedPerson", "associatedPerson", "playingEntity", "representedOrganization", "asOrganizationPartOf",
    "providerOrganization", "location", "entry", "entryRelationship", "component",
)
# fmt: on
"""Elements in the order that the CDA schema wants them in."""
_ORDER = {name: place for place, name in enumerate(_CHILDREN)}


def default_header(kind: DocumentType, rows: Rows, institution: str = "", custodian: str = "") -> Header:
    """A header that follows from the rows alone, so that writing them again gives the same bytes."""
    dataset = kind.dataset(kind.datasets[0].name)
    first = next((row for item in kind.datasets for row in rows.get(item.name, ())), {})
    key = [first.get(name, "") for name in _document_key(kind, dataset)]
    number = hashlib.sha256("\x1f".join((kind.code, institution, *key)).encode()).hexdigest()[:32]
    time = write_time(first.get(dataset.event_time, "")) or "19000101"
    keeper = first.get("institution_code", "").strip() or institution
    return Header(number, time, number, 1, keeper, custodian, DOCUMENT_ID, DOCUMENT_ID)


def _document_key(kind: DocumentType, dataset: Dataset) -> tuple[str, ...]:
    """The key of the document's first dataset, without what only numbers rows within one document."""
    names = tuple(name for name in dataset.key if not any(_is_row_number(p) for p in _places(kind, dataset, name)))
    return names or dataset.key


def _places(kind: DocumentType, dataset: Dataset, name: str) -> list[Place]:
    return kind.places_of[dataset.name].get(name, [])


def _is_row_number(place: Place) -> bool:
    return place.anchor is None and place.steps[0].name.startswith("@")


def document_groups(kind: DocumentType, rows: Rows) -> Iterator[Rows]:
    """Rows of many documents, parted into those of one document each, by the key that its datasets share."""
    first = kind.datasets[0]
    shared = _document_key(kind, kind.dataset(first.name))
    parted: dict[tuple[str, ...], Rows] = {}
    for item in kind.datasets:
        for row in rows.get(item.name, ()):
            key = tuple(row.get(name, "") for name in shared)
            parted.setdefault(key, {}).setdefault(item.name, []).append(row)
    yield from parted.values()


def write_document(kind: DocumentType, header: Header, rows: Rows) -> bytes:
    """The document as UTF-8 XML, the same bytes for the same header and rows.

    Raises RequestRefused when a value holds a character that XML cannot, or a dataset is not of this type.
    """
    _refuse_wrong(kind, rows)
    return _Writer(kind, header, rows).write()


def _refuse_wrong(kind: DocumentType, rows: Rows) -> None:
    for name, items in rows.items():
        mapped = next((item for item in kind.datasets if item.name == name), None)
        if mapped is None:
            raise RequestRefused("cda.write_dataset", f"{kind.code} 不含数据集 {name}。")
        if len(items) > 1 and not mapped.repeats:
            raise RequestRefused("cda.write_rows", f"一份 {kind.code} 文档只能有一行 {name}，给出了 {len(items)} 行。")
        for row in items:
            for field, text in row.items():
                if _NOT_XML.search(text):
                    raise RequestRefused("cda.write_character", f"{name}.{field} 含有 XML 不能表示的控制字符。")


class _Writer:
    def __init__(self, kind: DocumentType, header: Header, rows: Rows) -> None:
        self._kind = kind
        self._header = header
        self._rows = rows
        self._root = etree.Element(tag("ClinicalDocument"), nsmap={None: HL7, "xsi": _XSI})
        self._body = etree.Element(tag("structuredBody"))
        self._sections: dict[str, Element] = {}
        self._entries: dict[tuple[str, int, Anchor], Element] = {}
        self._clusters: dict[int, Element] = {}

    def write(self) -> bytes:
        self._write_skeleton()
        for item in self._kind.datasets:
            rows = self._rows.get(item.name, [])
            for number, row in enumerate(rows, 1):
                if item.repeats:
                    self._open_cluster(number)
                self._write_row(item.name, row, number if item.repeats else 0, is_first=number == 1)
        self._finish()
        return bytes(etree.tostring(self._root, encoding="UTF-8", xml_declaration=True, pretty_print=True))

    # ── the header ───────────────────────────────────────────────────────────────────────────

    def _write_skeleton(self) -> None:
        header, kind, add = self._header, self._kind, self._add
        add("realmCode", code="CN")
        add("typeId", root="2.16.840.1.113883.1.3", extension="POCD_MT000040")
        add("templateId", root=kind.template)
        add("id", root=header.number_root, extension=header.number)
        name = "卫生信息共享文档规范编码体系"
        add("code", code=kind.code, codeSystem=CODE_SYSTEM, codeSystemName=name)
        add("title").text = kind.title
        add("effectiveTime", value=header.effective_time)
        level = {"codeSystem": "2.16.840.1.113883.5.25", "codeSystemName": "Confidentiality"}
        add("confidentialityCode", code="N", displayName="正常访问保密级别", **level)
        add("languageCode", code="zh-CN")
        if header.set_id:
            add("setId", root=header.set_root, extension=header.set_id)
            add("versionNumber", value=str(header.version))
        add("recordTarget", typeCode="RCT", contextControlCode="OP")
        add("author", typeCode="AUT", contextControlCode="OP")
        keeper = self._custodian()
        if header.custodian_id:
            etree.SubElement(keeper, tag("id"), root=INSTITUTION, extension=header.custodian_id)
        if header.custodian_name:
            etree.SubElement(keeper, tag("name")).text = header.custodian_name
        for number in header.replaces:
            parent = child_of(add("relatedDocument", typeCode="RPLC"), "parentDocument")
            etree.SubElement(parent, tag("id"), root=DOCUMENT_ID, extension=number)

    def _add(self, name: str, **attributes: str) -> Element:
        return etree.SubElement(self._root, tag(name), attributes)

    def _custodian(self) -> Element:
        assigned = child_of(self._add("custodian", typeCode="CST"), "assignedCustodian")
        return child_of(assigned, "representedCustodianOrganization")

    # ── a row ────────────────────────────────────────────────────────────────────────────────

    def _write_row(self, dataset: str, row: Row, number: int, *, is_first: bool) -> None:
        fields = self._kind.dataset(dataset).by_name
        for place in _in_order(self._kind.places, dataset):
            raw = row.get(place.field)
            if not raw or not _may_stand(place, row):
                continue
            if place.is_row:
                self._write_entry(place, raw, fields[place.field], number)
            elif is_first and place.anchor:
                self._write_entry(place, raw, fields[place.field], 0)
            elif is_first:
                write_path(self._root, place.steps, raw, fields[place.field])

    def _write_entry(self, place: Place, raw: str, field: Field, number: int) -> None:
        assert place.anchor is not None
        if place.steps == DISPLAY_NAME:
            self._write_display_name(place.anchor, raw, number)
        elif place.steps:
            write_path(self._entry(place.anchor, number), place.steps, raw, field)
        else:
            self._write_value(place, raw, field, number)

    def _write_value(self, place: Place, raw: str, field: Field, number: int) -> None:
        assert place.anchor is not None
        if place.anchor.name == NARRATIVE:
            child_of(self._section(place.anchor.section), NARRATIVE).text = raw
            return
        value = etree.Element(tag("value"))
        if not write_value(value, raw, field, place.type):
            return
        entry = self._entry(place.anchor, number)
        if entry.find(tag("value")) is not None:
            return
        if value.get("code") is not None and place.code_system:
            value.set("codeSystem", place.code_system)
        codes = codes_of(field.value_set) if field.value_set else {}
        if raw in codes:
            value.set("displayName", codes[raw])
        if place.unit and value.get(XSI_TYPE) in ("PQ", "MO"):
            value.set("currency" if value.get(XSI_TYPE) == "MO" else "unit", place.unit)
        entry.append(value)

    def _write_display_name(self, anchor: Anchor, raw: str, number: int) -> None:
        if raw != raw.strip():
            return
        value = self._entry(anchor, number).find(tag("value"))
        if value is not None and value.get("code") is not None:
            value.set("displayName", raw)
        elif value is None:
            value = child_of(self._entry(anchor, number), "value")
            value.set(XSI_TYPE, "ST")
            value.text = raw

    def _entry(self, anchor: Anchor, number: int) -> Element:
        key = (anchor.section, number, anchor)
        if key not in self._entries:
            self._entries[key] = self._new_entry(anchor, number)
        return self._entries[key]

    def _new_entry(self, anchor: Anchor, number: int) -> Element:
        section = self._section(anchor.section)
        parent = self._cluster(number) if number else etree.SubElement(section, tag("entry"))
        is_observation = anchor.name[:1].isupper()
        attributes = {"classCode": "OBS" if is_observation else _CLASSES[anchor.name], "moodCode": "EVN"}
        element = etree.SubElement(parent, tag("observation" if is_observation else anchor.name), attributes)
        if is_observation:
            name, _, qualifier = anchor.display.partition("@")
            shown = {"displayName": name} if name else {}
            system = {"codeSystem": _ELEMENTS, "codeSystemName": "卫生信息数据元目录"}
            code = etree.SubElement(element, tag("code"), {"code": anchor.name, **shown, **system})
            if qualifier:
                etree.SubElement(child_of(code, "qualifier"), tag("name"), displayName=qualifier)
        return element

    def _cluster(self, number: int) -> Element:
        """A new component in the organizer of row ``number``."""
        return etree.SubElement(self._clusters[number], tag("component"))

    def _open_cluster(self, number: int) -> None:
        """The organizer of row ``number``, even if nothing will stand in it: rows lie in their order."""
        entry = etree.SubElement(self._section(self._repeating_section()), tag("entry"))
        organizer = etree.SubElement(entry, tag("organizer"), classCode="CLUSTER", moodCode="EVN")
        etree.SubElement(organizer, tag("statusCode"), code="completed")
        self._clusters[number] = organizer

    def _section(self, key: str) -> Element:
        if key not in self._sections:
            element = self._sections[key] = etree.Element(tag("section"))
            known = self._kind.sections.get(key)
            name = known.name if known else key
            attributes = {"displayName": name}
            if known and known.code:
                attributes |= {"code": known.code, "codeSystem": _LOINC, "codeSystemName": "LOINC"}
            etree.SubElement(element, tag("code"), attributes)
            etree.SubElement(element, tag("text"))
        return self._sections[key]

    # ── what is left ─────────────────────────────────────────────────────────────────────────

    def _finish(self) -> None:
        self._assemble()
        read = map_rows(self._root, outline(self._root, self._kind), self._kind, Findings())
        for item in self._kind.datasets:
            found = read.get(item.name, [])
            for number, row in enumerate(self._rows.get(item.name, []), 1):
                cluster = number if item.repeats else 0
                before = found[number - 1] if self._is_aligned(item.name, item.repeats, found) else {}
                self._supplement(item.name, row, before, cluster)
        self._assemble()

    def _is_aligned(self, dataset: str, repeats: bool, found: Sequence[Row]) -> bool:
        """Whether the rows read so far stand for the rows given, one for one."""
        return len(found) == len(self._rows[dataset]) if repeats else bool(found)

    def _supplement(self, dataset: str, row: Row, read: Mapping[str, str], number: int) -> None:
        is_absent = not read
        for field in self._kind.dataset(dataset).fields:
            raw = row.get(field.name, "")
            if raw != read.get(field.name, "") or (is_absent and not raw):
                self._add_supplement(f"{dataset}.{field.name}", field.title, raw, number)

    def _add_supplement(self, key: str, title: str, raw: str, number: int) -> None:
        parent = self._cluster(number) if number else etree.SubElement(self._section(SUPPLEMENT), tag("entry"))
        element = etree.SubElement(parent, tag("observation"), classCode="OBS", moodCode="EVN")
        etree.SubElement(element, tag("code"), code=key, displayName=title, codeSystemName=SUPPLEMENT)
        value = etree.SubElement(element, tag("value"), {XSI_TYPE: "ST"})
        if raw:
            value.text = raw
        else:
            value.set("nullFlavor", "NI")

    def _repeating_section(self) -> str:
        anchors = [place.anchor.section for place in self._kind.places if place.anchor and place.is_row]
        return anchors[0] if anchors else SUPPLEMENT

    def _assemble(self) -> None:
        """Put what was made in the order of the schema; sections in the order of the type."""
        if self._body.getparent() is None:
            self._add("component").append(self._body)
        self._complete_people()
        order = [*self._kind.sections, SUPPLEMENT]
        self._body[:] = []
        for key in sorted(self._sections, key=order.index):
            component = etree.SubElement(self._body, tag("component"))
            component.append(self._sections[key])
        for element in self._root.iter(etree.Element):
            if len(element) > 1:
                _sort(element)

    def _complete_people(self) -> None:
        """What a header must have, said to be unknown where the rows do not know it."""
        author = child_of(self._root, "author")
        if author.find(tag("time")) is None:
            etree.SubElement(author, tag("time"), nullFlavor="NI")
        assigned = child_of(author, "assignedAuthor")
        if assigned.find(tag("id")) is None:
            etree.SubElement(assigned, tag("id"), root="2.16.156.10011.1.7", nullFlavor="NI")
        name = child_of(child_of(assigned, "assignedPerson"), "name")
        if not name.text:
            name.set("nullFlavor", "NI")


_CLASSES = {"procedure": "PROC", "substanceAdministration": "SBADM", "act": "ACT"}


def _in_order(places: Sequence[Place], dataset: str) -> list[Place]:
    """Places to write: values before the names that stand on them, organizations from the bed to the hospital."""
    mine = [place for place in places if place.dataset == dataset and place.is_written]
    return sorted(mine, key=lambda place: (place.steps == DISPLAY_NAME, _rank(place)))


def _rank(place: Place) -> int:
    step = next((step for step in place.steps if step.name == ORGANIZATION), None)
    return ORGANIZATIONS.index(step.mark) if step and step.mark in ORGANIZATIONS else -1


def _may_stand(place: Place, row: Row) -> bool:
    """An identity number stands under the OID of resident cards only when it is one."""
    is_card = place.anchor is None and place.steps[-1].mark == "2.16.156.10011.1.3"
    return not is_card or row.get("id_type", "01") == "01"


def _sort(element: Element) -> None:
    children = list(element)
    ordered = sorted(children, key=lambda child: _ORDER.get(str(child.tag).rpartition("}")[2], 60))
    if ordered != children:
        element[:] = ordered
