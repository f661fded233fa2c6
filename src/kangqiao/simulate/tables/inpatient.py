"""住院: admissions, orders, vital signs, operations, consumables, discharges and front pages."""

# numpy says Any of what an array of objects is indexed to.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import numpy as np

from kangqiao.simulate.medicine import drugs_of, table
from kangqiao.simulate.month import Rows
from kangqiao.simulate.tables.chunk import Chunk, Columns
from kangqiao.simulate.tables.outpatient import drug_rows, drug_texts, payment_methods, vitals
from kangqiao.simulate.text import day_texts, int_texts, money_texts, numbered, objects, tenth_texts, time_texts

_FRONT_PAGE = {
    "general_service_fee": 5, "general_treatment_fee": 6, "nursing_fee": 4, "laboratory_fee": 14, "imaging_fee": 9,
    "clinical_diagnosis_fee": 4, "nonsurgical_treatment_fee": 6, "western_drug_fee": 26, "patent_drug_fee": 3,
    "blood_fee": 1, "exam_material_fee": 2, "treatment_material_fee": 12, "other_fee": 1,
}  # fmt: skip


def _stay(chunk: Chunk) -> np.ndarray:
    return -1 - chunk.rows.parent


def _bed(chunk: Chunk) -> Columns:
    place = _stay(chunk) % 40 + 1
    return {
        "ward_name": chunk.house.department_names[chunk.department] + "病区",
        "room_no": int_texts(place // 3 + 1),
        "bed_no": int_texts(place),
    }


def _admitted(chunk: Chunk) -> tuple[np.ndarray, np.ndarray]:
    """Day number and DT15 of each row's admission."""
    when = chunk.month.admissions.when
    day = chunk.month.days[when.position[_stay(chunk)]]
    return day, time_texts(day, when.second[_stay(chunk)])


def _social(chunk: Chunk) -> Columns:
    age = chunk.age()
    occupation = np.where(age < 6, "90", np.where(age < 22, "31", np.where(age >= 60, "80", "17")))
    return {
        "ethnicity": np.where(chunk.person % 90 == 0, "03", "01"),
        "marital_status": np.where(age < 24, "10", np.where(chunk.person % 19 == 0, "30", "20")),
        "occupation_code": occupation,
        "nationality_code": "156",
    }


def admission(chunk: Chunk) -> Columns:
    """入院记录."""
    minor = chunk.age() < 18
    return {
        **chunk.folk.patient(),
        **chunk.departments(),
        **_bed(chunk),
        **_social(chunk),
        **vitals(chunk, chunk.person),
        "admission_no": chunk.admission_no(),
        "medical_record_no": _record_no(chunk),
        "age": int_texts(chunk.age()),
        "phone": chunk.folk.phone(),
        "address": chunk.folk.address(),
        "contact_name": chunk.folk.relative(7),
        "contact_phone": chunk.folk.phone(),
        "admitted_at": _admitted(chunk)[1],
        "admission_route": chunk.pick("1", "1", "2", "3"),
        "admission_times": int_texts(chunk.whole(1, 5)),
        "doctor_code": chunk.doctor_codes(),
        "doctor_name": chunk.doctor_names(),
        "resident_doctor_name": chunk.doctor_names(),
        "attending_doctor_name": chunk.doctor_names(1),
        "chief_doctor_name": chunk.doctor_names(2),
        "informant_name": np.where(minor, chunk.folk.relative(4), chunk.folk.name()),
        "informant_relation": np.where(minor, "51", "01"),
        "is_reliable": "T",
        "chief_complaint": chunk.diagnosis_text("complaint"),
        "present_illness": chunk.diagnosis_text("complaint") + "，门诊拟收住入院。",
        "disease_history": np.where(chunk.people.has_hypertension(chunk.person), "高血压病史", "既往体健"),
        "infection_history": "否认传染病史",
        "is_infectious": "F",
        "allergy_history": np.where(chunk.person % 17 == 0, "青霉素过敏", "否认药物过敏史"),
        "personal_history": "生于原籍，无疫区接触史",
        "menstrual_history": np.where((chunk.folk.sex == 2) & (chunk.age() >= 14), "月经规律", ""),
        "family_history": "否认家族遗传病史",
        "height": tenth_texts(np.where(minor, chunk.whole(900, 1600), chunk.whole(1520, 1820))),
        "weight": money_texts(np.where(minor, chunk.whole(1200, 4500), chunk.whole(4500, 8800))),
        "general_condition": "神志清，精神可，步入病房",
        "diagnosis_code": chunk.diagnosis_text("code"),
        "diagnosis_name": chunk.diagnosis_text("name"),
        "diagnosed_on": chunk.on(),
        "payment_method": payment_methods(chunk),
        "insurance_type": np.where(payment_methods(chunk) == "01", "01", "99"),
    }


def _record_no(chunk: Chunk) -> np.ndarray:
    return numbered("B", chunk.person + chunk.house.number * 10_000_000, 9)


def discharge(chunk: Chunk) -> Columns:
    """出院记录."""
    day, admitted_at = _admitted(chunk)
    died = chunk.seldom(0.008)
    return {
        **chunk.folk.patient(),
        **chunk.departments(),
        **_bed(chunk),
        "admission_no": chunk.admission_no(),
        "age": int_texts(chunk.age(day)),
        "phone": chunk.folk.phone(),
        "address": chunk.folk.address(),
        "admitted_at": admitted_at,
        "discharged_at": _left_at(chunk),
        "actual_days": int_texts(chunk.day - day),
        "doctor_code": chunk.doctor_codes(),
        "admission_diagnosis_code": chunk.diagnosis_text("code"),
        "admission_condition": chunk.diagnosis_text("complaint") + "入院",
        "treatment_process": "入院后完善检查，予对症支持治疗，病情平稳",
        "diagnosis_code": chunk.diagnosis_text("code"),
        "diagnosis_name": chunk.diagnosis_text("name"),
        "discharge_condition": np.where(died, "临床死亡", "一般情况可，生命体征平稳"),
        "discharge_orders": np.where(died, "", "规律服药，两周后门诊复查"),
        "outcome_code": np.where(died, "5", chunk.pick("1", "2", "2", "2", "3")),
        "discharge_way": np.where(died, "5", chunk.pick("1", "1", "1", "1", "4")),
        "resident_doctor_name": chunk.doctor_names(),
        "attending_doctor_name": chunk.doctor_names(1),
        "chief_doctor_name": chunk.doctor_names(2),
        "signed_at": _left_at(chunk),
    }


def _left_at(chunk: Chunk) -> np.ndarray:
    when = chunk.month.admissions.when
    return time_texts(chunk.day, when.last_second[_stay(chunk)])


def front_page(chunk: Chunk) -> Columns:
    """住院病案首页."""
    day, admitted_at = _admitted(chunk)
    department = chunk.house.department_names[chunk.department]
    cents = (600_000 + chunk.rng.gamma(1.5, 700_000, len(chunk))).astype(np.int64)
    kept = ("institution_code", "patient_no", "id_type", "id_no", "patient_name", "sex", "birth_date")
    who = chunk.folk.patient()
    return {
        **{name: who[name] for name in kept},
        **_social(chunk),
        **_fees(chunk, cents),
        "admission_no": chunk.admission_no(),
        "medical_record_no": _record_no(chunk),
        "institution_name": chunk.house.name,
        "payment_method": payment_methods(chunk),
        "admission_times": int_texts(chunk.whole(1, 5)),
        "age": int_texts(chunk.age(day)),
        "phone": chunk.folk.phone(),
        "current_province": "江苏省",
        "current_city": "南京市",
        "current_house_no": chunk.folk.address(),
        "contact_name": chunk.folk.relative(7),
        "contact_phone": chunk.folk.phone(),
        "admission_route": chunk.pick("1", "1", "2", "3"),
        "admitted_at": admitted_at,
        "admission_department": department,
        "discharged_at": _left_at(chunk),
        "discharge_department": department,
        "actual_days": int_texts(chunk.day - day),
        "outpatient_diagnosis_code": chunk.diagnosis_text("code"),
        "outpatient_diagnosis_name": chunk.diagnosis_text("name"),
        "diagnosis_code": chunk.diagnosis_text("code"),
        "diagnosis_name": chunk.diagnosis_text("name"),
        "has_drug_allergy": "F",
        "abo_blood_type": chunk.pick("1", "2", "3", "4"),
        "rh_blood_type": "2",
        "chief_doctor_name": chunk.doctor_names(2),
        "attending_doctor_name": chunk.doctor_names(1),
        "resident_doctor_name": chunk.doctor_names(),
        "quality_on": chunk.on(chunk.whole(1, 5)),
        "discharge_way": chunk.pick("1", "1", "1", "4"),
        "has_readmission_plan": "F",
    }


def _fees(chunk: Chunk, cents: np.ndarray) -> Columns:
    weights = np.array(list(_FRONT_PAGE.values())) * chunk.rng.gamma(0.9, 1.0, (len(chunk), len(_FRONT_PAGE)))
    shares = np.floor(weights / weights.sum(axis=1, keepdims=True) * cents[:, None]).astype(np.int64)
    total = shares.sum(axis=1)
    fees: Columns = {name: money_texts(shares[:, place]) for place, name in enumerate(_FRONT_PAGE)}
    drugs = shares[:, list(_FRONT_PAGE).index("western_drug_fee")]
    return {
        **fees,
        "antibiotic_fee": money_texts(drugs // 5),
        "total_amount": money_texts(total),
        "self_pay_amount": money_texts(total * 3 // 10),
    }


def order(chunk: Chunk) -> Columns:
    """住院医嘱: drugs, infusions and nursing."""
    kind = (chunk.rows.item + _stay(chunk)) % 5
    fluids = drugs_of("fluid")
    row = np.where(kind < 2, fluids[chunk.rows.item % len(fluids)], drug_rows(chunk))
    is_drug = kind < 4
    other = chunk.pick("Ⅱ级护理", "普食", "测血压每日两次", "留陪护")
    lasting = chunk.seldom(0.5)
    second = chunk.second
    drug = {name: np.where(is_drug, text, "") for name, text in drug_texts(row).items() if name != "dosage_form_code"}
    return {
        **chunk.folk.patient(),
        **chunk.departments(),
        **_bed(chunk),
        **drug,
        "order_no": chunk.own_numbers("O", 8),
        "admission_no": chunk.admission_no(),
        "age": int_texts(chunk.age()),
        "order_type": np.where(lasting, "1", "2"),
        "order_item_type": np.where(is_drug, "01", "05"),
        "order_content": np.where(is_drug, table("drugs").text("name")[row], other),
        "quantity": np.where(is_drug, int_texts(chunk.whole(1, 3)), ""),
        "quantity_unit": np.where(is_drug, table("drugs").text("pack_unit")[row], ""),
        "planned_start_at": time_texts(chunk.day, second + 300),
        "planned_end_at": np.where(lasting, time_texts(chunk.day + 3, second), ""),
        "ordered_at": time_texts(chunk.day, second),
        "ordering_department": chunk.house.department_names[chunk.department],
        "doctor_code": chunk.doctor_codes(),
        "doctor_name": chunk.doctor_names(),
        "reviewed_at": time_texts(chunk.day, second + 240),
        "reviewer_name": chunk.doctor_names(2),
        "checked_at": time_texts(chunk.day, second + 420),
        "checker_name": chunk.doctor_names(3),
        "executed_at": time_texts(chunk.day, second + 1_200),
        "executing_department": chunk.house.department_names[chunk.department],
        "executor_name": chunk.doctor_names(4),
        "execution_state": "已执行",
        "stopped_at": np.where(lasting, time_texts(chunk.day + 3, second), ""),
        "stopper_name": np.where(lasting, chunk.doctor_names(), ""),
    }


def vital_sign(chunk: Chunk) -> Columns:
    """生命体征测量记录."""
    day, admitted_at = _admitted(chunk)
    return {
        **chunk.folk.patient(),
        **chunk.departments(),
        **_bed(chunk),
        **vitals(chunk, chunk.person),
        "record_no": chunk.own_numbers("V", 8),
        "admission_no": chunk.admission_no(),
        "age": int_texts(chunk.age()),
        "diagnosis_code": chunk.diagnosis_text("code"),
        "admitted_at": admitted_at,
        "actual_days": int_texts(chunk.day - day),
        "measured_at": chunk.at(),
        "is_ventilated": "F",
        "nurse_name": chunk.doctor_names(4),
        "signed_at": chunk.at(60),
    }


def _operations(rows: Rows) -> np.ndarray:
    return (rows.parent * 13 + rows.item) % len(table("operations"))


def operation(chunk: Chunk) -> Columns:
    """手术记录."""
    operations, row = table("operations"), _operations(chunk.rows)
    return {
        **chunk.folk.patient(),
        **chunk.departments(),
        **_bed(chunk),
        "operation_no": chunk.own_numbers("Q", 8),
        "admission_no": chunk.admission_no(),
        "age": int_texts(chunk.age()),
        "preoperative_diagnosis_code": chunk.diagnosis_text("code"),
        "postoperative_diagnosis_code": chunk.diagnosis_text("code"),
        "operation_code": operations.text("code")[row],
        "operation_name": operations.text("name")[row],
        "operation_level": operations.text("level")[row],
        "operation_site": operations.text("site")[row],
        "incision_class": chunk.pick("2", "3"),
        "operated_at": chunk.at(),
        "ended_at": chunk.at(chunk.whole(1_800, 12_000)),
        "position_code": "1",
        "has_surgery_history": "F",
        "has_drainage": "F",
        "blood_loss": int_texts(chunk.whole(5, 300)),
        "has_transfusion_reaction": "F",
        "anesthesia_code": chunk.pick("11", "12", "21", "22", "3"),
        "anesthetist_name": chunk.doctor_names(3),
        "surgeon_code": chunk.doctor_codes(),
        "surgeon_name": chunk.doctor_names(),
        "first_assistant_name": chunk.doctor_names(1),
        "second_assistant_name": chunk.doctor_names(2),
        "circulating_nurse_name": chunk.doctor_names(5),
        "signed_at": chunk.at(14_400),
        "is_emergency": np.where(chunk.seldom(0.1), "T", "F"),
    }


def consumable(chunk: Chunk) -> Columns:
    """高值耗材使用记录."""
    operations, row = table("operations"), _operations(chunk.rows)
    quantity, cents = chunk.whole(1, 3), operations.whole("cents")[row]
    return {
        **chunk.folk.patient(),
        **chunk.departments(),
        **_bed(chunk),
        "record_no": chunk.own_numbers("H", 8),
        "admission_no": chunk.admission_no(),
        "age": int_texts(chunk.age()),
        "diagnosis_code": chunk.diagnosis_text("code"),
        "used_at": chunk.at(),
        "consumable_name": operations.text("consumable")[row],
        "product_code": operations.text("product")[row],
        "unique_device_id": objects(f"(01)0697{n:010d}" for n in (row * 7_919 + 13).tolist()),
        "manufacturer": operations.text("maker")[row],
        "batch_no": day_texts(chunk.day - chunk.whole(60, 400)),
        "expires_on": chunk.on(chunk.whole(200, 900)),
        "unit": "套",
        "quantity": int_texts(quantity),
        "unit_price": money_texts(cents),
        "amount": money_texts(cents * quantity),
        "is_implant": operations.text("implant")[row],
        "nurse_name": chunk.doctor_names(5),
        "signed_at": chunk.at(600),
    }
