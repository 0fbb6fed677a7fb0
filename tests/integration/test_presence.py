"""Read marks, typing, and who is there."""

from typing import Any

import pytest

from domain.marks import MOST_TOLD
from models.connections import LIFE_MILLISECONDS
from tests.calls import PUSH, Calls, Refusal, refusal
from tests.conftest import Clock
from tests.gateway import Gateway, Socket
from tests.integration.test_chats import crowd, listing
from tests.people import HTTP, SOCKET, Person

TRANSPORTS = pytest.mark.parametrize("over", [HTTP, SOCKET])


@pytest.fixture
def chat(ann: Person, bob: Person) -> str:
    """The direct chat of ann and bob."""
    return ann.start_chat(bob)


def told(socket: Socket, kind: str) -> list[dict[str, Any]]:
    return [frame for frame in socket.take() if frame["type"] == kind]


# Read marks


@TRANSPORTS
def test_a_mark_is_told_to_every_other_socket(over: str, ann: Person, bob: Person, eve: Person, chat: str) -> None:
    for text in ("one", "two", "three"):
        ann.say(chat, text)
    asking, tablet, phone, strange = bob.standing_socket, bob.open_socket(), ann.open_socket(), eve.open_socket()
    answer = bob.ask("markRead", over, chatId=chat, seq=2)
    assert (answer.status, answer.data) == (200, {"readSeq": 2})
    event = {"type": "read.updated", "chatId": chat, "userId": bob.user_id, "readSeq": 2}
    assert told(tablet, "read.updated") == told(phone, "read.updated") == [event]
    assert told(asking, "read.updated") == ([] if over == SOCKET else [event])
    assert told(strange, "read.updated") == []
    assert (listing(bob)[0]["unreadCount"], listing(bob)[0]["readSeq"]) == (1, 2)
    assert ann.ask("getChat", over, chatId=chat).data["readSeqs"] == {ann.user_id: 0, bob.user_id: 2}


def test_a_mark_never_goes_back_nor_beyond_the_end(ann: Person, bob: Person, chat: str) -> None:
    for text in ("one", "two", "three"):
        ann.say(chat, text)
    phone = ann.open_socket()
    marks = [bob.ask("markRead", chatId=chat, seq=seq).data["readSeq"] for seq in (2, 1, 2, 0, 99, 3)]
    assert marks == [2, 2, 2, 2, 3, 3]
    assert [frame["readSeq"] for frame in told(phone, "read.updated")] == [2, 3]


def test_who_is_blocked_marks_for_themselves(ann: Person, bob: Person, chat: str) -> None:
    bob.ask("blockUser", userId=ann.user_id)
    bob.say(chat, "still mine")
    tablet, phone = ann.open_socket(), bob.open_socket()
    assert ann.ask("markRead", chatId=chat, seq=1).data == {"readSeq": 1}
    assert [frame["readSeq"] for frame in told(tablet, "read.updated")] == [1]
    assert told(phone, "read.updated") == []
    assert listing(ann)[0]["unreadCount"] == 0


def test_strangers_have_no_mark(eve: Person, chat: str) -> None:
    for chat_id in (chat, "nowhere"):
        answer = eve.ask("markRead", chatId=chat_id, seq=1)
        assert (answer.status, answer.code) == (404, "chat_not_found")


@pytest.mark.parametrize(("members", "everyone"), [(MOST_TOLD, True), (MOST_TOLD + 1, False)])
def test_in_a_large_chat_a_mark_is_its_owners_own(members: int, everyone: bool, ann: Person, bob: Person) -> None:
    chat_id = ann.ask("createChat", kind="group", memberIds=[bob.user_id, *crowd(members - 2)]).data["chatId"]
    ann.say(chat_id, "hi")
    phone, tablet = ann.open_socket(), bob.open_socket()
    bob.ask("markRead", chatId=chat_id, seq=1)
    assert len(told(phone, "read.updated")) == everyone
    assert len(told(tablet, "read.updated")) == 1
    assert ("readSeqs" in ann.ask("getChat", chatId=chat_id).data) == everyone


def test_a_mark_costs_a_read_and_a_write(ann: Person, bob: Person, chat: str, calls: Calls) -> None:
    ann.say(chat, "hi")
    calls.clear()
    bob.ask("markRead", chatId=chat, seq=1)
    assert calls.words() == ["GetItem chats", "UpdateItem memberships", "BatchGetItem connections"]


# Typing


