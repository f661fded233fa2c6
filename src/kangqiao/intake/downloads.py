"""Receipts and rejected rows as answers to download, the same for pages and for machines."""

from __future__ import annotations

import tempfile

from django.db import transaction
from django.http import FileResponse, HttpResponse, StreamingHttpResponse

from kangqiao.access.audit.actions import record_event
from kangqiao.access.rights import Reader
from kangqiao.intake.models import Submission
from kangqiao.intake.queries import submission_for
from kangqiao.intake.receipt_files import receipt_csv, receipt_xlsx
from kangqiao.intake.rejected import write_rejected_csv

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def receipt_csv_response(item: Submission) -> StreamingHttpResponse:
    """The receipt as CSV."""
    return StreamingHttpResponse(
        receipt_csv(item), content_type="text/csv; charset=utf-8", headers=_attached(f"receipt-{item.pk}.csv")
    )


def receipt_xlsx_response(item: Submission) -> HttpResponse:
    """The receipt as a workbook."""
    return HttpResponse(receipt_xlsx(item), content_type=XLSX, headers=_attached(f"receipt-{item.pk}.xlsx"))


def rejected_response(reader: Reader, submission_id: str) -> FileResponse:
    """The rejected rows as the sender wrote them, each with its reason. Who takes them is written down first."""
    item = submission_for(reader, submission_id, "submission.rejected")
    with transaction.atomic():
        record_event(
            reader,
            "rejected.download",
            subject=item.pk,
            institution_id=item.institution_id,
            detail={"dataset": item.dataset, "rows": item.rejected},
        )
    content = tempfile.TemporaryFile()  # noqa: SIM115  (FileResponse closes it)
    write_rejected_csv(item, content)
    content.seek(0)
    name = f"rejected-{item.pk}.csv"
    return FileResponse(content, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
