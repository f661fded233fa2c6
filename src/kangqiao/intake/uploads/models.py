"""Uploads on their way: how much has come, what they are to become, what became of them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from kangqiao.intake.models import Submission
from kangqiao.registry.models import Institution


class UploadState(models.TextChoices):
    """Moves are in rules.py."""

    RECEIVING = "receiving", "正在接收"
    WAITING = "waiting", "等待校验"
    CHECKING = "checking", "正在校验"
    DONE = "done", "已完成"
    FAILED = "failed", "传输有误"
    EXPIRED = "expired", "已取消或过期"


class UploadMode(models.TextChoices):
    STORE = "store", "校验入库"
    TEST = "test", "只检查，不入库"


class Upload(models.Model):
    """One file that an institution sends in pieces (文件上传). Its bytes lie in the home under its id."""

    id = models.CharField(max_length=26, primary_key=True)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="uploads")
    by = models.CharField(max_length=150)
    """Account or key that announced it."""
    by_kind = models.CharField(max_length=16)
    file_name = models.CharField(max_length=255)
    dataset = models.CharField(max_length=100, blank=True)
    """Empty for shared documents, which say themselves what they are."""
    day = models.DateField(null=True)
    channel = models.CharField(max_length=16)
    mode = models.CharField(max_length=8, choices=UploadMode.choices, default=UploadMode.STORE)
    amends = models.ForeignKey(Submission, null=True, on_delete=models.PROTECT, related_name="+")
    """The submission whose rejected rows this file brings mended."""

    size = models.BigIntegerField()
    offset = models.BigIntegerField(default=0)
    """Bytes that are durable; what lies behind them on disk was never acknowledged."""
    pieces = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    """As announced; empty when the sender did not say."""
    sha256_found = models.CharField(max_length=64, blank=True)

    state = models.CharField(max_length=16, choices=UploadState.choices, default=UploadState.RECEIVING)
    code = models.CharField(max_length=64, blank=True)
    message = models.TextField(blank=True)
    """Why it failed or ended, in a sentence."""
    result = models.JSONField(default=dict)
    """What a test found, as a receipt; values that identify a person are masked."""
    submissions = models.JSONField(default=list)
    """Ids of what the ledger made of it."""
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["institution", "state"]), models.Index(fields=["state", "expires_at"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(offset__gte=0) & Q(offset__lte=F("size")), name="upload_no_longer_than_announced"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["receiving", "failed", "expired"]) | Q(offset=F("size")),
                name="upload_complete_before_check",
            ),
        ]