def test_every_other_socket_sees_who_is_writing(ann: Person, bob: Person, eve: Person, chat: str, calls: Calls) -> None:
    writing, tablet, phone, strange = ann.standing_socket, ann.open_socket(), bob.open_socket(), eve.open_socket()
    calls.clear()
    assert writing.ask("setTyping", chatId=chat, typing=True).status == 200
    assert calls.words()[:2] == ["GetItem chats", "BatchGetItem connections"]
    event = {"type": "typing", "chatId": chat, "userId": ann.user_id, "typing": True}
    assert told(phone, "typing") == told(tablet, "typing") == [event]
    writing.ask("setTyping", chatId=chat, typing=False)
    assert told(phone, "typing") == told(tablet, "typing") == [{**event, "typing": False}]
    assert told(writing, "typing") == told(strange, "typing") == []


def test_neither_strangers_nor_the_blocked_are_seen_writing(ann: Person, bob: Person, eve: Person, chat: str) -> None:
    bob.ask("blockUser", userId=ann.user_id)
    tablet, phone = ann.open_socket(), bob.open_socket()
    nowhere = eve.ask("setTyping", SOCKET, chatId="invented", typing=True)
    for person in (eve, ann):
        answer = person.ask("setTyping", SOCKET, chatId=chat, typing=True)
        assert (answer.status, answer.code) == (404, "chat_not_found")
        assert answer.problem["message"] == nowhere.problem["message"]
    assert told(phone, "typing") == told(tablet, "typing") == []
    assert bob.ask("setTyping", SOCKET, chatId=chat, typing=True).status == 200
    assert len(told(tablet, "typing")) == 1


# Presence


def test_partners_hear_of_the_first_socket_and_of_the_last(ann: Person, bob: Person, eve: Person, chat: str) -> None:
    ann.start_chat(bob, eve)
    phone, strange = bob.open_socket(), eve.open_socket()
    phone.take()
    first = ann.open_socket()
    (online,) = told(phone, "presence.changed")
    assert online == {
        "type": "presence.changed",
        "userId": ann.user_id,
        "online": True,
        "lastSeenAt": online["lastSeenAt"],
    }
    second = ann.open_socket()
    first.close()
    assert told(phone, "presence.changed") == []
    second.close()
    (offline,) = told(phone, "presence.changed")
    assert (offline["online"], offline["lastSeenAt"] >= online["lastSeenAt"]) == (False, True)
    assert told(strange, "presence.changed") == []


def test_partners_hear_of_a_last_socket_that_is_found_closed(
    ann: Person, bob: Person, chat: str, gateway: Gateway, calls: Calls, clock: Clock
) -> None:
    """By who works off the queue, and where it was not the last there is nothing in it."""
    first, second, phone = ann.open_socket(), ann.open_socket(), bob.open_socket()
    clock.advance(10)
    phone.take()
    first.lose()
    calls.clear()
    bob.say(chat, "hello?")
    assert "UpdateItem connections" in calls.words()
    assert gateway.queued == []
    second.lose()
    bob.say(chat, "hello?")
    assert len(gateway.queued) == 1
    assert told(phone, "presence.changed") == []
    calls.clear()
    assert gateway.work_off("DeliverEvents") == []
    assert calls.words() == ["UpdateItem connections", "Query memberships", "BatchGetItem connections", PUSH]
    (offline,) = told(phone, "presence.changed")
    assert (offline["userId"], offline["online"]) == (ann.user_id, False)
    assert gateway.queued == []


@TRANSPORTS
def test_presence_is_told_in_the_order_asked(over: str, ann: Person, bob: Person, eve: Person, clock: Clock) -> None:
    ann.standing_socket.take()
    bob.open_socket()
    eve.open_socket().close()
    answer = ann.ask("getPresence", over, userIds=[eve.user_id, "nobody", bob.user_id])
    assert answer.status == 200
    away, nobody, there = answer.data["users"]
    assert away == {"userId": eve.user_id, "online": False, "lastSeenAt": away["lastSeenAt"]}
    assert nobody == {"userId": "nobody", "online": False}
    assert (there["userId"], there["online"]) == (bob.user_id, True)
    clock.advance(LIFE_MILLISECONDS / 1000)
    assert ann.ask("getPresence", userIds=[bob.user_id]).data["users"][0]["online"] is False
    assert ann.ask("getPresence", userIds=[]).data == {"users": []}


def test_100_people_cost_one_read(ann: Person, calls: Calls) -> None:
    calls.clear()
    assert len(ann.ask("getPresence", userIds=[f"u{number}" for number in range(100)]).data["users"]) == 100
    assert calls.words() == ["BatchGetItem connections"]


def test_a_socket_opens_even_if_nobody_can_be_told(ann: Person, bob: Person, chat: str, calls: Calls) -> None:
    bob.open_socket()
    with calls.intercepted(Refusal("Query memberships", refusal("ThrottlingException"))):
        assert ann.open_socket().ask("hello").status == 200
