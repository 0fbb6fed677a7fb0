"""Calls: who rings, who hears what became of it, what each gets for an answer, and what it costs."""

from types import SimpleNamespace
from typing import Any

import pytest

from adapters.sockets import Outcome
from domain import call_states, limits, moves
from domain.call_states import AWAY_MILLISECONDS, Accept
from domain.calls import RING_SECONDS
from models.calls import Call as StoredCall
from models.calls import Participation
from models.connections import Connections
from models.signals import Signals
from tests.calls import PARAMETER, PUSH, QUEUE, Call, Calls, Meeting, Proceed, in_sequence
from tests.conftest import Clock
from tests.gateway import Answer, Gateway, Socket
from tests.integration.test_chats import crowd
from tests.integration.threads import at_once
from tests.people import HTTP, SOCKET, Person

TRANSPORTS = pytest.mark.parametrize("over", [HTTP, SOCKET])
AWAY_SECONDS = AWAY_MILLISECONDS / 1000


def told(socket: Socket) -> list[str]:
    """Return what a socket was told of calls, in order."""
    return [frame["type"].removeprefix("call.") for frame in socket.take() if frame["type"].startswith("call.")]


def states(call: dict[str, Any]) -> list[str]:
    return [call["state"], *(one["state"] for one in call["participants"])]


def ring(caller: Person, *others: Person, over: str = SOCKET) -> str:
    """Have somebody call others, and return the id of the call."""
    answer = caller.ask("startCall", over, calleeIds=[one.user_id for one in others], kind="video")
    assert answer.status == 201, answer
    return answer.data["callId"]


def looked_at(person: Person, call_id: str) -> dict[str, Any]:
    answer = person.ask("getCall", callId=call_id)
    assert answer.status == 200, answer
    return answer.data["call"]


def how_it_ended(person: Person, call_id: str) -> tuple[str, str | None]:
    call = looked_at(person, call_id)
    return call["state"], call.get("endReason")


def line_of(person: Person) -> str | None:
    return next((one.call_id for one in Connections.find_all_now([person.user_id])), None)


class Later:
    """Lets time pass, and the queue with it."""

    def __init__(self, gateway: Gateway, clock: Clock) -> None:
        self._gateway = gateway
        self._clock = clock

    def __call__(self, seconds: float) -> None:
        self._clock.advance(seconds)
        assert self._gateway.work_off("WatchCall", due=True) == []


@pytest.fixture
def later(gateway: Gateway, clock: Clock) -> Later:
    return Later(gateway, clock)


# What becomes of a call


@TRANSPORTS
def test_ann_calls_and_bob_answers(over: str, ann: Person, bob: Person) -> None:
    desk = ann.standing_socket
    phone, laptop = bob.open_socket("phone"), bob.open_socket("laptop")
    desk.take()
    started = ann.ask("startCall", over, calleeIds=[bob.user_id], kind="video")
    assert started.status == 201, started
    call = started.data["call"]
    assert started.data["callId"] == call["callId"]
    assert (call["kind"], call["callerId"]) == ("video", ann.user_id)
    assert call["participants"] == [
        {"userId": ann.user_id, "deviceId": desk.device_id, "state": "joined"},
        {"userId": bob.user_id, "state": "ringing"},
    ]
    assert states(call) == ["ringing", "joined", "ringing"]
    assert started.data["caller"] == {"userId": ann.user_id, "username": "ann", "displayName": "ann"}
    assert [one["username"] for one in started.data["callees"]] == ["bob"]
    assert started.data["iceServers"]
    assert started.data["peers"] == []
    (ringing,) = [frame for frame in phone.take() if frame["type"] == "call.ringing"]
    assert ringing == {"type": "call.ringing", "call": call, "caller": started.data["caller"]}
    assert (told(laptop), told(desk)) == (["ringing"], [])

    joined = phone.ask("acceptCall", callId=call["callId"])
    assert joined.status == 200, joined
    assert states(joined.data["call"]) == ["active", "joined", "joined"]
    assert joined.data["peers"] == [{"userId": ann.user_id, "deviceId": desk.device_id, "polite": True}]
    assert joined.data["iceServers"]
    assert (told(phone), told(laptop)) == ([], ["answeredElsewhere"])
    (frame,) = desk.take()
    assert frame == {"type": "call.joined", "call": joined.data["call"], "userId": bob.user_id}
    opened = ann.ask("getCall", callId=call["callId"]).data
    assert opened["peers"] == [{"userId": bob.user_id, "deviceId": "phone", "polite": False}]
    assert laptop.ask("acceptCall", callId=call["callId"]).code == "conflict"

    ended = ann.ask("endCall", over, callId=call["callId"])
    assert states(ended.data["call"]) == ["ended", "left", "left"]
    assert ended.data["call"]["endReason"] == "hangup"
    assert (told(phone), told(laptop)) == (["ended"], [])
    assert told(desk) == ([] if over == SOCKET else ["ended"])
    assert looked_at(bob, call["callId"]) == ended.data["call"]
    assert bob.ask("listCalls").data == ann.ask("listCalls").data == {"calls": [ended.data["call"]]}
    assert line_of(ann) is line_of(bob) is None


@TRANSPORTS
def test_bob_rejects_and_no_device_of_his_rings_any_more(over: str, ann: Person, bob: Person) -> None:
    phone, laptop = bob.standing_socket, bob.open_socket("laptop")
    call_id = ring(ann, bob)
    told(phone), told(laptop)
    rejected = bob.ask("rejectCall", over, callId=call_id)
    assert states(rejected.data["call"]) == ["ended", "left", "rejected"]
    assert rejected.data["call"]["endReason"] == "rejected"
    assert told(phone) == ([] if over == SOCKET else ["rejected", "ended"])
    assert told(laptop) == told(ann.standing_socket) == ["rejected", "ended"]
    again = bob.ask("rejectCall", over, callId=call_id)
    assert (again.status, again.data) == (200, rejected.data)
    assert told(laptop) == []


@TRANSPORTS
def test_ann_hangs_up_before_anybody_answers(over: str, ann: Person, bob: Person) -> None:
    phone = bob.open_socket()
    call_id = ring(ann, bob)
    cancelled = ann.ask("endCall", over, callId=call_id)
    assert states(cancelled.data["call"]) == ["ended", "left", "missed"]
    assert cancelled.data["call"]["endReason"] == "cancelled"
    assert told(phone) == ["ringing", "ended"]
    assert ann.ask("endCall", over, callId=call_id, reason="failed").data == cancelled.data
    late = phone.ask("acceptCall", callId=call_id)
    assert (late.status, late.code) == (409, "call_ended")
    assert told(phone) == []


