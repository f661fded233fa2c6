"""Machine keys. Only a digest of the secret is kept."""

from __future__ import annotations

from django.db import models


class MachineKey(models.Model):
    """One key of one institution (接口密钥): what it may do, from where, until when, how often."""

    id = models.CharField(max_length=26, primary_key=True)
    institution = models.ForeignKey("registry.Institution", on_delete=models.PROTECT, related_name="keys")
    label = models.CharField(max_length=100)
    """What the institution calls it: the machine or program that holds it."""
    digest = models.CharField(max_length=64)
    permissions = models.JSONField()
    datasets = models.JSONField(default=list)
    """Names of datasets it may send; empty: all."""
    networks = models.JSONField(default=list)
    """Networks it may be used from (CIDR); empty: any."""
    calls_a_minute = models.PositiveIntegerField(default=600)
    rows_a_minute = models.PositiveIntegerField(default=300_000)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    replaced_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="replaces")
    last_used_at = models.DateTimeField(null=True)
    """To the minute."""

    class Meta:
        ordering = ["institution_id", "-created_at"]
