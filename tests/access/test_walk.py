"""Every address and method × every role and nobody: allowed or refused as the table of rights says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files

import pytest
import yaml
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import models
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from tests.cast import HOSPITAL, account

from kangqiao.access.audit.models import AuditEvent, AuditHead
from kangqiao.access.rights import OPEN

pytestmark = pytest.mark.django_db

TABLE = yaml.safe_load(files("kangqiao.access").joinpath("data/rights.yaml").read_text("utf-8"))
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
EXAMPLES = {
    "month": "2024-06",
    "day": "2024-06-03",
    "account_id": "1",
    "code": "NJ-H01",
    "view": "days",
    "suffix": "csv",
}


def patterns(resolver: URLResolver, prefix: str = "/") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry, prefix + str(entry.pattern))
        else:
            route = re.sub(r"\^|\$|\\Z", "", prefix + str(entry.pattern))
            yield re.sub(r"<(?:\w+:)?(\w+)>", lambda name: EXAMPLES.get(name[1], "0" * 26), route), entry


PAGES = [(address, entry) for address, entry in patterns(get_resolver()) if not address.startswith("/api/")]
GUARDED = [(address, entry.callback.permission) for address, entry in PAGES if entry.callback.permission != OPEN]
WHO = [None, *TABLE["roles"]]


def everything_stored() -> dict[str, int]:
    """Rows of every table but the trail and what keeps a session."""
    kept: set[type[models.Model]] = {AuditEvent, AuditHead, Session}
    return {model._meta.label: model._default_manager.count() for model in apps.get_models() if model not in kept}


def client_of(role: str | None) -> Client:
    client = Client()
    if role:
        where = HOSPITAL if TABLE["roles"][role]["scope"] == "institution" else None
        client.force_login(account(role, where))
        client.get("/security/")
    return client


def test_every_address_names_a_permission_of_the_table_or_is_open():
    named = {entry.callback.permission for _, entry in patterns(get_resolver())}
    assert named - {OPEN} <= TABLE["permissions"].keys()
    assert {address for address, entry in PAGES if entry.callback.permission == OPEN} == {
        *("/sign-in/", "/sign-in/code/", "/sign-out/", "/healthz", "/metrics")
    }


@pytest.mark.parametrize("role", WHO)
def test_whoever_has_no_permission_is_refused_with_one_event_and_nothing_changes(role):
    client = client_of(role)
    held = TABLE["roles"][role]["permissions"] if role else []
    before = everything_stored()
    refused = [(address, method) for address, needed in GUARDED if needed not in held for method in METHODS]
    for address, method in refused:
        AuditEvent.objects.all().delete()
        response = client.generic(method, address)
        assert response.status_code == (403 if role else 302), (address, method)
        events = [(one.kind, one.verb, one.subject, one.outcome) for one in AuditEvent.objects.all()]
        assert events == [("account" if role else "nobody", "access.refused", address, "refused")]
        if not role:
            assert response.headers["Location"].startswith("/sign-in/?next=")
    assert everything_stored() == before


@pytest.mark.parametrize("role", TABLE["roles"])
def test_whoever_has_the_permission_is_let_through(role):
    client = client_of(role)
    held = TABLE["roles"][role]["permissions"]
    for address, needed in GUARDED:
        if needed in held and "events" not in address:
            response = client.get(address)
            b"".join(response.streaming_content) if response.streaming else response.content
            assert response.status_code in {200, 302, 404, 405}, address
            assert not response.headers.get("Location", "").startswith("/sign-in/"), address
    assert not AuditEvent.objects.filter(verb="access.refused", subject__startswith="/").exists()
