"""A platform as it runs: a home with a month in it, the server as its command starts it, a browser."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, Page, StorageState, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
SCREENS = {"desk": (1366, 768), "phone": (390, 844)}
SEED = Path(__file__).with_name("seed.py")
COMMAND = (sys.executable, "-c", "from kangqiao.cli.main import main; main()")


@dataclass(frozen=True)
class Platform:
    """A running server: its address, its home, the password of ``demo``."""

    address: str
    home: Path
    password: str


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "KANGQIAO_HOME": str(home), "PYTHONUTF8": "1"}


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    home = tmp_path_factory.mktemp("platform") / "home"
    # Hospitals number 1, 7, 13 … of the list send data; the first hospital stands on place 12.
    seeded = subprocess.run(
        [sys.executable, str(SEED), "6"], env=environment(home), capture_output=True, text=True, check=True
    )
    port = free_port()
    server = subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port)], env=environment(home), stdout=subprocess.PIPE, text=True
    )
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}/healthz", server)
        yield Platform(f"http://127.0.0.1:{port}", home, seeded.stdout.split()[-1])
    finally:
        server.terminate()
        server.wait(timeout=20)
        assert server.stdout is not None
        server.stdout.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("no /usr/bin/chromium: apt-get install chromium fonts-noto-cjk")
    if finders.find("vendor/tabler.min.css") is None:
        pytest.skip("the style sheets are not built: make setup")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def session(browser: Browser, platform: Platform) -> StorageState:
    """What a browser keeps of somebody who has signed in."""
    context = browser.new_context(base_url=platform.address)
    sign_in(context.new_page(), platform)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture(params=SCREENS, ids=SCREENS.keys())
def page(request: pytest.FixtureRequest, browser: Browser, platform: Platform, session: StorageState) -> Iterator[Page]:
    """A signed-in page on an old office screen and on a phone; it may load nothing from elsewhere."""
    width, height = SCREENS[request.param]
    context = browser.new_context(
        viewport={"width": width, "height": height}, base_url=platform.address, storage_state=session
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda sent: None if sent.url.startswith(platform.address) else complaints.append(sent.url))
    page.goto("/")
    yield page
    context.close()
    assert complaints == []


def sign_in(page: Page, platform: Platform) -> None:
    page.goto("/")
    page.get_by_label("账号").fill("demo")
    page.get_by_label("密码").fill(platform.password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_healthy(address: str, server: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError("the server did not start")
