"""A process that ends between any two calls to AWS leaves nothing half: asking again succeeds, and all is whole."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from models.chats import Membership
from models.connections import Connections
from tests.calls import Calls, Crash, Death
from tests.conftest import Clock
from tests.gateway import Gateway
from tests.integration.test_chats import crowd, listing
from tests.people import HTTP, SOCKET, Person

MOST_CALLS = 20
"""More than any operation here makes."""

WHEN = pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
TRANSPORTS = pytest.mark.parametrize("over", [HTTP, SOCKET])


def cut_off_everywhere(calls: Calls, after: bool, ask: Callable[[], Any], check: Callable[[int], None]) -> int:
    """Ask, cut off at the first call, then at the second, and so on, until it is not cut off any more.

    Returns:
        How many calls there were to be cut off at.
    """
    for at in range(1, MOST_CALLS):
        death = Death(at, after=after)
        with calls.intercepted(death):
            with contextlib.suppress(Crash):
                ask()
            if not death.happened:
                return at - 1
        check(at)
    raise AssertionError(f"Expected fewer than {MOST_CALLS} calls.")


@WHEN
@TRANSPORTS
def test_a_message_that_was_cut_off_is_sent_again_and_stands_once(
    over: str, after: bool, ann: Person, bob: Person, calls: Calls
) -> None:
    chat_id = ann.start_chat(bob)
    ann.standing_socket.take()
    bob.open_socket()
    sent: list[str] = []

    def ask() -> Any:
        return ann.ask("sendMessage", over, chatId=chat_id, text=f"m{len(sent)}", clientMessageId=f"m{len(sent)}")

    def check(_at: int) -> None:
        again = ask()
        assert again.status in {200, 201}
        sent.append(again.data["text"])
        answer = bob.ask("getChatHistory", chatId=chat_id)
        seqs = [message["seq"] for message in answer.data["messages"]]
        assert seqs == sorted(set(seqs))
        assert [message["text"] for message in answer.data["messages"]] == sent
        (chat,) = listing(bob)
        assert chat["lastMessage"] == again.data
        assert chat["unreadCount"] == len(sent)
        assert chat["lastSeq"] >= seqs[-1]

    # Three calls to DynamoDB, and a push to bob; over HTTP one to ann's own socket too.
    assert cut_off_everywhere(calls, after, ask, check) == (4 if over == SOCKET else 5)


@WHEN
def test_a_direct_chat_that_was_cut_off_is_there_or_not(after: bool, ann: Person, calls: Calls) -> None:
    others = crowd(MOST_CALLS)

    def ask() -> Any:
        return ann.ask("createChat", kind="direct", memberIds=others[:1])

    def check(_at: int) -> None:
        again = ask()
        assert again.status in {200, 201}
        other = others.pop(0)
        found = [chat for chat in listing(ann) if other in chat["memberIds"]]
        assert [chat["chatId"] for chat in found] == [again.data["chatId"]]
        assert ann.say(again.data["chatId"], "hi")["seq"] == 1
        both = [one.user_id for one in Membership.scan() if one.chat_id == again.data["chatId"]]
        assert sorted(both) == sorted([ann.user_id, other])

    # Is there one, are they users, who blocks whom (two), store it, who is connected.
    assert cut_off_everywhere(calls, after, ask, check) == 6


@WHEN
@pytest.mark.parametrize(("others", "steps"), [(5, 3), (100, 9)], ids=["small", "large"])
def test_a_group_that_was_cut_off_is_seen_whole_or_not_at_all(
    others: int, steps: int, after: bool, ann: Person, bob: Person, calls: Calls
) -> None:
    """A group has no name that a client gave it, so asking again may make a second one; never a half one."""
    member_ids = [*crowd(others - 1), bob.user_id]

    def ask() -> Any:
        return ann.ask("createChat", kind="group", memberIds=member_ids)

    def check(_at: int) -> None:
        chats = listing(ann, limit=100)
        assert {chat["chatId"] for chat in chats} == {chat["chatId"] for chat in listing(bob, limit=100)}
        for chat in chats:
            assert len(chat["memberIds"]) == others + 1
        again = ask()
        assert again.status == 201
        assert len(listing(bob, limit=100)) == len(chats) + 1
        assert bob.say(again.data["chatId"], "hi")["seq"] == 1

    assert cut_off_everywhere(calls, after, ask, check) == steps


@WHEN
def test_a_ticket_whose_use_was_cut_off_is_replaced(after: bool, gateway: Gateway, ann: Person, calls: Calls) -> None:
    """Whether it still opens or not, a new one does; no ticket opens two sockets."""
    tickets = {"ticket": ann.ticket()}

    def ask() -> Any:
        return gateway.connect(tickets["ticket"])

    def check(_at: int) -> None:
        status, socket = ask()
        assert status in {200, 403}
        if socket:
            assert ask()[0] == 403
        assert ann.open_socket().ask("hello").status == 200
        tickets["ticket"] = ann.ticket()

    # Use it up, look at its user, list the socket, look at its user again.
    assert cut_off_everywhere(calls, after, ask, check) == 4


@WHEN
def test_a_socket_that_was_never_opened_is_forgotten_in_time(
    after: bool, gateway: Gateway, ann: Person, bob: Person, calls: Calls, clock: Clock
) -> None:
    chat_id = ann.start_chat(bob)
    ticket = bob.ticket()
    with calls.intercepted(Death(3, after=after)), pytest.raises(Crash):
        gateway.connect(ticket)
    clock.advance(10)
    ann.say(chat_id, "hi")
    assert [one.sockets for one in Connections.find_all([bob.user_id])] == ([[]] if after else [])


@WHEN
def test_a_close_that_was_cut_off_is_made_up_for_by_the_next_push(
    after: bool, ann: Person, bob: Person, calls: Calls, clock: Clock
) -> None:
    chat_id = ann.start_chat(bob)
    socket = bob.open_socket()
    clock.advance(10)
    with calls.intercepted(Death(1, after=after)), pytest.raises(Crash):
        socket.close()
    assert ann.ask("sendMessage", chatId=chat_id, text="hi").status == 201
    assert Connections.find_all([bob.user_id])[0].sockets == []


@WHEN
@pytest.mark.parametrize(
    "operation", ["getUser", "findUsers", "listChats", "getChat", "getChatHistory", "createTicket"]
)
def test_a_question_that_was_cut_off_changes_nothing(
    operation: str, after: bool, ann: Person, bob: Person, calls: Calls
) -> None:
    chat_id = ann.start_chat(bob)
    ann.say(chat_id, "hi")
    fields: dict[str, Any] = {
        "getUser": {"userId": "me"},
        "findUsers": {"username": "b"},
        "getChat": {"chatId": chat_id},
        "getChatHistory": {"chatId": chat_id},
    }.get(operation, {})

    def ask() -> Any:
        return ann.ask(operation, **fields)

    before = ask()

    def check(_at: int) -> None:
        again = ask()
        assert again.status == before.status
        assert operation == "createTicket" or again.data == before.data

    assert cut_off_everywhere(calls, after, ask, check) > 0


def in_log(person: Person, chat_id: str) -> list[str]:
    """Return what stands in a chat's log; its places rise, and none is doubled."""
    events = person.ask("getEvents", chatId=chat_id, limit=100).data["events"]
    seqs = [event["seq"] for event in events]
    assert seqs == sorted(set(seqs))
    return [event["type"] for event in events]


