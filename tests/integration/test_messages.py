"""Sending and reading."""

import math
from typing import Any

import pytest
from botocore.exceptions import ClientError

from adapters.sockets import Outcome
from core import clock as core_clock
from domain.delivery import YOUNG_MILLISECONDS
from models.chats import Chat
from models.connections import Connections
from models.messages import Message
from tests.calls import PUSH, Call, Calls, Meeting, Proceed, Refusal, in_sequence, refusal
from tests.conftest import Clock
from tests.gateway import Gateway, Socket
from tests.integration.test_chats import SENT, crowd
from tests.integration.threads import at_once
from tests.people import HTTP, SOCKET, Person

TRANSPORTS = pytest.mark.parametrize("over", [HTTP, SOCKET])


@pytest.fixture
def chat(ann: Person, bob: Person) -> str:
    """The direct chat of ann and bob."""
    return ann.start_chat(bob)


def history(person: Person, chat_id: str, **fields: Any) -> tuple[list[int], bool]:
    """Return the seqs of a part of the log, and whether there are more."""
    answer = person.ask("getChatHistory", chatId=chat_id, **fields)
    assert answer.status == 200, answer
    return [message["seq"] for message in answer.data["messages"]], answer.data["hasMore"]


# Sending


@TRANSPORTS
def test_a_message_is_stored_and_answered_as_it_is_read(over: str, ann: Person, bob: Person, chat: str) -> None:
    before = core_clock.now()
    answer = ann.ask("sendMessage", over, chatId=chat, text="やあ 😀\n<b>", clientMessageId="m1")
    assert answer.status == 201
    message = answer.data
    assert message == {
        "chatId": chat,
        "seq": 1,
        "messageId": message["messageId"],
        "senderId": ann.user_id,
        "text": "やあ 😀\n<b>",
        "fileIds": [],
        "sentAt": message["sentAt"],
        "reactions": {},
        "clientMessageId": "m1",
    }
    assert before <= message["sentAt"] <= core_clock.now()
    for reader in (ann, bob):
        assert reader.ask("getChatHistory", over, chatId=chat).data == {"messages": [message], "hasMore": False}


@TRANSPORTS
def test_exactly_the_other_sockets_of_the_members_get_a_message(
    over: str, ann: Person, bob: Person, eve: Person, chat: str
) -> None:
    sending, tablet = ann.standing_socket, ann.open_socket("tablet")
    phone, laptop = bob.open_socket("phone"), bob.open_socket("laptop")
    strangers = eve.open_socket()
    eve.start_chat(ann)
    for socket in (sending, tablet, phone, laptop, strangers):
        socket.take()
    message = ann.say(chat, "hi", over)
    event = {"type": "message.created", "chatId": chat, "seq": 1, "at": message["sentAt"], "message": message}
    assert phone.take() == laptop.take() == tablet.take() == [event]
    assert sending.take() == ([] if over == SOCKET else [event])
    assert strangers.take() == []


def test_a_group_hears_everybody(ann: Person, bob: Person, eve: Person) -> None:
    chat_id = ann.start_chat(bob, eve)
    sockets = {person: person.standing_socket for person in (ann, bob, eve)}
    for person in sockets:
        person.say(chat_id, f"I am {person}", SOCKET)
    heard = {person: [frame["message"]["text"] for frame in socket.take()] for person, socket in sockets.items()}
    assert heard == {
        ann: ["I am bob", "I am eve"],
        bob: ["I am ann", "I am eve"],
        eve: ["I am ann", "I am bob"],
    }


@TRANSPORTS
def test_the_same_client_message_id_is_the_same_message(over: str, ann: Person, bob: Person, chat: str) -> None:
    ann.standing_socket.take()
    socket = bob.open_socket()
    first = ann.ask("sendMessage", over, chatId=chat, text="hi", clientMessageId="m1")
    again = ann.ask("sendMessage", over, chatId=chat, text="other words", clientMessageId="m1")
    assert (first.status, again.status) == (201, 200)
    assert first.data == again.data
    assert len(socket.take()) == 1
    assert ann.texts(chat) == ["hi"]


def test_a_client_message_id_belongs_to_its_sender_and_chat(ann: Person, bob: Person, eve: Person, chat: str) -> None:
    ann.say(chat, "from ann", clientMessageId="m1")
    bob.say(chat, "from bob", clientMessageId="m1")
    other = ann.start_chat(eve)
    ann.say(other, "to eve", clientMessageId="m1")
    assert bob.texts(chat) == ["from ann", "from bob"]
    assert eve.texts(other) == ["to eve"]


