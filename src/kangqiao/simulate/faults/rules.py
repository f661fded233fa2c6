"""Faults against the datasets' own rules, by their codes. What a change must not do is break a second rule."""

from __future__ import annotations

from collections.abc import Iterator

from kangqiao.simulate.faults.kinds import Change, Kind, Row, add, blank, both, having, moved, put, shift, shift_day
from kangqiao.standards.model import Dataset, Severity


def rule_kinds(dataset: Dataset, sent: set[str]) -> Iterator[Kind]:
    """Faults against the rules of ``dataset`` that something is known to break."""
    for rule in dataset.rules:
        change = _CHANGES.get((dataset.name, rule.code), _EVERYWHERE.get(rule.code))
        if change is not None and (not rule.field or rule.field in sent):
            yield Kind(rule.code, rule.field, rule.severity, change)


def other_kinds(dataset: Dataset) -> Iterator[Kind]:
    """References that lead nowhere: a warning each, and the row is stored."""
    for reference in dataset.references:
        name = ",".join(reference.fields)
        if len(reference.fields) == 1 and reference.severity is Severity.WARNING:
            yield Kind("reference", name, reference.severity, _nowhere(reference.fields[0]))


def _nowhere(field: str) -> Change:
    def change(row: Row) -> bool:
        if not row.get(field):
            return False
        row[field] = "X" + row[field][1:]
        return True

    return change


def _day_off(row: Row) -> bool:
    """A birth date one day before the one in the identity number."""
    if not row.get("id_no") or not row.get("birth_date"):
        return False
    row["birth_date"] = moved(row["birth_date"], days=-1)
    return True


def _other_sex(row: Row) -> bool:
    """The other sex than the identity number says, where nothing else tells of the sex."""
    telling = ("menstrual_history", "delivery_fee", "has_cervix_abnormality")
    if not row.get("id_no") or any(row.get(name) for name in telling) or _tells_of_sex(row):
        return False
    row["sex"] = "1" if row["sex"] == "2" else "2"
    return True


def _tells_of_sex(row: Row) -> bool:
    """Whether a diagnosis may be one of women or of men alone, by the blocks of ICD-10 that hold them."""
    return any(
        text.startswith(("O", "N", "Z", "Q", "C5", "C6", "D0", "D2", "D3", "D4"))
        for name, text in row.items()
        if "diagnosis" in name and name.endswith("_code")
    )


def _not_born(event: str) -> Change:
    """Born the day after, without the fields that other rules compare with the birth date."""
    dependent = ("id_no", "id_type", "age", "past_disease_on", "marital_status", "symptom_started_at")
    return both(shift_day("birth_date", event, 1), blank(*dependent))


def _same_institution(row: Row) -> bool:
    row["to_institution_code"] = row["from_institution_code"]
    return True


def _other_class(row: Row) -> bool:
    row["disease_class"] = "2" if row["disease_class"] == "3" else "3"
    return True


def _class_only(row: Row) -> bool:
    row["disease_code"] = row["disease_class"]
    return True


_EVENTS = {
    "outpatient_registration": "registered_at",
    "outpatient_visit": "visited_at",
    "outpatient_prescription": "prescribed_at",
    "outpatient_charge": "charged_at",
    "inpatient_charge": "charged_at",
    "inpatient_admission": "admitted_at",
    "inpatient_order": "ordered_at",
    "lab_report": "reported_at",
    "exam_report": "reported_at",
    "operation_record": "operated_at",
    "vital_sign_record": "measured_at",
    "high_value_consumable_use": "used_at",
    "referral_record": "referred_on",
    "hypertension_followup": "followup_on",
    "diabetes_followup": "followup_on",
    "health_checkup": "checked_on",
}

