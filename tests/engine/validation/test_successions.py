"""What is known of the same person elsewhere: exact lines, counts, and agreement with plain Python."""

from __future__ import annotations

import hashlib
import hmac
import tempfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.trial import CARD, VISIT, Judged, judge_rows, store

from kangqiao.engine.validation.judge import Stored
from kangqiao.standards.model import Order, Succession

KEY = b"k" * 32
SHORT_CARD = "320102900101103"
"""The same person's old number of 15 digits."""
AFTER = Succession("visit_after_death", "seen_at", Order.NOT_AFTER, "death", "died_at", "该患者此前已有死亡登记")
BEFORE = Succession("death_before_visit", "seen_at", Order.NOT_BEFORE, "death", "died_at", "该患者此后仍有就诊")
BOTH = replace(VISIT, references=(), rules=(), successions=(AFTER, BEFORE))
LATER, EARLIER = ("visit_after_death", "seen_at"), ("death_before_visit", "seen_at")


def person_key(kind: str, number: str) -> str:
    return hmac.new(KEY, f"id|{kind}|{number}".encode(), hashlib.sha256).hexdigest()[:32]


def deaths(folder: Path, *rows: tuple[str, datetime | date | None]) -> Stored:
    keys, moments = zip(*rows, strict=True)
    return Stored(
        moments={"death": (store(folder / "death.parquet", person_key=[*keys], died_at=[*moments]),)}, person_key=KEY
    )


def found(judged: Judged) -> list[tuple[int, str, str | None, str]]:
    """Line, rule, value and message of all but the days that are not the file's."""
    findings = [(row.line, item) for row in judged.rows for item in row.findings if item.check.rule != "event_day"]
    return [(line, item.check.rule, item.value, item.message) for line, item in findings]


def test_a_visit_after_the_death_is_found_with_both_moments(tmp_path: Path) -> None:
    stored = deaths(
        tmp_path, (person_key("01", CARD), datetime.fromisoformat("2024-05-30T23:59")), (person_key("03", "P1"), None)
    )
    judged = judge_rows(
        tmp_path,
        {"id_no": CARD},
        {"id_no": CARD, "seen_at": "20240530T000000"},
        {"id_no": SHORT_CARD, "seen_at": "20240531T000000"},
        {"id_no": CARD, "id_type": "03"},
        {"id_no": "P1", "id_type": "03"},
        {},
        dataset=replace(BOTH, successions=(AFTER,)),
        stored=stored,
    )
    said = "该患者此前已有死亡登记（2024-05-30）"
    assert found(judged) == [
        (2, "visit_after_death", "20240601T083000", said),
        (4, "visit_after_death", "20240531T000000", said),
    ]
    assert judged.counts()[LATER] == (2, 5)
    assert judged.verdict.accepted == 6


def test_a_death_before_a_stored_visit_is_found_the_other_way_round(tmp_path: Path) -> None:
    one = person_key("01", CARD)
    stored = deaths(
        tmp_path, (one, date(2024, 6, 1)), (one, date(2024, 6, 9)), (person_key("01", "x"), date(2025, 1, 1))
    )
    judged = judge_rows(
        tmp_path,
        {"id_no": CARD},
        {"id_no": CARD, "seen_at": "20240609T235959"},
        dataset=replace(BOTH, successions=(BEFORE,)),
        stored=stored,
    )
    assert found(judged) == [(2, "death_before_visit", "20240601T083000", "该患者此后仍有就诊（2024-06-09）")]
    assert judged.counts()[EARLIER] == (1, 2)


def test_without_a_store_it_does_not_apply_and_with_an_empty_one_nothing_is_wrong(tmp_path: Path) -> None:
    linkage = {
        stored is None: judge_rows(tmp_path, {"id_no": CARD}, {}, dataset=BOTH, stored=stored).verdict.dimensions[
            "linkage"
        ]
        for stored in (None, Stored())
    }
    assert linkage == {True: (0, 0), False: (0, 2)}


def test_rejected_rows_are_neither_found_nor_counted(tmp_path: Path) -> None:
    stored = deaths(tmp_path, (person_key("01", CARD), date(2024, 5, 1)))
    judged = judge_rows(tmp_path, {"id_no": CARD, "sex": "9"}, {"id_no": CARD}, dataset=BOTH, stored=stored)
    assert found(judged)[1:] == [(3, "visit_after_death", "20240601T083000", "该患者此前已有死亡登记（2024-05-01）")]
    assert judged.counts()[LATER] == (1, 1)


START = date(2024, 6, 1)
PEOPLE = (("01", CARD), ("03", "P1"), ("03", "P2"), ("", ""))
ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(-3, 3)), min_size=1, max_size=12)


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, known=st.lists(st.tuples(st.integers(0, 2), st.integers(-3, 3)), min_size=1, max_size=12))
def test_any_small_store_against_plain_python(rows: list[tuple[int, int]], known: list[tuple[int, int]]) -> None:
    expected = []
    for line, (person, day) in enumerate(rows, 2):
        others = [other for who, other in known if who == person]
        expected += [(line, AFTER.code)] * any(other < day for other in others)
        expected += [(line, BEFORE.code)] * any(other > day for other in others)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stored = deaths(folder, *((person_key(*PEOPLE[who]), START + timedelta(days=day)) for who, day in known))
        uploaded = [
            {
                "id_type": PEOPLE[who][0],
                "id_no": PEOPLE[who][1],
                "seen_at": f"{START + timedelta(days=day):%Y%m%d}T120000",
            }
            for who, day in rows
        ]
        judged = judge_rows(folder, *uploaded, dataset=BOTH, stored=stored)
        told = [(line, code) for line, code, _, _ in found(judged)]
        counts = judged.verdict.dimensions["linkage"]
    assert told == expected
    assert counts == (len(expected), 2 * sum(who < 3 for who, _ in rows))
