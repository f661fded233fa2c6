"""Events of the audit trail, and where each chain ends. No foreign keys: the trail outlives what it tells of."""

from __future__ import annotations

from django.db import models


class Outcome(models.TextChoices):
    DONE = "done", "已完成"
    REFUSED = "refused", "已拒绝"


class AuditEvent(models.Model):
    """One thing that somebody did, or was refused (审计事件). Never changed, never removed."""

    chain = models.CharField(max_length=32)
    """``centre``, or the key of the institution concerned: chains of their own do not wait for each other."""
    place = models.BigIntegerField()
    """1, 2, 3 … within the chain."""
    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=16)
    name = models.CharField(max_length=150, db_index=True)
    verb = models.CharField(max_length=64, db_index=True)
    subject = models.CharField(max_length=200, blank=True)
    institution_id = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    detail = models.JSONField(default=dict)
    mark = models.CharField(max_length=64)
    """Keyed SM3 over the mark before and this event."""

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["chain", "place"], name="one_event_a_place")]


class AuditHead(models.Model):
    """Where a chain ends. Its row is the lock that puts events in order."""

    chain = models.CharField(max_length=32, primary_key=True)
    count = models.BigIntegerField(default=0)
    mark = models.CharField(max_length=64, blank=True)
    seal = models.CharField(max_length=64, blank=True)
