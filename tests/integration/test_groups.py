"""Members who come and go, admins, names and settings."""

from typing import Any

import pytest

from models.chats import Chat, Membership
from tests.calls import Calls, Meeting
from tests.gateway import Socket
from tests.integration.test_chats import crowd, listing
from tests.integration.threads import at_once
from tests.people import HTTP, SOCKET, Person

TRANSPORTS = pytest.mark.parametrize("over", [HTTP, SOCKET])


@pytest.fixture
def group(ann: Person, bob: Person) -> str:
    """A group of ann, who runs it, and bob."""
    return ann.ask("createChat", kind="group", memberIds=[bob.user_id], name="Friends").data["chatId"]


def frames(socket: Socket) -> list[dict[str, Any]]:
    return [frame for frame in socket.take() if frame["type"] != "presence.changed"]


def kinds(socket: Socket) -> list[str]:
    return [frame["type"] for frame in frames(socket)]


def events(person: Person, chat_id: str) -> list[dict[str, Any]]:
    return person.ask("getEvents", chatId=chat_id).data["events"]


def agrees(chat_id: str) -> set[str]:
    """Return the members, who are the same whichever way one looks."""
    members = set(Chat.get(chat_id).member_ids or ())
    assert {one.user_id for one in Membership.scan() if one.chat_id == chat_id} == members
    return members


# Coming


@TRANSPORTS
def test_who_is_added_sees_the_chat_and_all_hear_of_it(
    over: str, ann: Person, bob: Person, eve: Person, group: str
) -> None:
    ann.say(group, "before")
    asking, others, new = ann.standing_socket, bob.open_socket(), eve.open_socket()
    answer = ann.ask("addMembers", over, chatId=group, memberIds=[eve.user_id, bob.user_id])
    assert answer.status == 200
    assert answer.data["memberIds"] == sorted([ann.user_id, bob.user_id, eve.user_id])
    (event,) = frames(others)
    assert event == {
        "type": "member.added",
        "chatId": group,
        "seq": 2,
        "at": event["at"],
        "byId": ann.user_id,
        "memberIds": [eve.user_id],
        "admins": [ann.user_id],
    }
    created, added = frames(new)
    assert (created["type"], created["chat"]["memberIds"]) == ("chat.created", answer.data["memberIds"])
    assert added == event
    assert frames(asking) == ([] if over == SOCKET else [event])
    assert events(eve, group)[-1] == event
    assert eve.texts(group) == ["before"]
    assert (listing(eve)[0]["unreadCount"], listing(eve)[0]["readSeq"]) == (0, 2)
    assert agrees(group) == set(answer.data["memberIds"])


def test_new_members_see_what_the_group_shows_them(ann: Person, bob: Person, eve: Person, group: str) -> None:
    secret = ann.say(group, "before eve")
    assert ann.ask("updateChat", chatId=group, historyForNewMembers=False).data["historyForNewMembers"] is False
    ann.ask("addMembers", chatId=group, memberIds=[eve.user_id])
    assert eve.texts(group) == eve.texts(group, before=2) == eve.texts(group, after=0) == []
    assert events(eve, group) == []
    (chat,) = listing(eve)
    assert "lastMessage" not in chat
    assert chat["unreadCount"] == 0
    assert "lastMessage" not in eve.ask("getChat", chatId=group).data
    hidden = eve.ask("addReaction", chatId=group, messageId=secret["messageId"], emoji="👍")
    assert (hidden.status, hidden.code) == (404, "message_not_found")
    bob.say(group, "welcome")
    assert eve.texts(group) == ["welcome"]
    assert [event["type"] for event in events(eve, group)] == ["message.created"]
    assert listing(eve)[0]["unreadCount"] == 1
    assert bob.texts(group) == ["before eve", "welcome"]


@pytest.mark.parametrize(
    ("operation", "fields"), [("editMessage", {"text": "a new secret"}), ("addReaction", {"emoji": "👍"})]
)
def test_what_happens_to_an_old_message_shows_new_members_none_of_its_words(
    operation: str, fields: dict[str, Any], ann: Person, bob: Person, eve: Person, group: str
) -> None:
    secret = bob.say(group, "a secret")
    ann.ask("updateChat", chatId=group, historyForNewMembers=False)
    ann.ask("addMembers", chatId=group, memberIds=[eve.user_id])
    # Who joins later, and sees everything, opens nothing for eve.
    ann.ask("updateChat", chatId=group, historyForNewMembers=True)
    old, new = ann.open_socket(), eve.open_socket()
    changed = bob.ask(operation, chatId=group, messageId=secret["messageId"], **fields)
    assert changed.status == 200
    (seen,), (told,) = events(ann, group)[-1:], events(eve, group)[-1:]
    assert seen["message"] == changed.data
    assert told == {name: value for name, value in seen.items() if name != "message"}
    # One frame goes to all of them: who may read the message finds it in the log.
    assert frames(new) == frames(old) == [{**told, "truncated": True}]


