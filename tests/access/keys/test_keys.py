"""Keys: shown once, hashed, scoped, limited, ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from kangqiao.access.audit.models import AuditEvent
from kangqiao.access.keys.actions import KeyWish, create_key, revoke_key, rotate_key
from kangqiao.access.keys.models import MachineKey
from kangqiao.access.keys.rates import Rates
from kangqiao.access.keys.rules import checked_networks, is_from
from kangqiao.access.rights import Reader
from kangqiao.base.clock import now
from kangqiao.base.errors import RequestRefused
from kangqiao.base.home import VARIABLE
from kangqiao.registry.actions import ensure_institutions
from kangqiao.registry.queries import institution_by_text

HOSPITAL = "南京鼓楼医院"
CENTRE = Reader("account", "manager")
Make = Callable[..., tuple[MachineKey, str]]


@pytest.fixture
def make(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "home"))
    ensure_institutions()
    institution = institution_by_text(HOSPITAL)
    assert institution is not None
    number = institution.pk
    return lambda **wish: create_key(KeyWish(number, "前置机", **wish), by=CENTRE)


def me(token: str, client: Client | None = None, **headers: str) -> tuple[int, dict[str, object]]:
    answer = (client or Client()).get("/api/v1/me", headers={"Authorization": f"Bearer {token}", **headers})
    return answer.status_code, answer.json()


def test_a_key_tells_whose_it_is_and_is_kept_as_a_digest(make: Make) -> None:
    key, text = make()
    status, told = me(text)
    assert (status, told["institution"], told["label"]) == (
        200,
        {"code": key.institution.code, "name": HOSPITAL},
        "前置机",
    )
    secret = text.rpartition("_")[2]
    assert len(key.digest) == 64
    assert secret not in str(MachineKey.objects.values().get())
    assert [event.verb for event in AuditEvent.objects.all()] == ["key.create"]


@pytest.mark.parametrize("change", ["kq_none", "", "kq_" + "0" * 26 + "_" + "A" * 43, "last"])
def test_what_is_no_key_is_answered_alike_and_noted_once(make: Make, change: str) -> None:
    _, text = make()
    wrong = text[:-1] + ("A" if text[-1] != "A" else "B") if change == "last" else change
    status, told = me(wrong)
    assert (status, told["code"]) == (401, "key.wrong")
    assert [(event.verb, event.outcome, event.kind) for event in AuditEvent.objects.filter(verb="access.refused")] == [
        ("access.refused", "refused", "nobody")
    ]


def test_an_ended_key_is_a_wrong_key(make: Make) -> None:
    _, expired_text = make(expires_at=now() - timedelta(seconds=1))
    revoked, revoked_text = make()
    revoke_key(revoked, by=CENTRE)
    assert [me(text)[0] for text in (expired_text, revoked_text)] == [401, 401]
    with pytest.raises(RequestRefused, match="已经吊销"):
        rotate_key(revoked, by=CENTRE)


def test_both_keys_work_while_a_rotation_lasts(make: Make) -> None:
    key, old = make(networks=("127.0.0.0/8",), calls_a_minute=7)
    successor, new = rotate_key(key, by=CENTRE)
    assert [me(text)[0] for text in (old, new)] == [200, 200]
    assert (successor.networks, successor.calls_a_minute) == (["127.0.0.0/8"], 7)
    MachineKey.objects.filter(pk=key.pk).update(expires_at=now() - timedelta(seconds=1))
    assert [me(text)[0] for text in (old, new)] == [401, 200]


def test_a_key_works_only_from_its_networks_whatever_the_caller_claims(make: Make) -> None:
    _, text = make(networks=("10.1.0.0/16",))
    status, told = me(text, **{"X-Forwarded-For": "10.1.2.3"})
    assert (status, told["code"]) == (403, "key.address")


def test_the_proxy_that_we_know_is_believed(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = make(networks=("10.1.0.0/16",))
    monkeypatch.setenv("KANGQIAO_PROXY", "127.0.0.1")
    assert me(text, **{"X-Forwarded-For": "1.2.3.4, 10.1.2.3"})[0] == 200
    assert me(text, **{"X-Forwarded-For": "10.1.2.3, 1.2.3.4"})[0] == 403


def test_a_key_that_calls_too_often_is_told_when_to_come_again(make: Make) -> None:
    _, text = make(calls_a_minute=2)
    client = Client()
    statuses = [me(text, client)[0] for _ in range(6)]  # at most one turn of the minute lies among them
    answer = client.get("/api/v1/me", headers={"Authorization": f"Bearer {text}"})
    assert statuses.count(429) >= 2
    assert (answer.status_code, answer.json()["code"]) == (429, "key.rate")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_counters_of_a_minute_are_shared_and_start_again(tmp_path: Path) -> None:
    one, other = Rates(tmp_path / "rates"), Rates(tmp_path / "rates")
    limits = (3, 100)
    assert [one.take("k", 5, calls=1, rows=0, limits=limits), other.take("k", 5, calls=1, rows=0, limits=limits)] == [
        True
    ] * 2
    assert one.take("k", 5, calls=1, rows=101, limits=limits) is False
    assert one.take("k", 5, calls=1, rows=100, limits=limits) is True
    assert other.take("k", 5, calls=1, rows=0, limits=limits) is False
    assert other.take("k", 6, calls=1, rows=0, limits=limits) is True
    assert one.take("another", 5, calls=1, rows=0, limits=limits) is True


@pytest.mark.parametrize(
    ("address", "networks", "is_in"),
    [
        ("10.1.2.3", [], True),
        ("10.1.2.3", ["10.1.0.0/16"], True),
        ("10.2.2.3", ["10.1.0.0/16", "10.2.2.3/32"], True),
        ("::ffff:10.1.2.3", ["10.1.0.0/16"], True),
        ("2001:db8::1", ["2001:db8::/32"], True),
        ("2001:db9::1", ["2001:db8::/32", "10.0.0.0/8"], False),
        ("", ["10.0.0.0/8"], False),
        ("not an address", ["10.0.0.0/8"], False),
    ],
)
def test_addresses_and_networks(address: str, networks: list[str], is_in: bool) -> None:
    assert is_from(address, networks) is is_in


def test_a_network_that_is_none_is_refused_in_words() -> None:
    assert checked_networks(["10.1.2.3/24", " 2001:db8::1 "]) == ["10.1.2.0/24", "2001:db8::1/128"]
    with pytest.raises(RequestRefused, match="不是地址或网段"):
        checked_networks(["10.1.2.300"])


def test_a_key_cannot_be_given_what_is_for_people(make: Make) -> None:
    with pytest.raises(RequestRefused, match=r"account\.manage"):
        make(permissions=("account.manage",))
    assert MachineKey.objects.count() == 0
