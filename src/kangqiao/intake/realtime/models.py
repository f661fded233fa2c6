"""The inbox (收件箱): each call with its answer, each row until it is in the lake and after."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from kangqiao.intake.models import Batch
from kangqiao.registry.models import Institution


class FormMode(models.TextChoices):
    NEW = "new", "新增"
    CORRECT = "correct", "更正"
    CANCEL = "cancel", "撤销"


class FormCall(models.Model):
    """One call that was answered (调用); the same idempotency key gets the same answer."""

    id = models.CharField(max_length=26, primary_key=True)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    sender = models.CharField(max_length=150)
    dataset = models.CharField(max_length=64)
    mode = models.CharField(max_length=8, choices=FormMode.choices)
    idempotency_key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    """SHA-256 of what was asked."""
    answer = models.JSONField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "idempotency_key"], name="one_answer_a_key")]


class FormRow(models.Model):
    """One row of a call (表单行). Where it is, is told by its batch: none or aborted, it waits."""

    call = models.ForeignKey(FormCall, on_delete=models.PROTECT, related_name="rows")
    place = models.PositiveIntegerField()
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    dataset = models.CharField(max_length=64)
    day = models.DateField()
    key_digest = models.CharField(max_length=64)
    """SHA-256 of the values of the dataset's key."""
    values = models.JSONField()
    verdict = models.CharField(max_length=10)
    findings = models.JSONField(default=list)
    rules_digest = models.CharField(max_length=64)
    is_current = models.BooleanField()
    """Accepted, and neither corrected nor cancelled since."""
    is_withdrawn = models.BooleanField(default=False)
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="form_rows")
    submission_id = models.CharField(max_length=26, blank=True)
    line = models.BigIntegerField(null=True)
    taken_out_by = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="form_rows_taken_out")

    class Meta:
        indexes = [models.Index(fields=["dataset", "batch"]), models.Index(fields=["dataset", "is_withdrawn"])]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "dataset", "key_digest"],
                condition=Q(is_current=True),
                name="one_current_row_a_key",
            )
        ]
