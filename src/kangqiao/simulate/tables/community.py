"""公共卫生: health records, check-ups, follow-ups of chronic diseases, infectious disease cards."""

# numpy says Any of what an array of objects is indexed to.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import numpy as np

from kangqiao.simulate.medicine import drugs_of, table
from kangqiao.simulate.population import BLOCK, EVERYONE
from kangqiao.simulate.tables.chunk import Chunk, Columns, Folk
from kangqiao.simulate.tables.outpatient import drug_texts, vitals
from kangqiao.simulate.text import int_texts, money_texts, tenth_texts

_DISEASES = ("301", "310", "311", "203", "214", "220", "302", "217")


def residents(chunk: Chunk) -> Folk:
    """A different resident of the district for each row."""
    people = chunk.house.population
    pool = people.residents(chunk.house.district)
    rng = chunk.month.rng("residents", chunk.dataset)
    order = rng.permutation(pool)
    if chunk.rows.serial[-1] >= len(pool):
        order = np.concatenate([order, np.setdiff1d(np.arange(people.blocks * BLOCK), pool)])
    return Folk(chunk.house, order[chunk.rows.serial % len(order)])


def _sick(chunk: Chunk, disease: str) -> Folk:
    """Residents under care for ``disease``."""
    people = chunk.house.population
    pool = people.residents(chunk.house.district)
    is_sick = people.has_hypertension if disease == "hypertension" else people.has_diabetes
    sick = pool[is_sick(pool)]
    rng = chunk.month.rng("patients", chunk.dataset)
    return Folk(chunk.house, rng.permutation(sick)[chunk.rows.serial % len(sick)])


def _doctors(chunk: Chunk) -> np.ndarray:
    return chunk.house.doctor_names[chunk.rows.serial % len(chunk.house.doctor_names)]


def _about(folk: Folk) -> Columns:
    return {**folk.identity(), "health_record_no": folk.record_no(), "phone": folk.phone()}


def basic_info(chunk: Chunk) -> Columns:
    """居民个人基本信息: a record opened or renewed on the day."""
    folk = residents(chunk)
    age = chunk.house.population.age(folk.person)
    pressure = chunk.people.has_hypertension(folk.person)
    return {
        **_about(folk),
        "address": folk.address(),
        "contact_name": folk.relative(7),
        "contact_phone": folk.phone(),
        "is_local_household": np.where(folk.person % 9 == 0, "F", "T"),
        "ethnicity": np.where(folk.person % 90 == 0, "03", "01"),
        "abo_blood_type": int_texts(folk.person % 4 + 1),
        "rh_blood_type": "1",
        "education_level": np.where(age < 7, "90", np.where(age < 16, "80", np.where(age < 60, "20", "70"))),
        "occupation_class_code": np.where(age < 22, "31", np.where(age >= 60, "80", "17")),
        "marital_status": np.where(age < 24, "10", "20"),
        "payment_source": np.where(folk.person % 3 == 0, "02", "01"),
        "has_drug_allergy": "F",
        "past_disease_code": np.where(pressure, "02", "01"),
        "past_disease_on": np.where(pressure, chunk.on(-chunk.whole(30, 1500)), ""),
        "has_surgery_history": "F",
        "has_trauma_history": "F",
        "has_transfusion_history": "F",
        "disability_code": "",
        "has_kitchen_exhaust": "T",
        "kitchen_exhaust_code": "1",
        "recorded_on": chunk.on(),
        "doctor_name": _doctors(chunk),
    }


def _body(chunk: Chunk, sex: np.ndarray) -> Columns:
    """Height, weight and the index that follows from them."""
    height = np.where(sex == 1, chunk.whole(1580, 1820), chunk.whole(1480, 1700))
    weight = np.round(chunk.whole(185, 310) / 10 * (height / 1000) ** 2 * 10).astype(np.int64)
    index = np.round(weight / 10 * 10_000 / (height / 10) ** 2 * 100).astype(np.int64)
    return {"height": tenth_texts(height), "weight": tenth_texts(weight), "bmi": money_texts(index)}


def checkup(chunk: Chunk) -> Columns:
    """健康体检."""
    folk = residents(chunk)
    signs = vitals(chunk, folk.person)
    return {
        **_about(folk),
        "checkup_no": chunk.own_numbers("J", 7),
        "doctor_name": _doctors(chunk),
        "checked_on": chunk.on(),
        "symptom_name": "无症状",
        **{name: signs[name] for name in ("body_temperature", "pulse_rate", "respiratory_rate")},
        "left_systolic_pressure": signs["systolic_pressure"],
        "left_diastolic_pressure": signs["diastolic_pressure"],
        **_body(chunk, folk.sex),
        "waist": tenth_texts(chunk.whole(650, 1020)),
        "exercise_frequency": chunk.pick("1", "2", "3", "4"),
        "heart_rate": signs["pulse_rate"],
        "haemoglobin": int_texts(chunk.whole(110, 170)),
        "white_cell_count": tenth_texts(chunk.whole(35, 98)),
        "platelet_count": int_texts(chunk.whole(120, 340)),
        "fasting_glucose": tenth_texts(chunk.whole(40, 82)),
        "alt": int_texts(chunk.whole(8, 60)),
        "ast": int_texts(chunk.whole(10, 50)),
        "creatinine": tenth_texts(chunk.whole(500, 1100)),
        "potassium": tenth_texts(chunk.whole(35, 53)),
        "total_cholesterol": money_texts(chunk.whole(300, 650)),
        "has_ecg_abnormality": chunk.pick("F", "F", "T"),
        "has_health_abnormality": "F",
    }


