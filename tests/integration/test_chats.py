"""Making chats, listing them and looking at one."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from models.accounts import User
from models.chats import Chat, Membership
from models.messages import Message
from tests.calls import Call, Calls, Meeting, Proceed, Refusal
from tests.conftest import Clock
from tests.gateway import Gateway, Socket
from tests.integration.threads import at_once
from tests.people import HTTP, SOCKET, Person

SENT = "2026-11-27T09:00:00.000Z"

TRANSPORTS = pytest.mark.parametrize("over", [HTTP, SOCKET])


def crowd(size: int) -> list[str]:
    """Make this many users and return their ids, which are as long as Cognito's."""
    ids = [f"{number:08}-0000-4000-8000-000000000000" for number in range(size)]
    with User.batch_write() as batch:
        for number, user_id in enumerate(ids):
            name = f"user{number}"
            batch.save(User(user_id, username=name, display_name=name, created_at=SENT, initial="u", name_key=name))
    return ids


def listing(person: Person, **fields: Any) -> list[dict[str, Any]]:
    answer = person.ask("listChats", **fields)
    assert answer.status == 200, answer
    return answer.data["chats"]


def pushed(socket: Socket) -> list[str]:
    return [frame["type"] for frame in socket.take()]


# Making


@TRANSPORTS
def test_a_direct_chat_is_made_once(over: str, ann: Person, bob: Person) -> None:
    made = ann.ask("createChat", over, kind="direct", memberIds=[bob.user_id])
    assert made.status == 201
    assert made.data == {
        "chatId": made.data["chatId"],
        "kind": "direct",
        "memberIds": sorted([ann.user_id, bob.user_id]),
        "admins": [],
        "lastSeq": 0,
        "createdAt": made.data["createdAt"],
    }
    for again in (
        ann.ask("createChat", over, kind="direct", memberIds=[bob.user_id]),
        bob.ask("createChat", over, kind="direct", memberIds=[ann.user_id]),
        bob.ask("createChat", over, kind="direct", memberIds=[ann.user_id, bob.user_id, ann.user_id]),
    ):
        assert (again.status, again.data) == (200, made.data)
    assert len(listing(ann)) == len(listing(bob)) == 1


def test_two_who_write_to_each_other_at_once_get_one_chat(ann: Person, bob: Person, calls: Calls) -> None:
    stored = "TransactWriteItems blocks chats memberships"
    meeting = Meeting(stored, stored)
    with calls.intercepted(meeting):
        answers = at_once(
            lambda: ann.ask("createChat", kind="direct", memberIds=[bob.user_id]),
            lambda: bob.ask("createChat", kind="direct", memberIds=[ann.user_id]),
        )
    assert meeting.was_held
    assert sorted(answer.status for answer in answers) == [200, 201]
    assert answers[0].data == answers[1].data
    assert len(listing(ann)) == len(listing(bob)) == 1


def test_a_chat_that_is_made_twice_because_an_answer_was_lost_is_new(ann: Person, bob: Person, calls: Calls) -> None:
    """The client sends the very same transaction again, and DynamoDB knows it by its token."""
    tokens: list[str] = []

    def note(call: Call, proceed: Proceed) -> Any:
        if call.operation == "TransactWriteItems":
            tokens.append(call.parameters["ClientRequestToken"])
        return proceed()

    with calls.intercepted(note):
        ann.ask("createChat", kind="direct", memberIds=[bob.user_id])
        ann.ask("createChat", kind="group", memberIds=[bob.user_id])
    assert len(set(tokens)) == 2
    assert all(1 <= len(token) <= 36 for token in tokens)


def test_a_transaction_in_the_way_is_waited_out(ann: Person, bob: Person, calls: Calls) -> None:
    """DynamoDB cancels one of two that touch the same items; the other may not be readable yet, or fail itself."""
    reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}, {"Code": "None"}]
    error = {"Error": {"Code": "TransactionCanceledException", "Message": ""}, "CancellationReasons": reasons}
    conflict = ClientError(error, "TransactWriteItems")
    with calls.intercepted(Refusal("TransactWriteItems chats memberships", conflict, times=1)):
        answer = ann.ask("createChat", kind="direct", memberIds=[bob.user_id])
    assert answer.status in {200, 201}
    assert len(listing(ann)) == len(listing(bob)) == 1


