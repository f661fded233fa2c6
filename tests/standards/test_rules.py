# ruff: noqa: E501 - tables read best with an example a line
"""Rules, judged by the engine's own connection: every one binds; examples of right, wrong and not applicable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kangqiao.engine.compute.duck import connect
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Dataset, Field

FIXED = {"D": "DATE", "DT": "TIMESTAMP", "L": "BOOLEAN"}


def sql_type(item: Field) -> str:
    if item.type == "N":
        return f"DECIMAL({item.parsed.maximum}, {item.parsed.decimals})" if item.parsed.decimals else "BIGINT"
    return FIXED.get(item.type, "VARCHAR")


def judge(connection: duckdb.DuckDBPyConnection, dataset: Dataset, expr: str, row: dict[str, Any]) -> Any:
    """The verdict and the type of ``expr`` over ``row``; fields that are not in it are missing."""
    columns = ", ".join(f'CAST(? AS {sql_type(item)}) AS "{item.name}"' for item in dataset.fields)
    values = [row.get(item.name) for item in dataset.fields]
    query = f"SELECT verdict, typeof(verdict) FROM (SELECT ({expr}) AS verdict FROM (SELECT {columns}))"
    return connection.execute(query, values).fetchone()


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    opened = connect(Path(tmp_path_factory.mktemp("scratch")))
    yield opened
    opened.close()


@pytest.mark.parametrize("name", sorted(catalogue().datasets))
def test_every_rule_is_a_condition_the_engine_understands(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    dataset = catalogue().dataset(name)
    types = {rule.code: judge(connection, dataset, rule.expr, {})[1] for rule in dataset.rules}
    assert types == dict.fromkeys(types, "BOOLEAN")


CARD = "320102199001010014"  # 1990-01-01, 男
VISITED = {"visited_at": "2024-06-01 09:00:00", "birth_date": "1990-01-01"}
STAY = {"admitted_at": "2024-06-01 10:00:00", "discharged_at": "2024-06-05 09:00:00"}
FEES = {"western_drug_fee": "80.50", "lab_fee": "19.50"}

# dataset, rule, row, verdict (None: not applicable)
EXAMPLES: list[tuple[str, str, dict[str, Any], bool | None]] = [
    ("outpatient_visit", "born_before_event", VISITED, True),
    ("outpatient_visit", "born_before_event", {**VISITED, "birth_date": "2024-06-02"}, False),
    ("outpatient_visit", "born_before_event", {"birth_date": "2024-06-02"}, None),
    ("outpatient_visit", "age_range", VISITED, True),
    ("outpatient_visit", "age_range", {**VISITED, "birth_date": "1890-01-01"}, False),
    ("outpatient_visit", "id_birth_date", {"id_no": CARD, "birth_date": "1990-01-01"}, True),
    ("outpatient_visit", "id_birth_date", {"id_no": CARD, "birth_date": "1990-01-10"}, False),
    ("outpatient_visit", "id_birth_date", {"id_no": CARD, "id_type": "03", "birth_date": "1991-01-01"}, None),
    ("outpatient_visit", "id_birth_date", {"id_no": "G12345678", "birth_date": "1990-01-01"}, None),
    ("outpatient_visit", "id_sex", {"id_no": CARD, "id_type": "01", "sex": "1"}, True),
    ("outpatient_visit", "id_sex", {"id_no": CARD, "id_type": "01", "sex": "2"}, False),
    ("outpatient_visit", "id_sex", {"id_no": CARD, "id_type": "01", "sex": "9"}, None),
    ("outpatient_visit", "id_type_given", {"id_no": CARD}, False),
    ("outpatient_visit", "id_type_given", {}, True),
    ("outpatient_visit", "diagnosis_code_form", {"diagnosis_code": "J06.900"}, True),
    ("outpatient_visit", "diagnosis_code_form", {"diagnosis_code": "I10.x00x002"}, True),
    ("outpatient_visit", "diagnosis_code_form", {"diagnosis_code": "A17.0+"}, True),
    ("outpatient_visit", "diagnosis_code_form", {"diagnosis_code": "感冒"}, False),
    ("outpatient_visit", "diagnosis_code_form", {"diagnosis_code": "j06.9"}, False),
    ("outpatient_visit", "age_matches_birth", {**VISITED, "age": 34}, True),
    ("outpatient_visit", "age_matches_birth", {**VISITED, "age": 36}, False),
    ("outpatient_visit", "finish_order", {**VISITED, "finished_at": "2024-06-01 08:59:59"}, False),
    ("outpatient_visit", "outpatient_type", {"patient_type": "3"}, False),
    ("outpatient_visit", "allergy_given", {"has_allergy": True}, False),
    ("outpatient_visit", "allergy_given", {"has_allergy": False}, None),
    ("outpatient_charge", "parts_add_up", {**FEES, "total_amount": "100.00"}, True),
    ("outpatient_charge", "parts_add_up", {**FEES, "total_amount": "100.01"}, False),
    ("outpatient_charge", "parts_add_up", {"total_amount": "100.00"}, None),
    ("outpatient_charge", "payers_add_up", {"total_amount": "9.00", "insurance_amount": "6", "self_pay_amount": "3"}, True),
    ("outpatient_charge", "payers_add_up", {"total_amount": "9.00", "insurance_amount": "6", "self_pay_amount": "2"}, False),
    ("outpatient_charge", "payers_add_up", {"total_amount": "9.00", "insurance_amount": "6"}, None),
    ("outpatient_charge", "amount_sign", {"total_amount": "-1"}, False),
    ("outpatient_charge", "amount_sign", {"total_amount": "-1", "is_refund": True}, True),
    ("inpatient_charge", "delivery_sex", {"delivery_fee": "900", "sex": "1"}, False),
    ("inpatient_charge", "delivery_sex", {"delivery_fee": "0", "sex": "1"}, None),
    ("outpatient_charge_detail", "amount_product", {"amount": "12.35", "quantity": "3", "unit_price": "4.1150"}, True),
    ("outpatient_charge_detail", "amount_product", {"amount": "12.50", "quantity": "3", "unit_price": "4.1150"}, False),
    ("outpatient_prescription", "amount_product", {"drug_amount": "20.00", "quantity": "2", "unit_price": "9"}, False),
    ("lab_report", "visit_linked", {"patient_type": "1", "visit_no": "M1"}, True),
    ("lab_report", "visit_linked", {"patient_type": "3", "visit_no": "M1"}, False),
    ("lab_report", "visit_linked", {"patient_type": "9"}, None),
    ("lab_report", "sample_receive_order", {"sampled_at": "2024-06-01 09:00:00", "received_at": "2024-06-01 08:00:00"}, False),
    ("lab_result_item", "result_given", {}, False),
    ("lab_result_item", "result_given", {"text_result": "阴性"}, True),
    ("lab_result_item", "flag_high", {"abnormal_flag": "H", "quantitative_result": "7.1", "reference_high": "6.1"}, True),
    ("lab_result_item", "flag_high", {"abnormal_flag": "H", "quantitative_result": "6.1", "reference_high": "6.1"}, False),
    ("lab_result_item", "flag_high", {"abnormal_flag": "N", "quantitative_result": "7.1", "reference_high": "6.1"}, None),
    ("lab_result_item", "flag_normal", {"abnormal_flag": "N", "quantitative_result": "7.1", "reference_high": "6.1"}, False),
    ("vital_sign_record", "pressure_order", {"systolic_pressure": 120, "diastolic_pressure": 80}, True),
    ("vital_sign_record", "pressure_order", {"systolic_pressure": 80, "diastolic_pressure": 120}, False),
    ("vital_sign_record", "body_temperature_range", {"body_temperature": "36.5"}, True),
    ("vital_sign_record", "body_temperature_range", {"body_temperature": "63.5"}, False),
    ("inpatient_discharge", "stay_order", STAY, True),
    ("inpatient_discharge", "stay_order", {**STAY, "discharged_at": "2024-05-31 09:00:00"}, False),
    ("inpatient_discharge", "actual_days", {**STAY, "actual_days": 4}, True),
    ("inpatient_discharge", "actual_days", {**STAY, "actual_days": 40}, False),
    ("inpatient_discharge", "outcome_matches_way", {"outcome_code": "5", "discharge_way": "1"}, False),
    ("operation_record", "operation_order", {"operated_at": "2024-06-01 09:00:00", "ended_at": "2024-06-01 09:00:00"}, False),
    ("operation_record", "operation_code_form", {"operation_code": "47.0900"}, True),
    ("operation_record", "operation_code_form", {"operation_code": "81.51x001"}, True),
    ("operation_record", "operation_code_form", {"operation_code": "阑尾"}, False),
    ("operation_record", "reaction_needs_transfusion", {"has_transfusion_reaction": True, "transfusion_volume": 0}, False),
    ("hypertension_followup", "bmi_matches", {"bmi": "24.22", "weight": "70.0", "height": "170.0"}, True),
    ("hypertension_followup", "bmi_matches", {"bmi": "30.00", "weight": "70.0", "height": "170.0"}, False),
    ("hypertension_followup", "next_within_quarter", {"followup_on": "2024-01-01", "next_followup_on": "2024-04-01"}, True),
    ("hypertension_followup", "next_within_quarter", {"followup_on": "2024-01-01", "next_followup_on": "2024-07-01"}, False),
    ("infectious_disease_card", "class_matches_disease", {"disease_class": "2", "disease_code": "2141"}, True),
    ("infectious_disease_card", "class_matches_disease", {"disease_class": "3", "disease_code": "2141"}, False),
    ("staff", "licence_given", {"staff_category": "1", "is_active": True}, False),
    ("staff", "licence_given", {"staff_category": "6", "is_active": True}, None),
    ("department", "not_own_parent", {"department_code": "01", "parent_code": "01"}, False),
    ("bed", "closed_state", {"reported_on": "2024-06-30", "closed_on": "2024-06-01", "bed_state": "2"}, False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "code", "row", "verdict"),
    EXAMPLES,
    ids=[f"{name}.{code}-{number}" for number, (name, code, _, _) in enumerate(EXAMPLES)],
)
def test_example(
    connection: duckdb.DuckDBPyConnection, name: str, code: str, row: dict[str, Any], verdict: bool | None
) -> None:
    dataset = catalogue().dataset(name)
    rule = next(item for item in dataset.rules if item.code == code)
    assert set(row) <= set(dataset.by_name)
    assert judge(connection, dataset, rule.expr, row)[0] is verdict


def test_messages_are_sentences_for_a_clerk() -> None:
    """Chinese, short, without the field's English name."""
    for dataset in catalogue().datasets.values():
        for rule in dataset.rules:
            assert not set(rule.message) & set("_{}"), f"{dataset.name}.{rule.code}"
            assert 5 <= len(rule.message) <= 60, f"{dataset.name}.{rule.code}"