def test_nobody_answers(ann: Person, bob: Person, later: Later) -> None:
    phone = bob.open_socket()
    call_id = ring(ann, bob)
    later(RING_SECONDS - 1)
    assert how_it_ended(ann, call_id) == ("ringing", None)
    later(1)
    assert told(phone) == ["ringing", "ended"]
    assert told(ann.standing_socket) == ["ended"]
    call = looked_at(bob, call_id)
    assert (call["endReason"], call["endedAt"], states(call)) == (
        "missed",
        call["ringExpiresAt"],
        ["ended", "left", "missed"],
    )


@pytest.mark.parametrize("look", ["getCall", "listCalls", "acceptCall", "endCall"])
def test_whoever_looks_ends_what_rang_for_too_long(
    look: str, ann: Person, bob: Person, clock: Clock, gateway: Gateway
) -> None:
    """Though the queue is late."""
    phone = bob.open_socket()
    call_id = ring(ann, bob)
    clock.advance(RING_SECONDS)
    answer = bob.ask(look, **({} if look == "listCalls" else {"callId": call_id}))
    assert answer.code == ("call_ended" if look == "acceptCall" else None)
    assert told(phone) == ["ringing", "ended"]
    assert how_it_ended(ann, call_id) == ("ended", "missed")
    assert gateway.work_off("WatchCall") == []
    assert told(phone) == []


def test_a_signal_finds_that_it_rang_for_too_long(ann: Person, bob: Person, clock: Clock) -> None:
    call_id = ring(ann, bob)
    clock.advance(RING_SECONDS)
    assert signal(ann, call_id, bob).code == "call_ended"


def test_who_is_in_a_call_is_busy(ann: Person, bob: Person, eve: Person, clock: Clock) -> None:
    call_id = ring(ann, bob)
    for callee in (ann, bob):
        busy = eve.ask("startCall", calleeIds=[callee.user_id], kind="audio")
        assert (busy.status, busy.code) == (409, "busy")
    assert eve.ask("listCalls").data == {"calls": []}
    assert line_of(eve) is None
    bob.ask("acceptCall", callId=call_id)
    assert eve.ask("startCall", calleeIds=[bob.user_id], kind="audio").code == "busy"
    bob.ask("endCall", callId=call_id)
    assert ring(eve, bob)
    assert ann.ask("startCall", calleeIds=[bob.user_id], kind="audio").code == "busy"
    # Nobody said that it is over, but it is.
    clock.advance(RING_SECONDS)
    assert ring(ann, bob)


def test_a_call_to_several_rings_where_it_can(ann: Person, bob: Person, eve: Person, gateway: Gateway) -> None:
    kim = Person.register(gateway, "kim")
    ring(eve, kim)
    sockets = [one.open_socket() for one in (bob, kim)]
    call_id = ring(ann, bob, kim)
    assert states(looked_at(ann, call_id)) == ["ringing", "joined", "ringing", "busy"]
    assert [told(one) for one in sockets] == [["ringing"], []]
    # Who was busy sees it in their history, and can come while it goes on: after the other one.
    latest, before = kim.ask("listCalls").data["calls"]
    assert latest["callId"] == call_id
    sockets[0].ask("acceptCall", callId=call_id)
    late = sockets[1].ask("acceptCall", callId=call_id)
    assert (late.status, late.code) == (409, "busy")
    kim.ask("rejectCall", callId=before["callId"])
    late = sockets[1].ask("acceptCall", callId=call_id)
    assert [peer["polite"] for peer in late.data["peers"]] == [True, True]
    assert line_of(kim) == call_id


def test_two_who_call_each_other_talk_to_each_other(ann: Person, bob: Person) -> None:
    call_id = ring(ann, bob)
    met = bob.ask("startCall", SOCKET, calleeIds=[ann.user_id], kind="audio")
    assert (met.status, met.data["callId"]) == (201, call_id)
    assert states(met.data["call"]) == ["active", "joined", "joined"]
    assert [peer["userId"] for peer in met.data["peers"]] == [ann.user_id]
    assert (met.data["caller"]["username"], met.data["callees"][0]["username"]) == ("ann", "bob")
    assert told(ann.standing_socket) == ["joined"]


