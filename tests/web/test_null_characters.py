"""An address with a NUL character is refused before anything looks for it."""

from __future__ import annotations

import pytest
from django.test import Client


@pytest.mark.parametrize("address", ["/healthz?x=%00", "/sign-in/?next=%00", "/submissions/%00/", "/api/v1/%00"])
def test_a_null_character_is_refused(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    assert answer["Content-Type"].split(";")[0] == ("application/problem+json" if "/api/" in address else "text/plain")


@pytest.mark.django_db
def test_a_percent_sign_before_two_noughts_that_is_written_out_is_not_one(client: Client) -> None:
    assert client.get("/healthz?x=%2500").status_code == 200
