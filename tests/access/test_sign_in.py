"""Signing in and out, and accounts for trying things out."""

from __future__ import annotations

import pytest
from django.test import Client

from kangqiao.access.actions import give_password
from kangqiao.access.models import User

pytestmark = pytest.mark.django_db


def test_a_demo_account_signs_in_and_lands_where_it_wanted_to_go(client):
    password = give_password("demo")
    response = client.post("/sign-in/", {"username": "demo", "password": password, "next": "/submissions/?page=2"})
    assert (response.status_code, response.headers["Location"]) == (302, "/submissions/?page=2")
    assert client.get("/submissions/").status_code == 200


def test_a_wrong_password_is_refused_in_a_sentence(client):
    give_password("demo")
    response = client.post("/sign-in/", {"username": "demo", "password": "wrong"})
    assert response.status_code == 200
    assert "账号或密码不对，请核对后再试" in response.content.decode()
    assert client.get("/").status_code == 302


def test_an_empty_form_names_what_is_missing(client):
    page = client.post("/sign-in/", {}).content.decode()
    assert "请输入账号" in page
    assert "请输入密码" in page


def test_an_account_switched_off_cannot_sign_in(client):
    password = give_password("demo")
    User.objects.update(is_active=False)
    assert client.post("/sign-in/", {"username": "demo", "password": password}).status_code == 200
    assert client.get("/").status_code == 302


def test_signing_in_never_leads_to_another_site(client):
    password = give_password("demo")
    form = {"username": "demo", "password": password, "next": "https://elsewhere.example/"}
    assert client.post("/sign-in/", form).headers["Location"] == "/"


def test_signing_out_takes_a_post(client):
    give_password("demo")
    client.force_login(User.objects.get())
    assert client.get("/sign-out/").status_code == 405
    assert client.get("/").status_code == 200
    assert client.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert client.get("/").status_code == 302


def test_forms_without_a_token_are_refused_in_a_sentence():
    strict = Client(enforce_csrf_checks=True)
    response = strict.post("/sign-in/", {"username": "demo", "password": "x"})
    assert response.status_code == 403
    assert "页面已过期" in response.content.decode()


def test_a_new_password_replaces_the_old_one():
    first, second = give_password("demo"), give_password("demo")
    user = User.objects.get()
    assert first != second
    assert (user.check_password(first), user.check_password(second)) == (False, True)
    assert (user.is_staff, user.is_superuser, user.password.split("$")[0]) == (False, False, "argon2")
