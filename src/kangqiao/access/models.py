"""Accounts, what they are granted, their second factors, and the sources that sign-ins come from."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac


class User(AbstractUser):
    """One account (账号) of one person who works with the platform."""

    session_epoch = models.PositiveIntegerField(default=0)
    """Goes up when the password or the grants change: sessions of an earlier epoch end."""

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session is bound to: the password and the epoch."""
        bound = f"{self.password}\n{self.session_epoch}"
        return salted_hmac("kangqiao.access.session", bound, secret=secret, algorithm="sha256").hexdigest()


class Grant(models.Model):
    """One role of one account (授权), for one institution where the role is an institution's."""

    account = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=40)
    """A role of ``data/rights.yaml``."""
    institution = models.ForeignKey("registry.Institution", null=True, blank=True, on_delete=models.PROTECT)
    granted_at = models.DateTimeField()
    granted_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["role", "institution_id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "role", "institution"], name="one_grant_an_institution"),
            models.UniqueConstraint(fields=["account", "role"], condition=Q(institution=None), name="one_grant_of_all"),
        ]


class SecondFactor(models.Model):
    """The second factor of an account (动态口令, TOTP after RFC 6238)."""

    account = models.OneToOneField(User, on_delete=models.CASCADE, related_name="second_factor")
    secret = models.TextField()
    confirmed_at = models.DateTimeField(null=True)
    """None until the first code was right: before that it is asked of nobody."""
    last_step = models.BigIntegerField(default=0)
    """Time step of the last code that was taken: no code is taken twice."""


class RecoveryCode(models.Model):
    """One code that stands in for the second factor once (恢复码); only its digest is kept."""

    account = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "digest"], name="one_recovery_code")]


class SignInSource(models.Model):
    """Failures to sign in from one source (登录来源): the delay grows for the source, never for the account."""

    source = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(db_index=True)
    wait_until = models.DateTimeField(null=True)