@TRANSPORTS
def test_every_other_socket_of_every_member_hears_of_a_new_chat(
    over: str, ann: Person, bob: Person, eve: Person
) -> None:
    sockets = {name: person.open_socket() for name, person in (("ann", ann), ("bob", bob), ("eve", eve))}
    phone = bob.open_socket("phone")
    asking = ann.standing_socket
    made = ann.ask("createChat", over, kind="direct", memberIds=[bob.user_id])
    expected = [{"type": "chat.created", "chatId": made.data["chatId"], "chat": made.data}]
    assert sockets["ann"].take() == sockets["bob"].take() == phone.take() == expected
    assert asking.take() == ([] if over == SOCKET else expected)
    assert sockets["eve"].take() == []


def test_a_chat_that_exists_is_not_announced_again(ann: Person, bob: Person) -> None:
    ann.start_chat(bob)
    socket = bob.open_socket()
    ann.start_chat(bob)
    assert socket.take() == []


def test_groups_are_made_as_often_as_they_are_asked_for(ann: Person, bob: Person, eve: Person) -> None:
    fields = {"kind": "group", "memberIds": [bob.user_id, eve.user_id], "name": "Friends"}
    one, other = ann.ask("createChat", **fields), ann.ask("createChat", **fields)
    assert one.status == other.status == 201
    assert one.data["chatId"] != other.data["chatId"]
    assert one.data["name"] == "Friends"
    assert one.data["admins"] == [ann.user_id]
    assert one.data["memberIds"] == sorted([ann.user_id, bob.user_id, eve.user_id])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "direct", "memberIds": []}, "memberIds"),
        ({"kind": "direct", "memberIds": ["me"]}, "memberIds"),
        ({"kind": "direct", "memberIds": ["one", "two"]}, "memberIds"),
        ({"kind": "direct", "memberIds": ["one"], "name": "Us"}, "name"),
    ],
)
def test_a_direct_chat_is_with_one_other_and_has_no_name(fields: dict[str, Any], field: str, ann: Person) -> None:
    member_ids = [ann.user_id if one == "me" else one for one in fields["memberIds"]]
    answer = ann.ask("createChat", **{**fields, "memberIds": member_ids})
    assert (answer.status, answer.fields) == (400, [field])
    assert listing(ann) == []


@pytest.mark.parametrize("kind", ["direct", "group"])
def test_a_member_must_be_a_user(kind: str, ann: Person, bob: Person) -> None:
    member_ids = ["nobody"] if kind == "direct" else [bob.user_id, "nobody"]
    answer = ann.ask("createChat", kind=kind, memberIds=member_ids)
    assert (answer.status, answer.code) == (404, "user_not_found")
    assert listing(ann) == listing(bob) == []


