"""Calls over real sockets: what rings, who answers, and peers that reach each other by our signals alone."""

from tests.e2e.people import Frame, Person, Socket, wait_until


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


def test_a_lost_socket_is_no_hang_up(ann: Person, bob: Person) -> None:
    desk, phone = ann.open_socket("desk"), bob.open_socket("phone")
    call_id = desk.ask("startCall", calleeIds=[bob.user_id], kind="audio")["data"]["callId"]
    phone.ask("acceptCall", callId=call_id)
    phone.close()
    again = bob.open_socket("phone")
    signal = {"description": {"type": "offer", "sdp": "v=0"}}
    assert desk.ask("sendSignal", callId=call_id, toUserId=bob.user_id, signal=signal)["status"] == 200
    again.ask("acceptCall", callId=call_id)
    assert kinds(again) == ["signal"]
    assert ann.get(f"/calls/{call_id}").json()["call"]["state"] == "active"
    again.close()
    wait_until(lambda: ann.get(f"/calls/{call_id}").json()["call"]["state"] == "ended", 30)
    assert ann.get(f"/calls/{call_id}").json()["call"]["endReason"] == "connection_lost"
    assert kinds(desk) == ["joined", "ended"]
