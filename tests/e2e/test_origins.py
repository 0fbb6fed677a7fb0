"""Which pages may call the API: those of the web client's origin alone."""

import json

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from core.operations import HEADERS
from tests.e2e.conftest import WEB_ORIGIN
from tests.e2e.people import TIMEOUT, Person, address


def preflight(
    http: httpx.Client, origin: str, method: str = "POST", headers: str = "authorization,content-type"
) -> httpx.Response:
    return http.options(
        "/tickets",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": headers,
        },
    )


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_the_web_client_may_ask(http: httpx.Client, method: str) -> None:
    answer = preflight(http, WEB_ORIGIN, method)
    assert answer.is_success
    assert answer.headers["access-control-allow-origin"] == WEB_ORIGIN
    assert method in answer.headers["access-control-allow-methods"]
    allowed = {name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert allowed >= {"authorization", "content-type"}


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example.com", WEB_ORIGIN + "0", WEB_ORIGIN.replace("127.0.0.1", "127.0.0.1.evil.com"), "null"],
)
def test_other_pages_may_not(http: httpx.Client, origin: str) -> None:
    assert "access-control-allow-origin" not in preflight(http, origin).headers


def test_answers_and_refusals_are_readable_to_the_web_client_alone(http: httpx.Client, ann: Person) -> None:
    for origin, allowed in ((WEB_ORIGIN, WEB_ORIGIN), ("https://evil.example.com", None)):
        headers = {**ann.authorization, "Origin": origin}
        found = http.get("/users/me", headers=headers)
        missing = http.get("/chats/none", headers=headers)
        assert [found.status_code, missing.status_code] == [200, 404]
        for answer in (found, missing):
            assert answer.headers.get("access-control-allow-origin") == allowed
            assert "access-control-allow-credentials" not in answer.headers


def test_a_page_of_ours_opens_a_socket_and_no_other_does(ann: Person) -> None:
    """The Python client and the other tests open theirs without naming any."""
    with pytest.raises(InvalidStatus) as refused:
        connect(address(ann.ticket()), origin="https://evil.example.com", open_timeout=TIMEOUT)
    assert refused.value.response.status_code == 403
    with connect(address(ann.ticket()), origin=WEB_ORIGIN, open_timeout=TIMEOUT) as socket:
        socket.send('{"action": "ping"}')
        assert json.loads(socket.recv(TIMEOUT)) == {"type": "pong"}


def test_every_answer_over_http_tells_browsers_to_be_careful(http: httpx.Client, ann: Person) -> None:
    answers = [http.get("/users/me", headers=ann.authorization), http.get("/chats/none", headers=ann.authorization)]
    assert [answer.status_code for answer in answers] == [200, 404]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