@pytest.mark.parametrize("others", [98, 99, 149, 999])
def test_a_group_of_any_size_is_whole(others: int, ann: Person, calls: Calls) -> None:
    member_ids = crowd(others)
    calls.clear()
    made = ann.ask("createChat", kind="group", memberIds=member_ids)
    assert made.status == 201
    everybody = {ann.user_id, *member_ids}
    assert set(made.data["memberIds"]) == everybody
    memberships = -(-(others + 1) // 25)
    written = ["TransactWriteItems chats memberships"]
    if others >= 99:
        # BatchWriteItem takes 25 items (its API reference); the chat itself comes last.
        written = ["BatchWriteItem memberships"] * memberships + ["PutItem chats"]
    assert [word for word in calls.words() if "BatchGet" not in word] == written
    reads = -(-others // 100)
    assert calls.words().count("BatchGetItem users") == reads
    assert calls.words().count("BatchGetItem connections") == -(-(others + 1) // 100)
    assert {one.user_id for one in Membership.scan() if one.chat_id == made.data["chatId"]} == everybody


@pytest.mark.parametrize("named", [1000, 1001])
def test_a_group_of_1_001_is_refused(named: int, ann: Person, calls: Calls) -> None:
    """Whether the caller is one of those named, or one more."""
    member_ids = crowd(1000) + [ann.user_id] * (named - 1000)
    calls.clear()
    answer = ann.ask("createChat", kind="group", memberIds=member_ids)
    assert (answer.status, answer.fields) == (400, ["memberIds"])
    assert calls.words() == []


def test_a_group_of_1_000_that_names_its_maker_is_made(ann: Person) -> None:
    assert ann.ask("createChat", kind="group", memberIds=[*crowd(999), ann.user_id]).status == 201


def test_a_large_group_is_seen_by_nobody_before_it_is_whole(ann: Person, bob: Person, calls: Calls) -> None:
    member_ids = [*crowd(120), bob.user_id]
    seen: list[int] = []

    def look(call: Call, proceed: Proceed) -> Any:
        if str(call) in {"BatchWriteItem memberships", "PutItem chats"}:
            with calls.aside():
                seen.append(sum(bob.user_id in chat.member_ids for chat in Chat.scan()))
        return proceed()

    with calls.intercepted(look):
        ann.ask("createChat", kind="group", memberIds=member_ids)
    assert seen == [0] * 6
    assert len(listing(bob)) == 1


# Listing


def test_chats_are_listed_latest_first(ann: Person, bob: Person, eve: Person, clock: Clock) -> None:
    with_bob = ann.start_chat(bob)
    clock.advance(1)
    with_eve = ann.start_chat(eve)
    clock.advance(1)
    assert [chat["chatId"] for chat in listing(ann)] == [with_eve, with_bob]
    bob.say(with_bob, "news")
    assert [chat["chatId"] for chat in listing(ann)] == [with_bob, with_eve]


def test_a_listed_chat_is_the_chat_and_how_far_one_has_read(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    last = [bob.say(chat_id, text) for text in ("one", "two")][-1]
    (chat,) = listing(ann)
    seen = ann.ask("getChat", chatId=chat_id).data
    assert seen.pop("readSeqs") == {ann.user_id: 0, bob.user_id: 0}
    assert chat == {**seen, "unreadCount": 2, "readSeq": 0}
    assert seen["lastMessage"] == last
    assert seen["lastSeq"] == 2


def test_only_messages_of_others_are_unread(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    for text in ("one", "two", "three"):
        ann.say(chat_id, text)
    bob.say(chat_id, "four")
    assert (listing(ann)[0]["unreadCount"], listing(ann)[0]["readSeq"]) == (1, 3)


def test_who_says_something_has_read_what_was_said_before(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    ann.say(chat_id, "one")
    ann.say(chat_id, "two")
    assert (listing(bob)[0]["unreadCount"], listing(bob)[0]["readSeq"]) == (2, 0)
    bob.say(chat_id, "three")
    assert (listing(bob)[0]["unreadCount"], listing(bob)[0]["readSeq"]) == (0, 3)
    ann.say(chat_id, "four")
    assert (listing(bob)[0]["unreadCount"], listing(bob)[0]["readSeq"]) == (1, 3)


def test_a_mark_that_was_told_stays_however_much_others_say(ann: Person, bob: Person, calls: Calls) -> None:
    chat_id = ann.start_chat(bob)
    bob.say(chat_id, "mine")
    calls.clear()
    assert listing(bob)[0]["readSeq"] == 1
    assert calls.words().count("UpdateItem memberships") == 1
    calls.clear()
    assert listing(bob)[0]["readSeq"] == 1
    assert "UpdateItem memberships" not in calls.words()
    say_directly(ann, chat_id, range(2, 152))
    (chat,) = listing(bob)
    assert (chat["readSeq"], chat["unreadCount"]) == (1, 100)


def test_a_mark_is_not_set_before_what_was_told(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    ann.say(chat_id, "one")
    ann.say(chat_id, "two")
    bob.say(chat_id, "three")
    assert listing(bob)[0]["readSeq"] == 3
    phone = ann.open_socket()
    assert bob.ask("markRead", chatId=chat_id, seq=2).data == {"readSeq": 3}
    assert [frame for frame in phone.take() if frame["type"] == "read.updated"] == []
    assert ann.ask("getChat", chatId=chat_id).data["readSeqs"][bob.user_id] == 3


def test_a_seq_that_was_lost_is_no_unread_message(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    for _ in range(5):
        ann.say(chat_id, "hi", clientMessageId="the same")
    (chat,) = listing(bob)
    assert (chat["lastSeq"], chat["unreadCount"], chat["lastMessage"]["seq"]) == (5, 1, 1)


def test_what_was_read_is_not_counted(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    for text in ("one", "two", "three"):
        ann.say(chat_id, text)
    Membership(bob.user_id, chat_id, read_seq=2).save()
    (chat,) = listing(bob)
    assert (chat["unreadCount"], chat["readSeq"]) == (1, 2)


def say_directly(person: Person, chat_id: str, seqs: range) -> None:
    """Store many messages, quickly."""
    with Message.batch_write() as batch:
        for seq in seqs:
            text = str(seq)
            batch.save(Message(chat_id, f"m{seq}", seq=seq, sender_id=person.user_id, text=text, sent_at=SENT))
    Chat(chat_id).update([Chat.last_seq.set(seqs[-1])])


def test_more_than_100_unread_are_100(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    say_directly(ann, chat_id, range(1, 104))
    (chat,) = listing(bob)
    assert (chat["unreadCount"], chat["lastMessage"]["text"]) == (100, "103")


def test_who_has_no_chats_has_an_empty_list(ann: Person) -> None:
    assert ann.ask("listChats").data == {"chats": []}


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6])
@TRANSPORTS
def test_pages_hold_every_chat_once(limit: int, over: str, ann: Person, bob: Person, clock: Clock) -> None:
    everything = []
    for number in range(5):
        everything.append(ann.ask("createChat", kind="group", memberIds=[bob.user_id], name=str(number)).data["chatId"])
        clock.advance(1 if number % 2 else 0)
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        data = ann.ask("listChats", over, limit=limit, **cursor).data
        assert 0 < len(data["chats"]) <= limit
        found += [chat["chatId"] for chat in data["chats"]]
        if "nextCursor" not in data:
            break
        cursor = {"cursor": data["nextCursor"]}
    assert sorted(found) == sorted(everything)
    assert len(found) == 5
    by_activity = sorted(everything, key=lambda one: (Chat.get(one).active_at, one), reverse=True)
    assert found == by_activity


def test_large_chats_share_a_page_as_long_as_it_fits_a_reply(ann: Person, bob: Person) -> None:
    member_ids = [*crowd(990), bob.user_id]
    for _ in range(3):
        ann.ask("createChat", kind="group", memberIds=member_ids)
    found: list[str] = []
    cursor: dict[str, str] = {}
    pages = 0
    while pages == 0 or cursor:
        data = ann.ask("listChats", SOCKET, **cursor).data
        found += [chat["chatId"] for chat in data["chats"]]
        cursor = {"cursor": data["nextCursor"]} if "nextCursor" in data else {}
        pages += 1
    assert len(found) == len(set(found)) == 3
    assert pages == 2


# Looking at one


@TRANSPORTS
@pytest.mark.parametrize("operation", ["getChat", "getChatHistory", "sendMessage"])
def test_a_stranger_and_no_chat_at_all_get_the_same_answer(
    operation: str, over: str, ann: Person, bob: Person, eve: Person, gateway: Gateway
) -> None:
    chat_id = ann.start_chat(bob)
    ann.say(chat_id, "secret")
    words = {"text": "let me in"} if operation == "sendMessage" else {}
    stranger = eve.ask(operation, over, chatId=chat_id, **words)
    nowhere = eve.ask(operation, over, chatId="nowhere", **words)
    assert (stranger.status, stranger.code) == (404, "chat_not_found")

    def told(answer: Any) -> dict[str, Any]:
        return {name: value for name, value in answer.problem.items() if name != "requestId"}

    assert told(stranger) == told(nowhere)
    assert stranger.raw.get("headers") == nowhere.raw.get("headers")
    assert ann.texts(chat_id) == ["secret"]
    assert ann.ask("getChat", chatId=chat_id).data["lastSeq"] == 1


def test_a_chat_is_looked_at_in_two_steps(ann: Person, bob: Person, calls: Calls) -> None:
    chat_id = ann.start_chat(bob)
    ann.say(chat_id, "hi")
    calls.clear()
    first = ["GetItem chats", "GetItem memberships", "Query messages"]
    then = ["BatchGetItem memberships", "BatchGetItem messages"]
    for step in (first, then):
        meeting = Meeting(*step)
        with calls.intercepted(meeting):
            ann.ask("getChat", chatId=chat_id)
        assert meeting.was_held
    calls.clear()
    ann.ask("getChat", chatId=chat_id)
    assert sorted(calls.words()) == sorted([*first, *then])
