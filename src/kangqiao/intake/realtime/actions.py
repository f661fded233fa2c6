"""Take a call: judge its rows, keep what is accepted, answer; and bring what waits to the lake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from django.db import IntegrityError, transaction

from kangqiao.access.audit.actions import record_event
from kangqiao.access.rights import Reader
from kangqiao.base.clock import now
from kangqiao.base.errors import CallRefused, StateConflict
from kangqiao.base.ids import new_id
from kangqiao.engine.validation.row_judge import RowJudge
from kangqiao.intake.form_load import FormDay, Inbox, Place, flush_forms
from kangqiao.intake.form_load import FormRow as WaitingRow
from kangqiao.intake.ledger import FactSink
from kangqiao.intake.models import Batch, BatchState, Submission
from kangqiao.intake.realtime.models import FormCall, FormMode, FormRow
from kangqiao.intake.realtime.queries import rows_to_flush, rows_to_take_out, waiting_datasets
from kangqiao.intake.realtime.rules import day_of, digest_of_call, key_digest, row_finding, texts_of
from kangqiao.intake.receipts import Receipt
from kangqiao.registry.models import Institution
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Dataset

ROWS_A_FLUSH = 20_000
TRIES = 5


@dataclass(frozen=True)
class FormOrder:
    """What a call asks for."""

    institution: Institution
    dataset: Dataset
    mode: str
    rows: list[dict[str, Any]]
    idempotency_key: str
    by: Reader

    @property
    def digest(self) -> str:
        return digest_of_call(self.dataset.name, self.mode, self.rows)


@dataclass(slots=True)
class _Judged:
    values: dict[str, str]
    findings: list[dict[str, Any]]
    is_rejected: bool
    day: date
    digest: str


def take_forms(order: FormOrder) -> tuple[FormCall, bool]:
    """Answer a call; also whether it had been answered before. What is accepted is durable when this returns.

    Raises CallRefused (422) when the idempotency key stands for another call.
    """
    judged = _judge(order) if _answered(order) is None else []
    for _ in range(TRIES):
        if (before := _answered(order)) is not None:
            return before, True
        try:
            return _take(order, judged), False
        except IntegrityError:
            continue  # another call took the same key, or rows of the same keys, at the same time
    raise StateConflict("forms: too many calls at once for the same rows")


def _answered(order: FormOrder) -> FormCall | None:
    before = FormCall.objects.filter(institution=order.institution, idempotency_key=order.idempotency_key).first()
    if before is not None and before.digest != order.digest:
        raise CallRefused(422, "form.key_reused", "这个 Idempotency-Key 已用于内容不同的另一次发送，请换一个新的值。")
    return before


def _judge(order: FormOrder) -> list[_Judged]:
    today = now().date()
    texts = [texts_of(order.dataset, row) for row in order.rows]
    days = [day_of(order.dataset, values, today) for values, _ in texts]
    judged = [
        _Judged(values, list(findings), any(item["severity"] == "error" for item in findings), day,
                key_digest(order.dataset, values))
        for (values, findings), day in zip(texts, days, strict=True)
    ]  # fmt: skip
    if order.mode == FormMode.CANCEL:
        return judged
    judge = row_judge(order.dataset.name, order.dataset.digest)
    for item, verdict in zip(judged, judge.judge([item.values for item in judged], days), strict=True):
        item.is_rejected = item.is_rejected or verdict.is_rejected
        for found in verdict.findings:
            told = found.as_dict(0)
            told.pop("line")
            item.findings.append({**told, "severity": str(found.check.severity)})
    return judged


@lru_cache(maxsize=24)
def row_judge(name: str, digest: str) -> RowJudge:
    """The warm judge of one dataset as it is defined now."""
    known = catalogue()
    return RowJudge(known.dataset(name), known.value_sets)


@transaction.atomic
def _take(order: FormOrder, judged: list[_Judged]) -> FormCall:
    judged = [replace(item, findings=list(item.findings)) for item in judged]  # a second try starts afresh
    stored = _current(order, [item.digest for item in judged])
    call = FormCall(
        pk=new_id(), institution=order.institution, sender=order.by.name, dataset=order.dataset.name, mode=order.mode,
        idempotency_key=order.idempotency_key, digest=order.digest, answer={}, received_at=now(),
    )  # fmt: skip
    before = dict(stored)
    verdicts = [_decide(order.mode, item, stored) for item in judged]
    withdrawn = [before[item.digest] for item, verdict in zip(judged, verdicts, strict=True)
                 if verdict == "accepted" and order.mode != FormMode.NEW]  # fmt: skip
    call.answer = _answer(call, order, judged, verdicts)
    call.save(force_insert=True)
    if withdrawn:
        FormRow.objects.filter(pk__in=withdrawn).update(is_current=False, is_withdrawn=True)
    if order.mode != FormMode.CANCEL:
        FormRow.objects.bulk_create(
            _row(call, order, place, item, verdict)
            for place, (item, verdict) in enumerate(zip(judged, verdicts, strict=True), 1)
        )
    counts = {name: call.answer[name] for name in ("received", "accepted", "duplicate", "rejected")}
    detail = {"dataset": order.dataset.name, "mode": order.mode, **counts}
    record_event(order.by, "form.send", subject=call.pk, institution_id=order.institution.pk, detail=detail)
    return call


def _current(order: FormOrder, digests: list[str]) -> dict[str, int]:
    """Key digest → the current row; a row whose day was replaced by a whole file is current no more."""
    found = FormRow.objects.filter(
        institution=order.institution, dataset=order.dataset.name, key_digest__in=digests, is_current=True
    ).order_by("pk")
    locked = list(found.select_for_update().values_list("pk", flat=True))  # two corrections of one row take turns
    rows = list(
        FormRow.objects.filter(pk__in=locked, is_current=True).values_list(
            "key_digest", "pk", "submission_id", "batch__state"
        )
    )
    placed = {submission for _, _, submission, state in rows if submission and state == BatchState.DONE}
    left = placed - set(Submission.objects.filter(pk__in=placed, is_current=True).values_list("pk", flat=True))
    gone = [pk for _, pk, submission, state in rows if submission in left and state == BatchState.DONE]
    if gone:
        FormRow.objects.filter(pk__in=gone).update(is_current=False)
    return {digest: pk for digest, pk, _, _ in rows if pk not in gone}


def _decide(mode: str, item: _Judged, stored: dict[str, int]) -> str:
    """The verdict on one row; ``stored`` is what is current, and takes up what the call adds."""
    if item.is_rejected:
        return "rejected"
    is_there = stored.get(item.digest, 0) > 0
    if mode == FormMode.NEW:
        if item.digest in stored:
            item.findings.append(
                row_finding("duplicate", "主键与先前的一行相同，本行不再入库；要更正请用 mode=correct")
            )
            return "duplicate"
        stored[item.digest] = 0
        return "accepted"
    if not is_there:
        item.findings.append(row_finding("row.unknown", "没有这个主键的行，或本次调用中已处理过，不能更正或撤销"))
        return "rejected"
    stored[item.digest] = 0
    return "accepted"


def _row(call: FormCall, order: FormOrder, place: int, item: _Judged, verdict: str) -> FormRow:
    return FormRow(
        call=call, place=place, institution=order.institution, dataset=order.dataset.name, day=item.day,
        key_digest=item.digest, values=item.values, verdict=verdict, findings=item.findings,
        rules_digest=order.dataset.digest, is_current=verdict == "accepted",
    )  # fmt: skip


def _answer(call: FormCall, order: FormOrder, judged: list[_Judged], verdicts: list[str]) -> dict[str, Any]:
    counts = {name: verdicts.count(name) for name in ("accepted", "duplicate", "rejected")}
    return {
        "call": call.pk,
        "dataset": order.dataset.name,
        "mode": order.mode,
        "received": len(judged),
        **counts,
        "rows": [
            {"row": place, "verdict": verdict, "findings": item.findings}
            for place, (item, verdict) in enumerate(zip(judged, verdicts, strict=True), 1)
        ],
        "rules_digest": order.dataset.digest,
    }


def flush_all(*, facts: FactSink) -> list[Receipt]:
    """Bring what waits of every dataset to the lake."""
    return [receipt for name in waiting_datasets() for receipt in flush(catalogue().dataset(name), facts=facts)]


def flush(dataset: Dataset, *, facts: FactSink) -> list[Receipt]:
    """Bring what waits of one dataset to the lake, exactly once whatever dies on the way."""
    return flush_forms(dataset, Inbox(lambda: _select(dataset), _place), facts=facts)


def _select(dataset: Dataset) -> list[FormDay]:
    days: dict[tuple[int, date], FormDay] = {}

    def of(row: FormRow) -> FormDay:
        return days.setdefault((row.institution_id, row.day), FormDay(row.institution, row.day))

    for row in rows_to_flush(dataset.name, ROWS_A_FLUSH):
        if row.is_withdrawn:
            of(row).withdrawn.append(row.pk)
        else:
            of(row).rows.append(WaitingRow(row.pk, row.values, row.verdict, tuple(row.findings), row.rules_digest))
    for row in rows_to_take_out().filter(dataset=dataset.name).select_related("institution"):
        of(row).taken_out.append((row.submission_id, row.line or 0))
    return list(days.values())


def _place(batch: Batch, places: Mapping[int, Place], gone: Iterable[Place]) -> None:
    rows = [FormRow(pk=number, batch=batch, submission_id=place[0], line=place[1]) for number, place in places.items()]
    FormRow.objects.bulk_update(rows, ["batch", "submission_id", "line"], batch_size=200)
    for submission, line in gone:
        FormRow.objects.filter(submission_id=submission, line=line).update(taken_out_by=batch)
