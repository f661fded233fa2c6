"""Rows mended by their sender, rows judged anew: they add to the day, and no row counts twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.intake.conftest import FACTS, Load, lake_rows
from tests.intake.outbox import DATASET, charge, send

from kangqiao.base.errors import RequestRefused
from kangqiao.base.home import Home
from kangqiao.engine.lake.lake import Lake
from kangqiao.intake.actions import amend, replay, roll_back_table
from kangqiao.intake.models import Submission
from kangqiao.intake.rejected import read_rejected, write_rejected_csv
from kangqiao.oversight.statistics.models import DailyFact
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Channel

DAY = "2024-06-03"


def counts(item: Submission) -> tuple[int, int, int, int, int]:
    """Received, stored, duplicate, rejected, replaced."""
    item.refresh_from_db()
    return item.received, item.stored, item.duplicate, item.rejected, item.replaced


def fact() -> tuple[int, int, int]:
    return DailyFact.objects.values_list("received", "stored", "rejected").get()


def first(load: Load, folder: Path) -> Submission:
    """Three rows, two of them with an amount that is no number."""
    rows = [charge("C1", DAY), charge("C2", DAY, "many"), charge("C3", DAY, "few")]
    (receipt,) = load(send(folder, DAY, rows))
    return Submission.objects.get(pk=receipt["id"])


def rejected_file(submission: Submission, path: Path, *changes: tuple[str, str]) -> Path:
    """The rejected rows as their sender downloads them, mended by ``changes``."""
    with path.open("wb") as stream:
        write_rejected_csv(submission, stream)
    text = path.read_text("utf-8-sig")
    for old, new in changes:
        text = text.replace(old, new)
    path.write_text(text, "utf-8-sig")
    return path


def test_a_mended_row_takes_the_place_of_the_rejected_one(home: Home, load: Load, tmp_path: Path) -> None:
    before = first(load, tmp_path)
    assert counts(before) == (3, 1, 0, 2, 0)
    mended = rejected_file(before, tmp_path / "mended.csv", (",many,", ",12.50,"))
    receipt = amend(before, mended, facts=FACTS, name="改正.csv")
    after = receipt.submission
    assert (after.file_name, after.amends_id, after.is_addition) == ("改正.csv", before.pk, True)
    assert counts(after) == (2, 1, 0, 1, 0)
    assert counts(before) == (3, 1, 0, 0, 2)
    assert fact() == (3, 2, 1)
    assert [row[2] for row in lake_rows(home)] == ["C1", "C2"]
    assert read_rejected(before) == []


def test_the_same_mended_file_again_changes_nothing_but_its_own_receipt(home: Home, load: Load, tmp_path: Path) -> None:
    before = first(load, tmp_path)
    mended = rejected_file(before, tmp_path / "m.csv", (",many,", ",1.00,"), (",few,", ",2.00,"))
    amend(before, mended, facts=FACTS)
    again = amend(before, mended, facts=FACTS).submission
    assert counts(again) == (2, 0, 2, 0, 0)
    assert counts(before) == (3, 1, 0, 0, 2)
    assert [row[2] for row in lake_rows(home)] == ["C1", "C2", "C3"]


def test_rows_still_wrong_can_be_mended_on_the_newer_receipt(home: Home, load: Load, tmp_path: Path) -> None:
    before = first(load, tmp_path)
    second = amend(before, rejected_file(before, tmp_path / "a.csv", (",many,", ",1.00,")), facts=FACTS).submission
    third = amend(second, rejected_file(second, tmp_path / "b.csv", (",few,", ",2.00,")), facts=FACTS).submission
    assert [counts(item) for item in (before, second, third)] == [(3, 1, 0, 0, 2), (2, 1, 0, 0, 1), (1, 1, 0, 0, 0)]
    assert fact() == (3, 3, 0)


def test_a_mended_file_without_a_head_is_refused_and_takes_nothing(home: Home, load: Load, tmp_path: Path) -> None:
    before = first(load, tmp_path)
    path = tmp_path / "nothing.csv"
    path.write_text("1,2,3\n")
    receipt = amend(before, path, facts=FACTS)
    assert (receipt.submission.state, receipt.submission.refusal_code) == ("refused", "file.no_header")
    assert counts(before) == (3, 1, 0, 2, 0)


def test_a_whole_day_replaces_what_was_added_to_it(home: Home, load: Load, tmp_path: Path) -> None:
    before = first(load, tmp_path)
    added = amend(before, rejected_file(before, tmp_path / "m.csv", (",many,", ",1.00,")), facts=FACTS).submission
    (receipt,) = load(send(tmp_path, DAY, [charge("C9", DAY)]))
    added.refresh_from_db()
    assert (added.state, added.is_current, receipt["rows"]["superseded"]) == ("superseded", False, 2)
    assert [row[2] for row in lake_rows(home)] == ["C9"]
    assert fact() == (1, 1, 0)


def test_an_amended_day_that_was_replaced_cannot_be_amended(home: Home, load: Load, tmp_path: Path) -> None:
    before = first(load, tmp_path)
    mended = rejected_file(before, tmp_path / "m.csv")
    load(send(tmp_path, DAY, [charge("C9", DAY)]))
    with pytest.raises(RequestRefused, match="不能补正"):
        amend(before, mended, facts=FACTS)


@pytest.mark.parametrize("steps", [1, 2])
def test_a_rollback_gives_back_what_was_taken(home: Home, load: Load, tmp_path: Path, steps: int) -> None:
    before = first(load, tmp_path)
    added = amend(before, rejected_file(before, tmp_path / "m.csv", (",many,", ",1.00,")), facts=FACTS).submission
    load(send(tmp_path, DAY, [charge("C9", DAY)]))
    dataset = catalogue().dataset(DATASET)
    table = Lake(home.lake).table(Channel.SCHEDULED, dataset)
    assert table is not None
    roll_back_table(Channel.SCHEDULED, dataset, table.versions()[-1 - steps].snapshot_id, facts=FACTS)
    if steps == 1:
        assert (counts(before), counts(added), fact()) == ((3, 1, 0, 0, 2), (2, 1, 0, 1, 0), (3, 2, 1))
        assert added.is_current
    else:
        assert (counts(before), fact()) == ((3, 1, 0, 2, 0), (3, 1, 2))
        assert [row.line for row in read_rejected(before)] == [3, 4]


def test_replay_stores_what_the_rules_of_today_let_pass(
    home: Home, load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [charge("C1", DAY), charge("C2", DAY).replace(",01,", ",97,"), charge("C3", DAY, "many")]
    (receipt,) = load(send(tmp_path, DAY, rows))
    before = Submission.objects.get(pk=receipt["id"])
    assert counts(before) == (3, 1, 0, 2, 0)
    nothing = replay(before, facts=FACTS).submission
    assert counts(nothing) == (0, 0, 0, 0, 0)
    field = catalogue().dataset(DATASET).by_name["id_type"]
    city = tmp_path / "city" / "value_sets"
    city.mkdir(parents=True)
    text = "extends\ttrue\ntitle\t证件\nstandard\t本市\ncode\tname\n97\t本市证件\n"
    (city / f"{field.value_set}.tsv").write_text(text)
    monkeypatch.setenv("KANGQIAO_STANDARDS", str(tmp_path / "city"))
    after = replay(before, facts=FACTS).submission
    assert counts(after) == (1, 1, 0, 0, 0)
    assert counts(before) == (3, 1, 0, 1, 1)
    assert fact() == (3, 2, 1)
    assert [row.line for row in read_rejected(before)] == [4]
