"""What is prescribed (上报要求): ``profiles/NAME.yaml``, a file a document.

::

    name: hospital-2020
    title: 医院定时数据上报要求（2020）
    kinds: [hospital]                      # hospital, district
    year: '2020'
    scheduled:
      day: [outpatient_visit]              # due every day
      month: [bed]                         # due once a month
      any: [death_record]                  # 随发生随报: comes when it happens, never missing
    realtime: [outpatient_visit]

What a kind of institution must send is the sum of all profiles that name it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from pathlib import Path

from kangqiao.base.errors import DefinitionError
from kangqiao.standards.documents import Document, Shape, check_shape, read_document
from kangqiao.standards.model import Channel, Prescription, Profile
from kangqiao.standards.problems import Problems

KINDS_OF_INSTITUTION = ("hospital", "district")
KIND_TITLES = {"hospital": "医院", "district": "区平台"}

_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_YEAR = re.compile(r"\d{4}")
_PROFILE = Shape(
    {"name": "text", "title": "text", "kinds": "texts", "year": "text"}, {"scheduled": "map", "realtime": "texts"}
)
_SCHEDULE = Shape({}, {"day": "texts", "month": "texts", "any": "texts"})


def read_profile(path: Path, where: str, datasets: Container[str], problems: Problems) -> Profile | None:
    """Read one profile; what is wrong goes to ``problems``. ``datasets`` are the names it may prescribe."""
    before = len(problems)
    with problems.caught():
        document = read_document(path, where)
        check_shape(document, _PROFILE, where)
        _check_head(document, path, where)
        check_shape(document.get("scheduled", {}), _SCHEDULE, f"{where}: scheduled")
        for place, names in _sections(document):
            _check_names(names, f"{where}: {'.'.join(map(str, place))}", datasets, problems)
        prescriptions = tuple(_prescriptions(document))
        _refuse_twice(prescriptions, where, problems)
        if len(problems) == before:
            kinds = tuple(document["kinds"])
            return Profile(document["name"], document["title"], kinds, document["year"], prescriptions)
    return None


def _check_head(document: Document, path: Path, where: str) -> None:
    if not _NAME.fullmatch(document["name"]):
        reason = f"{document['name']!r} must be lower-case letters, digits, hyphens and underscores"
        raise DefinitionError(where, reason, key="name")
    if document["name"] != path.stem:
        raise DefinitionError(where, f"name {document['name']!r} must be the file's name", key="name")
    if not _YEAR.fullmatch(document["year"]):
        raise DefinitionError(where, f"year {document['year']!r} must be four digits", key="year")
    if not document["kinds"]:
        raise DefinitionError(where, "names no kind of institution", key="kinds")
    for kind in document["kinds"]:
        if kind not in KINDS_OF_INSTITUTION:
            reason = f"unknown kind {kind!r}, one of {', '.join(KINDS_OF_INSTITUTION)}"
            raise DefinitionError(where, reason, at=("kinds", kind))
    if len(set(document["kinds"])) < len(document["kinds"]):
        raise DefinitionError(where, "names a kind twice", key="kinds")


def _sections(document: Document) -> Iterable[tuple[tuple[str, ...], list[str]]]:
    for every, names in document.get("scheduled", {}).items():
        yield ("scheduled", every), names
    if "realtime" in document:
        yield ("realtime",), document["realtime"]


def _prescriptions(document: Document) -> Iterable[Prescription]:
    for place, names in _sections(document):
        for name in names:
            yield Prescription(name, Channel(place[0]), place[1] if len(place) > 1 else "day")


def _check_names(names: list[str], place: str, datasets: Container[str], problems: Problems) -> None:
    way = tuple(place.partition(": ")[2].split("."))
    for number, name in enumerate(names):
        if name not in datasets:
            problems.append(DefinitionError(place, f"unknown dataset {name!r}", at=(*way, number)))


def _refuse_twice(items: tuple[Prescription, ...], where: str, problems: Problems) -> None:
    seen: set[tuple[Channel, str]] = set()
    for item in items:
        if (item.channel, item.dataset) in seen:
            way = (str(item.channel), item.every) if item.channel is Channel.SCHEDULED else (str(item.channel),)
            reason = f"dataset {item.dataset!r} is used twice"
            problems.append(DefinitionError(f"{where}: {item.channel}", reason, at=(*way, item.dataset)))
        seen.add((item.channel, item.dataset))


def merged(kind: str, profiles: Iterable[Profile]) -> Profile | None:
    """Everything prescribed to ``kind`` as one profile: scheduled tables first; None when nothing is."""
    prescriptions = [item for profile in profiles if kind in profile.kinds for item in profile.prescriptions]
    if not prescriptions:
        return None
    ordered = sorted(prescriptions, key=lambda item: item.channel is Channel.REALTIME)
    return Profile(kind, KIND_TITLES[kind], (kind,), "", tuple(ordered))


def refuse_prescribed_twice(profiles: Iterable[Profile], places: dict[str, str], problems: Problems) -> None:
    """A table is prescribed to a kind of institution by one profile only, by each channel."""
    seen: dict[tuple[str, Channel, str], str] = {}
    for profile in profiles:
        for kind in profile.kinds:
            for item in profile.prescriptions:
                other = seen.setdefault((kind, item.channel, item.dataset), profile.name)
                if other != profile.name:
                    reason = f"dataset {item.dataset!r} is prescribed to {kind} by {other} already"
                    problems.append(DefinitionError(f"{places[profile.name]}: {item.channel}", reason))
