# ruff: noqa: E501 - tables read best with a case a line
"""One wrong definition after another: each is refused with its exact place and reason."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from kangqiao.base.errors import DefinitionError
from kangqiao.standards.catalogue import load_catalogue, survey
from kangqiao.standards.keywords import SQL_KEYWORDS

VISIT = "datasets/visit.yaml"
CHARGE = "datasets/charge.yaml"
SEXES = "value_sets/sexes.tsv"
HOSPITAL = "profiles/hospital.yaml"

FIELD_KEYS = "name, title, id, element, year, type, format, required, value_set, identifies, checksum, note"
SPELLING = "must be lower-case letters, digits and underscores"

# file, text in it, what stands there instead, where, reason
WRONG = {
    # documents
    "syntax": (VISIT, "key: [visit_no]", "key: [visit_no", "", "is not YAML: did not find expected ',' or ']'"),
    "key twice": (VISIT, "title: 就诊\n", "title: 就诊\ntitle: 复诊\n", "", "is not YAML: key 'title' is written twice"),
    "a bare number": (VISIT, "year: '2011', type: D,", "year: 2011, type: D,", "", "is not YAML: '2011' must be in quotes"),
    "a flag as yes": (VISIT, "required: true", "required: yes", "", "is not YAML: 'yes' must be in quotes"),
    "a key of a number": (CHARGE, "title: 收费\n", "1: 收费\n", "", "is not YAML: '1' must be in quotes"),
    "a list as key": (CHARGE, "title: 收费\n", "[a]: 收费\n", "", "is not YAML: a key must be text"),
    "not a mapping": (CHARGE, None, "- a\n- b\n", "", "must be a mapping"),
    "empty": (CHARGE, None, "", "", "must be a mapping"),
    "tab": (CHARGE, None, "name:\n\t- a\n", "", "is not YAML: found character that cannot start any token"),
    # a dataset's keys
    "unknown key": (
        *(VISIT, "measures: [fee]", "measure: [fee]", ""),
        "unknown key 'measure', one of name, title, category, event_time, source, key, fields, "
        "person, references, successions, measures, rules",
    ),
    "missing key": (VISIT, "event_time: visited_at\n", "", "", "missing key 'event_time'"),
    "text as list": (VISIT, "key: [visit_no]", "key: visit_no", "", "key 'key' must be a list of texts, not 'visit_no'"),
    "empty text": (CHARGE, "title: 收费\n", "title: ''\n", "", "key 'title' must be text, not ''"),
    "space about text": (CHARGE, "title: 收费\n", "title: '收费 '\n", "", "key 'title' must be text, not '收费 '"),
    "other name": (VISIT, "name: visit\n", "name: visits\n", "", "name 'visits' must be the file's name"),
    "no category": (VISIT, "category: outpatient\n", "", "", "missing key 'category'"),
    "category": (VISIT, "category: outpatient", "category: ward", "", "unknown category 'ward', one of resource, outpatient, inpatient, course, consent, nursing, operation, exam, fee, pharmacy, blood, maternal_child, disease_control, chronic, community, referral, quality"),
    "upper case": (VISIT, "name: visit\n", "name: Visit\n", "", f"'Visit' {SPELLING}"),
    "source without standard": (CHARGE, "{standard: local}", "{part: 第2部分}", ": source", "missing key 'standard'"),
    "source of a kind unknown": (
        *(CHARGE, "{standard: local}", "{standard: local, url: x}", ": source"),
        "unknown key 'url', one of standard, part, table",
    ),
    "no fields": (CHARGE, None, "name: charge\ntitle: 收费\ncategory: fee\nsource: {standard: local}\nkey: []\nevent_time: a\nfields: []\n", "", "has no fields"),
    # fields
    "field key": (VISIT, "title: 费用,", "titel: 费用,", ": fields.fee", f"unknown key 'titel', one of {FIELD_KEYS}"),
    "field without format": (VISIT, ", type: 'N', format: 'N..8,2'", ", type: 'N'", ": fields.fee", "missing key 'format'"),
    "field without name": (VISIT, "name: fee, ", "", ": fields.[7]", "missing key 'name'"),
    "field's flag as text": (VISIT, "required: true", "required: 'true'", ": fields.visit_no", "key 'required' must be true or false, not 'true'"),
    "field name": (VISIT, "name: fee,", "name: Fee,", ": fields.Fee", f"'Fee' {SPELLING}"),
    "word of SQL": (VISIT, "name: fee,", "name: order,", ": fields.order", "'order' is a word of SQL and cannot name a field"),
    "another word of SQL": (VISIT, "name: fee,", "name: at,", ": fields.at", "'at' is a word of SQL and cannot name a field"),
    "type": (VISIT, "type: D,", "type: X,", ": fields.birth_date", "unknown type 'X', one of S1, S2, S3, N, D, DT, L"),
    "format": (VISIT, "format: AN..30", "format: AN..", ": fields.patient_no", "format 'AN..' has no upper length"),
    "format of a date": (VISIT, "format: D8", "format: D10", ": fields.birth_date", "format 'D10' does not fit type D, which is written D8"),
    "format of a number": (VISIT, "format: 'N..8,2'", "format: AN..8", ": fields.fee", "format 'AN..8' does not fit type N"),
    "id": (VISIT, "id: HDSD00.03.025", "id: HDSD00.3.25", ": fields.visit_no", "id 'HDSD00.3.25' must be like HDSD00.03.025, or local"),
    "element": (
        *(VISIT, "element: DE01.00.010.00", "element: DE01.00.010", ": fields.visit_no"),
        "element 'DE01.00.010' must be like DE02.01.039.00, or local",
    ),
    "year": (VISIT, "element: DE01.00.010.00, year: '2011'", "element: DE01.00.010.00, year: '2012'", ": fields.visit_no", "unknown year '2012', one of 2011, 2014, 2023, local"),
    "year of a local element": (
        *(VISIT, "element: DE01.00.010.00, year: '2011'", "element: local, year: '2011'", ": fields.visit_no"),
        "element and year must both be local, or neither",
    ),
    "value set": (VISIT, "value_set: sexes", "value_set: genders", ": fields.sex", "unknown value set 'genders'"),
    "value set of free text": (VISIT, "type: S3", "type: S1", ": fields.sex", "type S1 is free text and has no value_set"),
    "S2 without values": (VISIT, "type: S3, format: N1, value_set: sexes", "type: S2, format: N1", ": fields.sex", "type S2 needs a value_set"),
    "value set of a number": (
        *(VISIT, "format: 'N..8,2'", "format: 'N..8,2', value_set: sexes", ": fields.fee"),
        "key 'value_set' is for text, but the type is N",
    ),
    "codes too short": (VISIT, "format: N1,", "format: N2,", ": fields.sex", "code '1' of value set sexes does not fit format N2"),
    "identifies": (VISIT, "identifies: name", "identifies: face", ": fields.patient_name", "unknown identifies 'face', one of id_no, name, phone, address"),
    "identifies of a date": (
        *(VISIT, "format: D8", "format: D8, identifies: name", ": fields.birth_date"),
        "key 'identifies' is for text, but the type is D",
    ),
    "checksum": (VISIT, "checksum: resident_id", "checksum: luhn", ": fields.id_no", "unknown checksum 'luhn', one of resident_id, uscc"),
    "name twice": (VISIT, "name: fee, ", "name: sex, ", "", "field name 'sex' is used twice"),
    "title twice": (VISIT, "title: 费用", "title: 性别代码", "", "title '性别代码' is used twice"),
    "field id twice": (VISIT, "id: HDSD00.03.017", "id: HDSD00.03.025", "", "field id 'HDSD00.03.025' is used twice"),
    # key, event time, person, measures
    "empty key": (CHARGE, "key: [charge_no]", "key: []", ": key", "names no field"),
    "key of no field": (VISIT, "key: [visit_no]", "key: [number]", ": key", "'number' is not a field"),
    "key not required": (VISIT, "key: [visit_no]", "key: [patient_no]", ": key", "field 'patient_no' must be required"),
    "key identifies": (VISIT, "key: [visit_no]", "key: [visit_no, id_no]", ": key", "field 'id_no' identifies a person and cannot be in a key"),
    "event of no field": (VISIT, "event_time: visited_at", "event_time: at", ": event_time", "'at' is not a field"),
    "event not required": (VISIT, "event_time: visited_at", "event_time: birth_date", ": event_time", "field 'birth_date' must be a required D or DT"),
    "event of a text": (VISIT, "event_time: visited_at", "event_time: visit_no", ": event_time", "field 'visit_no' must be a required D or DT"),
    "person role": (
        *(VISIT, "person: {id_no: id_no,", "person: {passport: id_no,", ": person"),
        "unknown key 'passport', one of id_no, id_type, name, sex, birth_date, phone, address, local_no",
    ),
    "person of no field": (VISIT, "local_no: patient_no}", "local_no: record_no}", ": person.local_no", "'record_no' is not a field"),
    "person not said to identify": (
        *(VISIT, ", identifies: name", "", ": person.name"),
        "field 'patient_name' must have identifies name",
    ),
    "local number that identifies": (
        *(VISIT, "local_no: patient_no}", "local_no: id_no}", ": person.local_no"),
        "field 'id_no' must have identifies absent",
    ),
    "birth date of a moment": (VISIT, "birth_date: birth_date", "birth_date: visited_at", ": person.birth_date", "field 'visited_at' must be a D"),
    "measure of no field": (VISIT, "measures: [fee]", "measures: [cost]", ": measures", "'cost' is not a field"),
    "measure of a text": (VISIT, "measures: [fee]", "measures: [sex]", ": measures", "field 'sex' must be an N"),
    # rules
    "rule key": (
        *(VISIT, "    field: visited_at\n", "    fields: visited_at\n", ": rules.born_first"),
        "unknown key 'fields', one of code, severity, dimension, expr, message, field, source",
    ),
    "rule without message": (VISIT, "    message: 就诊时间早于出生日期\n", "", ": rules.born_first", "missing key 'message'"),
    "rule without code": (VISIT, "- code: born_first\n    severity", "- severity", ": rules.[0]", "missing key 'code'"),
    "rule code": (VISIT, "code: born_first", "code: born-first", ": rules.born-first", f"'born-first' {SPELLING}"),
    "severity": (VISIT, "severity: error", "severity: fatal", ": rules.born_first", "unknown severity 'fatal', one of error, warning"),
    "dimension": (
        *(VISIT, "dimension: usability", "dimension: beauty", ": rules.born_first"),
        "unknown dimension 'beauty', one of completeness, conformity, continuity, linkage, usability",
    ),
    "rule on no field": (VISIT, "    field: visited_at", "    field: at", ": rules.born_first", "'at' is not a field"),
    # references
    "reference of no field": (CHARGE, "{fields: [visit_no],", "{fields: [visit],", ": references.visit", "'visit' is not a field"),
    "reference to no dataset": (CHARGE, "dataset: visit,", "dataset: visits,", ": references.visits", "unknown dataset 'visits'"),
    "reference to no field": (CHARGE, "to: [visit_no]", "to: [number]", ": references.visit", "'number' is not a field of visit"),
    "reference of one to two": (CHARGE, "to: [visit_no]", "to: [visit_no, sex]", ": references.visit", "1 fields refer to 2"),
    "reference of none": (CHARGE, "fields: [visit_no], dataset: visit, to: [visit_no]", "fields: [], dataset: visit, to: []", ": references.visit", "0 fields refer to 0"),
    "reference of other type": (CHARGE, "to: [visit_no]", "to: [fee]", ": references.visit", "'visit_no' and 'fee' are of different types"),
    "reference severity": (CHARGE, "severity: warning", "severity: hint", ": references.visit", "unknown severity 'hint', one of error, warning"),
    "reference key": (
        *(CHARGE, "to: [visit_no]", "into: [visit_no]", ": references.visit"),
        "unknown key 'into', one of fields, to, dataset, severity, message",
    ),
    # value sets
    "value set without title": (SEXES, "title\t", "name\t", "", "must begin with one of title, standard, version, owner, code, not 'name'"),
    "value set's columns": (SEXES, "code\tname", "code\tmeaning", "", "must be 'code' and 'name'"),
    "value set without tab": (SEXES, "2\t女性", "2 女性", "", "must be two cells with a tab between them"),
    "value set with a space": (SEXES, "2\t女性", "2\t女性 ", "", "must be two cells with a tab between them"),
    "code twice": (SEXES, "2\t女性", "1\t女性", "", "code '1' is written twice"),
    "value set without title at all": (SEXES, "title\t性别代码\n", "", "", "missing line 'title'"),
    "value set's version twice": (SEXES, "owner\t国家标准", "version\t2004", "", "must begin with one of owner, code, not 'version'"),
    "value set without columns": (SEXES, "code\tname\n1\t男性\n2\t女性\n", "", "", "has no line 'code' and 'name'"),
    "value set without codes": (SEXES, "1\t男性\n2\t女性\n", "", "", "has no codes"),
    # profiles
    "profile's name": (HOSPITAL, "name: hospital", "name: Hospital", "", "'Hospital' must be lower-case letters, digits, hyphens and underscores"),
    "profile's other name": (HOSPITAL, "name: hospital", "name: clinic", "", "name 'clinic' must be the file's name"),
    "profile's year": (HOSPITAL, "year: '2020'", "year: '20'", "", "year '20' must be four digits"),
    "profile without kinds": (HOSPITAL, "kinds: [hospital]", "kinds: []", "", "names no kind of institution"),
    "profile with a kind twice": (HOSPITAL, "kinds: [hospital]", "kinds: [hospital, hospital]", "", "names a kind twice"),
    "profile kind": (HOSPITAL, "kinds: [hospital]", "kinds: [clinic]", "", "unknown kind 'clinic', one of hospital, district"),
    "profile's dataset": (HOSPITAL, "realtime: [visit]", "realtime: [visits]", ": realtime", "unknown dataset 'visits'"),
    "profile's dataset twice": (HOSPITAL, "day: [visit, charge]", "day: [visit], month: [visit]", ": scheduled", "dataset 'visit' is used twice"),
    "profile's pace": (HOSPITAL, "{day: [visit", "{week: [visit", ": scheduled", "unknown key 'week', one of day, month, any"),
    "profile's key": (HOSPITAL, "realtime:", "live:", "", "unknown key 'live', one of name, title, kinds, year, scheduled, realtime"),
}  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "where", "reason"), WRONG.values(), ids=WRONG.keys())
def test_wrong_definition_is_refused(
    request: pytest.FixtureRequest, small: Path, file: str, old: str | None, new: str, where: str, reason: str
) -> None:
    path = small / file
    text = path.read_text(encoding="utf-8")
    assert old is None or old in text
    path.write_text(new if old is None else text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DefinitionError) as refused:
        load_catalogue(small)
    assert (refused.value.where, refused.value.reason) == (file + where, reason)
    assert refused.value.line == LINES.get(request.node.callspec.id)


LINES = {
    "syntax": 6,  #
    "key twice": 3,  #
    "a bare number": 14,  #
    "a flag as yes": 9,  #
    "a key of a number": 2,  #
    "a list as key": 2,  #
    "not a mapping": 1,  #
    "tab": 2,  #
    "unknown key": 17,  #
    "missing key": 1,  #
    "text as list": 5,  #
    "empty text": 2,  #
    "space about text": 2,  #
    "other name": 1,  #
    "no category": 1,  #
    "category": 3,  #
    "upper case": 1,  #
    "source without standard": 4,  #
    "source of a kind unknown": 4,  #
    "no fields": 7,  #
    "field key": 16,  #
    "field without format": 16,  #
    "field without name": 16,  #
    "field's flag as text": 9,  #
    "field name": 16,  #
    "word of SQL": 16,  #
    "another word of SQL": 16,  #
    "type": 14,  #
    "format": 10,  #
    "format of a date": 14,  #
    "format of a number": 16,  #
    "id": 9,  #
    "element": 9,  #
    "year": 9,  #
    "year of a local element": 9,  #
    "value set": 13,  #
    "value set of free text": 13,  #
    "S2 without values": 13,  #
    "value set of a number": 16,  #
    "codes too short": 13,  #
    "identifies": 12,  #
    "identifies of a date": 14,  #
    "checksum": 11,  #
    "name twice": 16,  #
    "title twice": 16,  #
    "field id twice": 12,  #
    "empty key": 5,  #
    "key of no field": 5,  #
    "key not required": 5,  #
    "key identifies": 5,  #
    "event of no field": 6,  #
    "event not required": 6,  #
    "event of a text": 6,  #
    "person role": 7,  #
    "person of no field": 7,  #
    "person not said to identify": 7,  #
    "local number that identifies": 7,  #
    "birth date of a moment": 7,  #
    "measure of no field": 17,  #
    "measure of a text": 17,  #
    "rule key": 22,  #
    "rule without message": 19,  #
    "rule without code": 19,  #
    "rule code": 19,  #
    "severity": 20,  #
    "dimension": 21,  #
    "rule on no field": 22,  #
    "reference of no field": 8,  #
    "reference to no dataset": 8,  #
    "reference to no field": 8,  #
    "reference of one to two": 8,  #
    "reference of none": 8,  #
    "reference of other type": 8,  #
    "reference severity": 8,  #
    "reference key": 8,  #
    "value set without title": 1,  #
    "value set's columns": 5,  #
    "value set without tab": 7,  #
    "value set with a space": 7,  #
    "code twice": 7,  #
    "value set without title at all": 1,  #
    "value set's version twice": 4,  #
    "profile's name": 1,  #
    "profile's other name": 1,  #
    "profile's year": 4,  #
    "profile without kinds": 3,  #
    "profile with a kind twice": 3,  #
    "profile kind": 3,  #
    "profile's dataset": 6,  #
    "profile's dataset twice": 5,  #
    "profile's pace": 5,  #
    "profile's key": 6,  #
}
"""The line of each refusal; a file that is empty or has no codes has none."""

RULES = {
    "no such field": ("births <= birth_date", "expr names 'births', which is not a field"),
    "no field at all": ("1 = 1", "expr names no field"),
    "not finished": ("birth_date <=", "expr cannot be parsed at character 13"),
    "quote left open": ("patient_no = 'a", "expr cannot be parsed"),
    "word too many": ("fee > 0 fee", "expr may not use ALIAS"),
    "not a condition": ("fee + 1", "expr does not give true or false"),
    "a text": ("patient_no || id_no", "expr may not use DPIPE"),
    "unknown function": ("upper(patient_no) = patient_no", "unknown function 'upper'"),
    "unknown macro": ("is_good(patient_no)", "unknown function 'is_good'"),
    "too few arguments": ("matches(patient_no)", "function 'matches' takes 2 arguments, not 1"),
    "too many arguments": ("id_sex(id_no, sex) = sex", "function 'id_sex' takes 1 arguments, not 2"),
    "two statements": ("fee > 0; fee < 1", "expr must be one expression"),
    "a query": ("fee > (SELECT 1)", "expr may not use SUBQUERY"),
    "a whole statement": ("DROP TABLE visit", "expr may not use DROP"),
    "a table": ("visit.fee > 0", "expr may not name a table: 'visit.fee'"),
    "a cast that hides": ("TRY_CAST(patient_no AS DATE) < birth_date", "unknown function 'try_cast'"),
    "if as function": ("if(fee > 0, fee < 9, fee > 9)", "unknown function 'if'"),
}


@pytest.mark.parametrize(("expr", "reason"), RULES.values(), ids=RULES.keys())
def test_wrong_rule_is_refused(small: Path, expr: str, reason: str) -> None:
    path = small / VISIT
    good = "birth_date <= CAST(visited_at AS DATE)"
    path.write_text(path.read_text(encoding="utf-8").replace(good, expr), encoding="utf-8")
    with pytest.raises(DefinitionError) as refused:
        load_catalogue(small)
    assert (refused.value.where, refused.value.reason) == (f"{VISIT}: rules.born_first", reason)


def test_rule_code_twice(small: Path) -> None:
    path = small / VISIT
    text = path.read_text(encoding="utf-8")
    path.write_text(text + text[text.index("  - code:") :], encoding="utf-8")
    with pytest.raises(DefinitionError) as refused:
        load_catalogue(small)
    assert (refused.value.where, refused.value.reason) == (f"{VISIT}: rules.born_first", "code is used twice")


def test_references_that_go_round(small: Path) -> None:
    path = small / VISIT
    text = path.read_text(encoding="utf-8")
    back = "references:\n  - {fields: [visit_no], dataset: charge, to: [charge_no], severity: warning, message: 无}\n"
    path.write_text(text.replace("measures:", back + "measures:"), encoding="utf-8")
    with pytest.raises(DefinitionError) as refused:
        load_catalogue(small)
    assert refused.value.where == "datasets/charge.yaml: references"
    assert refused.value.reason == "references go round: charge → visit → charge"


def test_reference_to_itself(small: Path) -> None:
    path = small / CHARGE
    path.write_text(path.read_text(encoding="utf-8").replace("dataset: visit,", "dataset: charge,"), encoding="utf-8")
    with pytest.raises(DefinitionError) as refused:
        load_catalogue(small)
    assert refused.value.reason == "references go round: charge → charge"


def test_a_table_prescribed_by_two_profiles(small: Path) -> None:
    text = (small / HOSPITAL).read_text(encoding="utf-8")
    (small / "profiles/wards.yaml").write_text(text.replace("name: hospital", "name: wards"), encoding="utf-8")
    _, problems = survey(small)
    assert [str(problem) for problem in problems] == [
        "profiles/wards.yaml:5: scheduled: dataset 'visit' is prescribed to hospital by hospital already",
        "profiles/wards.yaml:5: scheduled: dataset 'charge' is prescribed to hospital by hospital already",
        "profiles/wards.yaml:6: realtime: dataset 'visit' is prescribed to hospital by hospital already",
    ]


def test_all_that_is_wrong_is_told(small: Path) -> None:
    """Faults of several files and of one file; what only follows from another fault is not told."""
    for file, old, new in (
        (VISIT, "value_set: sexes", "value_set: genders"),
        (VISIT, "title: 费用", "title: 性别代码"),
        (VISIT, "birth_date <= CAST", "birthday <= CAST"),
        (CHARGE, "type: D, format: D8", "type: X, format: D8"),
        (HOSPITAL, "realtime: [visit]", "realtime: [ward]"),
    ):
        path = small / file
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    known, problems = survey(small)
    assert [str(problem) for problem in problems] == [
        "datasets/charge.yaml:12: fields.charged_on: unknown type 'X', one of S1, S2, S3, N, D, DT, L",
        "datasets/visit.yaml:13: fields.sex: unknown value set 'genders'",
        "datasets/visit.yaml:16: title '性别代码' is used twice",
        "datasets/visit.yaml:23: rules.born_first: expr names 'birthday', which is not a field",
        "profiles/hospital.yaml:6: realtime: unknown dataset 'ward'",
    ]
    assert known.datasets == {}


def test_no_field_may_be_called_as_duckdb_reserves() -> None:
    reserved = duckdb.sql(
        "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category IN ('reserved', 'type_function')"
    ).fetchall()
    assert {name for (name,) in reserved} - SQL_KEYWORDS == set()


@pytest.mark.parametrize("file", [VISIT, SEXES])
def test_bytes_that_are_not_utf8(small: Path, file: str) -> None:
    (small / file).write_bytes("title\t就诊".encode("gbk"))
    with pytest.raises(DefinitionError) as refused:
        load_catalogue(small)
    assert (refused.value.where, refused.value.reason) == (file, "is not UTF-8")


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError) as refused:
        load_catalogue(tmp_path)
    assert (refused.value.where, refused.value.reason) == ("value_sets", "no such folder")
