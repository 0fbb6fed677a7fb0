"""adapters.sockets against a real HTTP server that answers as ``@connections`` does."""

import math
import re
import socket
import time

import pytest

from adapters import sockets
from adapters.sockets import Outcome
from core import aws
from core.settings import settings
from tests.endpoint import HANG_UP, SILENCE, Endpoint, Told

LATER = math.inf
FRAME = '{"type":"message.created","text":"やあ"}'.encode()


def test_a_frame_is_posted_to_its_socket(endpoint: Endpoint, waits: list[float]) -> None:
    assert sockets.post("KfG5kcOoliACEFQ=", FRAME, LATER) is Outcome.DELIVERED
    (post,) = endpoint.posts
    assert post.path == "/test/@connections/KfG5kcOoliACEFQ%3D"
    assert post.body == FRAME
    assert waits == []


@pytest.mark.parametrize("connection_id", ["a/b", "a?b", "a#b", "a b", "../x", "%2F"])
def test_no_id_leads_to_another_path(connection_id: str, endpoint: Endpoint) -> None:
    sockets.post(connection_id, FRAME, LATER)
    assert re.fullmatch(r"/test/@connections/[^/?#]+", endpoint.posts[0].path)


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([200], Outcome.DELIVERED),
        ([410], Outcome.GONE),
        ([429, 200], Outcome.DELIVERED),
        ([500, 503, 502, 200], Outcome.DELIVERED),
        ([429, 410], Outcome.GONE),
        ([500] * aws.TRIES, Outcome.FAILED),
        ([429] * aws.TRIES, Outcome.THROTTLED),
        ([HANG_UP, 200], Outcome.DELIVERED),
        ([HANG_UP] * aws.TRIES, Outcome.FAILED),
        ([403], Outcome.REFUSED),
        ([413], Outcome.REFUSED),
        ([400], Outcome.REFUSED),
        ([302], Outcome.REFUSED),
    ],
)
def test_what_becomes_of_a_post(
    answers: list[int | Told], outcome: Outcome, endpoint: Endpoint, waits: list[float]
) -> None:
    endpoint.answer(*answers, 200)
    assert sockets.post("c1", FRAME, LATER) is outcome
    assert len(endpoint.posts) == len(answers)
    assert len(waits) == len(answers) - 1
    assert all(post.body == FRAME for post in endpoint.posts)


def test_a_silent_server_is_given_up(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "TIMEOUT_SECONDS", (1, 0.02))
    endpoint.answer(SILENCE)
    assert sockets.post("c1", FRAME, LATER) is Outcome.FAILED
    assert len(endpoint.posts) == aws.TRIES


def test_a_server_that_was_silent_once_gets_the_frame(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "TIMEOUT_SECONDS", (1, 0.2))
    endpoint.answer(SILENCE, 200)
    assert sockets.post("c1", FRAME, LATER) is Outcome.DELIVERED


def test_nobody_listening_is_a_failure(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("CONNECTIONS_URL", f"http://127.0.0.1:{unused.getsockname()[1]}/test")
        settings.cache_clear()
        assert sockets.post("c1", FRAME, LATER) is Outcome.FAILED
    assert len(waits) == aws.TRIES - 1


def test_nothing_is_tried_again_when_time_is_up(endpoint: Endpoint, waits: list[float]) -> None:
    endpoint.answer(429)
    assert sockets.post("c1", FRAME, time.monotonic()) is Outcome.THROTTLED
    assert (len(endpoint.posts), waits) == (1, [])


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([204], Outcome.DELIVERED),
        ([410], Outcome.GONE),
        ([429, 204], Outcome.DELIVERED),
        ([HANG_UP, 204], Outcome.DELIVERED),
        ([429] * aws.TRIES, Outcome.THROTTLED),
        ([403], Outcome.REFUSED),
    ],
)
def test_what_becomes_of_closing_a_socket(
    answers: list[int | Told], outcome: Outcome, endpoint: Endpoint, waits: list[float]
) -> None:
    endpoint.answer(*answers, 204)
    assert sockets.close("KfG5kcOoliACEFQ=", time.monotonic() + 60) is outcome
    assert {(post.method, post.path) for post in endpoint.posts} == {
        ("DELETE", "/test/@connections/KfG5kcOoliACEFQ%3D")
    }
    assert len(endpoint.posts) == len(answers)
