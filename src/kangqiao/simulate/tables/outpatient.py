"""门急诊: registrations, visits, diagnoses, prescriptions, referrals."""

# numpy says Any of what an array of objects is indexed to.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import numpy as np

from kangqiao.simulate.house import institution_code, institution_names
from kangqiao.simulate.medicine import drug_choices, table
from kangqiao.simulate.tables.chunk import Chunk, Columns
from kangqiao.simulate.text import day_texts, int_texts, money_texts, numbered, objects, tenth_texts, time_texts


def _registered_before(chunk: Chunk) -> np.ndarray:
    """Seconds from registration to visit: the same for the registration and the visit."""
    return 300 + (chunk.rows.parent * 7_919) % 1500


def registration(chunk: Chunk) -> Columns:
    """门急诊挂号记录. A second registration for one visit is one that was cancelled."""
    cancelled = chunk.rows.item > 1
    before = -_registered_before(chunk)
    fee = chunk.rng.choice([0, 100, 500], len(chunk))
    return {
        **chunk.folk.patient(),
        **chunk.departments(),
        "registration_no": registration_no(chunk, chunk.rows.item),
        "phone": chunk.folk.phone(),
        "address": chunk.folk.address(),
        "registered_at": chunk.at(before),
        "visit_date": chunk.on(),
        "registration_type": chunk.pick("1", "1", "1", "2", "3", "4"),
        "registration_channel": chunk.pick("1", "2", "2", "3", "3", "3", "4", "5", "6"),
        "doctor_code": chunk.doctor_codes(),
        "doctor_name": chunk.doctor_names(),
        "payment_method": payment_methods(chunk),
        "registration_fee": money_texts(fee),
        "consultation_fee": money_texts(chunk.rng.choice([900, 1300, 1800, 2600], len(chunk))),
        "is_cancelled": np.where(cancelled, "T", "F"),
        "cancelled_at": np.where(cancelled, chunk.at(before + 240), ""),
    }


def registration_no(chunk: Chunk, item: np.ndarray | int) -> np.ndarray:
    """Number of the registration of each row's visit."""
    return chunk.numbers("G", chunk.day, chunk.rows.parent * 100 + np.minimum(item, 99), 9)


def _registered(chunk: Chunk) -> np.ndarray:
    """Number of the registration where one is sent for the visit."""
    sent = np.zeros(len(chunk.month.visits), dtype=bool)
    sent[chunk.book.rows("outpatient_registration").parent] = True
    return np.where(sent[chunk.rows.parent], registration_no(chunk, 1), "")


def payment_methods(chunk: Chunk) -> np.ndarray:
    """How a person is insured: the same at every place."""
    share = chunk.person * 2_654_435_761 % 100
    return objects(["01"] * 55 + ["02"] * 30 + ["05"] * 3 + ["07"] * 12)[share]


def visit(chunk: Chunk) -> Columns:
    """门急诊就诊记录."""
    when, parent = chunk.month.visits.when, chunk.rows.parent
    allergic = chunk.person % 17 == 0
    age = chunk.age()
    emergency = chunk.seldom(0.08)
    tcm = chunk.seldom(0.9 if "中医" in chunk.house.name else 0.05)
    return {
        **chunk.folk.patient(),
        **chunk.departments(),
        "visit_no": chunk.visit_no(),
        "registration_no": _registered(chunk),
        "age": int_texts(age),
        "phone": chunk.folk.phone(),
        "address": chunk.folk.address(),
        "patient_type": np.where(emergency, "2", "1"),
        "visited_at": chunk.at(),
        "doctor_code": chunk.doctor_codes(),
        "doctor_name": chunk.doctor_names(),
        "first_visit_code": chunk.pick("1", "2"),
        "chief_complaint": chunk.diagnosis_text("complaint"),
        "present_illness": chunk.diagnosis_text("complaint") + "，未经系统诊治，今来我院就诊。",
        "past_history": np.where(chunk.people.has_hypertension(chunk.person), "有高血压病史", "否认慢性病史"),
        "has_allergy": np.where(allergic, "T", "F"),
        "allergy_history": np.where(allergic, "青霉素过敏", ""),
        "physical_exam": chunk.pick("神志清，心肺听诊无异常", "一般情况可，腹软，无压痛", "咽部充血，两肺呼吸音清"),
        "diagnosis_code": chunk.diagnosis_text("code"),
        "diagnosis_name": chunk.diagnosis_text("name"),
        "tcm_disease_name": np.where(tcm, chunk.pick("眩晕", "感冒", "咳嗽", "胃痛", "不寐", "腰痛"), ""),
        "tcm_syndrome_name": np.where(tcm, chunk.pick("气虚证", "痰湿证", "肝火亢盛证", "风寒证"), ""),
        "treatment_principle": np.where(tcm, "辨证施治", ""),
        "finished_at": time_texts(chunk.day, when.last_second[parent]),
    }


def diagnosis(chunk: Chunk) -> Columns:
    """门急诊诊断明细: the visit's diagnosis first, then others that anyone may have."""
    common = np.flatnonzero(np.isin(table("diagnoses").text("code").astype(str), ["J06.900", "E78.500", "Z01.800"]))
    main = chunk.rows.item == 1
    other = np.where(chunk.age() >= 30, common[chunk.rows.item % len(common)], common[0])
    row = np.where(main, chunk.diagnosis, other)
    return {
        "visit_no": chunk.visit_no(),
        "item_no": chunk.items(),
        "diagnosed_at": chunk.at(240),
        "diagnosis_kind": "1",
        "diagnosis_code": table("diagnoses").text("code")[row],
        "diagnosis_name": table("diagnoses").text("name")[row],
        "is_primary": np.where(main, "T", "F"),
        "is_suspected": np.where(main, "F", chunk.pick("F", "F", "T")),
        "onset_on": np.where(chunk.age() >= 1, chunk.on(-chunk.whole(0, 40)), ""),
        "doctor_code": chunk.doctor_codes(),
        "doctor_name": chunk.doctor_names(),
    }


