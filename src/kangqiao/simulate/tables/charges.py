"""收费: charges whose parts add up to the cent, and their details."""

# numpy says Any of what an array of objects is indexed to.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import numpy as np

from kangqiao.simulate.medicine import drug_choices, table
from kangqiao.simulate.tables.chunk import Chunk, Columns
from kangqiao.simulate.tables.outpatient import payment_methods
from kangqiao.simulate.text import int_texts, money_texts, objects, time_texts

_OUTPATIENT = {
    "consultation_fee": 6, "western_drug_fee": 34, "patent_drug_fee": 8, "herbal_drug_fee": 4, "exam_fee": 15,
    "lab_fee": 16, "radiology_fee": 6, "treatment_fee": 9, "operation_fee": 2, "material_fee": 3, "other_fee": 1,
}  # fmt: skip
_INPATIENT = {
    "bed_fee": 4, "nursing_fee": 4, "consultation_fee": 2, "western_drug_fee": 24, "patent_drug_fee": 3, "exam_fee": 10,
    "lab_fee": 12, "radiology_fee": 6, "oxygen_fee": 1, "transfusion_fee": 1, "treatment_fee": 9, "operation_fee": 9,
    "anesthesia_fee": 3, "material_fee": 14, "other_fee": 1,
}  # fmt: skip
_INSURANCE = {"01": "01", "02": "02", "05": "07", "07": ""}


def outpatient_charge(chunk: Chunk) -> Columns:
    """门急诊收费记录."""
    return {
        **_charge(chunk, _OUTPATIENT),
        "charge_no": chunk.own_numbers("C", 8),
        "visit_no": chunk.visit_no(),
        "registration_fee": "0.00",
        "charged_at": time_texts(chunk.day, charge_second(chunk)),
        "department_name": chunk.house.department_names[chunk.department],
        "department_code": chunk.house.department_codes[chunk.department],
    }


def inpatient_charge(chunk: Chunk) -> Columns:
    """住院收费记录: a settlement on the stay's last day, for those still in on the last day written."""
    stay = -1 - chunk.rows.parent
    when = chunk.month.admissions.when
    return {
        **_charge(chunk, _INPATIENT),
        **chunk.departments(),
        "charge_no": chunk.own_numbers("K", 8),
        "admission_no": chunk.admission_no(),
        "charged_at": time_texts(chunk.day, charge_second(chunk)),
        "period_start": _days(chunk, when.position[stay]),
        "period_end": chunk.on(),
    }


def _days(chunk: Chunk, position: np.ndarray) -> np.ndarray:
    return chunk.on(chunk.month.days[position] - chunk.day)


def _charge(chunk: Chunk, parts: dict[str, int]) -> Columns:
    low = chunk.rows.first
    cents = chunk.book.cents(chunk.dataset)[low : low + len(chunk)]
    method = payment_methods(chunk)
    covered = np.where(method == "07", 0.0, np.where(method == "01", 0.72, 0.55))
    insured = (cents * covered).astype(np.int64)
    return {
        **chunk.folk.patient(),
        **_split(chunk, cents, parts),
        "doctor_code": chunk.doctor_codes(),
        "doctor_name": chunk.doctor_names(),
        "invoice_no": chunk.own_numbers("F", 8),
        "payment_method": method,
        "insurance_type": objects([_INSURANCE[code] for code in method.tolist()]),
        "settlement_code": np.where(covered > 0, "07", chunk.pick("01", "08")),
        "is_refund": "F",
        "total_amount": money_texts(cents),
        "insurance_amount": money_texts(insured),
        "self_pay_amount": money_texts(cents - insured),
        "cashier_name": chunk.doctor_names(5),
    }


def _split(chunk: Chunk, cents: np.ndarray, parts: dict[str, int]) -> Columns:
    """Parts of each total: some of them nothing, the last taking what rounding leaves."""
    weights = np.array(list(parts.values())) * chunk.rng.gamma(0.8, 1.0, (len(chunk), len(parts)))
    shares = np.floor(weights / weights.sum(axis=1, keepdims=True) * cents[:, None]).astype(np.int64)
    shares[:, -1] += cents - shares.sum(axis=1)
    return {name: money_texts(shares[:, place]) for place, name in enumerate(parts)}


def outpatient_charge_detail(chunk: Chunk) -> Columns:
    """门急诊收费明细."""
    number = chunk.parent_numbers("C", "outpatient_charge", 8)
    return {**_detail(chunk, "outpatient_charge", ("01", "02")), "charge_no": number}


def inpatient_charge_detail(chunk: Chunk) -> Columns:
    """住院收费明细."""
    number = chunk.parent_numbers("K", "inpatient_charge", 8)
    return {**_detail(chunk, "inpatient_charge", ("03", "04")), "charge_no": number}


def _detail(chunk: Chunk, above: str, drug_categories: tuple[str, str]) -> Columns:
    """The diagnosis's drugs and services in turn; the amount is quantity times price."""
    services, drugs, charge = table("services"), table("drugs"), chunk.above(above)
    is_drug = (chunk.rows.item + chunk.rows.parent) % 5 < 2
    choices, _ = drug_choices()
    drug = choices[charge.diagnosis, chunk.rows.item % choices.shape[1]]
    service = (chunk.rows.parent * 31 + chunk.rows.item * 7) % len(services)
    quantity = chunk.whole(1, 4)
    cents = np.where(is_drug, drugs.whole("cents")[drug], services.whole("cents")[service])
    category = "outpatient" if above == "outpatient_charge" else "inpatient"
    western = drugs.text("western")[drug] == "1"
    return {
        "item_no": chunk.items(),
        "charged_at": time_texts(chunk.day, charge_second(charge)),
        "fee_category": np.where(is_drug, np.where(western, *drug_categories), services.text(category)[service]),
        "item_code": np.where(is_drug, drugs.text("code")[drug], services.text("code")[service]),
        "item_name": np.where(is_drug, drugs.text("name")[drug], services.text("name")[service]),
        "specification": np.where(is_drug, drugs.text("spec")[drug], ""),
        "unit": np.where(is_drug, drugs.text("pack_unit")[drug], "次"),
        "quantity": int_texts(quantity),
        "unit_price": money_texts(cents),
        "amount": money_texts(cents * quantity),
        "is_refund": "F",
        "ordering_department": chunk.house.department_names[charge.department],
        "executing_department": np.where(is_drug, "药剂科", "门诊部" if category == "outpatient" else "住院部"),
        "ordering_doctor_name": charge.doctor_names(),
    }


def charge_second(chunk: Chunk) -> np.ndarray:
    """Second of the day when a charge is paid."""
    return chunk.second + 900 * ~chunk.inside