def test_without_a_client_message_id_the_same_words_are_two_messages(ann: Person, chat: str) -> None:
    assert ann.say(chat, "hi")["messageId"] != ann.say(chat, "hi")["messageId"]
    assert ann.texts(chat) == ["hi", "hi"]


def test_one_message_sent_ten_times_at_once_is_stored_once(ann: Person, bob: Person, chat: str, calls: Calls) -> None:
    """All ten take their place in the log before any of them is stored."""
    socket = bob.open_socket()
    meeting = Meeting(*["PutItem messages"] * 10)
    with calls.intercepted(meeting):
        answers = at_once(
            *[lambda: ann.ask("sendMessage", chatId=chat, text="hi", clientMessageId="m1") for _ in range(10)]
        )
    assert meeting.was_held
    assert sorted(answer.status for answer in answers) == [200] * 9 + [201]
    assert all(answer.data == answers[0].data for answer in answers)
    assert ann.texts(chat) == ["hi"]
    assert len(socket.take()) == 1


def test_ten_messages_sent_at_once_have_ten_places(ann: Person, bob: Person, chat: str, calls: Calls) -> None:
    socket = bob.open_socket()
    meeting = Meeting(*["UpdateItem chats"] * 10)
    with calls.intercepted(meeting):
        sent = at_once(*[lambda text=str(number): ann.say(chat, text) for number in range(10)])
    assert meeting.was_held
    assert sorted(message["seq"] for message in sent) == list(range(1, 11))
    assert history(bob, chat) == (list(range(1, 11)), False)
    by_seq = sorted(sent, key=lambda message: message["seq"])
    assert ann.texts(chat) == [message["text"] for message in by_seq]
    assert sorted(frame["seq"] for frame in socket.take()) == list(range(1, 11))


def test_places_rise_and_may_be_missing(ann: Person, bob: Person, chat: str) -> None:
    ann.say(chat, "one", clientMessageId="m1")
    ann.say(chat, "one", clientMessageId="m1")
    bob.say(chat, "two")
    assert ann.ask("sendMessage", chatId=chat, text="lost", replyTo="nothing").status == 404
    ann.say(chat, "three")
    assert history(ann, chat) == ([1, 3, 5], False)
    assert ann.ask("getChat", chatId=chat).data["lastSeq"] == 5


def test_a_write_that_dynamodb_got_twice_is_one_new_message(ann: Person, bob: Person, chat: str, calls: Calls) -> None:
    """A client that got no answer sends again by itself: the second write finds its own first."""
    socket = bob.open_socket()

    def twice(call: Call, proceed: Proceed) -> Any:
        if str(call) == "PutItem messages":
            proceed()
        return proceed()

    with calls.intercepted(twice):
        answer = ann.ask("sendMessage", chatId=chat, text="hi")
    assert answer.status == 201
    assert [frame["message"] for frame in socket.take()] == [answer.data]
    assert ann.texts(chat) == ["hi"]


@TRANSPORTS
def test_a_message_answers_another(over: str, ann: Person, bob: Person, chat: str) -> None:
    question = ann.say(chat, "how are you?", over)
    answer = bob.say(chat, "fine", over, replyTo=question["messageId"])
    assert answer["replyTo"] == question["messageId"]
    assert ann.ask("getChatHistory", over, chatId=chat).data["messages"][1] == answer


def test_a_message_cannot_answer_one_of_another_chat(ann: Person, bob: Person, eve: Person, chat: str) -> None:
    elsewhere = ann.say(ann.start_chat(eve), "between us")
    socket = bob.open_socket()
    answer = ann.ask("sendMessage", chatId=chat, text="look", replyTo=elsewhere["messageId"])
    assert (answer.status, answer.code) == (404, "message_not_found")
    assert ann.texts(chat) == []
    assert socket.take() == []


def test_who_is_no_member_does_not_learn_which_messages_exist(ann: Person, eve: Person, chat: str) -> None:
    message = ann.say(chat, "secret")
    known = eve.ask("sendMessage", chatId=chat, text="x", replyTo=message["messageId"])
    unknown = eve.ask("sendMessage", chatId=chat, text="x", replyTo="nothing")
    assert known.code == unknown.code == "chat_not_found"


def test_a_message_needs_a_text(ann: Person, chat: str) -> None:
    answer = ann.ask("sendMessage", chatId=chat)
    assert (answer.status, answer.fields) == (400, ["text"])


