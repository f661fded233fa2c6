"""One concept, one name: what the catalogue's fields are called, and which of them point at a person."""

from __future__ import annotations

import re
from collections import defaultdict

from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import LOCAL, Field, Identifies, Source

FAMILIES = {
    "N": "number",
    "D": "date",
    "DT": "moment",
    "L": "flag",
    "S1": "text",
    "S2": "text",
    "S3": "text",
}

CODED_APART = {
    "fee_category": {"CV07.10.001", "CV07.10.002"},  # 门诊、住院费用分类是两张代码表
    "test_result_code": {"DE04.30.015.06", "DE04.30.017.00"},  # WS 365 与 WS 445 的代码顺序相反
    "rh_blood_type": {"CV04.50.020", "DE04.50.010.00"},  # WS 445 与 WS 365 的代码顺序相反
}
"""Names whose value set differs between datasets, because the standards differ."""

BORROWED = {"inpatient_charge": {"HDSD00.02"}, "outpatient_charge": {"HDSD00.02"}}
"""Local datasets that take totals from the standard's record of costs (医疗费用记录)."""

PERSON = {
    "id_no": Identifies.ID_NO,
    "health_card_no": Identifies.ID_NO,
    "patient_name": Identifies.NAME,
    "phone": Identifies.PHONE,
    "address": Identifies.ADDRESS,
}

POINTS_AT_A_PERSON = re.compile(
    r"姓名|名单|签名(?!日期)|身份证件号码|健康卡号|电话|现住址(?!-邮政编码)|(?:现住|户籍|户口|家庭|联系人|工作单位)地址-(?!邮政编码)|籍贯|出生地"
)
MAY_POINT_AT_A_PERSON = re.compile(r"地址-(?!邮政编码)")
"""An address that may also be an institution's."""

OF_AN_INSTITUTION = {"institution_profile"}
"""Datasets whose addresses are the institution's own."""


def all_fields() -> list[tuple[str, Field]]:
    return [(dataset.name, item) for dataset in catalogue().datasets.values() for item in dataset.fields]


def test_a_name_has_one_type() -> None:
    families: dict[str, set[str]] = defaultdict(set)
    for _, item in all_fields():
        families[item.name].add(FAMILIES[item.type])
    assert {name: kinds for name, kinds in families.items() if len(kinds) > 1} == {}


def test_a_name_has_one_value_set() -> None:
    value_sets: dict[str, set[str]] = defaultdict(set)
    for _, item in all_fields():
        if item.value_set:
            value_sets[item.name].add(item.value_set)
    assert {name: sets for name, sets in value_sets.items() if len(sets) > 1} == CODED_APART


def test_a_name_identifies_the_same_way_everywhere() -> None:
    ways: dict[str, set[Identifies | None]] = defaultdict(set)
    for _, item in all_fields():
        ways[item.name].add(item.identifies)
    assert {name: way for name, way in ways.items() if len(way) > 1} == {}
    assert {name: ways[name] for name in PERSON} == {name: {way} for name, way in PERSON.items()}


def test_what_points_at_a_person_says_so() -> None:
    silent = {
        f"{dataset}.{item.name}"
        for dataset, item in all_fields()
        if item.identifies is None
        and (
            POINTS_AT_A_PERSON.search(item.title)
            or (dataset not in OF_AN_INSTITUTION and re.match(r"地址-(?!邮政编码)", item.title))
        )
    }
    assert silent == set()


def test_what_says_so_points_at_a_person() -> None:
    loud = {
        item.name
        for _, item in all_fields()
        if item.identifies is not None
        and not POINTS_AT_A_PERSON.search(item.title)
        and not MAY_POINT_AT_A_PERSON.search(item.title)
    }
    assert loud == set()


def test_names_tell_dates_moments_and_flags() -> None:
    for dataset, item in all_fields():
        place = f"{dataset}.{item.name}"
        assert (item.type == "DT") == item.name.endswith("_at"), place
        assert (item.type == "L") == item.name.startswith(("is_", "has_")), place
        if item.name.endswith(("_on", "_date")):
            assert item.type == "D", place


def test_standard_fields_belong_to_the_dataset_table_they_name() -> None:
    """A dataset from WS 445 or WS 365 takes field ids from its own part only; a local one has none."""
    parts = {
        dataset.name: {item.id.rsplit(".", 1)[0] for item in dataset.fields if item.id != LOCAL}
        for dataset in catalogue().datasets.values()
    }
    named = {dataset.name: part_of(dataset.source) for dataset in catalogue().datasets.values()}
    assert parts == named | BORROWED


def part_of(source: Source) -> set[str]:
    if source.standard == "WS 365-2011":
        return {"HDSD00.01"}
    return set() if source.standard == LOCAL else {source.table.split(" ")[0]}


def test_one_field_id_has_one_meaning_within_a_family() -> None:
    """A field id that two datasets of one family share is called the same in both, but for the kind of sheet."""
    names: dict[str, set[str]] = defaultdict(set)
    for _, item in all_fields():
        if item.id != LOCAL:
            names[item.id].add(item.name)
    apart = {identifier: sorted(found) for identifier, found in names.items() if len(found) > 1}
    assert apart == {
        "HDSD00.01.045": ["checked_on", "examined_on"],
        "HDSD00.02.041": ["outpatient_amount", "total_amount"],
        "HDSD00.02.065": ["inpatient_amount", "total_amount"],
        "HDSD00.08.036": ["measured_at", "used_at"],
        "HDSD00.14.008": ["discussion_participants", "rescue_staff_names"],
    }


def test_a_front_page_carries_all_fields_of_the_standard() -> None:
    fields = catalogue().dataset("inpatient_front_page").fields
    assert [item.id for item in fields if item.id == LOCAL] == [LOCAL]  # only the hospital's own patient number
    assert len({item.id for item in fields}) == 149