def test_what_happens_to_a_message_that_all_may_read_is_told_whole(
    ann: Person, bob: Person, eve: Person, group: str
) -> None:
    ann.ask("updateChat", chatId=group, historyForNewMembers=False)
    ann.ask("addMembers", chatId=group, memberIds=[eve.user_id])
    message = bob.say(group, "welcome")
    new = eve.open_socket()
    changed = bob.ask("editMessage", chatId=group, messageId=message["messageId"], text="welcome, eve")
    (event,) = frames(new)
    assert event["message"] == events(eve, group)[-1]["message"] == changed.data
    assert "truncated" not in event


def test_to_add_who_is_there_changes_nothing(ann: Person, bob: Person, group: str) -> None:
    phone = bob.open_socket()
    assert ann.ask("addMembers", chatId=group, memberIds=[bob.user_id]).status == 200
    assert frames(phone) == []
    assert Chat.get(group).last_seq == 0


def test_a_group_holds_1_000_and_grows_in_as_many_steps_as_a_transaction_allows(ann: Person, group: str) -> None:
    many = crowd(999)
    answer = ann.ask("addMembers", chatId=group, memberIds=many)
    assert (answer.status, answer.fields) == (400, ["memberIds"])
    assert ann.ask("addMembers", chatId=group, memberIds=many[:250]).status == 200
    assert [len(event["memberIds"]) for event in events(ann, group)] == [98, 98, 54]
    assert len(agrees(group)) == 252


def test_a_member_must_be_a_user(ann: Person, group: str) -> None:
    answer = ann.ask("addMembers", chatId=group, memberIds=["nobody"])
    assert (answer.status, answer.code) == (404, "user_not_found")
    assert Chat.get(group).last_seq == 0


# Going


@TRANSPORTS
def test_who_leaves_hears_of_it_and_finds_nothing_any_more(over: str, ann: Person, bob: Person, group: str) -> None:
    ann.say(group, "hi")
    theirs, others = bob.open_socket(), ann.open_socket()
    asking = bob.standing_socket
    asking.take()
    assert bob.ask("removeMember", over, chatId=group, userId=bob.user_id).status == 204
    (event,) = frames(others)
    assert (event["type"], event["memberIds"], event["byId"]) == ("member.removed", [bob.user_id], bob.user_id)
    assert frames(theirs) == [event]
    for operation, fields in (
        ("getChat", {}),
        ("getChatHistory", {}),
        ("getEvents", {}),
        ("sendMessage", {"text": "still here"}),
        ("markRead", {"seq": 1}),
        ("updateChat", {"name": "x"}),
    ):
        answer = bob.ask(operation, over, chatId=group, **fields)
        assert (answer.status, answer.code) == (404, "chat_not_found"), operation
    assert listing(bob) == []
    ann.say(group, "without bob")
    assert frames(theirs) == []
    assert agrees(group) == {ann.user_id}


def test_only_an_admin_runs_a_group(ann: Person, bob: Person, eve: Person, group: str) -> None:
    for operation, fields in (
        ("addMembers", {"memberIds": [eve.user_id]}),
        ("removeMember", {"userId": ann.user_id}),
        ("updateChat", {"name": "Bob's"}),
        ("setAdmin", {"userId": bob.user_id}),
    ):
        answer = bob.ask(operation, chatId=group, **fields)
        assert (answer.status, answer.code) == (403, "forbidden"), operation
        answer = eve.ask(operation, chatId=group, **fields)
        assert (answer.status, answer.code) == (404, "chat_not_found"), operation
    assert Chat.get(group).last_seq == 0


def test_a_direct_chat_is_no_group(ann: Person, bob: Person, eve: Person) -> None:
    chat_id = ann.start_chat(bob)
    for operation, fields in (
        ("addMembers", {"memberIds": [eve.user_id]}),
        ("removeMember", {"userId": ann.user_id}),
        ("updateChat", {"name": "Us"}),
        ("setAdmin", {"userId": bob.user_id}),
    ):
        answer = ann.ask(operation, chatId=chat_id, **fields)
        assert (answer.status, answer.code) == (403, "forbidden"), operation


def test_an_admin_removes_a_member_once(ann: Person, bob: Person, eve: Person, group: str) -> None:
    ann.ask("addMembers", chatId=group, memberIds=[eve.user_id])
    phone = eve.open_socket()
    for _ in range(2):
        assert ann.ask("removeMember", chatId=group, userId=eve.user_id).status == 204
    assert kinds(phone) == ["member.removed"]
    assert agrees(group) == {ann.user_id, bob.user_id}


