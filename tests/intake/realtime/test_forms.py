"""Forms over the API: verdicts by the rules of files, answered once, in the lake once, corrected, cancelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from django.test import Client
from tests.intake.conftest import FACTS, Load
from tests.intake.outbox import DATASET, DRUM_TOWER, HEADER, charge, send

from kangqiao.access.audit.models import AuditEvent
from kangqiao.access.keys.actions import KeyWish, create_key
from kangqiao.access.rights import Reader
from kangqiao.base.home import Home, current_home
from kangqiao.engine.lake.lake import Lake
from kangqiao.intake.models import Submission
from kangqiao.intake.realtime.actions import flush_all
from kangqiao.intake.realtime.models import FormCall, FormRow
from kangqiao.oversight.statistics.models import DailyFact
from kangqiao.registry.queries import institution_by_text
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Channel

DAY = "2024-06-03"
Call = Callable[..., tuple[int, dict[str, Any]]]


def row(number: str, amount: str = "12.50", **changes: Any) -> dict[str, Any]:
    values = dict(zip(HEADER.split(","), charge(number, DAY, amount).split(","), strict=True))
    return {**values, **changes}


def key_for(name: str, **wish: Any) -> str:
    institution = institution_by_text(name)
    assert institution is not None
    return create_key(KeyWish(institution.pk, "前置机", **wish), by=Reader("account", "manager"))[1]


@pytest.fixture
def call(home: Home) -> Call:
    """Send rows; answers status and body. ``key`` is the idempotency key."""
    token = key_for(DRUM_TOWER)

    def send_rows(*rows: Any, key: str, mode: str = "new", dataset: str = DATASET) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        body = {"mode": mode, "rows": list(rows)}
        answer = Client().post(f"/api/v1/forms/{dataset}", body, "application/json", headers=headers)
        return answer.status_code, {**answer.json(), "_replayed": answer.headers.get("Idempotent-Replayed")}

    return send_rows


def counts(answer: dict[str, Any]) -> tuple[int, int, int, int]:
    return answer["received"], answer["accepted"], answer["duplicate"], answer["rejected"]


def stored() -> list[tuple[str, str]]:
    """Key and amount of every row in the lake."""
    table = Lake(current_home().lake).table(Channel.REALTIME, catalogue().dataset(DATASET))
    paths = list(table.paths()) if table else []
    if not paths:
        return []
    query = "SELECT charge_no, total_amount::VARCHAR FROM read_parquet($p, hive_partitioning=false) ORDER BY ALL"
    return duckdb.execute(query, {"p": paths}).fetchall()


def test_each_row_has_its_verdict_and_goes_to_the_lake_once(call: Call) -> None:
    status, answer = call(row("C1"), row("C2", "many"), row("C1"), row("C3", total_amount=7.25), key="a")
    assert (status, counts(answer)) == (200, (4, 2, 1, 1))
    assert [item["verdict"] for item in answer["rows"]] == ["accepted", "rejected", "duplicate", "accepted"]
    errors = [item["rule"] for item in answer["rows"][1]["findings"] if item["severity"] == "error"]
    assert errors == ["type"]
    assert stored() == []
    (receipt,) = flush_all(facts=FACTS)
    item = receipt.submission
    assert (item.received, item.stored, item.duplicate, item.rejected) == (4, 2, 1, 1)
    assert stored() == [("C1", "12.50"), ("C3", "7.25")]
    assert flush_all(facts=FACTS) == []
    assert DailyFact.objects.values_list("received", "stored", "rejected").get() == (4, 2, 1)


def test_a_file_and_a_form_find_the_same_in_the_same_row(call: Call, load: Load, tmp_path: Any) -> None:
    wrong = row("C1", "many", id_no="110105194912310021", charged_at="20240631T101500")
    (receipt,) = load(send(tmp_path, DAY, [",".join(wrong.values())]))
    _, answer = call(wrong, key="a")
    of_file = {(item["rule"], item["field"]) for item in receipt["violations"]}
    of_form = {(item["rule"], item["field"]) for item in answer["rows"][0]["findings"]}
    assert of_form == {pair for pair in of_file if pair[0] not in ("reference",)}
    assert ("type", "charged_at") in of_form


def test_the_same_call_again_gets_the_same_answer_and_does_nothing(call: Call) -> None:
    first, again = call(row("C1"), key="a"), call(row("C1"), key="a")
    assert (first[1].pop("_replayed"), again[1].pop("_replayed")) == (None, "true")
    assert first == again
    assert (FormRow.objects.count(), AuditEvent.objects.filter(verb="form.send").count()) == (1, 1)


def test_the_same_key_for_another_call_is_refused(call: Call) -> None:
    call(row("C1"), key="a")
    status, problem = call(row("C2"), key="a")
    assert (status, problem["code"]) == (422, "form.key_reused")
    assert FormRow.objects.count() == 1


def test_a_correction_takes_the_place_of_a_waiting_and_of_a_stored_row(call: Call) -> None:
    call(row("C1"), row("C2"), key="a")
    assert counts(call(row("C1", "1.00"), key="b", mode="correct")[1]) == (1, 1, 0, 0)
    flush_all(facts=FACTS)
    assert stored() == [("C1", "1.00"), ("C2", "12.50")]
    call(row("C2", "2.00"), key="c", mode="correct")
    flush_all(facts=FACTS)
    assert stored() == [("C1", "1.00"), ("C2", "2.00")]
    assert DailyFact.objects.values_list("received", "stored").get() == (2, 2)
    assert sum(item.received - item.replaced for item in Submission.objects.all()) == 2


def test_a_cancellation_takes_the_row_back_wherever_it_is(call: Call) -> None:
    call(row("C1"), row("C2"), key="a")
    call({"charge_no": "C1"}, key="b", mode="cancel")
    flush_all(facts=FACTS)
    assert stored() == [("C2", "12.50")]
    call({"charge_no": "C2"}, key="c", mode="cancel")
    flush_all(facts=FACTS)
    assert stored() == []
    assert counts(call(row("C2"), key="d")[1]) == (1, 1, 0, 0)


@pytest.mark.parametrize("mode", ["correct", "cancel"])
def test_what_is_not_there_can_be_neither_corrected_nor_cancelled(call: Call, mode: str) -> None:
    _, answer = call(row("C9"), key="a", mode=mode)
    assert counts(answer) == (1, 0, 0, 1)
    assert answer["rows"][0]["findings"][-1]["rule"] == "row.unknown"


def test_a_key_twice_in_a_correction_counts_once(call: Call) -> None:
    call(row("C1"), key="a")
    _, answer = call(row("C1", "1.00"), row("C1", "2.00"), key="b", mode="correct")
    assert [item["verdict"] for item in answer["rows"]] == ["accepted", "rejected"]


def test_a_whole_day_frees_the_keys_of_the_forms_it_replaced(call: Call, load: Load, tmp_path: Any) -> None:
    call(row("C1"), key="a")
    flush_all(facts=FACTS)
    path = tmp_path / DRUM_TOWER / "realtime" / DATASET / f"{DAY}.csv"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join([HEADER, charge("C5", DAY), ""]))
    (receipt,) = load(path)
    assert receipt["rows"]["superseded"] == 1
    assert counts(call(row("C1"), key="b")[1]) == (1, 1, 0, 0)
    flush_all(facts=FACTS)
    assert [name for name, _ in stored()] == ["C1", "C5"]


def test_unknown_and_nested_values_are_told(call: Call) -> None:
    _, answer = call(row("C1", colour="red"), row("C2", cashier_name=["a"]), key="a")
    assert [(item["verdict"], item["findings"][0]["rule"]) for item in answer["rows"]] == [
        ("accepted", "unknown_field"),
        ("rejected", "nested_value"),
    ]


@pytest.mark.parametrize("text", ["a\ud800", "a\x00b"])
def test_what_no_store_can_hold_is_refused_by_row(call: Call, text: str) -> None:
    status, answer = call(row("C1", cashier_name=text, **{f"x{text}": 1}), row("C2"), key="a")
    assert (status, counts(answer)) == (200, (2, 1, 0, 1))
    assert {item["rule"] for item in answer["rows"][0]["findings"]} >= {"bad_character", "unknown_field"}


def test_a_cancelled_row_cannot_be_corrected(call: Call) -> None:
    call(row("C1"), key="a")
    call({"charge_no": "C1"}, key="b", mode="cancel")
    assert counts(call(row("C1"), key="c", mode="correct")[1]) == (1, 0, 0, 1)


@pytest.mark.parametrize(
    ("dataset", "key", "rows", "status"),
    [
        ("no_such_form", "a", [{}], 404),
        ("vaccination_record", "a", [{}], 404),
        (DATASET, "", [{}], 400),
        (DATASET, "a" * 201, [{}], 400),
        (DATASET, "a", [], 422),
        (DATASET, "a", [{}] * 1001, 422),
        (DATASET, "a", ["text"], 422),
    ],
)
def test_a_wrong_call_is_refused_whole(call: Call, dataset: str, key: str, rows: list[Any], status: int) -> None:
    assert call(*rows, key=key, dataset=dataset)[0] == status
    assert (FormCall.objects.count(), FormRow.objects.count()) == (0, 0)


def test_a_receipt_is_only_for_the_institution_that_called(call: Call) -> None:
    _, answer = call(row("C1"), row("C2", "many"), key="a")
    own, other = key_for(DRUM_TOWER), key_for("江苏省中医院")
    statuses = [
        Client().get(f"/api/v1/forms/calls/{number}", headers={"Authorization": f"Bearer {token}"})
        for number, token in ((answer["call"], own), (answer["call"], other), ("0" * 26, other))
    ]
    assert [item.status_code for item in statuses] == [200, 404, 404]
    assert statuses[0].json()["states"] == [{"row": 1, "state": "waiting"}, {"row": 2, "state": "rejected"}]
    assert statuses[1].json() == statuses[2].json()
