"""Facts by institution, channel, dataset and day; replaced when the day is sent again."""

from __future__ import annotations

from django.db import models

from kangqiao.registry.models import Institution


class DailyFact(models.Model):
    """What one institution sent of one dataset for one day, by one channel."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)
    channel = models.CharField(max_length=16)
    dataset = models.CharField(max_length=64)
    day = models.DateField()
    submission_id = models.CharField(max_length=26)
    """The submission that the figures come from."""
    received = models.BigIntegerField()
    stored = models.BigIntegerField()
    duplicate = models.BigIntegerField()
    rejected = models.BigIntegerField()
    dimensions = models.JSONField(default=dict)
    """Dimension → [violations, denominator]."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "channel", "dataset", "day"], name="one_fact_a_day"),
        ]
        indexes = [models.Index(fields=["day", "channel"])]


class DailyMeasure(models.Model):
    """The sum of one number field over the stored rows of one fact, in the field's own unit."""

    fact = models.ForeignKey(DailyFact, on_delete=models.CASCADE, related_name="measures")
    measure = models.CharField(max_length=64)
    value = models.DecimalField(max_digits=24, decimal_places=4)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fact", "measure"], name="one_value_a_measure")]
