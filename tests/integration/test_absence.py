"""What a team's other systems hear of members who are away."""

import pytest

from core.settings import settings
from tests.calls import BUS, PUSH, Calls, Meeting, Refusal, refusal
from tests.gateway import Gateway
from tests.integration.test_chats import crowd
from tests.people import Person


@pytest.fixture(autouse=True)
def _wanted(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFLINE_EVENTS", "true")
    settings.cache_clear()


def test_exactly_the_members_without_a_socket_are_named(
    gateway: Gateway, ann: Person, bob: Person, eve: Person
) -> None:
    group = ann.start_chat(bob, eve)
    bob.open_socket()
    message = ann.say(group, "お" * 300)
    assert gateway.told == [
        (
            "message.missed",
            {
                "version": 1,
                "chatId": group,
                "chatKind": "group",
                "chatName": "Friends",
                "seq": 1,
                "messageId": message["messageId"],
                "senderId": ann.user_id,
                "sentAt": message["sentAt"],
                "preview": "お" * 200,
                "memberIds": [eve.user_id],
            },
        )
    ]


def test_nothing_is_told_when_all_are_there(gateway: Gateway, ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    bob.open_socket()
    ann.say(chat_id, "hi")
    assert gateway.told == []


def test_a_message_that_is_sent_again_is_told_once(gateway: Gateway, ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    for _ in range(2):
        ann.say(chat_id, "hi", clientMessageId="m1")
    assert len(gateway.told) == 1


def test_1_000_members_are_named_in_one_call(gateway: Gateway, ann: Person, calls: Calls) -> None:
    others = crowd(999)
    chat_id = ann.ask("createChat", kind="group", memberIds=others).data["chatId"]
    ann.say(chat_id, "hi")
    assert [len(detail["memberIds"]) for _, detail in gateway.told] == [200, 200, 200, 200, 199]
    assert sorted(one for _, detail in gateway.told for one in detail["memberIds"]) == sorted(others)
    assert calls.words().count(BUS) == 1


def test_it_is_told_while_others_are_pushed_to(ann: Person, bob: Person, eve: Person, calls: Calls) -> None:
    group = ann.start_chat(bob, eve)
    bob.open_socket()
    meeting = Meeting(PUSH, BUS)
    with calls.intercepted(meeting):
        ann.say(group, "hi")
    assert meeting.was_held


def test_a_bus_that_refuses_costs_no_message(gateway: Gateway, ann: Person, bob: Person, calls: Calls) -> None:
    chat_id = ann.start_chat(bob)
    with calls.intercepted(Refusal(BUS, refusal("InternalFailure"))):
        assert ann.ask("sendMessage", chatId=chat_id, text="hi").status == 201
    assert bob.texts(chat_id) == ["hi"]


def test_a_stage_that_does_not_want_it_pays_nothing(
    gateway: Gateway, ann: Person, bob: Person, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFLINE_EVENTS", "false")
    settings.cache_clear()
    ann.say(ann.start_chat(bob), "hi")
    assert BUS not in calls.words()


def test_who_does_not_hear_that_they_are_called_is_named(
    gateway: Gateway, ann: Person, bob: Person, eve: Person
) -> None:
    """And nobody who does, is in another call, or blocks the caller."""
    kim, dan = Person.register(gateway, "kim"), Person.register(gateway, "dan")
    kim.ask("blockUser", userId=ann.user_id)
    dan.ask("startCall", calleeIds=[kim.user_id], kind="audio")
    gateway.told.clear()
    bob.open_socket()
    callees = [one.user_id for one in (bob, eve, kim, dan)]
    call = ann.ask("startCall", calleeIds=callees, kind="video").data["call"]
    assert gateway.told == [
        (
            "call.ringing",
            {
                "version": 1,
                "callId": call["callId"],
                "callKind": "video",
                "callerId": ann.user_id,
                "callerName": "ann",
                "ringExpiresAt": call["ringExpiresAt"],
                "calleeIds": [eve.user_id],
            },
        )
    ]


def test_a_bus_that_refuses_costs_no_call(gateway: Gateway, ann: Person, bob: Person, calls: Calls) -> None:
    with calls.intercepted(Refusal(BUS, refusal("ThrottlingException"))):
        assert ann.ask("startCall", calleeIds=[bob.user_id], kind="audio").status == 201
    assert gateway.told == []