def test_the_last_admin_hands_over(ann: Person, bob: Person, eve: Person, group: str) -> None:
    ann.ask("addMembers", chatId=group, memberIds=[eve.user_id])
    ann.ask("removeMember", chatId=group, userId=ann.user_id)
    heir = min([bob, eve], key=lambda one: one.user_id)
    assert heir.ask("getChat", chatId=group).data["admins"] == [heir.user_id]
    assert events(heir, group)[-1]["admins"] == [heir.user_id]


def test_the_last_member_leaves_a_chat_that_nobody_finds(ann: Person, bob: Person, group: str) -> None:
    for person in (bob, ann):
        assert person.ask("removeMember", chatId=group, userId=person.user_id).status == 204
    assert agrees(group) == set()
    for operation, fields in (("getChat", {}), ("markRead", {"seq": 1}), ("sendMessage", {"text": "x"})):
        assert ann.ask(operation, chatId=group, **fields).code == "chat_not_found"


# Admins and settings


@TRANSPORTS
def test_admins_come_and_go_but_one_stays(over: str, ann: Person, bob: Person, eve: Person, group: str) -> None:
    phone = bob.open_socket()
    made = ann.ask("setAdmin", over, chatId=group, userId=bob.user_id)
    assert made.data["admins"] == sorted([ann.user_id, bob.user_id])
    assert ann.ask("setAdmin", over, chatId=group, userId=bob.user_id).status == 200
    assert bob.ask("setAdmin", over, chatId=group, userId=ann.user_id, admin=False).data["admins"] == [bob.user_id]
    last = bob.ask("setAdmin", chatId=group, userId=bob.user_id, admin=False)
    assert (last.status, last.code) == (409, "conflict")
    stranger = bob.ask("setAdmin", chatId=group, userId=eve.user_id)
    assert (stranger.status, stranger.code) == (404, "user_not_found")
    assert kinds(phone) == ["chat.updated", "chat.updated"]


@TRANSPORTS
def test_a_new_name_is_told_and_logged(over: str, ann: Person, bob: Person, group: str) -> None:
    phone = bob.open_socket()
    assert ann.ask("updateChat", over, chatId=group, name="家族").data["name"] == "家族"
    assert ann.ask("updateChat", over, chatId=group, name="家族").status == 200
    (event,) = frames(phone)
    assert event == {
        "type": "chat.updated",
        "chatId": group,
        "seq": 1,
        "at": event["at"],
        "byId": ann.user_id,
        "name": "家族",
        "admins": [ann.user_id],
    }
    assert events(bob, group) == [event]


# At the same moment


def test_add_and_remove_at_once_have_one_outcome_everywhere(
    ann: Person, bob: Person, eve: Person, group: str, calls: Calls
) -> None:
    ann.ask("setAdmin", chatId=group, userId=bob.user_id)
    for _ in range(3):
        meeting = Meeting("GetItem chats", "GetItem chats")
        with calls.intercepted(meeting):
            at_once(
                lambda: ann.ask("addMembers", chatId=group, memberIds=[eve.user_id]),
                lambda: bob.ask("removeMember", chatId=group, userId=eve.user_id),
            )
        assert meeting.was_held
        there = eve.user_id in agrees(group)
        told = [event["type"] for event in events(ann, group) if eve.user_id in event.get("memberIds", [])]
        expected = ["member.added", "member.removed"] * 3
        assert told == expected[: len(told)]
        assert (told[-1:] == ["member.added"]) == there
        assert eve.ask("getChat", chatId=group).status == (200 if there else 404)


def test_who_is_slower_begins_again(ann: Person, bob: Person, eve: Person, group: str, calls: Calls) -> None:
    """Both have read the group before either changes it."""
    ann.ask("setAdmin", chatId=group, userId=bob.user_id)
    meeting = Meeting("GetItem chats", "GetItem chats")
    with calls.intercepted(meeting):
        at_once(
            lambda: ann.ask("updateChat", chatId=group, name="Ann's"),
            lambda: bob.ask("addMembers", chatId=group, memberIds=[eve.user_id]),
        )
    assert meeting.was_held
    assert sorted(event["type"] for event in events(ann, group)[1:]) == ["chat.updated", "member.added"]
    assert [event["seq"] for event in events(ann, group)] == [1, 2, 3]
    assert ann.ask("getChat", chatId=group).data["name"] == "Ann's"
    assert agrees(group) == {ann.user_id, bob.user_id, eve.user_id}
