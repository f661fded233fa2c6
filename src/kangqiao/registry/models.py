"""Institutions, and the identity values that the lake must not hold."""

from __future__ import annotations

from datetime import date

from django.db import models


class InstitutionKind(models.TextChoices):
    DISTRICT = "district", "区"
    HOSPITAL = "hospital", "医院"


class Institution(models.Model):
    """One sender of data (上报机构): a district's platform or a hospital."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=16, choices=InstitutionKind.choices)
    position = models.PositiveIntegerField()
    """Place in the bulletin's tables."""
    is_active = models.BooleanField(default=True)
    listed_from = models.DateField(null=True, blank=True)
    """First day of the first month whose bulletin lists it; None: since the beginning."""
    listed_until = models.DateField(null=True, blank=True)
    """First day of the last month whose bulletin lists it; None: still."""
    former_name = models.CharField(max_length=100, blank=True)
    """The name it was printed under before ``renamed_in``; senders may go on using it."""
    renamed_in = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["kind", "position"]

    def __str__(self) -> str:
        return self.name

    def name_in(self, month: date) -> str:
        """The name that the bulletin of ``month`` prints."""
        return self.former_name if self.renamed_in and month < self.renamed_in else self.name


class Declaration(models.Model):
    """The tables an institution says it will send (数据集申报), as far as a newer declaration does not replace it."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="declarations")
    month = models.DateField()
    """First day of the month that it begins to hold in."""
    datasets = models.JSONField()
    """Names of datasets, sorted."""
    declared_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "month"], name="one_declaration_a_month")]


class PersonIdentity(models.Model):
    """One set of identity values a row carried (身份信息), kept apart from clinical rows.

    ``token`` is the keyed hash of all values and stands in the lake as ``identity_key``;
    ``person_key`` is the keyed hash of the identity document alone.
    """

    token = models.CharField(max_length=32, primary_key=True)
    person_key = models.CharField(max_length=32, db_index=True)
    id_type = models.CharField(max_length=10, blank=True)
    id_no = models.TextField(blank=True)
    name = models.TextField(blank=True)
    sex = models.CharField(max_length=4, blank=True)
    birth_date = models.CharField(max_length=10, blank=True)
    phone = models.TextField(blank=True)
    address = models.TextField(blank=True)
    local_no = models.TextField(blank=True)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT)


class Pseudonym(models.Model):
    """A name, phone or number of somebody else in a row (医护、联系人), behind its keyed hash."""

    token = models.CharField(max_length=32, primary_key=True)
    value = models.TextField()


class PersonKeyMark(models.Model):
    """Which key made every ``person_key`` of this database (人员标识密钥指纹): one row, the home's fingerprint."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    fingerprint = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_person_key")]