def drug_rows(chunk: Chunk) -> np.ndarray:
    """The drug of each row: the diagnosis's own, one after another."""
    choices, _ = drug_choices()
    return choices[chunk.diagnosis, (chunk.rows.item - 1 + chunk.person) % choices.shape[1]]


def prescription(chunk: Chunk) -> Columns:
    """门急诊处方明细: up to four drugs on a prescription."""
    drugs, row = table("drugs"), drug_rows(chunk)
    per_sheet = 4
    sheet = np.minimum((chunk.rows.item - 1) // per_sheet, 98)
    prefix = objects(("1" if chunk.month.letter == "S" else "2") + text for text in day_texts(chunk.day))
    days, packs = chunk.rng.choice([3, 5, 7, 14, 28], len(chunk)), chunk.whole(1, 3)
    western = drugs.text("western")[row] == "1"
    cents = drugs.whole("cents")[row]
    return {
        **chunk.folk.patient(),
        **chunk.departments(),
        **drug_texts(row),
        "prescription_no": numbered(prefix, chunk.rows.parent * 100 + sheet, 10),
        "item_no": int_texts(chunk.rows.item - sheet * per_sheet),
        "visit_no": chunk.visit_no(),
        "age": int_texts(chunk.age()),
        "prescribed_at": chunk.at(420),
        "doctor_code": chunk.doctor_codes(),
        "doctor_name": chunk.doctor_names(),
        "prescription_type": np.where(western, "1", "2"),
        "tcm_prescription_type": np.where(western, "", "2"),
        "diagnosis_code": chunk.diagnosis_text("code"),
        "diagnosis_name": chunk.diagnosis_text("name"),
        "quantity": int_texts(packs),
        "quantity_unit": drugs.text("pack_unit")[row],
        "unit_price": money_texts(cents),
        "drug_amount": money_texts(cents * packs),
        "days": int_texts(days),
        "valid_days": "3",
        "is_antibiotic": np.where(drugs.text("group")[row] == "infection", "T", "F"),
        "is_narcotic": "F",
        "reviewer_name": chunk.doctor_names(2),
        "dispenser_name": chunk.doctor_names(3),
        "checker_name": chunk.doctor_names(4),
    }


def drug_texts(row: np.ndarray) -> Columns:
    """What a prescription or an order says of a drug."""
    drugs = table("drugs")
    return {
        "drug_code": drugs.text("code")[row],
        "drug_name": drugs.text("name")[row],
        "drug_specification": drugs.text("spec")[row],
        "dosage_form_code": drugs.text("form")[row],
        "dose": drugs.text("dose")[row],
        "dose_unit": drugs.text("dose_unit")[row],
        "frequency_code": drugs.text("frequency")[row],
        "route_code": drugs.text("route")[row],
    }


def referral(chunk: Chunk) -> Columns:
    """转诊（院）记录: a district sends up, a hospital sends down."""
    names = institution_names()
    low, high = (13, len(names)) if chunk.house.kind == "district" else (1, 12)
    other = (chunk.whole(low, high) - 1) % len(names)
    other = np.where(other == chunk.house.number - 1, (other + 1) % len(names), other)
    return {
        **{name: value for name, value in chunk.folk.patient().items() if name != "institution_code"},
        "referral_no": chunk.own_numbers("T", 7),
        "visit_no": chunk.visit_no(),
        "phone": chunk.folk.phone(),
        "referred_on": chunk.on(),
        "direction": "1" if chunk.house.kind == "district" else "2",
        "from_institution_code": chunk.house.code,
        "from_department": chunk.house.department_names[chunk.department],
        "to_institution_code": objects(institution_code(n + 1) for n in range(len(names)))[other],
        "to_institution": objects(names)[other],
        "to_department": chunk.house.department_names[chunk.department],
        "referral_reason": chunk.pick("病情需要进一步诊治", "急性期治疗结束转回康复", "专科检查"),
        "referral_doctor_name": chunk.doctor_names(),
        "diagnosis_code": chunk.diagnosis_text("code"),
        "diagnosed_on": chunk.on(),
        "diagnosing_institution": chunk.house.name,
        "symptom_description": chunk.diagnosis_text("complaint"),
        "treatment_plan": "对症治疗，定期复查",
    }


def vitals(chunk: Chunk, person: np.ndarray) -> Columns:
    """Temperature, pulse, breathing and blood pressure, higher for those with hypertension."""
    sick = chunk.people.has_hypertension(person)
    systolic = np.clip(chunk.rng.normal(122, 11, len(chunk)) + sick * 20, 88, 200).astype(np.int64)
    diastolic = np.clip(chunk.rng.normal(76, 8, len(chunk)) + sick * 9, 50, 118).astype(np.int64)
    diastolic = np.minimum(diastolic, systolic - 15)
    return {
        "body_temperature": tenth_texts(chunk.whole(360, 377)),
        "pulse_rate": int_texts(chunk.whole(58, 104)),
        "respiratory_rate": int_texts(chunk.whole(14, 24)),
        "systolic_pressure": int_texts(systolic),
        "diastolic_pressure": int_texts(diastolic),
    }