@pytest.mark.parametrize("first", ["person", "chat"])
def test_they_do_though_one_calls_the_person_and_the_other_their_chat(first: str, ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    wanted = [{"calleeIds": [bob.user_id]}, {"chatId": chat_id}]
    if first == "chat":
        wanted = [{"chatId": chat_id}, {"calleeIds": [ann.user_id]}]
    calling, answering = wanted
    started = ann.ask("startCall", SOCKET, kind="video", **calling)
    met = bob.ask("startCall", SOCKET, kind="video", **answering)
    assert met.status == 201, met
    assert met.data["callId"] == started.data["callId"]
    assert states(met.data["call"]) == ["active", "joined", "joined"]


def test_a_call_of_three_is_not_met_by_way_of_another_chat(ann: Person, bob: Person, eve: Person) -> None:
    group = ann.start_chat(bob, eve)
    ring(ann, bob, eve)
    assert bob.ask("startCall", SOCKET, kind="video", chatId=group).code == "busy"


def test_who_calls_somebody_that_hangs_up_in_this_moment_calls_them(ann: Person, bob: Person, calls: Calls) -> None:
    call_id = ring(ann, bob)
    phone = bob.standing_socket
    phone.take()
    hung_up: list[int] = []

    def hang_up(call: Call, proceed: Proceed) -> Any:
        if str(call) == "GetItem calls" and call.function == "StartCall" and not hung_up:
            hung_up.append(ann.standing_socket.ask("endCall", callId=call_id).status)
        return proceed()

    with calls.intercepted(hang_up):
        started = phone.ask("startCall", calleeIds=[ann.user_id], kind="audio")
    assert hung_up == [200]
    assert started.data["callId"] != call_id
    assert states(started.data["call"]) == ["ringing", "joined", "ringing"]
    assert told(ann.standing_socket) == ["ringing"]


def test_two_who_call_each_other_at_once_get_one_call(ann: Person, bob: Person, calls: Calls) -> None:
    sockets = [ann.standing_socket, bob.standing_socket]
    for socket in sockets:
        socket.take()
    meeting = Meeting(*["TransactWriteItems calls connections participations"] * 2)
    with calls.intercepted(meeting):
        answers = at_once(
            lambda: sockets[0].ask("startCall", calleeIds=[bob.user_id], kind="video"),
            lambda: sockets[1].ask("startCall", calleeIds=[ann.user_id], kind="video"),
        )
    assert meeting.was_held
    assert [answer.status for answer in answers] == [201, 201]
    assert len({answer.data["callId"] for answer in answers}) == 1
    assert states(looked_at(ann, answers[0].data["callId"])) == ["active", "joined", "joined"]
    assert len(ann.ask("listCalls").data["calls"]) == len(bob.ask("listCalls").data["calls"]) == 1
    heard = sorted([told(socket) for socket in sockets])
    assert heard == [["joined"], ["ringing"]]


def test_a_user_calls_on_one_device_at_a_time(ann: Person, bob: Person, eve: Person) -> None:
    desk, pad = ann.open_socket("desk"), ann.open_socket("pad")
    first = desk.ask("startCall", calleeIds=[bob.user_id], kind="video").data
    # Asked again because its answer was lost, it is the same call.
    assert desk.ask("startCall", calleeIds=[bob.user_id], kind="video").data["call"] == first["call"]
    for socket, callee in ((pad, bob), (pad, eve), (desk, eve)):
        busy = socket.ask("startCall", calleeIds=[callee.user_id], kind="video")
        assert (busy.status, busy.code) == (409, "busy")
    assert len(ann.ask("listCalls").data["calls"]) == 1


def test_a_user_who_calls_from_two_devices_at_once_makes_one_call(
    ann: Person, bob: Person, eve: Person, calls: Calls
) -> None:
    desk, pad = ann.open_socket("desk"), ann.open_socket("pad")
    meeting = Meeting(*["TransactWriteItems calls connections participations"] * 2)
    with calls.intercepted(meeting):
        answers = at_once(
            lambda: desk.ask("startCall", calleeIds=[bob.user_id], kind="video"),
            lambda: pad.ask("startCall", calleeIds=[eve.user_id], kind="video"),
        )
    assert meeting.was_held
    assert sorted(answer.status for answer in answers) == [201, 409]
    assert len(ann.ask("listCalls").data["calls"]) == 1


# Whom one can call


def test_who_is_blocked_hears_it_ring_and_nobody_else_does(ann: Person, bob: Person, later: Later) -> None:
    chat_id = ann.start_chat(bob)
    bob.ask("blockUser", userId=ann.user_id)
    phone = bob.open_socket()
    phone.take()
    started = ann.ask("startCall", SOCKET, calleeIds=[bob.user_id], kind="video")
    assert states(started.data["call"]) == ["ringing", "joined", "ringing"]
    call_id = started.data["callId"]
    assert signal(ann, call_id, bob).status == 200
    assert line_of(bob) is None
    for operation in ("getCall", "acceptCall", "rejectCall", "endCall"):
        assert bob.ask(operation, callId=call_id).code == "call_not_found"
    assert phone.ask("sendSignal", callId=call_id, toUserId=ann.user_id, signal=OFFER).code == "call_not_found"
    later(RING_SECONDS)
    assert how_it_ended(ann, call_id) == ("ended", "missed")
    assert states(looked_at(ann, call_id)) == ["ended", "left", "missed"]
    assert told(phone) == []
    assert bob.ask("listCalls").data == {"calls": []}
    assert bob.ask("getEvents", chatId=chat_id).data["events"] == []
    # Who blocks may call; that is their own will.
    assert ring(bob, ann)


def test_a_block_holds_from_the_answer_to_it_on(ann: Person, bob: Person, calls: Calls) -> None:
    bob.ask("blockUser", userId=ann.user_id)
    calls.clear()
    ring(ann, bob)
    (asked,) = [call.parameters["RequestItems"] for call in calls.made if str(call) == "BatchGetItem blocks"]
    assert [keys.get("ConsistentRead") for keys in asked.values()] == [True]


@pytest.mark.parametrize("others", [0, 1], ids=["their chat", "a group of the two"])
@pytest.mark.parametrize("lifted", [False, True])
def test_who_blocks_is_not_reached_by_way_of_a_chat(others: int, lifted: bool, ann: Person, bob: Person) -> None:
    """Nor by the entry that a call leaves there, though the block has been lifted when it ends."""
    made = {"kind": "group" if others else "direct", "memberIds": [bob.user_id]}
    chat_id = ann.ask("createChat", **made).data["chatId"]
    bob.ask("blockUser", userId=ann.user_id)
    phone = bob.open_socket()
    started = ann.ask("startCall", SOCKET, chatId=chat_id, kind="audio")
    assert states(started.data["call"]) == ["ringing", "joined", "ringing"]
    if lifted:
        bob.ask("unblockUser", userId=ann.user_id)
    phone.take()
    assert ann.ask("endCall", callId=started.data["callId"]).status == 200
    assert phone.take() == []
    assert [one["type"] for one in bob.ask("getEvents", chatId=chat_id).data["events"]] == []


def test_a_call_needs_somebody_to_call(ann: Person, bob: Person, gateway: Gateway) -> None:
    def ask(**fields: Any) -> Answer:
        return ann.ask("startCall", kind="video", **fields)

    unknown = ask(calleeIds=["nobody"])
    assert (unknown.status, unknown.code) == (404, "user_not_found")
    assert ask(calleeIds=[bob.user_id, "nobody"]).code == "user_not_found"
    for fields, field in (
        ({}, "calleeIds"),
        ({"calleeIds": [ann.user_id]}, "calleeIds"),
        ({"calleeIds": [bob.user_id, ann.user_id]}, "calleeIds"),
        ({"calleeIds": [bob.user_id], "chatId": ann.start_chat(bob)}, "chatId"),
    ):
        answer = ask(**fields)
        assert (answer.status, answer.code, answer.fields) == (400, "invalid_request", [field])
    bob.ask("deleteUser")
    assert ask(calleeIds=[bob.user_id]).code == "user_not_found"
    assert line_of(ann) is None
    assert ann.ask("listCalls").data == {"calls": []}


def test_the_members_of_a_chat_are_called(ann: Person, bob: Person, eve: Person, gateway: Gateway) -> None:
    kim = Person.register(gateway, "kim")
    group = ann.start_chat(bob, kim)
    sockets = [one.open_socket() for one in (bob, kim, eve)]
    strange = eve.ask("startCall", chatId=group, kind="audio")
    assert (strange.status, strange.code) == (404, "chat_not_found")
    assert eve.ask("startCall", chatId="nothing", kind="audio").code == "chat_not_found"
    call = ann.ask("startCall", chatId=group, kind="audio").data["call"]
    assert call["chatId"] == group
    assert {one["userId"] for one in call["participants"]} == {ann.user_id, bob.user_id, kim.user_id}
    assert [told(one) for one in sockets] == [["ringing"], ["ringing"], []]
    # Who calls the same chat meanwhile takes part.
    met = bob.ask("startCall", chatId=group, kind="audio")
    assert met.data["callId"] == call["callId"]
    assert states(met.data["call"])[0] == "active"
    for one in (kim, bob):
        one.ask("endCall", callId=call["callId"])
    (logged,) = [event for event in kim.ask("getEvents", chatId=group).data["events"] if event["type"] == "call.logged"]
    assert logged["call"] == looked_at(ann, call["callId"])


def test_a_chat_of_more_than_eight_cannot_be_called(ann: Person) -> None:
    for others, status in ((7, 201), (8, 400)):
        group = ann.ask("createChat", kind="group", memberIds=crowd(others)).data["chatId"]
        answer = ann.ask("startCall", chatId=group, kind="audio")
        assert answer.status == status
        if status == 201:
            assert len(answer.data["call"]["participants"]) == 8
            ann.ask("endCall", callId=answer.data["callId"])
        else:
            assert answer.fields == ["chatId"]
    alone = ann.ask("createChat", kind="group", memberIds=[]).data["chatId"]
    assert ann.ask("startCall", chatId=alone, kind="audio").fields == ["chatId"]


def test_three_talk_and_one_leaves_and_comes_back(ann: Person, bob: Person, eve: Person) -> None:
    sockets = [one.standing_socket for one in (ann, bob, eve)]
    call_id = ring(ann, bob, eve)
    for socket in sockets[1:]:
        assert socket.ask("acceptCall", callId=call_id).status == 200
    assert [told(socket) for socket in sockets] == [["joined", "joined"], ["ringing", "joined"], ["ringing", "joined"]]
    bob.ask("endCall", callId=call_id)
    assert states(looked_at(ann, call_id)) == ["active", "joined", "left", "joined"]
    assert [told(socket) for socket in sockets] == [["left"], ["left"], ["left"]]
    assert (line_of(bob), line_of(eve)) == (None, call_id)
    back = sockets[1].ask("acceptCall", callId=call_id)
    assert [peer["polite"] for peer in back.data["peers"]] == [True, True]
    opened = eve.ask("getCall", callId=call_id).data
    assert {peer["userId"]: peer["polite"] for peer in opened["peers"]} == {ann.user_id: True, bob.user_id: False}
    for socket in (sockets[0], sockets[1]):
        socket.ask("endCall", callId=call_id)
    assert how_it_ended(eve, call_id) == ("ended", "hangup")
    assert line_of(ann) is line_of(bob) is line_of(eve) is None


def test_who_does_not_answer_in_a_call_that_goes_on_is_not_rung_for_ever(
    ann: Person, bob: Person, eve: Person, later: Later
) -> None:
    phone = eve.open_socket()
    call_id = ring(ann, bob, eve)
    bob.standing_socket.ask("acceptCall", callId=call_id)
    later(RING_SECONDS)
    assert states(looked_at(ann, call_id)) == ["active", "joined", "joined", "missed"]
    assert told(phone) == ["ringing", "joined", "left"]
    assert line_of(eve) is None
    assert phone.ask("acceptCall", callId=call_id).status == 200


def test_strangers_learn_nothing(ann: Person, bob: Person, eve: Person) -> None:
    call_id = ring(ann, bob)
    for name in (call_id, "nothing"):
        for operation in ("getCall", "acceptCall", "rejectCall", "endCall"):
            answer = eve.ask(operation, callId=name)
            assert (answer.status, answer.code) == (404, "call_not_found")
        assert signal(eve, name, ann).code == "call_not_found"
    assert states(looked_at(ann, call_id)) == ["ringing", "joined", "ringing"]


def test_one_who_calls_too_much_must_wait(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: 1000.0))
    answers = [ann.ask("startCall", calleeIds=["nobody"], kind="audio") for _ in range(61)]
    assert {one.status for one in answers[:60]} == {404}
    assert (answers[60].status, answers[60].code) == (429, "rate_limited")


