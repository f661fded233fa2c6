# ruff: noqa: E501 - tables read best with a field a line
"""A small catalogue on disk: a visit table, a charge table that refers to it, a code table, one profile."""

from __future__ import annotations

from pathlib import Path

import pytest

VISIT = """\
name: visit
title: 就诊
category: outpatient
source: {standard: WS 445.2-2014, part: 第2部分, table: HDSD00.03 门（急）诊病历}
key: [visit_no]
event_time: visited_at
person: {id_no: id_no, name: patient_name, sex: sex, birth_date: birth_date, local_no: patient_no}
fields:
  - {name: visit_no, title: 门诊号, id: HDSD00.03.025, element: DE01.00.010.00, year: '2011', type: S1, format: AN..18, required: true}
  - {name: patient_no, title: 患者院内编号, id: local, element: local, year: local, type: S1, format: AN..30}
  - {name: id_no, title: 身份证件号码, id: local, element: DE02.01.030.00, year: '2023', type: S1, format: AN..18, identifies: id_no, checksum: resident_id}
  - {name: patient_name, title: 患者姓名, id: HDSD00.03.017, element: DE02.01.039.00, year: '2011', type: S1, format: A..50, identifies: name}
  - {name: sex, title: 性别代码, id: HDSD00.03.039, element: DE02.01.040.00, year: '2011', type: S3, format: N1, value_set: sexes}
  - {name: birth_date, title: 出生日期, id: HDSD00.03.003, element: DE02.01.005.01, year: '2011', type: D, format: D8}
  - {name: visited_at, title: 就诊时间, id: HDSD00.03.023, element: DE06.00.062.00, year: '2011', type: DT, format: DT15, required: true}
  - {name: fee, title: 费用, id: local, element: local, year: local, type: 'N', format: 'N..8,2'}
measures: [fee]
rules:
  - code: born_first
    severity: error
    dimension: usability
    field: visited_at
    expr: "birth_date <= CAST(visited_at AS DATE)"
    message: 就诊时间早于出生日期
"""

CHARGE = """\
name: charge
title: 收费
category: fee
source: {standard: local}
key: [charge_no]
event_time: charged_on
references:
  - {fields: [visit_no], dataset: visit, to: [visit_no], severity: warning, message: 门诊号不存在}
fields:
  - {name: charge_no, title: 收费流水号, id: local, element: local, year: local, type: S1, format: AN..30, required: true}
  - {name: visit_no, title: 门诊号, id: local, element: local, year: local, type: S1, format: AN..18}
  - {name: charged_on, title: 收费日期, id: local, element: local, year: local, type: D, format: D8, required: true}
"""

SEXES = "title\t性别代码\nstandard\tGB/T 2261.1-2003\nversion\t2003\nowner\t国家标准\ncode\tname\n1\t男性\n2\t女性\n"

PROFILE = """\
name: hospital
title: 医院上报要求
kinds: [hospital]
year: '2020'
scheduled: {day: [visit, charge]}
realtime: [visit]
"""

FILES = {
    "datasets/visit.yaml": VISIT,
    "datasets/charge.yaml": CHARGE,
    "value_sets/sexes.tsv": SEXES,
    "profiles/hospital.yaml": PROFILE,
}


def write_files(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder holding the small catalogue, right in every way."""
    return write_files(tmp_path, FILES)