_EVERYWHERE: dict[str, Change] = {
    "id_birth_date": _day_off,
    "id_sex": _other_sex,
    "id_type_given": having("id_no", put(id_type="")),
    "parts_add_up": add("other_fee", "1.00"),
    "pressure_order": put(systolic_pressure="70", diastolic_pressure="80"),
    "left_pressure_order": put(left_systolic_pressure="70", left_diastolic_pressure="80"),
    "quantity_nonzero": put(quantity="0", amount="0.00"),
    "price_not_negative": put(quantity="-1", unit_price="-2.0000", amount="2.00"),
    "bmi_matches": add("bmi", "3.00"),
    "next_within_quarter": shift("next_followup_on", "followup_on", days=120),
    "next_order": shift("next_followup_on", "followup_on", days=0),
    "examined_order": shift("examined_on", "followup_on", days=1),
    "body_temperature_range": put(body_temperature="48.0"),
    "temperature_range": put(body_temperature="30.0"),
    "pulse_rate_range": put(pulse_rate="300"),
    "respiratory_rate_range": put(respiratory_rate="130"),
    "height_range": both(put(height="15.0"), blank("bmi")),
    "age_matches_birth": add("age", "3"),
    "amount_range": put(quantity="20", unit_price="30000.0000", amount="600000.00"),
    "fasting_range": put(fasting_glucose="0.5"),
    "hba1c_range": put(glycated_haemoglobin="25.0"),
    "weight_range": both(put(weight="500.0"), blank("bmi")),
    "doctor_pair": having("doctor_code", put(doctor_name="")),
    "diagnosis_code_form": put(diagnosis_code="高血压"),
}