def test_the_history_is_read_in_pages(ann: Person, bob: Person, eve: Person, clock: Clock) -> None:
    made = []
    for callee in (bob, eve, bob, eve, bob):
        made.append(ring(ann, callee))
        ann.ask("endCall", callId=made[-1])
        clock.advance(1)
    read: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = ann.ask("listCalls", limit=2, **cursor).data
        read += [call["callId"] for call in page["calls"]]
        if "nextCursor" not in page:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert read == made[::-1]
    assert [call["callId"] for call in eve.ask("listCalls").data["calls"]] == [made[3], made[1]]


# Over HTTP a device says which it is, or is the one that was there last


def test_over_http_the_device_is_the_one_that_was_opened_last(ann: Person, bob: Person, clock: Clock) -> None:
    sockets = []
    for name in ("phone", "laptop"):
        sockets.append(bob.open_socket(name))
        clock.advance(1)
    call_id = ring(ann, bob, over=HTTP)
    accepted = bob.ask("acceptCall", callId=call_id)
    assert accepted.data["call"]["participants"][1]["deviceId"] == "laptop"
    assert [told(one) for one in sockets] == [["ringing", "answeredElsewhere"], ["ringing", "joined"]]
    # Asked again, it is the same device; another one is another.
    assert bob.ask("acceptCall", callId=call_id).data["call"] == accepted.data["call"]
    assert bob.ask("acceptCall", callId=call_id, deviceId="phone").code == "conflict"
    assert sockets[0].ask("acceptCall", callId=call_id).code == "conflict"


def test_a_socket_is_one_device(ann: Person, bob: Person) -> None:
    phone = bob.open_socket("phone")
    call_id = ring(ann, bob)
    wrong = phone.ask("acceptCall", callId=call_id, deviceId="laptop")
    assert (wrong.status, wrong.fields) == (400, ["deviceId"])
    assert phone.ask("acceptCall", callId=call_id, deviceId="phone").status == 200


def test_a_call_needs_no_socket(ann: Person, bob: Person, later: Later) -> None:
    call_id = ring(ann, bob, over=HTTP)
    assert bob.ask("acceptCall", callId=call_id, deviceId="robot").status == 200
    later(RING_SECONDS)
    later(60)
    assert how_it_ended(ann, call_id) == ("active", None)


# What peers tell each other

OFFER = {"description": {"type": "offer", "sdp": "v=0 ünïcode"}}
CANDIDATE = {"candidate": {"candidate": "candidate:1 1 udp 1.50", "sdpMid": None, "x": [1, 1.5, True]}}


def signal(person: Person, call_id: str, to: Person, what: dict[str, Any] = OFFER, **fields: Any) -> Answer:
    return person.ask("sendSignal", SOCKET, callId=call_id, toUserId=to.user_id, signal=what, **fields)


def heard(socket: Socket) -> list[dict[str, Any]]:
    """Return the signals that came, and see that each says whom it is from."""
    frames = [frame for frame in socket.take() if frame["type"] == "call.signal"]
    assert all(frame.keys() == {"type", "callId", "fromUserId", "fromDeviceId", "signal"} for frame in frames)
    return [frame["signal"] for frame in frames]