@WHEN
@pytest.mark.parametrize(
    ("operation", "fields", "kind"),
    [
        ("editMessage", {"text": "hello"}, "message.edited"),
        ("deleteMessage", {}, "message.deleted"),
        ("addReaction", {"emoji": "👍"}, "reaction.added"),
    ],
)
def test_a_change_that_was_cut_off_is_made_and_logged_once(
    operation: str, fields: dict[str, Any], kind: str, after: bool, ann: Person, bob: Person, calls: Calls
) -> None:
    chat_id = ann.start_chat(bob)
    bob.open_socket()
    messages = [ann.say(chat_id, "hi") for _ in range(9)]

    def ask() -> Any:
        return ann.ask(operation, chatId=chat_id, messageId=messages[0]["messageId"], **fields)

    def check(_at: int) -> None:
        before = in_log(ann, chat_id).count(kind)
        told = {"editedAt", "deletedAt"} & ask().data.keys() or ask().data["reactions"]
        assert told
        messages.pop(0)
        changed = sum("changedSeq" in one for one in ann.ask("getChatHistory", chatId=chat_id).data["messages"])
        assert in_log(ann, chat_id).count(kind) == changed
        assert before in {changed, changed - 1}

    # The chat, the membership and the message at once; a place, the change, who is connected, and a push to bob.
    assert cut_off_everywhere(calls, after, ask, check) == 7


@WHEN
def test_a_coming_and_a_going_that_were_cut_off_are_whole_or_not_at_all(
    after: bool, ann: Person, bob: Person, eve: Person, calls: Calls
) -> None:
    group = ann.start_chat(bob)
    group = ann.ask("createChat", kind="group", memberIds=[bob.user_id]).data["chatId"]
    bob.open_socket()
    eve.open_socket()

    def is_whole() -> bool:
        there = eve.user_id in ann.ask("getChat", chatId=group).data["memberIds"]
        assert (group in {chat["chatId"] for chat in listing(eve)}) == there
        assert eve.ask("getEvents", chatId=group).status == (200 if there else 404)
        kinds = [kind for kind in in_log(ann, group) if kind.startswith("member.")]
        assert kinds == (["member.added", "member.removed"] * MOST_CALLS)[: len(kinds)]
        assert (kinds[-1:] == ["member.added"]) == there
        return there

    def come() -> Any:
        return ann.ask("addMembers", chatId=group, memberIds=[eve.user_id])

    def go() -> Any:
        return ann.ask("removeMember", chatId=group, userId=eve.user_id)

    def came(_at: int) -> None:
        is_whole()
        assert come().status == 200
        assert is_whole()
        assert go().status == 204
        assert not is_whole()

    def went(_at: int) -> None:
        is_whole()
        assert go().status == 204
        assert not is_whole()
        come()
        assert is_whole()

    assert cut_off_everywhere(calls, after, come, came) > 4
    assert cut_off_everywhere(calls, after, go, went) > 2


@WHEN
def test_a_mark_that_was_cut_off_is_set_again(after: bool, ann: Person, bob: Person, calls: Calls) -> None:
    chat_id = ann.start_chat(bob)
    ann.open_socket()
    for _ in range(MOST_CALLS):
        ann.say(chat_id, "hi")
    marks = iter(range(1, MOST_CALLS))
    mark = next(marks)

    def ask() -> Any:
        return bob.ask("markRead", chatId=chat_id, seq=mark)

    def check(_at: int) -> None:
        nonlocal mark
        assert ask().data == {"readSeq": mark}
        assert listing(bob)[0]["readSeq"] == mark
        mark = next(marks)

    assert cut_off_everywhere(calls, after, ask, check) == 4
