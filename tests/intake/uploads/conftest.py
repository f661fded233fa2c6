"""A hospital's key, and a client that speaks tus with it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from tests.intake.conftest import FACTS, home  # noqa: F401
from tests.intake.outbox import DATASET, DRUM_TOWER, HEADER, charge

from kangqiao.access.keys.actions import KeyWish, create_key
from kangqiao.access.rights import Reader
from kangqiao.base.home import Home
from kangqiao.intake.uploads.taking import take_upload
from kangqiao.registry.queries import institution_by_text

DAY = "2024-06-03"
NAME = f"{DATASET}-{DAY}.csv"
STREAM = "application/offset+octet-stream"


def content(*amounts: str) -> bytes:
    """A day's charges, one a row; an amount that is no number makes a rejected row."""
    rows = [charge(f"C{place}", DAY, amount) for place, amount in enumerate(amounts)]
    return "\n".join([HEADER, *rows, ""]).encode()


def metadata(**values: str) -> str:
    return ",".join(f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in values.items())


@dataclass
class Sender:
    """One hospital's program."""

    token: str
    client: Client

    def call(self, method: str, address: str, body: bytes = b"", **headers: str) -> Any:
        told = {"Authorization": f"Bearer {self.token}", "Tus-Resumable": "1.0.0"}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        kind = told.setdefault("Content-Type", STREAM)
        return self.client.generic(method, address, body, content_type=kind, headers=told)

    def announce(self, size: int, body: bytes = b"", **values: str) -> Any:
        told = metadata(**{"filename": NAME, **values})
        return self.call("POST", "/api/v1/uploads", body, Upload_Length=str(size), Upload_Metadata=told)

    def patch(self, address: str, offset: int, body: bytes, **headers: str) -> Any:
        return self.call("PATCH", address, body, Upload_Offset=str(offset), **headers)

    def offset(self, address: str) -> int:
        return int(self.call("HEAD", address)["Upload-Offset"])

    def send(self, body: bytes, **values: str) -> dict[str, Any]:
        """The whole file at once, taken as the worker takes it; answers what the API tells of it."""
        address = self.announce(len(body), body, **values)["Location"]
        take_upload(address.rpartition("/")[2], facts=FACTS)
        return self.call("GET", address).json()

    def receipt(self, submission: str) -> dict[str, Any]:
        return self.call("GET", f"/api/v1/submissions/{submission}").json()


def sender_of(name: str, client: Client, **wish: Any) -> Sender:
    institution = institution_by_text(name)
    assert institution is not None
    wanted = KeyWish(
        institution.pk,
        "前置机",
        permissions=("submission.send", "submission.view", "submission.rejected", "submission.replay"),
        calls_a_minute=100_000,
        **wish,
    )
    return Sender(create_key(wanted, by=Reader.of_command())[1], client)


@pytest.fixture
def sender(home: Home, client: Client) -> Sender:  # noqa: F811
    return sender_of(DRUM_TOWER, client)