def test_a_signal_reaches_the_device_that_joined_and_no_other(ann: Person, bob: Person, eve: Person) -> None:
    phone, laptop, other = bob.open_socket("phone"), bob.open_socket("laptop"), eve.open_socket()
    call_id = ring(ann, bob)
    phone.ask("acceptCall", callId=call_id)
    for socket in (phone, laptop, other, ann.standing_socket):
        socket.take()
    signals = [OFFER, CANDIDATE, {"candidates": [CANDIDATE["candidate"], None, ""]}, {"candidate": None}]
    for one in [*signals, OFFER | CANDIDATE]:
        assert signal(ann, call_id, bob, one).status == 200
    (first, *rest) = phone.take()
    assert first == {
        "type": "call.signal",
        "callId": call_id,
        "fromUserId": ann.user_id,
        "fromDeviceId": ann.standing_socket.device_id,
        "signal": OFFER,
    }
    assert [frame["signal"] for frame in rest] == [*signals[1:], OFFER | CANDIDATE]
    assert heard(laptop) == heard(other) == heard(ann.standing_socket) == []
    answer = {"description": {"type": "answer", "sdp": "v=0"}}
    assert phone.ask("sendSignal", callId=call_id, toUserId=ann.user_id, signal=answer).status == 200
    assert heard(ann.standing_socket) == [answer]


def test_a_device_with_two_sockets_hears_a_signal_once(ann: Person, bob: Person, clock: Clock) -> None:
    before = bob.open_socket("phone")
    clock.advance(1)
    after = bob.open_socket("phone")
    call_id = ring(ann, bob)
    after.ask("acceptCall", callId=call_id)
    assert told(before) == ["ringing", "joined"]
    signal(ann, call_id, bob)
    assert (heard(before), heard(after)) == ([], [OFFER])
    after.lose()
    signal(ann, call_id, bob, CANDIDATE)
    assert heard(before) == [CANDIDATE]


def test_what_is_told_before_bob_answers_rings_along_and_is_handed_over(ann: Person, bob: Person) -> None:
    phone, laptop = bob.open_socket("phone"), bob.open_socket("laptop")
    call_id = ring(ann, bob)
    early = [OFFER, CANDIDATE, {"candidates": [1, 2]} and {"candidates": [None]}]
    for one in early:
        assert signal(ann, call_id, bob, one).status == 200
    assert heard(phone) == heard(laptop) == early
    laptop.ask("acceptCall", callId=call_id)
    assert (heard(phone), heard(laptop)) == ([], early)
    laptop.ask("acceptCall", callId=call_id)
    assert heard(laptop) == []


def test_a_device_that_comes_late_gets_what_was_told_before(ann: Person, bob: Person) -> None:
    call_id = ring(ann, bob)
    signal(ann, call_id, bob)
    late = bob.open_socket("late")
    late.ask("acceptCall", callId=call_id)
    assert heard(late) == [OFFER]


def test_no_more_than_64_candidates_are_kept(ann: Person, bob: Person) -> None:
    call_id = ring(ann, bob)
    told = [{"candidates": [{"candidate": f"candidate:{number}"}] * 16} for number in range(4)]
    for one in [*told, CANDIDATE, {"candidates": [None]}]:
        assert signal(ann, call_id, bob, one).status == 200
    late = bob.open_socket()
    late.ask("acceptCall", callId=call_id)
    assert heard(late) == told


def test_what_was_kept_is_deleted_with_the_call(ann: Person, bob: Person) -> None:
    call_id = ring(ann, bob)
    signal(ann, call_id, bob)
    assert [one.call_id for one in Signals.scan()] == [call_id]
    ann.ask("endCall", callId=call_id)
    assert list(Signals.scan()) == []


def test_what_a_lost_device_does_not_hear_is_kept_until_it_is_back(ann: Person, bob: Person) -> None:
    phone = bob.open_socket("phone")
    call_id = ring(ann, bob)
    phone.ask("acceptCall", callId=call_id)
    phone.close()
    assert signal(ann, call_id, bob).status == 200
    again = bob.open_socket("phone")
    signal(ann, call_id, bob, CANDIDATE)
    assert again.ask("acceptCall", callId=call_id).status == 200
    assert heard(again) == [CANDIDATE, OFFER]


def test_what_was_kept_for_a_device_without_a_socket_is_told_when_it_has_one(
    ann: Person, bob: Person, later: Later
) -> None:
    call_id = ring(ann, bob)
    signal(ann, call_id, bob)
    assert bob.ask("acceptCall", callId=call_id, deviceId="phone").status == 200
    signal(ann, call_id, bob, CANDIDATE)
    later(2)
    other, phone = bob.open_socket("other"), bob.open_socket("phone")
    later(1)
    assert (heard(other), heard(phone)) == ([], [OFFER, CANDIDATE])
    assert list(Signals.scan()) == []
    bob.open_socket("phone")
    later(1)
    assert heard(phone) == []


def test_what_was_kept_is_told_to_a_socket_that_opens_in_the_midst_of_the_answer(
    ann: Person, bob: Person, calls: Calls
) -> None:
    call_id = ring(ann, bob)
    signal(ann, call_id, bob)
    opened: list[Socket] = []

    def open_meanwhile(call: Call, proceed: Proceed) -> Any:
        if str(call) == "UpdateItem calls" and not opened:
            opened.append(bob.open_socket("phone"))
        return proceed()

    with calls.intercepted(open_meanwhile):
        assert bob.ask("acceptCall", callId=call_id, deviceId="phone").status == 200
    (phone,) = opened
    assert heard(phone) == [OFFER]


@pytest.mark.parametrize("way", ["acceptCall", "socket"])
def test_what_cannot_be_told_just_now_is_kept_further(
    way: str, ann: Person, bob: Person, gateway: Gateway, later: Later
) -> None:
    phone = bob.open_socket("phone")
    call_id = ring(ann, bob)
    told = [OFFER, CANDIDATE]
    for one in told:
        signal(ann, call_id, bob, one)
    heard(phone)
    gateway.outcomes[phone.connection_id] = Outcome.FAILED
    assert phone.ask("acceptCall", callId=call_id).status == 200
    del gateway.outcomes[phone.connection_id]
    assert heard(phone) == []
    if way == "acceptCall":
        assert phone.ask("acceptCall", callId=call_id).status == 200
    else:
        phone.close()
        phone = bob.open_socket("phone")
        later(1)
    assert heard(phone) == told
    assert list(Signals.scan()) == []