def _followup(chunk: Chunk, disease: str) -> Columns:
    folk = _sick(chunk, disease)
    controlled = chunk.seldom(0.66)
    drug = drugs_of(disease)[folk.person % len(drugs_of(disease))]
    texts = drug_texts(drug)
    systolic = np.where(controlled, chunk.whole(112, 139), chunk.whole(142, 178))
    return {
        **_about(folk),
        **_body(chunk, folk.sex),
        "followup_no": chunk.own_numbers("U" if disease == "hypertension" else "W", 7),
        "followup_on": chunk.on(),
        "followup_method": chunk.pick("1", "1", "2", "3"),
        "doctor_name": _doctors(chunk),
        "symptom_name": chunk.pick("无症状", "无症状", "头晕", "乏力"),
        "systolic_pressure": int_texts(systolic),
        "diastolic_pressure": int_texts(np.where(controlled, chunk.whole(64, 88), chunk.whole(84, 104))),
        "daily_cigarettes": chunk.pick("0", "0", "0", "5", "10"),
        "daily_alcohol": chunk.pick("0", "0", "1"),
        "exercise_frequency": chunk.pick("1", "2", "3", "4"),
        "exercise_minutes": chunk.pick("20", "30", "60"),
        "psychological_state": chunk.pick("1", "1", "2"),
        "compliance_behaviour": chunk.pick("1", "1", "2"),
        "examined_on": chunk.on(),
        "medication_compliance": chunk.pick("1", "1", "1", "2"),
        "has_adverse_reaction": "F",
        "evaluation_code": np.where(controlled, "1", "2"),
        "drug_name": texts["drug_name"],
        "drug_frequency": np.where(table("drugs").text("times")[drug] == "1", "1次/日", "2次/日"),
        "dose": texts["dose"],
        "dose_unit": texts["dose_unit"],
        "route_code": texts["route_code"],
        "next_followup_on": chunk.on(chunk.whole(28, 92)),
        "followup_doctor_name": _doctors(chunk),
    }


def hypertension(chunk: Chunk) -> Columns:
    """高血压患者随访."""
    return {
        **_followup(chunk, "hypertension"),
        "heart_rate": int_texts(chunk.whole(58, 98)),
        "salt_intake": chunk.pick("1", "2", "2", "3"),
        "target_salt_intake": "1",
    }


def diabetes(chunk: Chunk) -> Columns:
    """2型糖尿病患者随访."""
    return {
        **_followup(chunk, "diabetes"),
        "has_dorsalis_pulse": "T",
        "daily_staple_food": int_texts(chunk.whole(200, 450)),
        "fasting_glucose": tenth_texts(chunk.whole(52, 112)),
        "postprandial_glucose": tenth_texts(chunk.whole(70, 160)),
        "glycated_haemoglobin": tenth_texts(chunk.whole(56, 92)),
        "hypoglycaemia_code": "1",
    }


def infectious_card(chunk: Chunk) -> Columns:
    """传染病报告卡: mostly children's diseases, reported within two days."""
    people = chunk.house.population
    person = people.draw(chunk.rng, len(chunk), EVERYONE, chunk.house.district)
    folk = Folk(chunk.house, person)
    age, waited = people.age(person), chunk.whole(0, 2)
    disease = chunk.pick(*_DISEASES)
    ill_before = np.minimum(chunk.whole(0, 4), np.maximum(0, chunk.day - folk.born - waited))
    waited = np.minimum(waited, chunk.day - folk.born)
    return {
        **folk.identity(),
        "card_no": chunk.own_numbers("I", 7),
        "card_type": "1",
        "parent_name": np.where(age < 15, folk.relative(7), ""),
        "phone": folk.phone(),
        "current_province": "江苏省",
        "current_city": "南京市",
        "current_house_no": folk.address(),
        "residence_type": "1",
        "patient_occupation_code": np.where(age < 7, "02", np.where(age < 22, "03", "14")),
        "onset_on": chunk.on(-waited - ill_before),
        "onset_type": "1",
        "diagnosis_state": chunk.pick("2", "3"),
        "diagnosed_on": chunk.on(-waited),
        "disease_class": np.where(np.isin(disease.astype(str), ["301", "302", "310", "311"]), "3", "2"),
        "disease_code": disease,
        "report_doctor_name": _doctors(chunk),
        "reporting_institution": chunk.house.name,
        "reported_on": chunk.on(),
    }
