"""What a definition is: frozen dataclasses that the reader fills from the data files."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from kangqiao.standards.notation import Format, parse_format

LOCAL = "local"


class Dimension(StrEnum):
    """The five dimensions of data quality (数据质量五性)."""

    COMPLETENESS = "completeness"  # 完整性
    CONFORMITY = "conformity"  # 规范性
    CONTINUITY = "continuity"  # 连续性
    LINKAGE = "linkage"  # 关联性
    USABILITY = "usability"  # 可用性


DIMENSION_TITLES = {
    Dimension.COMPLETENESS: "完整性",
    Dimension.CONFORMITY: "规范性",
    Dimension.CONTINUITY: "连续性",
    Dimension.LINKAGE: "关联性",
    Dimension.USABILITY: "可用性",
}


class Severity(StrEnum):
    """An ``error`` rejects the row; a ``warning`` is counted and the row is stored."""

    ERROR = "error"
    WARNING = "warning"


class Identifies(StrEnum):
    """How a field identifies a person; such a value never enters the lake."""

    ID_NO = "id_no"
    NAME = "name"
    PHONE = "phone"
    ADDRESS = "address"


class Channel(StrEnum):
    """How rows come: scheduled tables (定时数据) or real-time forms (实时数据)."""

    SCHEDULED = "scheduled"
    REALTIME = "realtime"


CHANNEL_TITLES = {Channel.SCHEDULED: "定时", Channel.REALTIME: "实时"}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a dataset comes from: ``standard`` (``WS 445.2-2014``, or ``local``), its part and table."""

    standard: str
    part: str = ""
    table: str = ""


@dataclass(frozen=True)
class Field:
    """One field (数据项) of a dataset."""

    name: str
    title: str
    id: str
    """Field identifier of the source (``HDSD00.05.015``) or ``local``."""
    element: str
    """Data element (``DE02.01.039.00``) or ``local``."""
    year: str
    """Catalogue year of the data element (``2011``, ``2014``, ``2023``) or ``local``."""
    type: str
    format: str
    required: bool = False
    value_set: str | None = None
    identifies: Identifies | None = None
    checksum: str | None = None
    """``resident_id`` (GB 11643) or ``uscc`` (GB 32100)."""
    note: str = ""

    @cached_property
    def parsed(self) -> Format:
        """The format, parsed (the reader has checked that it can be)."""
        return parse_format(self.type, self.format)

    @property
    def is_text(self) -> bool:
        return self.type.startswith("S")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule over one row: a SQL boolean expression; NULL means not applicable, FALSE a violation."""

    code: str
    severity: Severity
    dimension: Dimension
    expr: str
    message: str
    field: str = ""
    """The field the message points at; empty for the row as a whole."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """Values of ``fields`` that must exist as ``to`` in ``dataset`` of the same institution and channel."""

    fields: tuple[str, ...]
    dataset: str
    to: tuple[str, ...]
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class Person:
    """Which fields describe the resident a row is about; empty where the dataset has none."""

    id_no: str = ""
    id_type: str = ""
    name: str = ""
    sex: str = ""
    birth_date: str = ""
    phone: str = ""
    address: str = ""
    local_no: str = ""
    """The institution's own patient number, used when there is no identity number."""

    def fields(self) -> dict[str, str]:
        """Role → field name, of the roles that are there."""
        return {role: name for role in self.__slots__ if (name := getattr(self, role))}


@dataclass(frozen=True)
class Dataset:
    """A prescribed table (数据集): what one row means, its fields and its rules."""

    name: str
    title: str
    source: Source
    key: tuple[str, ...]
    event_time: str
    fields: tuple[Field, ...]
    person: Person = field(default_factory=Person)
    references: tuple[Reference, ...] = ()
    rules: tuple[Rule, ...] = ()
    measures: tuple[str, ...] = ()
    """Number fields whose daily sums are facts."""
    digest: str = ""
    """SHA-256 of the definition and the value sets it uses: the version that a verdict was given by."""

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {item.name: item for item in self.fields}

    @cached_property
    def lookup(self) -> dict[str, Field]:
        """Everything a file's header may call a field: English name, Chinese title, field id."""
        names = {item.id: item for item in self.fields if item.id != LOCAL}
        names.update({item.title: item for item in self.fields})
        names.update(self.by_name)
        return names


@dataclass(frozen=True)
class ValueSet:
    """A code table (值域代码表): codes in order with their names."""

    name: str
    title: str
    standard: str
    codes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Prescription:
    """One dataset that a profile prescribes by one channel."""

    dataset: str
    channel: Channel
    every: str = "day"
    """How often it is due: ``day`` or ``month``."""


@dataclass(frozen=True)
class Profile:
    """What is prescribed to a kind of institution (``hospital`` or ``district``)."""

    name: str
    title: str
    kind: str
    prescriptions: tuple[Prescription, ...]
