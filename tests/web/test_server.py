"""The server as its command starts it: streams that flow, limits at the gate, a worker beside, a clean end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import httpx
import psutil
import pytest

ROOT = Path(__file__).parents[2]
SERVE = (sys.executable, "-c", "from kangqiao.cli.main import main; main()", "serve")
ID_NO = "320102199001011234"
MEBIBYTE = 1 << 20


class Server:
    """A running ``kangqiao serve`` with the trial's addresses."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        environment = {
            **os.environ,
            "KANGQIAO_HOME": str(home),
            "KANGQIAO_LOG": "json",
            "KANGQIAO_TRIAL_SETTINGS": os.environ["DJANGO_SETTINGS_MODULE"],
            "DJANGO_SETTINGS_MODULE": "tests.web.trial.settings",
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
        }
        home.parent.mkdir(parents=True, exist_ok=True)
        self._log = home.with_suffix(".log").open("w+")
        command = [*SERVE, "--port", str(self.port), *options]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=self._log)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=20, trust_env=False)
        until(self._is_healthy)

    def _is_healthy(self) -> bool:
        try:
            return self.client.get("/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read()

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def workers(self) -> list[psutil.Process]:
        found = psutil.Process(self.process.pid).children()
        living = [child for child in found if child.status() != psutil.STATUS_ZOMBIE]
        return [child for child in living if child.cmdline()[-1:] == ["work"]]

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def close(self) -> None:
        self.client.close()
        if self.process.poll() is None:
            for child in self.children():
                child.kill()
            self.process.kill()
            self.process.wait()
        self._log.close()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server") / "home", "--no-worker", "--processes", "1")
    yield server
    server.close()


@pytest.mark.parametrize(
    ("path", "parts"),
    [("/trial/events", ["data: 0\n\n", "data: 1\n\n", "data: 2\n\n"]), ("/trial/lines", ["0 0\n", "1 0\n", "2 0\n"])],
)
def test_streams_flow_part_by_part(server: Server, path: str, parts: list[str]) -> None:
    came = []
    with server.client.stream("GET", path) as answer:
        for part in answer.iter_text():
            came.append((part, time.monotonic()))
    assert [part for part, _ in came] == parts
    pauses = [later - earlier for (_, earlier), (_, later) in pairwise(came)]
    assert [pause > 0.2 for pause in pauses] == [True, True]


def test_many_listeners_leave_room_for_calls(server: Server) -> None:
    def listen() -> None:
        httpx.get(f"http://127.0.0.1:{server.port}/trial/events", timeout=20, trust_env=False)

    listeners = [threading.Thread(target=listen) for _ in range(40)]
    for listener in listeners:
        listener.start()
    assert [server.client.get("/healthz").status_code for _ in range(5)] == [200] * 5
    for listener in listeners:
        listener.join()


def test_a_body_over_eight_mebibytes_is_refused_whether_it_says_so_or_not(server: Server) -> None:
    assert server.client.post("/trial/weigh", content=b"a" * (8 * MEBIBYTE)).text == str(8 * MEBIBYTE)
    told = server.client.post("/trial/weigh", content=b"a" * (8 * MEBIBYTE + 1))
    assert (told.status_code, told.json()["code"]) == (413, "body.large")
    untold = server.client.post("/trial/weigh", content=(b"a" * MEBIBYTE for _ in range(9)))
    assert (untold.status_code, untold.json()["code"]) == (413, "body.large")


def test_large_headers_are_refused_and_the_server_goes_on(server: Server) -> None:
    assert server.client.get("/healthz", headers={"X-Large": "a" * 200_000}).status_code == 431
    assert server.client.get("/healthz").status_code == 200


def test_slow_senders_hold_no_place(server: Server) -> None:
    head = b"POST /trial/weigh HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\na"
    lines = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(60)]
    for line in lines:
        line.sendall(head)
    assert [server.client.get("/healthz").status_code for _ in range(5)] == [200] * 5
    for line in lines:
        line.sendall(b"a" * 99)
    assert {line.recv(12) for line in lines} == {b"HTTP/1.1 200"}
    for line in lines:
        line.close()


def test_a_refusal_for_calling_too_often_stands_without_a_look_at_the_database(server: Server) -> None:
    headers = {"Authorization": "Bearer kq_1_secret"}
    answers = [server.client.get("/trial/tired", headers=headers) for _ in range(20)]
    assert {answer.status_code for answer in answers} == {429}
    assert server.client.get("/trial/calls").text == "1"
    assert answers[-1].json()["code"] == "rate.exceeded"
    assert answers[-1].headers["Retry-After"] in {"1", "2"}
    assert server.client.get("/trial/tired", headers={"Authorization": "Bearer kq_2_other"}).status_code == 429
    assert server.client.get("/trial/calls").text == "2"


def test_a_fault_is_a_problem_and_the_log_tells_of_it_without_personal_data(server: Server) -> None:
    answer = server.client.post(f"/api/v1/trial/fault?id_no={ID_NO}", content=f"张三丰 {ID_NO}".encode())
    assert (answer.status_code, answer.json()["code"]) == (500, "platform.fault")
    number = answer.headers["X-Request-ID"]
    until(lambda: number in server.log())
    log = server.log()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    own = next(line for line in lines if line.get("request_id") == number)
    assert (own["route"], own["status"], own["method"]) == ("api/v1/trial/fault", 500, "POST")
    assert any("builtins.ValueError" in line.get("exc_info", "") for line in lines)
    assert ID_NO not in log
    assert "张三丰" not in log


def test_figures_are_those_of_all_processes(server: Server) -> None:
    server.client.get("/healthz")
    text = server.client.get("/metrics").text
    assert 'kangqiao_calls_total{method="GET",route="healthz",status="200"}' in text
    assert 'kangqiao_call_seconds_bucket{le="0.2",route="healthz"}' in text


def test_a_worker_that_dies_is_started_again_and_all_end_together(tmp_path: Path) -> None:
    server = Server(tmp_path / "home")
    try:
        until(lambda: len(server.workers()) == 1)
        first = server.workers()[0]
        first.kill()
        until(lambda: [worker.pid for worker in server.workers() if worker.pid != first.pid] != [])
        family = server.children()
        assert server.end() == 0
        _, alive = psutil.wait_procs(family, timeout=10)
        assert alive == []
    finally:
        server.close()


def test_when_the_server_is_killed_its_processes_end_by_themselves(tmp_path: Path) -> None:
    server = Server(tmp_path / "home")
    try:
        until(lambda: len(server.workers()) == 1)
        family = server.children()
        server.process.kill()
        server.process.wait()
        _, alive = psutil.wait_procs(family, timeout=45)
        assert alive == []
    finally:
        server.close()
