"""Which function makes the columns of which dataset."""

from __future__ import annotations

from collections.abc import Callable

from kangqiao.simulate.tables import charges, community, facility, inpatient, outpatient, reports
from kangqiao.simulate.tables.chunk import Chunk, Columns

SHEETS: dict[str, Callable[[Chunk], Columns]] = {
    "department": facility.department,
    "staff": facility.staff,
    "bed": facility.bed,
    "outpatient_registration": outpatient.registration,
    "outpatient_visit": outpatient.visit,
    "outpatient_diagnosis": outpatient.diagnosis,
    "outpatient_prescription": outpatient.prescription,
    "outpatient_charge": charges.outpatient_charge,
    "outpatient_charge_detail": charges.outpatient_charge_detail,
    "lab_report": reports.lab_report,
    "lab_result_item": reports.lab_result_item,
    "exam_report": reports.exam_report,
    "exam_detail": reports.exam_detail,
    "referral_record": outpatient.referral,
    "inpatient_admission": inpatient.admission,
    "inpatient_order": inpatient.order,
    "vital_sign_record": inpatient.vital_sign,
    "operation_record": inpatient.operation,
    "high_value_consumable_use": inpatient.consumable,
    "inpatient_charge": charges.inpatient_charge,
    "inpatient_charge_detail": charges.inpatient_charge_detail,
    "inpatient_discharge": inpatient.discharge,
    "inpatient_front_page": inpatient.front_page,
    "resident_basic_info": community.basic_info,
    "health_checkup": community.checkup,
    "hypertension_followup": community.hypertension,
    "diabetes_followup": community.diabetes,
    "infectious_disease_card": community.infectious_card,
}
"""The sheets; a prescribed dataset that has none is not sent."""
