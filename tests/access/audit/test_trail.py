"""The trail finds what was changed, removed, moved, cut off or slipped in."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from kangqiao.access.audit.actions import record_event
from kangqiao.access.audit.models import AuditEvent, AuditHead
from kangqiao.access.audit.queries import check_heads, heads_text, verify_trail
from kangqiao.access.rights import Reader

ENGINEER = Reader("account", "engineer")


@pytest.fixture
def trail(db: None) -> None:
    """Three events of the centre and two of one institution."""
    for verb in ("account.create", "account.grant", "key.create"):
        with transaction.atomic():
            record_event(Reader.of_command(), verb, subject="engineer")
    for subject in ("01", "02"):
        with transaction.atomic():
            record_event(ENGINEER, "submission.load", subject=subject, institution_id=7, detail={"rows": 3})


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def broken() -> list[tuple[str, int]]:
    return [(found.chain, found.place) for found in verify_trail()[1]]


def test_an_untouched_trail_is_whole(trail: None) -> None:
    assert verify_trail() == (5, [])


def test_an_event_outside_a_transaction_is_refused(transactional_db: None) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        record_event(ENGINEER, "submission.load")
    assert AuditEvent.objects.count() == 0


@pytest.mark.parametrize(
    ("column", "value"),
    [("name", "nobody"), ("verb", "key.list"), ("subject", "x"), ("outcome", "refused"), ("detail", '{"rows": 4}')],
)
def test_a_changed_event_is_found(trail: None, column: str, value: str) -> None:
    sql(f"UPDATE audit_auditevent SET {column} = %s WHERE chain = '7' AND place = 1", value)
    assert broken() == [("7", 1)]


def test_a_removed_event_is_found(trail: None) -> None:
    sql("DELETE FROM audit_auditevent WHERE chain = 'centre' AND place = 2")
    assert broken() == [("centre", 2)]


def test_swapped_events_are_found(trail: None) -> None:
    for old, new in ((1, 9), (2, 1), (9, 2)):
        sql("UPDATE audit_auditevent SET place = %s WHERE chain = '7' AND place = %s", new, old)
    assert broken() == [("7", 1)]


def test_a_removed_end_is_found_with_and_without_its_head(trail: None) -> None:
    sql("DELETE FROM audit_auditevent WHERE chain = 'centre' AND place = 3")
    assert broken() == [("centre", 3)]
    last = AuditEvent.objects.get(chain="centre", place=2)
    sql("UPDATE audit_audithead SET count = 2, mark = %s WHERE chain = 'centre'", last.mark)
    assert broken() == [("centre", 3)]


def test_a_whole_chain_removed_with_its_head_is_found_against_a_line_kept_elsewhere(trail: None) -> None:
    kept = heads_text()
    assert check_heads(kept) == []
    AuditEvent.objects.filter(chain="7").delete()
    AuditHead.objects.filter(chain="7").delete()
    assert verify_trail() == (3, [])
    assert [(found.chain, found.place) for found in check_heads(kept)] == [("7", 2)]


def test_an_event_is_undone_with_its_change(trail: None) -> None:
    with transaction.atomic():
        record_event(ENGINEER, "submission.load", institution_id=7)
        transaction.set_rollback(True)
    assert verify_trail() == (5, [])