def test_what_is_kept_while_something_is_handed_over_is_not_deleted_with_it(
    ann: Person, bob: Person, calls: Calls
) -> None:
    """It is told here, and at worst once more."""
    phone = bob.open_socket("phone")
    call_id = ring(ann, bob)
    signal(ann, call_id, bob)
    phone.take()
    kept: list[bool] = []

    def keep_meanwhile(call: Call, proceed: Proceed) -> Any:
        if str(call) == "DeleteItem signals" and not kept:
            with calls.aside():
                kept.append(Signals.keep(call_id, bob.user_id, ann.user_id, "{}", 0))
        return proceed()

    with calls.intercepted(keep_meanwhile):
        assert phone.ask("acceptCall", callId=call_id).status == 200
    assert kept == [True]
    (signals,) = Signals.scan()
    assert (len(signals.frames), signals.frames[1]) == (2, "{}")


def test_a_signal_that_bob_answers_in_the_midst_of_reaches_him(
    ann: Person, bob: Person, calls: Calls, clock: Clock
) -> None:
    """It is read that he has not answered, and kept when he has fetched what was kept."""
    call_id = ring(ann, bob)
    late = bob.open_socket("late")
    answered: list[bool] = []

    def answer_meanwhile(call: Call, proceed: Proceed) -> Any:
        if str(call) == "UpdateItem signals" and not answered:
            late.take()
            with calls.aside():
                stored = StoredCall.get(call_id)
                after, _ = call_states.apply(moves.read(stored), Accept(bob.user_id, "late"), clock.milliseconds())
                answered.append(stored.change(moves.written(after)))
        return proceed()

    with calls.intercepted(answer_meanwhile):
        assert signal(ann, call_id, bob).status == 200
    assert answered == [True]
    assert heard(late) == [OFFER]


def test_signals_go_between_those_who_take_part(ann: Person, bob: Person, eve: Person) -> None:
    phone, laptop = bob.open_socket("phone"), bob.open_socket("laptop")
    call_id = ring(ann, bob)

    def refused(answer: Answer) -> tuple[int, str | None]:
        return answer.status, answer.code

    assert refused(signal(ann, call_id, eve)) == (404, "user_not_found")
    assert refused(signal(ann, "nothing", bob)) == (404, "call_not_found")
    assert refused(signal(eve, call_id, bob)) == (404, "call_not_found")
    itself = signal(ann, call_id, ann)
    assert (*refused(itself), itself.fields) == (400, "invalid_request", ["toUserId"])
    phone.ask("acceptCall", callId=call_id)
    assert refused(signal(ann, call_id, bob, toDeviceId="laptop")) == (409, "conflict")
    assert signal(ann, call_id, bob, toDeviceId="phone").status == 200
    told = laptop.ask("sendSignal", callId=call_id, toUserId=ann.user_id, signal=OFFER)
    assert refused(told) == (409, "conflict")
    ann.ask("endCall", callId=call_id)
    assert refused(signal(ann, call_id, bob)) == (409, "call_ended")


def test_one_who_left_is_told_nothing_more(ann: Person, bob: Person, eve: Person) -> None:
    call_id = ring(ann, bob, eve)
    for one in (bob, eve):
        one.standing_socket.ask("acceptCall", callId=call_id)
    eve.ask("endCall", callId=call_id)
    eve.standing_socket.take()
    assert signal(ann, call_id, eve).code == "conflict"
    assert signal(eve, call_id, ann).code == "conflict"
    assert signal(bob, call_id, ann).status == 200
    assert heard(eve.standing_socket) == []


@pytest.mark.parametrize(("size", "status"), [(16 * 1024, 200), (16 * 1024 + 1, 413), (17 * 1024, 413)])
def test_a_signal_has_16_kb_at_most(size: int, status: int, ann: Person, bob: Person) -> None:
    call_id = ring(ann, bob)
    text = "x" * (size - len('{"description":{"sdp":""}}'))
    answer = signal(ann, call_id, bob, {"description": {"sdp": text}})
    assert answer.status == status
    assert answer.code == (None if status == 200 else "too_large")


@pytest.mark.parametrize(("what", "most", "a_second"), [(OFFER, 20, 5), (CANDIDATE, 200, 20)])
def test_who_signals_too_much_must_wait(
    what: dict[str, Any], most: int, a_second: int, ann: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id = ring(ann, bob)
    bob.ask("acceptCall", callId=call_id, deviceId="robot")
    now = [1000.0]
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: now[0]))
    answers = [signal(ann, call_id, bob, what) for _ in range(most + 1)]
    assert {one.status for one in answers[:most]} == {200}
    assert (answers[-1].status, answers[-1].code, answers[-1].problem["retryAfter"]) == (429, "rate_limited", 1)
    other = OFFER if what is CANDIDATE else CANDIDATE
    assert signal(ann, call_id, bob, other).status == 200
    now[0] += 1
    assert [signal(ann, call_id, bob, what).status for _ in range(a_second + 1)] == [*[200] * a_second, 429]


