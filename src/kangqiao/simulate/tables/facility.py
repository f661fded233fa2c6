"""机构资源: departments, staff and beds, sent once on the first day."""

from __future__ import annotations

import numpy as np

from kangqiao.simulate.house import DOCTORS
from kangqiao.simulate.medicine import table
from kangqiao.simulate.tables.chunk import Chunk, Columns, Folk
from kangqiao.simulate.text import day_texts, int_texts, money_texts, numbered


def department(chunk: Chunk) -> Columns:
    """科室."""
    row = chunk.rows.serial
    departments = table("departments")
    beds = departments.whole("beds")[row]
    return {
        "department_code": chunk.house.department_codes[row],
        "department_name": chunk.house.department_names[row],
        "reported_on": chunk.on(),
        "standard_department_code": departments.text("standard_code")[row],
        "department_type": np.where(beds > 0, "1", "2"),
        "approved_beds": int_texts(beds),
        "open_beds": int_texts(beds),
        "opened_on": "20050101",
        "is_active": "T",
    }


def staff(chunk: Chunk) -> Columns:
    """卫生人员: doctors first, then the others of each department."""
    row = chunk.rows.serial
    doctors = len(chunk.house.staff_people)
    folk = Folk(chunk.house, chunk.house.staff_people[row % doctors] + row // doctors * 12)
    place = row % doctors // DOCTORS
    identity = folk.identity()
    physician = row % DOCTORS < 4
    return {
        **{name: value for name, value in identity.items() if name != "patient_name"},
        "staff_no": numbered(f"D{chunk.house.number:02d}", row + 1, 4),
        "reported_on": chunk.on(),
        "staff_name": np.where(row < doctors, chunk.house.doctor_names[row % doctors], folk.name()),
        "phone": folk.phone(),
        "department_code": chunk.house.department_codes[place],
        "department_name": chunk.house.department_names[place],
        "staff_category": np.where(physician, "1", "2"),
        "technical_title": chunk.pick("1", "2", "3", "3", "4", "4"),
        "licence_no": numbered(np.where(physician, "1", "2").astype(object) + "10320100", row, 6),
        "practice_scope": np.where(physician, chunk.house.department_names[place] + "专业", "护理"),
        "education_level": chunk.pick("10", "20", "20", "30"),
        "joined_on": day_texts(chunk.day - chunk.whole(100, 2_500)),
        "is_active": "T",
    }


def bed(chunk: Chunk) -> Columns:
    """床位."""
    row = chunk.rows.serial
    place = row % max(1, min(20, chunk.book.count("department")))
    return {
        "bed_no": int_texts(row + 1),
        "reported_on": chunk.on(),
        "department_code": chunk.house.department_codes[place],
        "department_name": chunk.house.department_names[place],
        "ward_name": chunk.house.department_names[place] + "病区",
        "room_no": int_texts(row // 3 + 1),
        "bed_type": chunk.pick("1", "1", "1", "1", "2"),
        "bed_state": chunk.pick("1", "2", "2", "2"),
        "daily_rate": money_texts(chunk.rng.choice([4_000, 5_000, 8_000], len(chunk))),
        "opened_on": "20100601",
    }
