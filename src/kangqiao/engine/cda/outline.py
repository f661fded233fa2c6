"""The outline of a document's body: its sections, the entries in them, and which field's each one is."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from kangqiao.engine.cda.definitions import Anchor, DocumentType
from kangqiao.engine.cda.parsing import HL7, Element

SUPPLEMENT = "康桥平台数据项"
"""``codeSystemName`` of entries that carry what the standard has no place for: code ``dataset.field``."""

NARRATIVE = "text"
"""The name of the place that is a section's own words."""
_STATEMENTS = {f"{{{HL7}}}{name}": name for name in ("procedure", "substanceAdministration", "act")}
OBSERVATION, ORGANIZER, ENTRY = f"{{{HL7}}}observation", f"{{{HL7}}}organizer", f"{{{HL7}}}entry"
CODE, NAME, SECTION_TAG, TEXT = (f"{{{HL7}}}{name}" for name in ("code", "name", "section", "text"))


@dataclass(slots=True)
class Entry:
    """An observation, a procedure or the like. ``cluster`` numbers the organizer it stands in, 0 for none."""

    section: str
    name: str
    displays: tuple[str, ...]
    element: Element
    cluster: int
    anchor: Anchor | None = None


@dataclass(slots=True)
class Supplement:
    """A value the standard has no place for; ``value`` None says outright that there is none."""

    key: str
    """``dataset.field``."""
    value: str | None
    cluster: int


@dataclass
class Outline:
    """What stands in the body, in document order."""

    sections: list[tuple[str, Element]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    supplements: list[Supplement] = field(default_factory=list)
    uncoded: list[Element] = field(default_factory=list)
    """Observations without a data element."""

    @cached_property
    def by_anchor(self) -> dict[Anchor, list[Entry]]:
        """Entries by the place they were recognised as."""
        found: dict[Anchor, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            if entry.anchor:
                found[entry.anchor].append(entry)
        return found


def outline(root: Element, kind: DocumentType) -> Outline:
    """The outline of the document, its entries recognised."""
    found = Outline()
    clusters = 0
    for section in root.iter(SECTION_TAG):
        key = section_key(section, kind)
        if key != SUPPLEMENT:
            found.sections.append((key, section))
        _take_narrative(section, key, kind, found)
        for entry in section.iterchildren(ENTRY):
            clusters = _walk(entry, key, 0, clusters, found)
    _recognise(found.entries, kind)
    return found


def _take_narrative(section: Element, key: str, kind: DocumentType, found: Outline) -> None:
    """The words of a section, where they are a field's value."""
    anchor, text = Anchor(key, NARRATIVE), section.find(TEXT)
    if text is not None and anchor in kind.anchors:
        found.entries.append(Entry(key, NARRATIVE, (), text, 0))


def section_key(section: Element, kind: DocumentType) -> str:
    """The key of a section: its code, else the name it is shown by."""
    code = section.find(CODE)
    if code is None:
        return ""
    value, name = (code.get("code") or "").strip(), (code.get("displayName") or "").strip()
    if value in kind.sections:
        return value
    return name.removesuffix("章节") if name and (not value or value.startswith("DE")) else value or name


def _walk(element: Element, section: str, cluster: int, clusters: int, found: Outline) -> int:
    """Take the entries at and below ``element``; answers the number of clusters met so far."""
    for child in element.iterchildren("*"):
        tag = child.tag
        within = cluster
        if tag == ORGANIZER and not cluster:
            clusters += 1
            within = clusters
        elif tag == OBSERVATION:
            _take_observation(child, section, within, found)
        elif tag in _STATEMENTS:
            found.entries.append(Entry(section, _STATEMENTS[tag], (), child, within))
        clusters = _walk(child, section, within, clusters, found)
    return clusters


def _take_observation(element: Element, section: str, cluster: int, found: Outline) -> None:
    code = element.find(CODE)
    name = "" if code is None else (code.get("code") or "").strip()
    if code is None or not name:
        if not any(child.tag == f"{{{HL7}}}component" for child in element):
            found.uncoded.append(element)
        return
    if code.get("codeSystemName") == SUPPLEMENT:
        found.supplements.append(Supplement(name, _plain_value(element), cluster))
        return
    displays = [code.get("displayName") or "", *(item.get("displayName") or "" for item in code.iter(NAME))]
    found.entries.append(Entry(section, name, tuple(plain(text) for text in displays if text), element, cluster))


def _plain_value(element: Element) -> str | None:
    value = element.find(f"{{{HL7}}}value")
    if value is None or value.get("nullFlavor"):
        return None
    return value.text or ""


# ── recognising ──────────────────────────────────────────────────────────────────────────────────


def _recognise(entries: list[Entry], kind: DocumentType) -> None:
    """Give each entry the place it is of: by section, element and display name; else by what is unambiguous."""
    names = _anchors_by_name(kind)
    waiting: dict[str, list[Entry]] = defaultdict(list)
    taken: set[Anchor] = set()
    for entry in entries:
        anchors = names.get(entry.name)
        if not anchors:
            continue
        entry.anchor = _exact(entry, anchors)
        if entry.anchor:
            taken.add(entry.anchor)
        else:
            waiting[entry.name].append(entry)
    for name, left in waiting.items():
        _guess(left, [anchor for anchor in names[name] if anchor not in taken], names[name])


@lru_cache(maxsize=64)
def _anchors_by_name(kind: DocumentType) -> dict[str, list[Anchor]]:
    found: dict[str, list[Anchor]] = defaultdict(list)
    for anchor in kind.anchors:
        found[anchor.name].append(anchor)
    return found


def _exact(entry: Entry, anchors: list[Anchor]) -> Anchor | None:
    here = [anchor for anchor in anchors if anchor.section == entry.section]
    if len(anchors) == 1 and here:
        return here[0]
    for candidates in (here, anchors):
        for anchor in candidates:
            if matches(anchor.display, entry.displays):
                return anchor
    return None


def _guess(entries: list[Entry], free: list[Anchor], all_of_name: list[Anchor]) -> None:
    """Entries whose display name is nobody's: the only place of the element, or the only free one in the section."""
    for entry in entries:
        if len(all_of_name) == 1:
            entry.anchor = all_of_name[0]
            continue
        here = [anchor for anchor in free if anchor.section == entry.section]
        if len(here) == 1:
            entry.anchor = here[0]


@lru_cache(maxsize=8192)
def matches(display: str, displays: tuple[str, ...]) -> bool:
    """Whether an entry shown as ``displays`` is the one that a place calls ``display`` (``name@qualifier``)."""
    wanted = [plain(part) for part in display.split("@") if part]
    return bool(wanted) and all(part in displays for part in wanted)


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """A display name without what spellings differ in."""
    return text.strip().translate(_SPELLING)


_SPELLING = str.maketrans({"（": "(", "）": ")", "“": "", "”": "", '"': "", " ": "", "－": "-", "_": "-"})