def test_nobody_has_files_yet(ann: Person, chat: str) -> None:
    answer = ann.ask("sendMessage", chatId=chat, text="look", fileIds=["f1"])
    assert (answer.status, answer.code) == (404, "file_not_found")
    assert ann.texts(chat) == []


@pytest.mark.parametrize("text", ["x" * 8_000, "語" * 8_000, "😀" * 8_000, " ", "\u0000", "\u202e", "é", "e\u0301"])
def test_every_text_comes_back_as_it_was(text: str, ann: Person, bob: Person, chat: str) -> None:
    ann.say(chat, text)
    assert bob.texts(chat) == [text]


# Pushes that fail


def open_for_long(person: Person, clock: Clock) -> Socket:
    socket = person.open_socket()
    clock.advance(YOUNG_MILLISECONDS / 1000 + 1)
    return socket


def connections(person: Person) -> set[str]:
    (found,) = Connections.find_all([person.user_id])
    return {socket.connection_id for socket in found.sockets}


def test_a_socket_that_is_gone_is_taken_off_the_list_and_no_other(
    ann: Person, bob: Person, chat: str, clock: Clock
) -> None:
    gone, live = open_for_long(bob, clock), open_for_long(bob, clock)
    gone.lose()
    ann.say(chat, "hi")
    assert connections(bob) == {live.connection_id}
    assert len(live.take()) == 1


def test_a_socket_that_is_only_opening_is_not(ann: Person, bob: Person, chat: str, clock: Clock) -> None:
    young = bob.open_socket()
    young.lose()
    ann.say(chat, "hi")
    assert connections(bob) == {young.connection_id}


def test_one_socket_that_fails_fails_no_other(
    gateway: Gateway, ann: Person, bob: Person, chat: str, clock: Clock
) -> None:
    failing, live = open_for_long(bob, clock), open_for_long(bob, clock)
    gateway.outcomes[failing.connection_id] = Outcome.FAILED
    assert ann.ask("sendMessage", chatId=chat, text="hi").status == 201
    assert len(live.take()) == 1
    assert connections(bob) == {failing.connection_id, live.connection_id}


def test_a_list_that_cannot_be_pruned_does_not_undo_a_message(
    ann: Person, bob: Person, chat: str, clock: Clock, calls: Calls
) -> None:
    open_for_long(bob, clock).lose()
    with calls.intercepted(Refusal("UpdateItem connections", refusal("ThrottlingException"))):
        answer = ann.ask("sendMessage", chatId=chat, text="hi", clientMessageId="m1")
    assert answer.status == 201
    assert ann.texts(chat) == ["hi"]


def test_nothing_is_announced_before_it_is_stored(ann: Person, bob: Person, chat: str, calls: Calls) -> None:
    bob.open_socket()
    stored: list[bool] = []

    def look(call: Call, proceed: Proceed) -> Any:
        if call.operation == PUSH:
            with calls.aside():
                stored.append(any(message.text == "hi" for message in Message.scan()))
        return proceed()

    with calls.intercepted(look):
        ann.say(chat, "hi")
    assert stored == [True]


@pytest.mark.parametrize("word", ["UpdateItem chats", "PutItem messages"])
def test_what_could_not_be_stored_is_neither_announced_nor_acknowledged(
    word: str, ann: Person, bob: Person, chat: str, calls: Calls
) -> None:
    socket = bob.open_socket()
    with calls.intercepted(Refusal(word, refusal("ThrottlingException"))):
        answer = ann.ask("sendMessage", chatId=chat, text="hi")
    assert (answer.status, answer.code) == (503, "unavailable")
    assert socket.take() == []
    assert ann.texts(chat) == []


# What a message costs


def test_a_message_between_two_takes_two_steps_before_the_first_push(
    ann: Person, bob: Person, chat: str, calls: Calls
) -> None:
    sending = ann.standing_socket
    bob.open_socket()
    calls.clear()
    meeting = Meeting("PutItem messages", "BatchGetItem connections")
    with calls.intercepted(meeting):
        sending.ask("sendMessage", chatId=chat, text="hi")
    assert meeting.was_held
    assert sorted(calls.words()) == [
        "BatchGetItem connections",
        PUSH,
        "PutItem messages",
        "UpdateItem chats",
    ]
    first_push = next(call for call in calls.made if call.operation == PUSH)
    before = [call for call in calls.made if call.began < first_push.began]
    assert in_sequence(before) == 2
    assert all(call.ended < first_push.began for call in before)


