"""What a definition is: frozen dataclasses that the reader fills from the data files."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import ClassVar

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


class Category(StrEnum):
    """The shelf of the dictionary on which a dataset stands (类别)."""

    RESOURCE = "resource"
    OUTPATIENT = "outpatient"
    INPATIENT = "inpatient"
    COURSE = "course"
    CONSENT = "consent"
    NURSING = "nursing"
    OPERATION = "operation"
    EXAM = "exam"
    FEE = "fee"
    PHARMACY = "pharmacy"
    BLOOD = "blood"
    MATERNAL_CHILD = "maternal_child"
    DISEASE_CONTROL = "disease_control"
    CHRONIC = "chronic"
    COMMUNITY = "community"
    REFERRAL = "referral"
    QUALITY = "quality"


CATEGORY_TITLES = {
    Category.RESOURCE: "机构与资源",
    Category.OUTPATIENT: "门急诊",
    Category.INPATIENT: "住院",
    Category.COURSE: "病程",
    Category.CONSENT: "知情告知",
    Category.NURSING: "护理",
    Category.OPERATION: "手术麻醉与治疗",
    Category.EXAM: "检查检验",
    Category.FEE: "费用",
    Category.PHARMACY: "药品耗材",
    Category.BLOOD: "血液",
    Category.MATERNAL_CHILD: "妇幼保健",
    Category.DISEASE_CONTROL: "疾病控制",
    Category.CHRONIC: "慢病管理",
    Category.COMMUNITY: "社区与健康档案",
    Category.REFERRAL: "转诊与协同",
    Category.QUALITY: "医疗质量与安全",
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
    """How rows come: scheduled tables (定时数据), real-time forms (实时数据), shared documents (共享文档)."""

    SCHEDULED = "scheduled"
    REALTIME = "realtime"
    DOCUMENT = "document"


CHANNEL_TITLES = {Channel.SCHEDULED: "定时", Channel.REALTIME: "实时", Channel.DOCUMENT: "文档"}


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
    owner: str = ""
    """Who set the rule, where it is not the dataset's file: the city (``local``)."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Values of ``fields`` that must exist as ``to`` in ``dataset`` of the same institution and channel."""

    fields: tuple[str, ...]
    dataset: str
    to: tuple[str, ...]
    severity: Severity
    message: str


class Order(StrEnum):
    """On which side of another moment a row's day must lie; the same day is always right."""

    NOT_AFTER = "not_after"
    NOT_BEFORE = "not_before"


@dataclass(frozen=True, slots=True)
class Succession:
    """What is known of the same person elsewhere must not contradict the row (时序): no visit after a death.

    ``field``, a day or moment of the row, lies ``order`` every ``moment`` of the person's rows in ``dataset``, whoever
    sent them by whichever channel. It does not apply to rows without an identity document.
    A violation is a warning, never an error: nobody knows which of the two rows is wrong. Two datasets that look at
    each other, one ``not_after`` and one ``not_before``, find a contradiction in whichever row comes later.
    """

    code: str
    field: str
    order: Order
    dataset: str
    moment: str
    message: str
    source: str = ""

    severity: ClassVar[Severity] = Severity.WARNING


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
    successions: tuple[Succession, ...] = ()
    rules: tuple[Rule, ...] = ()
    measures: tuple[str, ...] = ()
    """Number fields whose daily sums are facts."""
    category: Category | None = None
    owner: str = ""
    """``local`` when the city has added the dataset; empty when it is the platform's."""
    switched_off: tuple[str, ...] = ()
    """Codes of rules that the city has switched off."""
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

    def id_type_of(self, item: Field) -> str:
        """The field that says which document ``item``, a number of one, is of; empty when there is none.

        It is the person's, or the one named alike: ``mother_id_no`` goes with ``mother_id_type``.
        """
        if item.name == self.person.id_no and self.person.id_type:
            return self.person.id_type
        name = item.name.replace("id_no", "id_type")
        return name if name != item.name and name in self.by_name else ""


@dataclass(frozen=True)
class ValueSet:
    """A code table (值域代码表): codes in order with their names."""

    name: str
    title: str
    standard: str
    codes: dict[str, str]
    version: str = "未注明"
    """Year of the standard, or ``未注明``."""
    owner: str = "未注明"
    """Who keeps the table: 国家卫生健康委员会, 国家标准, a province, a city, ``local``; or ``未注明``."""
    city: str = ""
    """What the city did: ``extended`` or ``replaced`` ours, ``added`` its own; empty when it did nothing."""


@dataclass(frozen=True, slots=True)
class Prescription:
    """One dataset that a profile prescribes by one channel."""

    dataset: str
    channel: Channel
    every: str = "day"
    """How often it is due: ``day``, ``month``, or ``any`` for what is sent when it happens (随发生随报)."""


@dataclass(frozen=True)
class Profile:
    """What a document prescribes to kinds of institution (``hospital``, ``district``)."""

    name: str
    title: str
    kinds: tuple[str, ...]
    year: str
    prescriptions: tuple[Prescription, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """Which catalogue this is (目录版本)."""

    version: str = ""
    """``2026.11``; empty when the folder does not say."""
    date: str = ""
    note: str = ""
    digest: str = ""
    """SHA-256 of all definitions."""
