"""Lock-out of the source, the second factor, the end of sessions, and the administration of accounts."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from django.test import Client
from tests.cast import HOSPITAL, account

from kangqiao.access import middleware
from kangqiao.access.actions import give_password
from kangqiao.access.audit.models import AuditEvent
from kangqiao.access.models import Grant, RecoveryCode, SecondFactor, User
from kangqiao.access.queries import reader_of
from kangqiao.access.rules import wait_seconds
from kangqiao.access.second_factor import (
    begin_second_factor,
    confirm_second_factor,
    is_right_code,
    setup_text,
)
from kangqiao.base.clock import now
from kangqiao.registry.queries import institution_by_text

pytestmark = pytest.mark.django_db


def attempt(client: Client, name: str, password: str, address: str = "192.0.2.1") -> int:
    return client.post("/sign-in/", {"username": name, "password": password}, REMOTE_ADDR=address).status_code


def test_the_wait_grows_to_a_quarter_of_an_hour():
    assert [wait_seconds("pair", n) for n in (1, 4, 5, 6, 7, 10, 11, 999)] == [0, 0, 15, 30, 60, 480, 900, 900]


@pytest.mark.parametrize("name", ["demo", "nobody-of-this-name"])
def test_a_source_that_fails_waits_whether_or_not_the_account_exists(name):
    give_password("demo")
    found = [attempt(Client(), name, "wrong") for _ in range(6)]
    assert found == [200, 200, 200, 200, 200, 429]


def test_an_attacker_keeps_nobody_out():
    password = give_password("demo")
    owner = Client()
    assert attempt(owner, "demo", password) == 302
    owner.post("/sign-out/")
    for _ in range(8):
        attempt(Client(), "demo", "wrong")
    assert attempt(Client(), "demo", password) == 429
    assert attempt(Client(), "demo", password, address="198.51.100.7") == 302
    assert attempt(owner, "demo", password) == 302


def test_a_name_nobody_has_is_not_written_into_the_trail():
    give_password("demo")
    attempt(Client(), "hunter2", "x")
    attempt(Client(), "demo", "x")
    found = AuditEvent.objects.filter(verb="sign_in", outcome="refused").order_by("pk")
    assert list(found.values_list("subject", flat=True)) == ["", "demo"]


def device(user: User) -> pyotp.TOTP:
    factor = begin_second_factor(user)
    generator = pyotp.TOTP(setup_text(factor))
    assert (
        len(confirm_second_factor(user, generator.at(now() - timedelta(seconds=30)), now(), by=reader_of(user))) == 10
    )
    return generator


def test_a_code_is_taken_once_and_the_secret_is_not_stored_as_it_is():
    give_password("demo")
    user = User.objects.get()
    generator, moment = device(user), now()
    assert generator.secret not in SecondFactor.objects.get().secret
    code = generator.at(moment)
    assert [is_right_code(user, code, moment), is_right_code(user, code, moment)] == [True, False]
    assert not is_right_code(user, generator.at(moment - timedelta(seconds=30)), moment)


def test_signing_in_with_a_second_factor_takes_both_steps(client):
    password = give_password("demo")
    generator = device(User.objects.get())
    first = client.post("/sign-in/", {"username": "demo", "password": password, "next": "/matrix/"})
    assert first.headers["Location"] == "/sign-in/code/"
    assert client.get("/").status_code == 302
    assert client.post("/sign-in/code/", {"code": "000000"}).status_code == 200
    assert client.post("/sign-in/code/", {"code": generator.at(now())}).headers["Location"] == "/matrix/"
    assert client.get("/").status_code == 200


def test_a_recovery_code_stands_in_once():
    give_password("demo")
    user = User.objects.get()
    generator = pyotp.TOTP(setup_text(begin_second_factor(user)))
    code = confirm_second_factor(user, generator.at(now()), now(), by=reader_of(user))[0]
    assert RecoveryCode.objects.filter(digest=code).count() == 0
    assert [is_right_code(user, code, now()), is_right_code(user, code, now())] == [True, False]


def test_a_role_that_asks_for_a_second_factor_gives_nothing_without_one(client):
    user = account("system_administrator")
    SecondFactor.objects.all().delete()
    client.force_login(user)
    assert client.get("/accounts/").headers["Location"] == "/security/"
    assert client.post("/accounts/new/", {"username": "x"}).status_code == 403
    assert "data:image/svg+xml" not in client.get("/security/").content.decode()
    client.post("/security/second-factor/begin/")
    assert "data:image/svg+xml" in client.get("/security/").content.decode()
    code = pyotp.TOTP(setup_text(SecondFactor.objects.get())).at(now())
    assert "恢复码只显示这一次" in client.post("/security/second-factor/confirm/", {"code": code}).content.decode()
    assert client.get("/accounts/").status_code == 200


@pytest.mark.parametrize(("key", "seconds"), [("seen_at", 1801), ("began_at", 43_201)])
def test_a_session_left_alone_or_too_old_ends(client, key, seconds):
    client.force_login(account("statistician"))
    assert client.get("/").status_code == 200
    session = client.session
    assert middleware.SEEN in session
    session[key] -= seconds
    session.save()
    assert client.get("/").status_code == 302
    assert client.get("/").status_code == 302


def test_sessions_end_when_grants_or_the_password_change(client):
    admin = Client()
    admin.force_login(account("system_administrator"))
    user = account("statistician")
    client.force_login(user)
    assert client.get("/").status_code == 200
    admin.post(f"/accounts/{user.pk}/grant/", {"role": "auditor", "institution": ""})
    assert client.get("/").status_code == 302
    client.force_login(User.objects.get(pk=user.pk))
    admin.post(f"/accounts/{user.pk}/password/")
    assert client.get("/security/").status_code == 302


def test_changing_the_own_password_keeps_this_session_and_ends_the_others(client):
    password = give_password("demo")
    other = Client()
    for browser in (client, other):
        browser.force_login(User.objects.get())
    form = {"old": password, "new": "correct horse battery", "again": "correct horse battery"}
    assert "密码已修改" in client.post("/security/password/", form).content.decode()
    assert (client.get("/").status_code, other.get("/").status_code) == (200, 302)


def test_nobody_raises_himself_and_the_last_administrator_stays(client):
    admin = account("system_administrator")
    client.force_login(admin)
    answer = client.post(f"/accounts/{admin.pk}/grant/", {"role": "data_manager", "institution": ""})
    assert answer.status_code == 422
    assert client.post(f"/accounts/{admin.pk}/off/").status_code == 422
    assert list(Grant.objects.values_list("role", flat=True)) == ["system_administrator"]


def test_an_administrator_makes_an_engineer(client):
    client.force_login(account("system_administrator"))
    page = client.post("/accounts/new/", {"username": "engineer"}).content.decode()
    assert 'id="password"' in page
    made = User.objects.get(username="engineer")
    where = institution_by_text(HOSPITAL)
    assert client.post(f"/accounts/{made.pk}/grant/", {"role": "institution_engineer"}).status_code == 422
    form = {"role": "institution_engineer", "institution": where.pk}
    assert client.post(f"/accounts/{made.pk}/grant/", form).status_code == 302
    assert reader_of(User.objects.get(pk=made.pk)).institutions("submission.view") == frozenset({where.pk})
    assert client.post(f"/accounts/{made.pk}/revoke/", {"grant": made.grants.get().pk}).status_code == 302
    assert reader_of(made).may("home.view") is False
