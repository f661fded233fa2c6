"""Jobs, how each task fares as a whole, and when periodic tasks come next."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class JobState(models.TextChoices):
    """A job moves WAITING → RUNNING → DONE, back to WAITING after a failure, to GIVEN_UP after the last (rules.py)."""

    WAITING = "waiting", "等待"
    RUNNING = "running", "执行中"
    DONE = "done", "已完成"
    GIVEN_UP = "given_up", "已放弃"
    DISCARDED = "discarded", "已作废"


class Job(models.Model):
    """One thing to be done in the background (后台任务). The payload names rows and files, never a person."""

    id = models.CharField(max_length=26, primary_key=True)
    task = models.CharField(max_length=100)
    payload = models.JSONField(default=dict)
    key = models.CharField(max_length=200, blank=True, default="")
    """Of waiting jobs with the same key there is one; empty: any number."""
    institution_id = models.BigIntegerField(null=True, db_index=True)
    """For whose data it works; that institution may see how far it is."""
    state = models.CharField(max_length=16, choices=JobState.choices, default=JobState.WAITING)
    run_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    """Starts, counted when they begin: a job that kills its process is counted too."""
    lease = models.CharField(max_length=26, blank=True, default="")
    """Of this start; only its holder may report an end."""
    lease_until = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, default="")
    """Why the last attempt failed, without personal data."""
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["state", "run_at"]),
            models.Index(fields=["state", "lease_until"]),
            models.Index(fields=["key", "state"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(state="waiting") & ~Q(key=""), name="one_waiting_job_a_key"
            ),
        ]


class TaskPace(models.Model):
    """How one task fares over all its jobs: when different jobs fail in a row, it is tried more and more rarely."""

    task = models.CharField(max_length=100, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    """Different jobs that failed since one ended well."""
    last_failed = models.CharField(max_length=26, blank=True, default="")
    rest_until = models.DateTimeField(null=True)


class PeriodicTask(models.Model):
    """When a periodic task comes next: the row is what workers agree by."""

    task = models.CharField(max_length=100, primary_key=True)
    next_at = models.DateTimeField()
