"""Fixtures: a stack with the page in front of it, and windows of a real Chromium."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from local import ports, turn, web
from local.stack import Stack
from local.turn import Turn
from tests.browser import chromium
from tests.browser.window import Window
from tests.e2e.people import TIMEOUT, Person

# Milliseconds; the first call of each function starts an interpreter.
PATIENCE = 20_000

WIDE = {"width": 1280, "height": 800}
# The page is not kept on the device but where that is tested: each window would fetch everything twice.
USUAL = {"viewport": WIDE, "locale": "en-GB", "timezone_id": "Asia/Tokyo", "service_workers": "block"}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}


# Package-wide rather than for all tests: while Playwright runs, no other test could run an event loop.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = chromium.find(playwright.chromium)
        expect.set_options(timeout=PATIENCE)
        browser = playwright.chromium.launch(executable_path=path, args=[*chromium.QUIET, *chromium.FAKE_MEDIA])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def web_port() -> int:
    return ports.free()


@pytest.fixture(scope="package")
def stack(browser: Browser, web_port: int, relay: Turn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    origins = [f"http://{ports.HOST}:{web_port}"]
    with Stack(tmp_path_factory.mktemp("stack"), ports.free(), origins, turn_urls=relay.urls) as stack:
        stack.keep_secret(turn.PARAMETER, "\n".join(relay.secrets))
        yield stack


@pytest.fixture(scope="package")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Turn]:
    """A real TURN server, which must be installed."""
    with Turn(tmp_path_factory.mktemp("turn"), ports.free()) as relay:
        yield relay


@pytest.fixture(scope="package")
def web_url(stack: Stack, web_port: int) -> Iterator[str]:
    """The page, served as `make run` serves it."""
    site = web.serve(web_port, stack.endpoints.api_url, stack.endpoints.socket_url, stack.aws_endpoint)
    yield f"http://{ports.HOST}:{web_port}"
    site.shutdown()
    site.server_close()


@pytest.fixture(scope="package")
def http(stack: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.endpoints.api_url, timeout=TIMEOUT) as client:
        yield client


@pytest.fixture
def open_window(browser: Browser, web_url: str, stack: Stack) -> Iterator[Callable[..., Window]]:
    """Open a window of a browser of its own.

    What the page asked of another host than its own two, and what it complained of in the console, fails the test; so
    does a refused request that the test did not take off the window's list of refusals.
    """
    windows: list[Window] = []

    def open_one(**options: Any) -> Window:
        context = browser.new_context(**{**USUAL, **options})
        context.set_default_timeout(PATIENCE)
        windows.append(Window(context, web_url))
        return windows[-1]

    yield open_one
    for window in windows:
        window.context.close()
    ours = {url.partition("://")[2] for url in (web_url, stack.aws_endpoint)}
    for window in windows:
        assert window.hosts == ours
        assert window.complaints == []
        assert window.refusals == []


@pytest.fixture
def ann(http: httpx.Client) -> Person:
    return Person(http, "ann")


@pytest.fixture
def bob(http: httpx.Client) -> Person:
    return Person(http, "bob")


@pytest.fixture
def eve(http: httpx.Client) -> Person:
    return Person(http, "eve")
