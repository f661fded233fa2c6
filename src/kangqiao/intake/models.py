"""The ledger (数据台账): every file, every row, what became of it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from kangqiao.registry.models import Institution


class BatchKind(models.TextChoices):
    LOAD = "load", "入库"
    ROLLBACK = "rollback", "回退"


class BatchState(models.TextChoices):
    """A batch moves PREPARED → DONE, or to ABORTED when its commit never happened (see rules.py)."""

    PREPARED = "prepared", "待提交"
    DONE = "done", "已提交"
    ABORTED = "aborted", "已放弃"
    ROLLED_BACK = "rolled_back", "已回退"


class SubmissionState(models.TextChoices):
    PREPARED = "prepared", "待提交"
    STORED = "stored", "已入库"
    UNCHANGED = "unchanged", "重复上传，无变化"
    SUPERSEDED = "superseded", "已被重传替换"
    REFUSED = "refused", "整份拒收"
    ABORTED = "aborted", "已放弃"
    ROLLED_BACK = "rolled_back", "已回退"


class Batch(models.Model):
    """What one load brings for one lake table (批次): one atomic commit."""

    id = models.CharField(max_length=26, primary_key=True)
    load_id = models.CharField(max_length=26, db_index=True)
    channel = models.CharField(max_length=16)
    dataset = models.CharField(max_length=64)
    kind = models.CharField(max_length=16, choices=BatchKind.choices, default=BatchKind.LOAD)
    state = models.CharField(max_length=16, choices=BatchState.choices, default=BatchState.PREPARED)
    snapshot_id = models.BigIntegerField(null=True)
    """The version that a load made, or that a rollback goes back to; empty where the lake did not change."""
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    takes = models.JSONField(default=dict)
    """Submission → what this batch takes the place of: ``{"rejected": rows, "stored": rows, "measures": {…}}``."""

    class Meta:
        indexes = [models.Index(fields=["channel", "dataset", "state"])]


class Document(models.Model):
    """A shared document (共享文档) that was taken; its bytes lie under its SHA-256 in the home."""

    id = models.CharField(max_length=26, primary_key=True)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.BigIntegerField()
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    type = models.CharField(max_length=8)
    """``C0001`` to ``C0053``."""
    number = models.TextField()
    identity = models.CharField(max_length=64)
    """SHA-256 of what all versions of the document have in common: its set, or else its number."""
    version = models.BigIntegerField()
    findings = models.JSONField(default=list)
    """What is wrong with it: code, severity, message, path, line; without personal data."""
    received_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["institution", "identity"])]
        constraints = [models.UniqueConstraint(fields=["institution", "sha256"], name="one_document_of_these_bytes")]


class Submission(models.Model):
    """One file (or one day's forms) of one institution, channel, dataset and day (上传批); or a document's rows."""

    id = models.CharField(max_length=26, primary_key=True)
    load_id = models.CharField(max_length=26, db_index=True)
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="submissions")
    institution = models.ForeignKey(Institution, null=True, on_delete=models.PROTECT)
    institution_text = models.CharField(max_length=200)
    """The institution as the sender wrote it; also when it is unknown."""
    channel = models.CharField(max_length=32)
    dataset = models.CharField(max_length=100)
    day = models.DateField(null=True)
    day_text = models.CharField(max_length=100)
    state = models.CharField(max_length=16, choices=SubmissionState.choices)
    is_current = models.BooleanField(default=False)

    document = models.ForeignKey(Document, null=True, on_delete=models.PROTECT, related_name="submissions")
    document_key = models.CharField(max_length=64, blank=True, default="")
    """The document's identity, of rows that came in one."""
    is_addition = models.BooleanField(default=False)
    """Adds to what its day has (documents, forms, mended rows, replays) and replaces nothing of it (增补)."""
    amends = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="amended_by")
    """The submission whose rejected rows this one brings again, mended or judged anew (补正、重放)."""
    file_name = models.TextField()
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0)
    encoding = models.CharField(max_length=16, blank=True)
    delimiter = models.CharField(max_length=2, blank=True)
    header = models.JSONField(default=list)
    unknown_columns = models.JSONField(default=list)
    rules_digest = models.CharField(max_length=64, blank=True)

    received = models.BigIntegerField(default=0)
    stored = models.BigIntegerField(default=0)
    duplicate = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    replaced = models.BigIntegerField(default=0)
    """Rows of it that a correction, cancellation, mend or replay took the place of (被更正、撤销、补正)."""
    superseded = models.BigIntegerField(default=0)
    """Stored rows of the day's earlier submissions that this one replaces."""
    replaces = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")

    measures = models.JSONField(default=dict)
    """Measure → exact decimal as text, summed over stored rows."""
    dimensions = models.JSONField(default=dict)
    """Dimension → [violations, denominator] over all checks."""
    refusal_code = models.CharField(max_length=64, blank=True)
    refusal_message = models.TextField(blank=True)
    findings = models.JSONField(default=list)
    """All that is wrong with a document that was refused whole."""
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["-received_at", "-id"]
        indexes = [
            models.Index(fields=["channel", "dataset", "day"]),
            models.Index(fields=["institution", "day"]),
            models.Index(fields=["state"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "channel", "dataset", "day"],
                condition=Q(is_current=True, is_addition=False),
                name="one_current_submission_a_day",
            ),
            models.UniqueConstraint(
                fields=["institution", "dataset", "document_key"],
                condition=Q(is_current=True) & ~Q(document_key=""),
                name="one_current_submission_a_document",
            ),
            models.CheckConstraint(
                condition=Q(received=F("stored") + F("duplicate") + F("rejected") + F("replaced")),
                name="every_row_accounted_for",
            ),
        ]


class Violation(models.Model):
    """How often one check was violated in one submission; checks without violations have no row."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="violations")
    rule = models.CharField(max_length=64)
    field = models.CharField(max_length=200, blank=True)
    dimension = models.CharField(max_length=16)
    severity = models.CharField(max_length=8)
    rows = models.BigIntegerField()
    denominator = models.BigIntegerField()


class ReplacedRow(models.Model):
    """A rejected row that came again, mended or judged anew: no other batch may take its place a second time."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="replaced_rows")
    line = models.BigIntegerField()
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="replaced_rows")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["submission", "line"], name="a_row_is_replaced_once")]
