"""Calls over real sockets: what rings, who answers, and peers that reach each other by our signals alone."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from local.stack import Stack
from tests.e2e.peers import LUMINANCE, End
from tests.e2e.people import TIMEOUT, Frame, Person, Socket


def told(socket: Socket) -> list[Frame]:
    return [frame for frame in socket.pushes() if frame["type"].startswith("call.")]


def kinds(socket: Socket) -> list[str]:
    return [frame["type"].removeprefix("call.") for frame in told(socket)]


def test_a_call_rings_is_answered_and_ends(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    desk, phone, laptop = ann.open_socket("desk"), bob.open_socket("phone"), bob.open_socket("laptop")
    started = desk.ask("startCall", calleeIds=[bob.user_id], kind="video")["data"]
    call_id = started["callId"]
    assert [kinds(one) for one in (desk, phone, laptop)] == [[], ["ringing"], ["ringing"]]
    early = {"candidate": {"candidate": "candidate:1", "sdpMid": "0"}}
    assert desk.ask("sendSignal", callId=call_id, toUserId=bob.user_id, signal=early)["status"] == 200
    assert kinds(phone) == kinds(laptop) == ["signal"]
    accepted = phone.ask("acceptCall", callId=call_id)["data"]
    assert accepted["peers"] == [{"userId": ann.user_id, "deviceId": "desk", "polite": True}]
    assert accepted["iceServers"][0]["credential"]
    (signal,) = told(phone)
    assert signal == {
        "type": "call.signal",
        "callId": call_id,
        "fromUserId": ann.user_id,
        "fromDeviceId": "desk",
        "signal": early,
    }
    assert [kinds(one) for one in (desk, phone, laptop)] == [["joined"], [], ["answeredElsewhere"]]
    for number in range(5):
        offer = {"description": {"type": "offer", "sdp": f"v={number}"}}
        assert phone.ask("sendSignal", callId=call_id, toUserId=ann.user_id, signal=offer)["status"] == 200
    assert [one["signal"]["description"]["sdp"] for one in told(desk)] == [f"v={number}" for number in range(5)]
    ended = bob.post(f"/calls/{call_id}/end").json()["call"]
    assert (ended["state"], ended["endReason"]) == ("ended", "hangup")
    assert [kinds(one) for one in (desk, phone, laptop)] == [["ended", "logged"], ["ended", "logged"], ["logged"]]
    (logged,) = ann.get(f"/chats/{chat_id}/events").json()["events"]
    assert logged["call"] == ended
    assert ann.get("/calls").json()["calls"] == bob.get("/calls").json()["calls"] == [ended]


def run(act: Awaitable[None]) -> None:
    asyncio.run(asyncio.wait_for(act, 3 * TIMEOUT))


async def connected(ann: End, bob: End, *, relay: bool) -> None:
    """Let two people call each other, and see the media flow both ways."""
    await ann.call(bob, relay=relay)
    await bob.answer(relay=relay)
    await ann.offer()
    for brightness in await asyncio.gather(ann.sees(), bob.sees()):
        assert all(abs(one - LUMINANCE) < 10 for one in brightness), brightness
    assert ann.told == bob.told == {"description", "candidate"}
    assert (ann.ways == bob.ways == {"relay"}) == relay
    await flowing(ann, bob)


async def flowing(*ends: End) -> None:
    """Wait until more packets have come to each."""
    before = [await one.received() for one in ends]
    while any([await one.received() <= count for one, count in zip(ends, before, strict=True)]):
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("relay", [False, True], ids=["direct", "through the relay"])
def test_two_peers_see_each_other(relay: bool, stack: Stack, ann: Person, bob: Person) -> None:
    async def act() -> None:
        ends = [await End.of(person, stack) for person in (ann, bob)]
        try:
            await connected(*ends, relay=relay)
            assert (await ends[0].client.end_call(ends[0].call_id))["endReason"] == "hangup"
            assert (await ends[1].hear("call.ended"))["call"]["state"] == "ended"
        finally:
            await asyncio.gather(*[end.close() for end in ends])

    run(act())


def test_a_lost_socket_is_no_hang_up(
    stack: Stack, ann: Person, bob: Person, eve: Person, meet: Callable[[str], Person]
) -> None:
    """Ann's socket is cut and she is back, and their call goes on; kim's is cut for good, and eve is told."""
    kim = meet("kim")

    async def act() -> None:
        ends = [await End.of(person, stack) for person in (ann, bob, eve, kim)]
        one, two, three, four = ends
        try:
            await connected(one, two, relay=False)
            await connected(three, four, relay=False)
            await four.client.close()
            one.cut()
            await asyncio.wait_for(until_back(one), TIMEOUT)
            joined = await one.client.accept_call(one.call_id)
            assert [peer["userId"] for peer in joined["peers"]] == [bob.user_id]
            # What is told while nobody listens is kept until she is back, and what is told then arrives.
            await two.client.send_signal(two.call_id, ann.user_id, {"candidates": []})
            await flowing(one, two)
            ended = (await asyncio.wait_for(three.hear("call.ended"), 2 * TIMEOUT))["call"]
            assert ended["endReason"] == "connection_lost"
            # Twenty seconds have passed for ann, too.
            call = (await two.client.get_call(two.call_id))["call"]
            assert (call["state"], [one["state"] for one in call["participants"]]) == ("active", ["joined"] * 2)
            assert "candidates" in one.told
            await flowing(one, two)
        finally:
            await asyncio.gather(*[end.close() for end in ends])

    run(act())


async def until_back(end: End) -> None:
    """Wait until a client has noticed that its socket is cut, and has another one."""
    while end.client.is_online:
        await asyncio.sleep(0.01)
    while not end.client.is_online:
        await asyncio.sleep(0.01)
