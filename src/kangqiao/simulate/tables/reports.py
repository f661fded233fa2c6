"""检验检查: reports of visits and stays, and their items with reference ranges and the right flags."""

# numpy says Any of what an array of objects is indexed to.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from functools import cache

import numpy as np

from kangqiao.simulate.medicine import panels, table
from kangqiao.simulate.tables.chunk import Chunk, Columns
from kangqiao.simulate.text import day_texts, int_texts, objects, time_texts

_LAST = 86_399


def _panel(parent: np.ndarray, item: np.ndarray) -> np.ndarray:
    """The panel of a laboratory report, by whose it is and which of theirs."""
    return (parent * 5 + item) % len(panels()[0])


def _reported(chunk: Chunk) -> np.ndarray:
    """Second of the day of each report, 40 to 200 minutes after it was asked for."""
    later = 2_400 + (chunk.rows.parent * 131 + chunk.rows.item * 977) % 9_600
    return np.minimum(chunk.second + later, _LAST)


def _report(chunk: Chunk) -> tuple[np.ndarray, Columns]:
    """Second of the report, and what laboratory and examination reports have in common."""
    second = _reported(chunk)
    linked = np.where(chunk.inside, chunk.month.admissions.sent, chunk.month.visits.sent)
    return second, {
        **chunk.folk.patient(),
        "visit_no": chunk.visit_no(),
        "admission_no": chunk.admission_no(),
        "age": int_texts(chunk.age()),
        "phone": chunk.folk.phone(),
        "patient_type": np.where(linked, np.where(chunk.inside, "3", "1"), "9"),
        "requesting_institution": chunk.house.name,
        "requesting_department": chunk.house.department_names[chunk.department],
        "diagnosis_code": chunk.diagnosis_text("code"),
        "diagnosed_on": chunk.on(),
        "diagnosing_institution": chunk.house.name,
        "reported_at": time_texts(chunk.day, second),
        "reporting_institution": chunk.house.name,
        "report_doctor_name": chunk.doctor_names(1),
        "reviewer_name": chunk.doctor_names(2),
    }


def lab_report(chunk: Chunk) -> Columns:
    """检验报告."""
    first = panels()[0][_panel(chunk.rows.parent, chunk.rows.item)]
    items = table("lab_items")
    second, columns = _report(chunk)
    return {
        **columns,
        "report_no": chunk.own_numbers("L", 8),
        "department_name": "医学检验科",
        "lab_category": items.text("panel_name")[first],
        "specimen_no": chunk.own_numbers("B", 8),
        "specimen_type": items.text("specimen")[first],
        "specimen_state": "合格",
        "sampled_at": time_texts(chunk.day, np.minimum(chunk.second + 600, second - 60)),
        "received_at": time_texts(chunk.day, np.minimum(chunk.second + 1_500, second - 30)),
        "tested_on": chunk.on(),
        "reporting_department": "医学检验科",
        "tester_name": chunk.doctor_names(3),
        "is_critical": "F",
    }


@cache
def _values() -> tuple[np.ndarray, np.ndarray]:
    """Ready results of each item, 64 of them: three in four inside the reference range; and their flags."""
    items = table("lab_items")
    rng = np.random.default_rng(20240601)
    low, high, decimals = items.number("low"), items.number("high"), items.whole("decimals")
    texts, flags = np.empty((len(items), 64), dtype=object), np.empty((len(items), 64), dtype=object)
    for row in range(len(items)):
        width = high[row] - low[row]
        drawn = np.where(rng.random(64) < 0.75, rng.uniform(0.02, 0.98, 64), rng.uniform(-0.25, 1.6, 64))
        for place, value in enumerate(np.maximum(low[row] + drawn * width, 0.0)):
            texts[row, place] = f"{value:.{decimals[row]}f}"
            shown = float(texts[row, place])
            flags[row, place] = "L" if shown < low[row] else "H" if shown > high[row] else "N"
    return texts, flags


def lab_result_item(chunk: Chunk) -> Columns:
    """检验结果明细: the items of the report's panel in order."""
    items, (starts, sizes) = table("lab_items"), panels()
    report = chunk.above("lab_report")
    panel = _panel(report.rows.parent, report.rows.item)
    row = starts[panel] + (chunk.rows.item - 1) % sizes[panel]
    texts, flags = _values()
    drawn = chunk.rng.integers(0, texts.shape[1], len(chunk))
    flag = flags[row, drawn]
    return {
        "report_no": chunk.parent_numbers("L", "lab_report", 8),
        "item_no": chunk.items(),
        "item_code": items.text("item")[row],
        "item_name": items.text("name")[row],
        "tested_on": chunk.on(),
        "reported_at": time_texts(chunk.day, _reported(report)),
        "method_name": "仪器法",
        "quantitative_result": texts[row, drawn],
        "unit": items.text("unit")[row],
        "result_code": np.where(flag == "N", "1", "2"),
        "abnormal_flag": flag,
        "reference_low": items.text("low")[row],
        "reference_high": items.text("high")[row],
        "reference_text": items.text("low")[row] + "-" + items.text("high")[row],
        "is_critical": "F",
        "tester_name": report.doctor_names(3),
    }


def _examination(parent: np.ndarray, item: np.ndarray) -> np.ndarray:
    return (parent * 3 + item) % len(table("exams"))


def exam_report(chunk: Chunk) -> Columns:
    """检查报告."""
    exams, row = table("exams"), _examination(chunk.rows.parent, chunk.rows.item)
    second, columns = _report(chunk)
    pictured = np.isin(exams.text("modality")[row].astype(str), ["CT", "MR", "DX", "US"])
    serial = chunk.rows.serial + chunk.day * 10**7
    study = objects(f"1.2.156.112605.{chunk.house.number}.{n}" for n in serial.tolist())
    return {
        **columns,
        "report_no": chunk.own_numbers("E", 8),
        "department_name": "医学影像科",
        "chief_complaint": chunk.diagnosis_text("complaint"),
        "exam_category": exams.text("category")[row],
        "modality": exams.text("modality")[row],
        "is_special_exam": "F",
        "started_at": time_texts(chunk.day, second - 1_200),
        "examined_on": day_texts(chunk.day),
        "objective_finding": exams.text("finding")[row],
        "impression": exams.text("conclusion")[row],
        "reporting_department": "医学影像科",
        "exam_doctor_name": chunk.doctor_names(3),
        "is_positive": chunk.pick("T", "F"),
        "image_study_uid": np.where(pictured, study, ""),
    }


def exam_detail(chunk: Chunk) -> Columns:
    """检查项目明细."""
    report = chunk.above("exam_report")
    exams = table("exams")
    row = _examination(report.rows.parent, report.rows.item)
    return {
        "report_no": chunk.parent_numbers("E", "exam_report", 8),
        "item_no": chunk.items(),
        "item_code": exams.text("modality")[row] + int_texts(row),
        "item_name": exams.text("name")[row],
        "examined_on": chunk.on(),
        "reported_at": time_texts(chunk.day, _reported(report)),
        "body_site_name": exams.text("site")[row],
        "text_result": exams.text("conclusion")[row],
        "result_code": chunk.pick("1", "2"),
        "tester_name": report.doctor_names(3),
    }
