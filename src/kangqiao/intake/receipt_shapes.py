"""Submissions and receipts as the API tells them."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet

from kangqiao.base.clock import BEIJING
from kangqiao.base.text import mask
from kangqiao.intake.models import Submission
from kangqiao.intake.receipts import ROWS_SHOWN, Receipt
from kangqiao.intake.rejected import RejectedRow, RowFinding, read_duplicates, read_rejected
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Dataset

PAGE = 100


def submission_page(found: QuerySet[Submission], number: int) -> dict[str, Any]:
    """One page of a list; beyond the last there is nothing."""
    pages = Paginator(found, PAGE)
    items = pages.page(number).object_list if number <= pages.num_pages else []
    told = [submission_item(item) for item in items]
    return {"count": pages.count, "page": number, "pages": pages.num_pages, "items": told}


def submission_item(item: Submission) -> dict[str, Any]:
    """One submission in a list."""
    told = Receipt(item).as_dict()
    return {
        **told,
        "rows": told["rows"] | {"replaced": item.replaced},
        "is_addition": item.is_addition,
        "amends": item.amends_id,
        "received_at": item.received_at.astimezone(BEIJING).isoformat(timespec="seconds"),
    }


def full_receipt(item: Submission) -> dict[str, Any]:
    """The receipt, with the first thousand rows of a kind that were left out."""
    dataset = catalogue().datasets.get(item.dataset)
    names = ("rule", "field", "dimension", "severity", "rows", "denominator")
    return submission_item(item) | {
        "violations": list(item.violations.order_by("pk").values(*names)),
        "rejected_rows": _reasons(read_rejected(item, limit=ROWS_SHOWN), dataset),
        "duplicate_rows": _reasons(read_duplicates(item, limit=ROWS_SHOWN), dataset),
    }


def _reasons(rows: list[RejectedRow], dataset: Dataset | None) -> list[dict[str, Any]]:
    return [shown_reason(row.line, finding, dataset) for row in rows for finding in row.findings]


def shown_reason(line: int, finding: RowFinding, dataset: Dataset | None) -> dict[str, Any]:
    """Why a row was left out; a value that identifies a person, or that nobody has defined, is masked."""
    field = dataset.by_name.get(finding.field) if dataset else None
    is_personal = field is None or field.identifies is not None
    value = mask(finding.value) if finding.value and is_personal else finding.value
    return {"line": line, "field": finding.field, "rule": finding.rule, "value": value, "message": finding.message}
