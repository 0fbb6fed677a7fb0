"""getIceServers: which servers ann gets, what that costs, and what she gets while AWS is in trouble."""

import base64
import hashlib
import hmac
from typing import Any

import pytest

from adapters.parameters import FRESH_SECONDS, REST_SECONDS
from tests.calls import PARAMETER, Calls, Refusal, refusal
from tests.conftest import Clock
from tests.gateway import Gateway
from tests.people import HTTP, SOCKET, Person

STUN = {"urls": ["stun:turn.example.com:3478"]}
PLACE = "/kaiwa/test/turn-secret"
SECRET = "kept-in-the-north"


@pytest.fixture(autouse=True)
def _secret(gateway: Gateway) -> None:
    gateway.secrets[PLACE] = SECRET


def password(name: str, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), name.encode(), hashlib.sha1).digest()).decode()


def turn(person: Person, over: str = HTTP) -> dict[str, Any]:
    stun, turn = person.ask("getIceServers", over).data["iceServers"]
    assert stun == STUN
    return turn


@pytest.mark.parametrize("over", [HTTP, SOCKET])
def test_ann_gets_credentials_of_her_own(over: str, ann: Person, bob: Person, clock: Clock) -> None:
    before = clock.seconds()
    server = turn(ann, over)
    until, _, whose = server["username"].partition(":")
    assert server["urls"] == [
        "turn:turn.example.com:3478?transport=udp",
        "turns:turn.example.com:5349?transport=tcp",
    ]
    assert whose == ann.user_id
    assert before + 3600 <= int(until) <= clock.seconds() + 3600
    assert server["credential"] == password(server["username"], SECRET)
    assert turn(bob, over)["username"].endswith(f":{bob.user_id}")


def test_a_warm_function_reads_the_secret_once(ann: Person, calls: Calls, clock: Clock) -> None:
    ann.standing_socket.take()
    calls.clear()
    for _ in range(5):
        turn(ann, SOCKET)
    assert calls.words() == [PARAMETER]
    clock.advance(FRESH_SECONDS)
    turn(ann, SOCKET)
    assert calls.words() == [PARAMETER] * 2


def test_after_a_rotation_the_new_secret_signs(ann: Person, gateway: Gateway, clock: Clock) -> None:
    before = turn(ann)
    gateway.secrets[PLACE] = f"kept-in-the-south\n{SECRET}"
    clock.advance(FRESH_SECONDS)
    after = turn(ann)
    assert before["credential"] == password(before["username"], SECRET)
    assert after["credential"] == password(after["username"], "kept-in-the-south")


@pytest.mark.parametrize("code", ["ThrottlingException", "ParameterNotFound", "AccessDeniedException"])
def test_without_the_secret_ann_still_gets_an_answer(code: str, ann: Person, calls: Calls, clock: Clock) -> None:
    with calls.intercepted(Refusal(PARAMETER, refusal(code))):
        answer = ann.ask("getIceServers")
        assert (answer.status, answer.data["iceServers"]) == (200, [STUN])
    clock.advance(REST_SECONDS)
    turn(ann)


def test_a_secret_that_was_read_outlasts_trouble(ann: Person, calls: Calls, clock: Clock) -> None:
    turn(ann)
    clock.advance(FRESH_SECONDS)
    with calls.intercepted(Refusal(PARAMETER, refusal("InternalServerError"))):
        server = turn(ann, SOCKET)
    assert server["credential"] == password(server["username"], SECRET)


def test_who_asks_too_often_must_wait(ann: Person, bob: Person) -> None:
    answers = [ann.ask("getIceServers", SOCKET) for _ in range(61)]
    assert {one.status for one in answers[:60]} == {200}
    assert (answers[60].status, answers[60].code) == (429, "rate_limited")
    assert bob.ask("getIceServers", SOCKET).status == 200
