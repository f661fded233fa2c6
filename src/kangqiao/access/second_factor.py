"""The second factor (双因素): one-time codes after RFC 6238, and recovery codes for the day the device is lost."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

import pyotp
import segno
from cryptography.fernet import Fernet
from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from kangqiao.access.audit.actions import record_event
from kangqiao.access.models import RecoveryCode, SecondFactor, User
from kangqiao.access.rights import Reader

STEP = 30
RECOVERY_CODES = 10
ISSUER = "康桥"


@transaction.atomic
def begin_second_factor(account: User) -> SecondFactor:
    """A new secret that does not count yet; one that counts already stays."""
    sealed = _box().encrypt(pyotp.random_base32().encode()).decode()
    found, _ = SecondFactor.objects.get_or_create(account=account, defaults={"secret": sealed})
    return found


@transaction.atomic
def confirm_second_factor(account: User, code: str, moment: datetime, *, by: Reader) -> list[str]:
    """Let the secret count from its first right code on; answers the recovery codes, shown this once, else nothing."""
    found = SecondFactor.objects.select_for_update().filter(account=account, confirmed_at=None).first()
    if found is None or not _take_code(found, code, moment):
        return []
    SecondFactor.objects.filter(pk=found.pk).update(confirmed_at=moment)
    RecoveryCode.objects.filter(account=account).delete()
    codes = [secrets.token_hex(5) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create([RecoveryCode(account=account, digest=_digest(one)) for one in codes])
    record_event(by, "second_factor.set", subject=account.username)
    return codes


@transaction.atomic
def is_right_code(account: User, text: str, moment: datetime) -> bool:
    """Whether ``text`` is a code of the device not taken before, or a recovery code, which is used up."""
    code = text.replace(" ", "").replace("-", "").lower()
    found = SecondFactor.objects.filter(account=account, confirmed_at__isnull=False).first()
    if found is not None and _take_code(found, code, moment):
        return True
    return RecoveryCode.objects.filter(account=account, digest=_digest(code)).delete()[0] == 1


@transaction.atomic
def remove_second_factor(account: User, *, by: Reader) -> None:
    """Forget device and recovery codes."""
    SecondFactor.objects.filter(account=account).delete()
    RecoveryCode.objects.filter(account=account).delete()
    record_event(by, "second_factor.remove", subject=account.username)


def setup_text(factor: SecondFactor) -> str:
    """The secret as a person types it."""
    return _secret(factor)


def setup_picture(factor: SecondFactor) -> str:
    """The QR code that the device takes, as an address with the SVG in it."""
    address = pyotp.TOTP(_secret(factor)).provisioning_uri(name=factor.account.username, issuer_name=ISSUER)
    return segno.make(address).svg_data_uri(scale=5)


def _take_code(factor: SecondFactor, code: str, moment: datetime) -> bool:
    """The codes of this half minute and its neighbours; each step once, whoever comes second."""
    generator = pyotp.TOTP(_secret(factor))
    now_step = int(moment.timestamp()) // STEP
    for step in (now_step - 1, now_step, now_step + 1):
        if hmac.compare_digest(generator.generate_otp(step).encode(), code.encode()):
            taken = SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step).update(last_step=step)
            return taken == 1
    return False


def _secret(factor: SecondFactor) -> str:
    return _box().decrypt(factor.secret.encode()).decode()


def _box() -> Fernet:
    """Sealed by the home's key, so that a copy of the database alone gives no codes."""
    key = hashlib.sha256(b"kangqiao second factor\n" + str(settings.SECRET_KEY).encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def _digest(code: str) -> str:
    return salted_hmac("kangqiao.access.recovery", code, algorithm="sha256").hexdigest()
