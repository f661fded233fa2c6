"""The catalogue that comes with the package, and how it is asked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kangqiao.base.errors import RequestRefused
from kangqiao.standards.catalogue import Catalogue, catalogue, load_catalogue
from kangqiao.standards.model import Channel, Dataset, Dimension, Prescription, Severity

KEYS = {
    "bed": ("bed_no",),
    "department": ("department_code",),
    "diabetes_followup": ("followup_no",),
    "exam_detail": ("report_no", "item_no"),
    "exam_report": ("report_no",),
    "health_checkup": ("checkup_no",),
    "high_value_consumable_use": ("record_no",),
    "hypertension_followup": ("followup_no",),
    "infectious_disease_card": ("card_no",),
    "inpatient_admission": ("admission_no",),
    "inpatient_charge": ("charge_no",),
    "inpatient_charge_detail": ("charge_no", "item_no"),
    "inpatient_discharge": ("admission_no",),
    "inpatient_front_page": ("admission_no",),
    "inpatient_order": ("order_no",),
    "lab_report": ("report_no",),
    "lab_result_item": ("report_no", "item_no"),
    "operation_record": ("operation_no",),
    "outpatient_charge": ("charge_no",),
    "outpatient_charge_detail": ("charge_no", "item_no"),
    "outpatient_diagnosis": ("visit_no", "item_no"),
    "outpatient_prescription": ("prescription_no", "item_no"),
    "outpatient_registration": ("registration_no",),
    "outpatient_visit": ("visit_no",),
    "referral_record": ("referral_no",),
    "resident_basic_info": ("health_record_no",),
    "staff": ("staff_no",),
    "vital_sign_record": ("record_no",),
}

EVENT_TIMES = {
    "bed": "reported_on",
    "department": "reported_on",
    "diabetes_followup": "followup_on",
    "exam_detail": "reported_at",
    "exam_report": "reported_at",
    "health_checkup": "checked_on",
    "high_value_consumable_use": "used_at",
    "hypertension_followup": "followup_on",
    "infectious_disease_card": "reported_on",
    "inpatient_admission": "admitted_at",
    "inpatient_charge": "charged_at",
    "inpatient_charge_detail": "charged_at",
    "inpatient_discharge": "discharged_at",
    "inpatient_front_page": "discharged_at",
    "inpatient_order": "ordered_at",
    "lab_report": "reported_at",
    "lab_result_item": "reported_at",
    "operation_record": "operated_at",
    "outpatient_charge": "charged_at",
    "outpatient_charge_detail": "charged_at",
    "outpatient_diagnosis": "diagnosed_at",
    "outpatient_prescription": "prescribed_at",
    "outpatient_registration": "registered_at",
    "outpatient_visit": "visited_at",
    "referral_record": "referred_on",
    "resident_basic_info": "recorded_on",
    "staff": "reported_on",
    "vital_sign_record": "measured_at",
}

REFERENCES = {
    ("bed", "department_code", "department"),
    ("exam_detail", "report_no", "exam_report"),
    ("exam_report", "admission_no", "inpatient_admission"),
    ("exam_report", "visit_no", "outpatient_visit"),
    ("high_value_consumable_use", "admission_no", "inpatient_admission"),
    ("inpatient_charge", "admission_no", "inpatient_admission"),
    ("inpatient_charge_detail", "charge_no", "inpatient_charge"),
    ("inpatient_discharge", "admission_no", "inpatient_admission"),
    ("inpatient_front_page", "admission_no", "inpatient_admission"),
    ("inpatient_order", "admission_no", "inpatient_admission"),
    ("lab_report", "admission_no", "inpatient_admission"),
    ("lab_report", "visit_no", "outpatient_visit"),
    ("lab_result_item", "report_no", "lab_report"),
    ("operation_record", "admission_no", "inpatient_admission"),
    ("outpatient_charge", "visit_no", "outpatient_visit"),
    ("outpatient_charge_detail", "charge_no", "outpatient_charge"),
    ("outpatient_diagnosis", "visit_no", "outpatient_visit"),
    ("outpatient_prescription", "visit_no", "outpatient_visit"),
    ("outpatient_visit", "registration_no", "outpatient_registration"),
    ("referral_record", "admission_no", "inpatient_admission"),
    ("referral_record", "visit_no", "outpatient_visit"),
    ("vital_sign_record", "admission_no", "inpatient_admission"),
}

MEASURES = {
    "high_value_consumable_use": ("amount",),
    "inpatient_charge": ("total_amount", "insurance_amount", "self_pay_amount"),
    "inpatient_charge_detail": ("amount",),
    "inpatient_front_page": ("total_amount", "self_pay_amount"),
    "outpatient_charge": ("total_amount", "insurance_amount", "self_pay_amount"),
    "outpatient_charge_detail": ("amount",),
    "outpatient_registration": ("registration_fee",),
}

CALLED_OTHERWISE = {("doctor_schedule", ("doctor_code",), "staff", ("staff_no",))}
"""References from a field that says which person of the staff is meant."""

TO_A_PART_OF_THE_KEY = {
    ("drug_dispensing", ("prescription_no",), "outpatient_prescription"),
    ("immunisation_record", ("vaccination_card_no",), "vaccination_card"),
}
"""References to a prescription or a card, each of which is several rows."""

COUNTS = re.compile(r"mL|人[次数]|台次|次数|人口数|[份床病号]\w*数|源[总]?数|源数|数量")

BEYOND_THE_PROFILES = {
    "antimicrobial_use",
    "bed_transfer",
    "blood_stock",
    "clinical_pathway_case",
    "consumable_stock",
    "drug_stock_movement",
    "equipment_use",
    "exam_request",
    "lab_request",
    "ward",
}
"""Tables that neither document prescribes; a city prescribes them by a profile of its own."""

REALTIME = [
    "outpatient_registration",
    "outpatient_visit",
    "outpatient_prescription",
    "outpatient_charge",
    "lab_report",
    "exam_report",
    "inpatient_admission",
    "inpatient_order",
    "operation_record",
    "inpatient_charge",
    "inpatient_discharge",
]


def everything() -> list[Dataset]:
    return list(catalogue().datasets.values())


def test_keys_and_event_times_that_institutions_have_built_upon() -> None:
    """The first 28 tables are in use: their keys and event times stay."""
    known = catalogue().datasets
    assert {name: known[name].key for name in KEYS} == KEYS
    assert {name: known[name].event_time for name in EVENT_TIMES} == EVENT_TIMES


def test_a_key_is_given_in_every_row() -> None:
    optional = [f"{item.name}.{name}" for item in everything() for name in item.key if not item.by_name[name].required]
    assert optional == []


def test_an_event_time_is_a_required_date_or_moment() -> None:
    events = {item.name: item.by_name[item.event_time] for item in everything()}
    assert [name for name, item in events.items() if not item.required or item.type not in ("D", "DT")] == []


def test_references_that_institutions_have_built_upon() -> None:
    found = {(item.name, *link.fields, link.dataset) for item in everything() for link in item.references}
    assert REFERENCES - found == set()


def test_a_reference_warns_and_goes_to_the_field_of_the_same_name() -> None:
    links = [(item.name, link) for item in everything() for link in item.references]
    assert [name for name, link in links if link.severity is not Severity.WARNING] == []
    apart = {(name, link.fields, link.dataset, link.to) for name, link in links if link.fields != link.to}
    assert apart == CALLED_OTHERWISE


def test_a_reference_goes_to_the_whole_key_but_where_one_sheet_has_many_rows() -> None:
    known = catalogue().datasets
    parts = {
        (item.name, link.fields, link.dataset)
        for item in everything()
        for link in item.references
        if link.to != known[link.dataset].key
    }
    assert parts == TO_A_PART_OF_THE_KEY


def test_measures_that_the_bulletin_is_made_of() -> None:
    known = catalogue().datasets
    assert {name: known[name].measures for name in MEASURES} == MEASURES


def test_a_measure_is_money_or_says_in_its_title_what_it_counts() -> None:
    counted = [
        item.by_name[name].title
        for item in everything()
        for name in item.measures
        if item.by_name[name].parsed.decimals == 0
    ]
    assert [title for title in counted if not COUNTS.search(title)] == []
    assert [item.name for item in everything() for name in item.measures if item.by_name[name].type != "N"] == []


def test_value_sets() -> None:
    known = catalogue().value_sets
    assert known["GBT2261.1-2003"].codes == {"0": "未知的性别", "1": "男性", "2": "女性", "9": "未说明的性别"}
    assert known["CV02.01.101"].standard == "WS 364.3-2011"
    assert known["CV07.10.005"].codes["07"] == "全自费"
    assert len(known["GB3304-1991"].codes) == 56


def test_faults_of_the_sources_show() -> None:
    """A code written twice has both names; the sheet that is a copy of another is not carried over."""
    known = catalogue()
    assert known.value_sets["CV04.01.006"].codes["4"] == "无；家务/学习（来源中同一代码有两个名称）"
    assert "occupational_disease_card" not in known.datasets


def due(kind: str, every: str) -> list[str]:
    """Names of the scheduled tables that are due ``every`` to an institution of ``kind``."""
    items = catalogue().profile(kind).prescriptions
    return [item.dataset for item in items if item.channel is Channel.SCHEDULED and item.every == every]


def test_profiles_are_whole() -> None:
    """83 tables of a hospital and 129 of a district (May 2020), 11 forms in real time (June 2024)."""
    sizes = {name: len(item.prescriptions) for name, item in catalogue().profiles.items()}
    assert sizes == {"hospital-2020": 83, "district-2020": 129, "realtime-2024": 11}


def test_hospital_profile() -> None:
    assert due("hospital", "month")[:3] == ["staff", "department", "bed"]
    assert [len(due("hospital", every)) for every in ("day", "month", "any")] == [21, 6, 56]
    profile = catalogue().profile("hospital")
    assert Prescription("high_value_consumable_use", Channel.SCHEDULED, "day") in profile.prescriptions
    assert Prescription("death_record", Channel.SCHEDULED, "any") in profile.prescriptions
    assert [item.dataset for item in profile.prescriptions if item.channel is Channel.REALTIME] == REALTIME


def test_district_profile() -> None:
    assert due("district", "day")[-5:] == [
        "resident_basic_info",
        "health_checkup",
        "hypertension_followup",
        "diabetes_followup",
        "infectious_disease_card",
    ]
    assert [len(due("district", every)) for every in ("day", "month", "any")] == [23, 10, 96]
    profile = catalogue().profile("district")
    assert [item.dataset for item in profile.prescriptions if item.channel is Channel.REALTIME] == REALTIME


def test_every_dataset_is_prescribed_but_those_left_to_the_city() -> None:
    known = catalogue()
    prescribed = {item.dataset for profile in known.profiles.values() for item in profile.prescriptions}
    assert set(known.datasets) - prescribed == BEYOND_THE_PROFILES


def test_every_dimension_has_rules() -> None:
    found = {rule.dimension for dataset in catalogue().datasets.values() for rule in dataset.rules}
    assert found == set(Dimension)


def test_loading_order_puts_what_is_referred_to_first() -> None:
    known = catalogue()
    order = [item.name for item in known.in_loading_order()]
    assert sorted(order) == list(known.datasets)
    links = [(item.name, link.dataset) for item in everything() for link in item.references]
    assert [pair for pair in links if order.index(pair[1]) > order.index(pair[0])] == []


def test_dataset_by_name() -> None:
    assert catalogue().dataset("lab_report").title == "检验报告"


def test_unknown_dataset_suggests_names_like_it() -> None:
    with pytest.raises(RequestRefused) as refused:
        catalogue().dataset("outpatient_visits")
    assert refused.value.code == "dataset.unknown"
    assert refused.value.message == (
        "没有名为 outpatient_visits 的数据集，是否为 outpatient_visit、outpatient_diagnosis、outpatient_registration？"
    )


def test_unknown_dataset_like_nothing() -> None:
    with pytest.raises(RequestRefused) as refused:
        catalogue().dataset("zzz")
    assert refused.value.message == "没有名为 zzz 的数据集。"


def test_unknown_kind_of_institution() -> None:
    with pytest.raises(RequestRefused) as refused:
        catalogue().profile("clinic")
    assert refused.value.code == "profile.unknown"
    assert refused.value.message == "没有机构类别 clinic 的上报要求，可用的类别：hospital、district。"


def test_catalogue_is_read_once() -> None:
    assert catalogue() is catalogue()


def test_small_catalogue(small: Path) -> None:
    known = load_catalogue(small)
    visit = known.dataset("visit")
    assert visit.by_name["sex"].value_set == "sexes"
    assert visit.person.fields() == {
        "id_no": "id_no",
        "name": "patient_name",
        "sex": "sex",
        "birth_date": "birth_date",
        "local_no": "patient_no",
    }
    assert known.dataset("charge").rules == ()
    assert [item.name for item in known.in_loading_order()] == ["visit", "charge"]
    assert known.profile("hospital").prescriptions == (
        Prescription("visit", Channel.SCHEDULED, "day"),
        Prescription("charge", Channel.SCHEDULED, "day"),
        Prescription("visit", Channel.REALTIME, "day"),
    )


def digests(folder: Path) -> dict[str, str]:
    return {item.name: item.digest for item in load_catalogue(folder).datasets.values()}


def edit(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_digest_is_of_meaning_not_of_layout(small: Path) -> None:
    before = digests(small)
    edit(small, "datasets/visit.yaml", "title: 就诊\n", "# a comment\ntitle:   '就诊'\n")
    assert digests(small) == before


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("datasets/visit.yaml", "severity: error", "severity: warning", {"visit"}),
        ("datasets/visit.yaml", "required: true, ", "", set()),
        ("value_sets/sexes.tsv", "2\t女性\n", "2\t女性\n9\t未说明\n", {"visit"}),
        ("datasets/charge.yaml", "message: 门诊号不存在", "message: 无此门诊号", {"charge"}),
    ],
)
def test_digest_changes_with_definition_and_value_sets(
    small: Path, file: str, old: str, new: str, changed: set[str]
) -> None:
    before = digests(small)
    edit(small, file, old, new)
    after = digests(small)
    assert {name for name in before if before[name] != after[name]} == changed


def test_profiles_come_hospital_first() -> None:
    known: Catalogue = catalogue()
    assert list(known.profiles) == ["hospital-2020", "district-2020", "realtime-2024"]
    assert list(known.by_kind) == ["hospital", "district"]
