"""What listeners are told: the cells that change, of their own institutions, while they may."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, datetime

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from tests.cast import HOSPITAL, JUNE, OTHER_HOSPITAL, account, counted

from kangqiao.access.models import Grant
from kangqiao.base.clock import BEIJING
from kangqiao.oversight.monitoring.live import (
    LISTENERS,
    LISTENERS_OF_ONE,
    UNREAD,
    Ask,
    Hub,
    Listener,
    Message,
    TooManyListeners,
)
from kangqiao.oversight.monitoring.queries import Wanted
from kangqiao.oversight.monitoring.streams import Stream, as_text
from kangqiao.oversight.monitoring.watching import scope_of_session
from kangqiao.registry.actions import ensure_institutions
from kangqiao.registry.queries import institution_by_text

pytestmark = pytest.mark.django_db

DAY = date(2024, 6, 3)
WANTED = Wanted(channel="scheduled", dataset="lab_report")


class City:
    """A hub at a moment of its own, and the event loop of its listeners."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.moment = datetime(2024, 6, 4, 9, tzinfo=BEIJING)
        self.hub = Hub(lambda: self.moment)
        self.loop = loop

    def listener(self, scope: frozenset[int] | None = None, name: str = "a", **values) -> Listener:
        listener = Listener(Ask(JUNE, WANTED, scope), name, values.get("is_allowed", lambda: True), self.loop)
        self.hub.join(listener, start=False)
        return listener

    def told(self, listener: Listener) -> list[Message]:
        self.loop.run_until_complete(asyncio.sleep(0))
        found = []
        while not listener.queue.empty():
            found.append(listener.queue.get_nowait())
        return [message for message in found if message.event != "beat"]


@pytest.fixture
def city() -> Iterator[City]:
    ensure_institutions()
    loop = asyncio.new_event_loop()
    yield City(loop)
    loop.close()


def changes(messages: list[Message]) -> list[tuple[str, str, str]]:
    return [
        (cell["code"], cell["day"], cell["state"])
        for message in messages
        if message.event == "cells"
        for cell in message.data["cells"]
    ]


def test_a_listener_is_greeted_with_the_board_then_told_what_changes(city):
    listener = city.listener()
    city.hub.tick()
    (greeting,) = city.told(listener)
    code = institution_by_text(HOSPITAL).code
    assert (greeting.event, greeting.data["as_of"]) == ("board", "2024-06-04 09:00:00")
    assert greeting.data["states"][code][:4] == [("missing", "0/1"), ("missing", "0/1"), ("ahead", "—"), ("ahead", "—")]
    city.hub.tick()
    assert city.told(listener) == []
    counted(HOSPITAL, "lab_report", DAY, received=100, received_at=city.moment)
    city.hub.tick()
    assert changes(city.told(listener)) == [(code, "2024-06-03", "on_time")]


def test_an_engineer_is_told_of_the_own_institution_alone(city):
    own = institution_by_text(HOSPITAL)
    listener = city.listener(frozenset({own.pk}))
    city.hub.tick()
    assert list(city.told(listener)[0].data["states"]) == [own.code]
    counted(OTHER_HOSPITAL, "lab_report", DAY, received=100)
    city.hub.tick()
    assert city.told(listener) == []


def test_time_alone_changes_cells_within_a_minute(city):
    listener = city.listener(frozenset({institution_by_text(HOSPITAL).pk}))
    city.hub.tick()
    city.told(listener)
    city.moment = datetime(2024, 6, 4, 10, tzinfo=BEIJING)
    for _ in range(60):
        city.hub.tick()
    assert changes(city.told(listener)) == [(institution_by_text(HOSPITAL).code, "2024-06-03", "missing")]


def test_one_look_a_second_serves_all_listeners(city, django_assert_num_queries):
    for number in range(20):
        city.listener(name=f"account {number}")
    city.hub.tick()
    with django_assert_num_queries(3):
        city.hub.tick()


def test_a_listener_whose_rights_end_is_told_so_and_let_go(city):
    allowed = [True]
    listener = city.listener(is_allowed=lambda: allowed[0])
    city.hub.tick()
    city.told(listener)
    allowed[0] = False
    for _ in range(5):
        city.hub.tick()
    assert [message.event for message in city.told(listener)] == ["end"]
    assert city.hub.listeners() == []


def test_listeners_are_bounded_for_one_account_and_for_all(city):
    for _ in range(LISTENERS_OF_ONE):
        city.listener(name="one")
    with pytest.raises(TooManyListeners):
        city.listener(name="one")
    for number in range(LISTENERS - LISTENERS_OF_ONE):
        city.listener(name=f"other {number}")
    with pytest.raises(TooManyListeners):
        city.listener(name="last")
    assert len(city.hub.listeners()) == LISTENERS


def test_a_place_that_nobody_reads_is_given_free(city):
    listener = city.listener()
    listener.loop = None
    for _ in range(UNREAD + 1):
        city.hub.tick()
    assert city.hub.listeners() == []


def test_a_page_that_does_not_read_is_told_to_come_again(city):
    listener = city.listener()
    for number in range(40):
        listener.tell(Message("cells", {"number": number}))
    assert city.told(listener)[0].event == "again"


def test_closing_a_stream_gives_its_place_free(city):
    stream = Stream(city.hub, city.listener())
    assert city.loop.run_until_complete(stream.__anext__()) == b"retry: 5000\n\n"
    stream.close()
    stream.close()
    assert city.hub.listeners() == []


def test_the_stream_ends_with_the_session(city):
    listener = city.listener()
    stream = Stream(city.hub, listener)
    listener.tell(Message("end", {}))

    async def all_of_it() -> list[bytes]:
        return [part async for part in stream]

    assert city.loop.run_until_complete(all_of_it()) == [b"retry: 5000\n\n", b"event: end\ndata: {}\n\n"]
    assert city.hub.listeners() == []


def test_a_beat_is_a_comment_too():
    assert as_text(Message("beat", {"as_of": "10:00"})) == b': beat\nevent: beat\ndata: {"as_of":"10:00"}\n\n'


def test_a_session_is_looked_up_as_it_is_now():
    user = account("institution_engineer", HOSPITAL)
    client = Client()
    client.force_login(user)
    key = client.session.session_key
    own = frozenset({institution_by_text(HOSPITAL).pk})
    assert scope_of_session(key) == (True, own)
    Grant.objects.all().delete()
    assert scope_of_session(key) == (False, frozenset())
    account("data_manager", name=user.username)
    assert scope_of_session(key) == (True, None)
    SessionStore(key).delete()
    assert scope_of_session(key) == (False, frozenset())
