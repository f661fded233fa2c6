"""What the sender is told of each submission (回执)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kangqiao.engine.validation.findings import FoundRow
from kangqiao.intake.models import Submission
from kangqiao.standards.model import Severity

ROWS_SHOWN = 1000
"""Rows of a kind that a receipt carries itself; ``kangqiao receipt`` shows all of them."""


@dataclass(slots=True)
class Receipt:
    """One submission and what became of it."""

    submission: Submission
    violations: list[dict[str, Any]] = field(default_factory=list)
    rejected_rows: list[dict[str, Any]] = field(default_factory=list)
    """Line, field, rule, value (masked where it identifies a person) and message, a violation each."""
    duplicate_rows: list[dict[str, Any]] = field(default_factory=list)
    """Likewise, of rows whose key came before."""

    def add_row(self, row: FoundRow) -> None:
        """Show a row that was left out, while there is room."""
        shown = self.rejected_rows if row.is_rejected else self.duplicate_rows
        if len(shown) < ROWS_SHOWN:
            errors = [item for item in row.findings if item.check.severity is Severity.ERROR]
            shown += (item.as_dict(row.line) for item in errors)

    def as_dict(self) -> dict[str, Any]:
        """The receipt for machines."""
        item = self.submission
        institution = item.institution.name if item.institution else item.institution_text
        return {
            "id": item.pk,
            "institution": institution,
            "channel": item.channel,
            "dataset": item.dataset,
            "day": item.day.isoformat() if item.day else item.day_text,
            "state": item.state,
            "rows": {
                "received": item.received,
                "stored": item.stored,
                "duplicate": item.duplicate,
                "rejected": item.rejected,
                "superseded": item.superseded,
            },
            "file": item.file_name,
            "sha256": item.sha256 or None,
            "rules_digest": item.rules_digest or None,
            "unknown_columns": item.unknown_columns,
            "violations": self.violations,
            "rejected_rows": self.rejected_rows,
            "duplicate_rows": self.duplicate_rows,
            "document": self._document(),
            "error": {"code": item.refusal_code, "message": item.refusal_message} if item.refusal_code else None,
        }

    def _document(self) -> dict[str, Any] | None:
        """The shared document, and what is wrong with it; None for tables."""
        document = self.submission.document
        if document is None:
            return {"findings": self.submission.findings} if self.submission.findings else None
        return {
            "type": document.type,
            "number": document.number,
            "version": document.version,
            "sha256": document.sha256,
            "findings": self.submission.findings or document.findings,
        }