def test_pushes_go_out_at_the_same_time(ann: Person, bob: Person, chat: str, calls: Calls) -> None:
    for _ in range(8):
        bob.open_socket()
    meeting = Meeting(*[PUSH] * 8)
    with calls.intercepted(meeting):
        ann.say(chat, "hi")
    assert meeting.was_held


@pytest.mark.parametrize(("members", "reads"), [(2, 1), (100, 1), (101, 2), (250, 3)])
def test_the_sockets_of_100_members_cost_one_read(members: int, reads: int, ann: Person, calls: Calls) -> None:
    chat_id = ann.ask("createChat", kind="group", memberIds=crowd(members - 1)).data["chatId"]
    calls.clear()
    ann.say(chat_id, "hi")
    assert sorted(calls.words()) == sorted(
        ["UpdateItem chats", "PutItem messages", *["BatchGetItem connections"] * reads]
    )


def test_a_message_of_1_kb_between_two_costs_4_write_units(ann: Person, bob: Person, chat: str, calls: Calls) -> None:
    ann.standing_socket.take()
    calls.clear()
    ann.say(chat, "x" * 1024, SOCKET, clientMessageId="0123456789abcdef0123456789abcdef")
    assert sum(write_units(call) for call in calls.made) <= 4


def write_units(call: Call) -> int:
    """Return what a write of one item costs (DynamoDB's developer guide, "DynamoDB read and write operations").

    A unit for each KB begun of the item (the larger of before and after), and as much for each index entry that it
    makes. Reads and pushes cost none.
    """
    if call.operation == "UpdateItem":
        assert call.tables == {"chats"}
        key = call.parameters["Key"]["chatId"]["S"]
        return units(Chat.get(key).serialize())
    if call.operation == "PutItem":
        item = call.parameters["Item"]
        entry = {name: item[name] for name in ("chatId", "messageId", "seq", "senderId")}
        return units(item) + units(entry)
    assert call.operation in {"BatchGetItem", PUSH}
    return 0


def units(item: dict[str, dict[str, Any]]) -> int:
    return math.ceil(sum(len(name.encode()) + size(value) for name, value in item.items()) / 1024)


def size(value: dict[str, Any]) -> int:
    """Return an attribute's bytes (the developer guide, "DynamoDB item sizes and formats").

    Text by its UTF-8 bytes, a number by half its digits and one more, a set by its elements.
    """
    ((kind, held),) = value.items()
    if kind == "S":
        return len(held.encode())
    if kind == "N":
        return math.ceil(len(held) / 2) + 1
    if kind == "BOOL":
        return 1
    assert kind == "SS"
    return sum(len(element.encode()) for element in held)


def test_a_retry_costs_one_read_more(ann: Person, bob: Person, chat: str, calls: Calls) -> None:
    ann.say(chat, "hi", clientMessageId="m1")
    calls.clear()
    ann.say(chat, "hi", clientMessageId="m1")
    assert sorted(calls.words()) == [
        "BatchGetItem connections",
        "GetItem messages",
        "PutItem messages",
        "UpdateItem chats",
    ]


def test_an_answer_takes_one_step_more(ann: Person, bob: Person, chat: str, calls: Calls) -> None:
    question = ann.say(chat, "how are you?")
    calls.clear()
    meeting = Meeting("PutItem messages", "BatchGetItem connections")
    with calls.intercepted(meeting):
        bob.say(chat, "fine", replyTo=question["messageId"])
    assert meeting.was_held
    assert calls.words()[:2] == ["UpdateItem chats", "GetItem messages"]
    assert in_sequence(calls.made) == 3


def test_a_stranger_costs_one_call(eve: Person, chat: str, calls: Calls) -> None:
    calls.clear()
    eve.ask("sendMessage", chatId=chat, text="hi")
    assert calls.words() == ["UpdateItem chats"]


# Reading


@pytest.fixture
def gapped(ann: Person, chat: str) -> str:
    """A chat whose places 3, 6 and 9 are missing; the last is 10."""
    for seq in (1, 2, 4, 5, 7, 8, 10):
        Message(chat, f"m{seq}", seq=seq, sender_id=ann.user_id, text=str(seq), sent_at=SENT).save()
    return chat


