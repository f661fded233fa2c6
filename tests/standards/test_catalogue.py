"""The catalogue that comes with the package, and how it is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from kangqiao.base.errors import RequestRefused
from kangqiao.standards.catalogue import Catalogue, catalogue, load_catalogue
from kangqiao.standards.model import Channel, Dimension, Prescription, Severity

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


def test_keys_of_all_datasets() -> None:
    assert {item.name: item.key for item in catalogue().datasets.values()} == KEYS


def test_event_times_of_all_datasets() -> None:
    assert {item.name: item.event_time for item in catalogue().datasets.values()} == EVENT_TIMES


def test_references_are_warnings_to_the_target_field_of_the_same_name() -> None:
    found = set()
    for dataset in catalogue().datasets.values():
        for item in dataset.references:
            assert (item.fields, item.severity) == (item.to, Severity.WARNING)
            found.add((dataset.name, *item.fields, item.dataset))
    assert found == REFERENCES


def test_measures() -> None:
    assert {item.name: item.measures for item in catalogue().datasets.values() if item.measures} == MEASURES


def test_value_sets() -> None:
    known = catalogue().value_sets
    assert known["GBT2261.1-2003"].codes == {"0": "未知的性别", "1": "男性", "2": "女性", "9": "未说明的性别"}
    assert known["CV02.01.101"].standard == "WS 364.3-2011"
    assert known["CV07.10.005"].codes["07"] == "全自费"
    assert len(known["GB3304-1991"].codes) == 56


def test_the_standards_unusable_tables_are_left_out() -> None:
    """Code tables with a code twice, and the sheet that is a copy of another, are not carried over."""
    known = catalogue()
    assert not {"CV04.01.006", "CV04.30.002"} & set(known.value_sets)
    assert "occupational_disease_card" not in known.datasets


def test_hospital_profile() -> None:
    profile = catalogue().profile("hospital")
    by_month = [item.dataset for item in profile.prescriptions if item.every == "month"]
    by_day = [item for item in profile.prescriptions if item.every == "day" and item.channel is Channel.SCHEDULED]
    assert by_month == ["staff", "department", "bed"]
    assert len(by_day) == 21
    assert Prescription("high_value_consumable_use", Channel.SCHEDULED, "day") in by_day
    assert [item.dataset for item in profile.prescriptions if item.channel is Channel.REALTIME] == REALTIME


def test_district_profile() -> None:
    profile = catalogue().profile("district")
    by_day = [
        item.dataset for item in profile.prescriptions if item.every == "day" and item.channel is Channel.SCHEDULED
    ]
    assert by_day[-5:] == [
        "resident_basic_info",
        "health_checkup",
        "hypertension_followup",
        "diabetes_followup",
        "infectious_disease_card",
    ]
    assert len(by_day) == 23
    assert [item.dataset for item in profile.prescriptions if item.channel is Channel.REALTIME] == REALTIME


def test_every_dataset_is_prescribed_to_somebody() -> None:
    known = catalogue()
    prescribed = {item.dataset for profile in known.profiles.values() for item in profile.prescriptions}
    assert prescribed == set(known.datasets)


def test_every_dimension_has_rules() -> None:
    found = {rule.dimension for dataset in catalogue().datasets.values() for rule in dataset.rules}
    assert found == set(Dimension)


def test_loading_order_puts_what_is_referred_to_first() -> None:
    known = catalogue()
    order = [item.name for item in known.in_loading_order()]
    assert sorted(order) == list(known.datasets)
    assert order[:8] == [
        "department",
        "bed",
        "diabetes_followup",
        "outpatient_registration",
        "outpatient_visit",
        "inpatient_admission",
        "exam_report",
        "exam_detail",
    ]
    assert all(order.index(target) < order.index(name) for name, _, target in REFERENCES)


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