_CHANGES: dict[tuple[str, str], Change | None] = {
    **{(dataset, "born_before_event"): _not_born(event) for dataset, event in _EVENTS.items()},
    ("inpatient_discharge", "id_birth_date"): None,
    ("outpatient_registration", "cancel_order"): both(
        put(is_cancelled="T"), shift("cancelled_at", "registered_at", minutes=-30)
    ),
    ("outpatient_registration", "cancel_time_given"): put(is_cancelled="T", cancelled_at=""),
    ("outpatient_registration", "fee_not_negative"): having("is_cancelled", put(consultation_fee="-1.00"), "F"),
    ("outpatient_registration", "visit_date_order"): shift_day("visit_date", "registered_at", -1),
    ("outpatient_registration", "visit_date_horizon"): shift_day("visit_date", "registered_at", 366),
    ("outpatient_visit", "finish_order"): shift("finished_at", "visited_at", hours=-1),
    ("outpatient_visit", "visit_length"): shift("finished_at", "visited_at", days=5),
    ("outpatient_visit", "allergy_given"): put(has_allergy="T", allergy_history=""),
    ("outpatient_visit", "outpatient_type"): put(patient_type="3"),
    ("outpatient_diagnosis", "onset_order"): shift_day("onset_on", "diagnosed_at", 1),
    ("outpatient_diagnosis", "icd_form"): put(diagnosis_code="高血压"),
    ("outpatient_prescription", "quantity_positive"): put(quantity="0", drug_amount=""),
    ("outpatient_prescription", "dose_positive"): put(dose="0"),
    ("outpatient_prescription", "price_not_negative"): put(unit_price="-2.0000", drug_amount=""),
    ("outpatient_prescription", "amount_product"): add("drug_amount", "5.00"),
    ("outpatient_prescription", "days_range"): put(days="180"),
    ("outpatient_prescription", "valid_days_range"): put(valid_days="60"),
    ("outpatient_charge", "payers_add_up"): add("self_pay_amount", "-0.01", at_least="0.01"),
    ("inpatient_charge", "payers_add_up"): add("self_pay_amount", "-0.01", at_least="0.01"),
    ("outpatient_charge", "amount_sign"): both(add("total_amount", "0.00", at_least="0"), put(is_refund="T")),
    ("inpatient_charge", "amount_sign"): both(add("total_amount", "0.00", at_least="0"), put(is_refund="T")),
    ("outpatient_charge", "amount_range"): None,
    ("inpatient_charge", "amount_range"): None,
    ("inpatient_charge", "period_order"): shift("period_start", "period_end", days=1),
    ("outpatient_charge_detail", "amount_product"): add("amount", "1.00"),
    ("inpatient_charge_detail", "amount_product"): add("amount", "1.00"),
    ("outpatient_charge_detail", "amount_sign"): both(add("amount", "0.00", at_least="0"), put(is_refund="T")),
    ("inpatient_charge_detail", "amount_sign"): both(add("amount", "0.00", at_least="0"), put(is_refund="T")),
    ("lab_report", "sample_receive_order"): shift("sampled_at", "reported_at", minutes=0),
    ("lab_report", "receive_report_order"): shift("received_at", "reported_at", hours=1),
    ("lab_report", "sample_report_order"): both(
        blank("received_at", "tested_on"), shift("sampled_at", "reported_at", hours=1)
    ),
    ("lab_report", "test_report_order"): shift_day("tested_on", "reported_at", 1),
    ("lab_report", "turnaround"): both(
        shift("received_at", "reported_at", days=-61), shift("sampled_at", "reported_at", days=-62)
    ),
    ("lab_result_item", "result_given"): put(quantitative_result=""),
    ("lab_result_item", "reference_order"): both(
        put(reference_low="9999", reference_high="1"), blank("abnormal_flag", "result_code")
    ),
    ("lab_result_item", "test_report_order"): shift_day("tested_on", "reported_at", 1),
    ("lab_result_item", "unit_given"): put(unit=""),
    ("lab_result_item", "flag_matches_code"): having("abnormal_flag", put(result_code="2"), "N"),
    ("lab_result_item", "flag_high"): having("abnormal_flag", put(abnormal_flag="H", result_code=""), "N"),
    ("lab_result_item", "flag_normal"): having("abnormal_flag", put(abnormal_flag="N", result_code=""), "H", "L"),
    ("exam_report", "exam_report_order"): shift_day("examined_on", "reported_at", 1),
    ("exam_report", "start_report_order"): shift("started_at", "reported_at", hours=1),
    ("exam_report", "study_uid_form"): put(image_study_uid="CT-20240601-7"),
    ("exam_report", "turnaround"): shift_day("examined_on", "reported_at", -90),
    ("exam_detail", "exam_report_order"): shift_day("examined_on", "reported_at", 1),
    ("inpatient_admission", "contact_given"): having("contact_name", put(contact_phone="")),
    ("inpatient_order", "plan_order"): shift("planned_end_at", "planned_start_at", hours=-1),
    ("inpatient_order", "order_execute_order"): shift("executed_at", "ordered_at", hours=-1),
    ("inpatient_order", "order_stop_order"): shift("stopped_at", "ordered_at", hours=-1),
    ("inpatient_order", "order_review_order"): shift("reviewed_at", "ordered_at", hours=-1),
    ("inpatient_order", "dose_positive"): having("dose", put(dose="0")),
    ("inpatient_order", "quantity_positive"): having("quantity", put(quantity="0")),
    ("vital_sign_record", "admission_order"): shift("admitted_at", "measured_at", hours=1),
    ("vital_sign_record", "sign_order"): shift("signed_at", "measured_at", hours=-1),
    ("operation_record", "operation_order"): shift("ended_at", "operated_at", hours=0),
    ("operation_record", "operation_length"): shift("ended_at", "operated_at", hours=60),
    ("operation_record", "blood_loss_range"): put(blood_loss="30000"),
    ("high_value_consumable_use", "not_expired"): shift_day("expires_on", "used_at", -1),
    ("high_value_consumable_use", "quantity_positive"): put(quantity="0", amount="0.00"),
    ("high_value_consumable_use", "amount_product"): add("amount", "1.00"),
    ("referral_record", "diagnosed_order"): shift("diagnosed_on", "referred_on", days=1),
    ("referral_record", "other_institution"): _same_institution,
    ("infectious_disease_card", "onset_order"): shift("onset_on", "diagnosed_on", days=1),
    ("infectious_disease_card", "class_matches_disease"): _other_class,
    ("infectious_disease_card", "disease_leaf"): _class_only,
    ("resident_basic_info", "past_disease_order"): shift("past_disease_on", "recorded_on", days=1),
    ("health_checkup", "waist_range"): put(waist="250.0"),
    ("staff", "join_order"): both(put(is_active="F"), shift("left_on", "joined_on", days=-1)),
    ("staff", "licence_given"): put(licence_no=""),
    ("bed", "rate_not_negative"): put(daily_rate="-1.00"),
    ("bed", "rate_range"): put(daily_rate="6000.00"),
    ("department", "beds_not_negative"): put(approved_beds="-1"),
}