@pytest.mark.parametrize(
    ("fields", "seqs", "has_more"),
    [
        ({}, [1, 2, 4, 5, 7, 8, 10], False),
        ({"limit": 7}, [1, 2, 4, 5, 7, 8, 10], False),
        ({"limit": 6}, [2, 4, 5, 7, 8, 10], True),
        ({"limit": 1}, [10], True),
        ({"before": 10, "limit": 2}, [7, 8], True),
        ({"before": 11, "limit": 1}, [10], True),
        ({"before": 7, "limit": 2}, [4, 5], True),
        ({"before": 6, "limit": 2}, [4, 5], True),
        ({"before": 4, "limit": 2}, [1, 2], False),
        ({"before": 1}, [], False),
        ({"before": 0}, [], False),
        ({"before": 2**53, "limit": 1}, [10], True),
        ({"after": 0}, [1, 2, 4, 5, 7, 8, 10], False),
        ({"after": 0, "limit": 3}, [1, 2, 4], True),
        ({"after": 2, "limit": 2}, [4, 5], True),
        ({"after": 3, "limit": 2}, [4, 5], True),
        ({"after": 7, "limit": 2}, [8, 10], False),
        ({"after": 10}, [], False),
        ({"after": 2**53}, [], False),
    ],
)
@TRANSPORTS
def test_a_part_of_the_log_is_ascending(
    fields: dict[str, int], seqs: list[int], has_more: bool, over: str, bob: Person, gapped: str
) -> None:
    answer = bob.ask("getChatHistory", over, chatId=gapped, **fields)
    assert [message["seq"] for message in answer.data["messages"]] == seqs
    assert answer.data["hasMore"] is has_more


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_going_back_page_by_page_ends_with_the_whole_log(limit: int, bob: Person, gapped: str) -> None:
    found, more = history(bob, gapped, limit=limit)
    while more:
        page, more = history(bob, gapped, limit=limit, before=found[0])
        found = page + found
    assert found == [1, 2, 4, 5, 7, 8, 10]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_going_on_page_by_page_ends_with_the_whole_log(limit: int, bob: Person, gapped: str) -> None:
    found: list[int] = []
    more = True
    while more:
        page, more = history(bob, gapped, limit=limit, after=found[-1] if found else 0)
        found += page
    assert found == [1, 2, 4, 5, 7, 8, 10]


def test_before_and_after_are_not_given_together(bob: Person, gapped: str) -> None:
    answer = bob.ask("getChatHistory", chatId=gapped, before=5, after=1)
    assert (answer.status, answer.fields) == (400, ["after"])


@pytest.mark.parametrize("direction", ["before", "after"])
def test_long_messages_share_a_page_as_long_as_it_fits_a_reply(
    direction: str, ann: Person, bob: Person, chat: str
) -> None:
    """100 messages of 24 KB each would be 2.4 MB; a reply holds 128 KB."""
    for _ in range(7):
        ann.say(chat, "語" * 8_000)
    found: list[int] = []
    start = {"before": 2**53} if direction == "before" else {"after": 0}
    more = True
    while more:
        answer = bob.ask("getChatHistory", SOCKET, chatId=chat, limit=100, **start)
        page = [message["seq"] for message in answer.data["messages"]]
        assert page == sorted(page)
        found += page
        more = answer.data["hasMore"]
        start = {"before": min(page)} if direction == "before" else {"after": max(page)}
    assert sorted(found) == list(range(1, 8))
    assert len(found) == 7


def test_history_takes_two_steps(bob: Person, gapped: str, calls: Calls) -> None:
    calls.clear()
    meeting = Meeting("Query messages", "GetItem memberships")
    with calls.intercepted(meeting):
        bob.ask("getChatHistory", chatId=gapped)
    assert meeting.was_held
    assert sorted(calls.words()) == ["BatchGetItem messages", "GetItem memberships", "Query messages"]
    assert in_sequence(calls.made) == 2


def test_an_empty_chat_has_an_empty_history(bob: Person, chat: str) -> None:
    assert bob.ask("getChatHistory", chatId=chat).data == {"messages": [], "hasMore": False}


def test_a_database_that_refuses_for_good_is_a_defect_of_ours(bob: Person, chat: str, calls: Calls) -> None:
    error = ClientError({"Error": {"Code": "ValidationException", "Message": "the inside"}}, "Query")
    with calls.intercepted(Refusal("Query messages", error)):
        answer = bob.ask("getChatHistory", chatId=chat)
    assert (answer.status, answer.code) == (500, "internal")
    assert "inside" not in str(answer.raw)
