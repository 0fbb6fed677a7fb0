"""Calls: what ann, bob and eve are told, what each gets for an answer, and what it costs."""

from typing import Any

import pytest

from tests.gateway import Gateway, Socket
from tests.people import HTTP, SOCKET, Person


def told(socket: Socket) -> list[str]:
    """Return what a socket was told of calls, in order."""
    return [frame["type"].removeprefix("call.") for frame in socket.take() if frame["type"].startswith("call.")]


def states(call: dict[str, Any]) -> list[str]:
    return [call["state"], *(one["state"] for one in call["participants"])]


def ring(ann: Person, *others: Person, over: str = SOCKET, kind: str = "video") -> str:
    """Have ann call others, and return the id of the call."""
    answer = ann.ask("startCall", over, calleeIds=[one.user_id for one in others], kind=kind)
    assert answer.status == 201, answer
    return answer.data["callId"]


@pytest.mark.parametrize("over", [HTTP, SOCKET])
def test_ann_calls_and_bob_answers(over: str, ann: Person, bob: Person, gateway: Gateway) -> None:
    phone, laptop = bob.open_socket("phone"), bob.open_socket("laptop")
    if over == SOCKET:
        ann.standing_socket.take()
    started = ann.ask("startCall", over, calleeIds=[bob.user_id], kind="video")
    assert started.status == 201, started
    call = started.data["call"]
    assert states(call) == ["ringing", "joined", "ringing"]
    assert started.data["caller"] == {"userId": ann.user_id, "username": "ann", "displayName": "ann"}
    assert [one["username"] for one in started.data["callees"]] == ["bob"]
    (ringing,) = [frame for frame in phone.take() if frame["type"] == "call.ringing"]
    assert ringing == {"type": "call.ringing", "call": call, "caller": started.data["caller"]}
    assert told(laptop) == ["ringing"]
    joined = phone.ask("acceptCall", callId=call["callId"])
    assert joined.status == 200, joined
    assert states(joined.data["call"]) == ["active", "joined", "joined"]
    assert joined.data["peers"] == [
        {"userId": ann.user_id, "deviceId": call["participants"][0]["deviceId"], "polite": True}
    ]
    assert told(phone) == []
    assert told(laptop) == ["answeredElsewhere"]
    if over == SOCKET:
        assert told(ann.standing_socket) == ["joined"]
    assert laptop.ask("acceptCall", callId=call["callId"]).code == "conflict"
    ended = ann.ask("endCall", over, callId=call["callId"])
    assert states(ended.data["call"]) == ["ended", "left", "left"]
    assert ended.data["call"]["endReason"] == "hangup"
    assert told(phone) == ["ended"]
    assert told(laptop) == []
    assert bob.ask("getCall", callId=call["callId"]).data["call"] == ended.data["call"]
    assert bob.ask("listCalls").data == {"calls": [ended.data["call"]]}
