"""One concept, one name: the same Chinese title has one English name, and one English name means one thing."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import LOCAL, Field

TITLES_OF_TWO_NAMES = {
    "年龄": {"age", "age_months"},  # 单位不同：岁、月
    "出生孕周": {"birth_gestation_days", "birth_gestation_weeks"},  # 数值（天）、文字（周+天）
    "职业类别代码": {"occupation_code", "occupation_class_code"},  # CV02.01.202 与 GB/T 6565 是两张代码表
    "地址-省(自治区、直辖市)": {"address_province", "institution_province"},  # 患者的、机构的
    "地址-市(地区、州)": {"address_city", "institution_city"},
    "地址-县(区)": {"address_county", "institution_county"},
    "地址-乡(镇、街道办事处)": {"address_town", "institution_town"},
    "地址-村(街、路、弄等)": {"address_street", "institution_street"},
    "地址-门牌号码": {"address_house_no", "institution_house_no"},
    "西医诊断编码": {"diagnosis_code", "western_diagnosis_code"},  # 处方另有疾病诊断编码
    "记录日期时间": {"recorded_at", "measured_at", "used_at"},  # 测量记录、使用记录的记录时间即测量、使用时间
    "检查(测)日期": {"examined_on", "checked_on"},  # 随访中的检查日期、体检日期
    "医嘱开立者签名": {"ordering_doctor_name", "doctor_name"},  # 住院医嘱的医师即开立者
    "住院费用金额": {"total_amount", "inpatient_amount"},  # 医疗费用记录中门诊、住院金额并列
    "门诊费用金额": {"total_amount", "outpatient_amount"},
}
"""Titles that mean two things where they stand, or that the first tables already named by what the sheet is of."""

NAMES_OF_TWO_TITLES = {
    "arrived_at": "到达",
    "cancelled_at": "取消、撤销、退号，视单据而定",
    "card_no": "报告卡、管理卡、个案的编号",
    "checker_name": "复核人即核对者",
    "closed_on": "停用、撤销：不再使用的日期",
    "confirmed_on": "确诊日期即确定诊断日期",
    "consultation_fee": "诊察费，住院称诊疗费",
    "handed_over_at": "交班、交接",
    "is_active": "在用、在岗",
    "issuer_name": "发放药品、血液的人",
    "notified_at": "病危通知、危急值报告：告知的时间",
    "onset_on": "首次出现症状日期即发病日期",
    "opened_on": "启用、设立：开始使用的日期",
    "ordering_doctor_name": "开立医嘱、开单的医师",
    "recorded_at": "记录、建档的时间",
    "recorded_on": "建档、建册的日期",
    "reported_on": "填报日期即上报日期",
}
"""Names of a role or an act whose titles have no two characters in common, with what it is."""

UNIT = re.compile(r"\((?:[A-Za-zμ℃%/0-9^]+|岁|元|支|次|周|月|天|个|次/\w+|min/次|两|人|张|日|小时|分钟|年)\)$")
FORM = re.compile(r"姓名|签名|编号|代码|编码|名称|日期时间|日期|标志|\(.*?\)|-")
"""What says in which form a concept is written, not which it is."""


def plain(title: str) -> str:
    """A title in half-width characters without spaces and without a unit at its end."""
    return UNIT.sub("", re.sub(r"\s", "", unicodedata.normalize("NFKC", title)))


def all_fields() -> list[Field]:
    return [item for dataset in catalogue().datasets.values() for item in dataset.fields]


def test_a_title_has_one_name() -> None:
    names: dict[str, set[str]] = defaultdict(set)
    for item in all_fields():
        names[plain(item.title)].add(item.name)
    assert {title: found for title, found in names.items() if len(found) > 1} == TITLES_OF_TWO_NAMES


def marks(item: Field) -> set[str]:
    """What tells a concept: its data element (without the role), and all pairs of characters of its title."""
    parts = FORM.sub("|", plain(item.title)).split("|")
    pairs = {part[start : start + 2] for part in parts for start in range(len(part) - 1)}
    return pairs if item.element == LOCAL else pairs | {item.element.rpartition(".")[0]}


def groups(fields: Iterable[Field]) -> list[set[str]]:
    """Marks of the fields, those of fields that share one put together."""
    found: list[set[str]] = []
    for item in fields:
        joined = marks(item) or {plain(item.title)}
        for other in [group for group in found if group & joined]:
            found.remove(other)
            joined = joined | other
        found.append(joined)
    return found


def test_a_name_means_one_thing() -> None:
    """All fields of a name hang together by a shared data element or by two characters in a row of their titles."""
    named: dict[str, list[Field]] = defaultdict(list)
    for item in all_fields():
        named[item.name].append(item)
    apart = {name for name, fields in named.items() if len(groups(fields)) > 1}
    assert apart == set(NAMES_OF_TWO_TITLES)