def test_whoever_joins_a_call_of_eight_may_tell_everybody_everything_at_once(
    ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An offer and ten candidates to each of the seven, one by one."""
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: 1000.0))
    others = crowd(7)
    call_id = ann.ask("startCall", SOCKET, calleeIds=others, kind="video").data["callId"]
    told = [
        ann.ask("sendSignal", SOCKET, callId=call_id, toUserId=other, signal=what).status
        for other in others
        for what in (OFFER, *[CANDIDATE] * 10)
    ]
    assert told == [200] * 77


def test_a_signal_that_cannot_be_posted_now_is_told_again_by_its_sender(
    ann: Person, bob: Person, gateway: Gateway
) -> None:
    """A queue would bring it behind those that follow."""
    phone = bob.open_socket()
    call_id = ring(ann, bob)
    phone.ask("acceptCall", callId=call_id)
    gateway.outcomes[phone.connection_id] = Outcome.FAILED
    assert signal(ann, call_id, bob).code == "unavailable"
    assert not [one for one in gateway.queued if one.queue_url.endswith("-deliveries")]
    del gateway.outcomes[phone.connection_id]
    assert signal(ann, call_id, bob).status == 200


# Sockets that close and open


def test_who_loses_the_socket_has_20_seconds(ann: Person, bob: Person, later: Later) -> None:
    desk, phone = ann.standing_socket, bob.open_socket("phone")
    call_id = ring(ann, bob)
    phone.ask("acceptCall", callId=call_id)
    phone.close()
    later(AWAY_SECONDS - 1)
    assert how_it_ended(ann, call_id) == ("active", None)
    later(1)
    assert how_it_ended(ann, call_id) == ("ended", "connection_lost")
    assert told(desk) == ["joined", "ended"]
    assert line_of(bob) is None


def test_who_is_back_in_time_goes_on(ann: Person, bob: Person, later: Later) -> None:
    phone = bob.open_socket("phone")
    call_id = ring(ann, bob)
    phone.ask("acceptCall", callId=call_id)
    for _ in range(3):
        phone.close()
        later(AWAY_SECONDS - 2)
        phone = bob.open_socket("phone")
        later(2)
    later(10 * 60)
    assert how_it_ended(ann, call_id) == ("active", None)
    again = phone.ask("acceptCall", callId=call_id)
    assert [peer["userId"] for peer in again.data["peers"]] == [ann.user_id]


def test_a_queue_that_is_early_takes_nobody_for_gone(
    ann: Person, bob: Person, gateway: Gateway, clock: Clock, later: Later
) -> None:
    phone = bob.open_socket("phone")
    call_id = ring(ann, bob)
    phone.ask("acceptCall", callId=call_id)
    phone.close()
    clock.advance(AWAY_SECONDS - 1)
    assert gateway.work_off("WatchCall") == []
    assert how_it_ended(ann, call_id) == ("active", None)
    later(1)
    assert how_it_ended(ann, call_id) == ("ended", "connection_lost")


def test_who_is_lost_twice_has_20_seconds_each_time(ann: Person, bob: Person, later: Later) -> None:
    phone = bob.open_socket("phone")
    call_id = ring(ann, bob)
    phone.ask("acceptCall", callId=call_id)
    phone.close()
    later(10)
    phone = bob.open_socket("phone")
    later(5)
    phone.close()
    later(10)
    assert how_it_ended(ann, call_id) == ("active", None)
    later(10)
    assert how_it_ended(ann, call_id) == ("ended", "connection_lost")


def test_another_device_is_no_help(ann: Person, bob: Person, later: Later) -> None:
    phone, _laptop = bob.open_socket("phone"), bob.open_socket("laptop")
    call_id = ring(ann, bob)
    phone.ask("acceptCall", callId=call_id)
    phone.close()
    later(AWAY_SECONDS)
    assert how_it_ended(ann, call_id) == ("ended", "connection_lost")


def test_another_socket_of_the_device_is(ann: Person, bob: Person, later: Later) -> None:
    before, _after = bob.open_socket("phone"), bob.open_socket("phone")
    call_id = ring(ann, bob)
    before.ask("acceptCall", callId=call_id)
    before.close()
    later(AWAY_SECONDS)
    assert how_it_ended(ann, call_id) == ("active", None)


def test_a_caller_who_is_gone_rings_no_longer(ann: Person, bob: Person, later: Later) -> None:
    phone = bob.open_socket()
    call_id = ring(ann, bob)
    ann.standing_socket.close()
    later(AWAY_SECONDS)
    assert how_it_ended(bob, call_id) == ("ended", "connection_lost")
    assert told(phone) == ["ringing", "ended"]


def test_one_of_three_who_is_lost_leaves(ann: Person, bob: Person, eve: Person, later: Later) -> None:
    call_id = ring(ann, bob, eve)
    for one in (bob, eve):
        one.standing_socket.ask("acceptCall", callId=call_id)
    eve.standing_socket.close()
    ann.standing_socket.take()
    later(AWAY_SECONDS)
    assert states(looked_at(ann, call_id)) == ["active", "joined", "joined", "left"]
    assert told(ann.standing_socket) == ["left"]


def test_a_device_that_comes_while_it_rings_rings_too(ann: Person, bob: Person, later: Later) -> None:
    call_id = ring(ann, bob)
    woken = bob.open_socket("phone")
    assert told(woken) == []
    later(1)
    (ringing,) = woken.take()
    assert (ringing["type"], ringing["call"]["callId"]) == ("call.ringing", call_id)
    assert ringing["caller"]["username"] == "ann"
    woken.ask("acceptCall", callId=call_id)
    bob.open_socket("laptop").take()
    later(1)
    assert told(woken) == []


def test_a_socket_that_closed_without_a_word_is_missed_in_time(
    ann: Person, bob: Person, later: Later, clock: Clock, calls: Calls
) -> None:
    """API Gateway tells of a closed socket as well as it can, and no better."""
    phone = bob.open_socket("phone")
    call_id = ring(ann, bob)
    phone.ask("acceptCall", callId=call_id)
    phone.lose()
    ann.say(ann.start_chat(bob), "are you there?")
    clock.advance(10)
    ann.say(ann.start_chat(bob), "hello?")
    later(RING_SECONDS)
    later(AWAY_SECONDS)
    assert how_it_ended(ann, call_id) == ("ended", "connection_lost")


@pytest.mark.parametrize("found_by", ["message", "signal"])
def test_a_socket_that_is_found_closed_is_missed_as_if_it_had_been_told(
    found_by: str, ann: Person, bob: Person, gateway: Gateway, clock: Clock, later: Later
) -> None:
    phone, _laptop = bob.open_socket("phone"), bob.open_socket("laptop")
    call_id = ring(ann, bob)
    phone.ask("acceptCall", callId=call_id)
    phone.lose()
    clock.advance(10)
    if found_by == "message":
        ann.say(ann.start_chat(bob), "are you there?")
    else:
        assert signal(ann, call_id, bob).status == 200
    assert gateway.work_off("DeliverEvents") == []
    later(AWAY_SECONDS - 1)
    assert how_it_ended(ann, call_id) == ("active", None)
    later(1)
    assert how_it_ended(ann, call_id) == ("ended", "connection_lost")


def test_nobody_is_in_a_call_for_ever(ann: Person, bob: Person, later: Later) -> None:
    """Though the list of sockets says that they are there: no socket lives for longer than two hours."""
    call_id = ring(ann, bob)
    bob.standing_socket.ask("acceptCall", callId=call_id)
    for _ in range(11):
        later(15 * 60)
    assert how_it_ended(ann, call_id) == ("ended", "connection_lost")


def test_who_signs_out_leaves_their_call(ann: Person, bob: Person, later: Later) -> None:
    phone = bob.open_socket()
    call_id = ring(ann, bob)
    phone.ask("acceptCall", callId=call_id)
    assert bob.ask("signOut").status == 204
    assert not phone.is_open
    phone.close()
    later(AWAY_SECONDS)
    assert how_it_ended(ann, call_id) == ("ended", "connection_lost")


def test_who_is_erased_leaves_their_call_and_has_no_history(
    ann: Person, bob: Person, gateway: Gateway, later: Later
) -> None:
    phone = bob.open_socket()
    call_id = ring(ann, bob)
    phone.ask("acceptCall", callId=call_id)
    assert bob.ask("deleteUser").status == 202
    assert gateway.work_off("EraseUser") == []
    later(0)
    assert how_it_ended(ann, call_id) == ("ended", "hangup")
    assert [one.user_id for one in Participation.scan()] == [ann.user_id]
    assert len(ann.ask("listCalls").data["calls"]) == 1
    assert line_of(bob) is None


def test_who_is_in_no_call_opens_and_closes_sockets_as_before(ann: Person, gateway: Gateway, calls: Calls) -> None:
    calls.clear()
    socket = ann.open_socket()
    socket.close()
    assert not [word for word in calls.words() if "calls" in word or word.startswith(QUEUE)]


# In the chat


@pytest.mark.parametrize(("reason", "expected"), [("missed", "missed"), ("hangup", "hangup"), ("rejected", "rejected")])
def test_a_call_leaves_an_entry_in_the_chat(
    reason: str, expected: str, ann: Person, bob: Person, eve: Person, later: Later
) -> None:
    chat_id = ann.start_chat(bob)
    ann.say(chat_id, "I'll call")
    desk, phone, other = ann.standing_socket, bob.open_socket(), eve.open_socket()
    call_id = ring(ann, bob)
    if reason == "missed":
        later(RING_SECONDS)
    elif reason == "rejected":
        bob.ask("rejectCall", callId=call_id)
    else:
        phone.ask("acceptCall", callId=call_id)
        bob.ask("endCall", callId=call_id)
    later(0)
    (logged,) = ann.ask("getEvents", chatId=chat_id, after=1).data["events"]
    assert (logged["type"], logged["chatId"], logged["seq"]) == ("call.logged", chat_id, 2)
    assert logged["call"] == looked_at(ann, call_id)
    assert logged["call"]["endReason"] == expected
    assert [frame for frame in desk.take() if frame["type"] == "call.logged"] == [logged]
    assert [frame for frame in phone.take() if frame["type"] == "call.logged"] == [logged]
    assert other.take() == []
    later(15 * 60)
    assert len(ann.ask("getEvents", chatId=chat_id).data["events"]) == 2
    (chat,) = ann.ask("listChats").data["chats"]
    assert (chat["lastSeq"], chat["unreadCount"], chat["lastMessage"]["text"]) == (2, 0, "I'll call")
    assert ann.say(chat_id, "well")["seq"] == 3


def test_a_call_is_logged_once_though_two_see_to_it(ann: Person, bob: Person, calls: Calls, later: Later) -> None:
    chat_id = ann.start_chat(bob)
    call_id = ring(ann, bob)
    followed: list[str] = []

    def follow_meanwhile(call: Call, proceed: Proceed) -> Any:
        if str(call) == "Query signals" and not followed:
            followed.append(call.function)
            later(RING_SECONDS)
        return proceed()

    with calls.intercepted(follow_meanwhile):
        ann.ask("endCall", callId=call_id)
    assert followed == ["EndCall"]
    assert [event["type"] for event in ann.ask("getEvents", chatId=chat_id).data["events"]] == ["call.logged"]


def test_without_a_chat_there_is_no_entry(ann: Person, bob: Person, eve: Person) -> None:
    chat_id = ann.start_chat(bob)
    call_id = ring(ann, bob, eve)
    ann.ask("endCall", callId=call_id)
    ann.ask("endCall", callId=ring(ann, eve))
    assert ann.ask("getEvents", chatId=chat_id).data["events"] == []


def test_a_call_is_followed_until_it_is_over_and_no_longer(
    ann: Person, bob: Person, gateway: Gateway, later: Later
) -> None:
    call_id = ring(ann, bob)
    bob.standing_socket.ask("acceptCall", callId=call_id)
    for _ in range(5):
        later(15 * 60)
        (watch,) = [one for one in gateway.queued if one.queue_url.endswith("-calls")]
        assert 0 < watch.delay_seconds <= 900
    ann.ask("endCall", callId=call_id)
    later(15 * 60)
    assert [one for one in gateway.queued if one.queue_url.endswith("-calls")] == []


# What it costs


def before_pushes(calls: Calls) -> list[Call]:
    """Return the calls to AWS that began before the first push did."""
    first = min(call.began for call in calls.made if call.operation == PUSH)
    return [call for call in calls.made if call.began < first]


STARTING = ["BatchGetItem users", "BatchGetItem blocks", "BatchGetItem connections", QUEUE]
STORING = "TransactWriteItems calls connections participations"


def test_it_rings_after_two_round_trips(ann: Person, bob: Person, calls: Calls) -> None:
    phone = bob.open_socket()
    ann.standing_socket.take()
    calls.clear()
    meeting = Meeting(*STARTING)
    with calls.intercepted(meeting):
        ring(ann, bob)
    assert meeting.was_held
    assert told(phone) == ["ringing"]
    before = before_pushes(calls)
    assert sorted(map(str, before)) == sorted([*STARTING, STORING])
    assert in_sequence(before) == 2
    # The secret for TURN, where it is not known yet, is read when it rings already.
    assert calls.words()[len(before) :] == [PUSH, PARAMETER]


def test_in_a_chat_it_rings_after_three(ann: Person, bob: Person, calls: Calls) -> None:
    bob.open_socket()
    chat_id = ann.start_chat(bob)
    ann.standing_socket.take()
    calls.clear()
    meeting = Meeting(*STARTING)
    with calls.intercepted(meeting):
        ann.ask("startCall", SOCKET, chatId=chat_id, kind="video")
    assert meeting.was_held
    assert calls.words()[0] == "GetItem chats"
    assert in_sequence(before_pushes(calls)) == 3


def test_an_answer_is_told_after_two_round_trips(ann: Person, bob: Person, calls: Calls) -> None:
    phone = bob.open_socket()
    call_id = ring(ann, bob)
    calls.clear()
    meeting = Meeting("UpdateItem calls", "BatchGetItem connections")
    with calls.intercepted(meeting):
        phone.ask("acceptCall", callId=call_id)
    assert meeting.was_held
    assert told(ann.standing_socket) == ["joined"]
    before = before_pushes(calls)
    assert sorted(map(str, before)) == [
        "BatchGetItem calls connections",
        "BatchGetItem connections",
        "UpdateItem calls",
    ]
    assert in_sequence(before) == 2


def test_a_signal_costs_one_read_before_its_push(ann: Person, bob: Person, calls: Calls) -> None:
    phone = bob.open_socket()
    call_id = ring(ann, bob)
    phone.ask("acceptCall", callId=call_id)
    calls.clear()
    signal(ann, call_id, bob)
    assert calls.words() == ["BatchGetItem calls connections", PUSH]
    assert heard(phone) == [OFFER]


def test_an_early_signal_costs_one_read_before_its_push(ann: Person, bob: Person, calls: Calls) -> None:
    bob.open_socket()
    call_id = ring(ann, bob)
    calls.clear()
    signal(ann, call_id, bob)
    read = "BatchGetItem calls connections"
    assert calls.words() == [read, PUSH, "UpdateItem signals", read]
