"""Edits, deletions, reactions, and the log that holds them all."""

from typing import Any

import pytest

from core.settings import settings
from models.chats import Chat
from models.events import LoggedEvent
from models.messages import Message
from tests.calls import Calls, Meeting, Refusal, refusal
from tests.conftest import Clock
from tests.gateway import Socket
from tests.integration.threads import at_once
from tests.people import HTTP, SOCKET, Person

TRANSPORTS = pytest.mark.parametrize("over", [HTTP, SOCKET])


@pytest.fixture
def chat(ann: Person, bob: Person) -> str:
    """The direct chat of ann and bob."""
    return ann.start_chat(bob)


def log(person: Person, chat_id: str, over: str = HTTP, **fields: Any) -> list[dict[str, Any]]:
    answer = person.ask("getEvents", over, chatId=chat_id, **fields)
    assert answer.status == 200, answer
    return answer.data["events"]


def pushed(socket: Socket) -> list[dict[str, Any]]:
    return [frame for frame in socket.take() if frame["type"] != "presence.changed"]


# Editing and deleting


@TRANSPORTS
def test_an_edited_message_has_other_words_in_its_old_place(over: str, ann: Person, bob: Person, chat: str) -> None:
    asking, tablet, phone = ann.standing_socket, ann.open_socket(), bob.open_socket()
    message = ann.say(chat, "helo", clientMessageId="m1")
    for socket in (asking, tablet, phone):
        socket.take()
    edited = ann.ask("editMessage", over, chatId=chat, messageId=message["messageId"], text="hello")
    assert edited.status == 200
    assert edited.data == {**message, "text": "hello", "editedAt": edited.data["editedAt"], "changedSeq": 2}
    event = {
        "type": "message.edited",
        "chatId": chat,
        "seq": 2,
        "at": edited.data["editedAt"],
        "messageId": message["messageId"],
        "message": edited.data,
    }
    assert pushed(tablet) == pushed(phone) == [event]
    assert pushed(asking) == ([] if over == SOCKET else [event])
    assert bob.ask("getChatHistory", over, chatId=chat).data["messages"] == [edited.data]
    assert log(bob, chat, over)[1] == event


@TRANSPORTS
def test_a_deleted_message_keeps_its_place_and_nothing_else(over: str, ann: Person, bob: Person, chat: str) -> None:
    message = ann.say(chat, "a secret", clientMessageId="m1")
    ann.ask("editMessage", chatId=chat, messageId=message["messageId"], text="another secret")
    bob.ask("addReaction", chatId=chat, messageId=message["messageId"], emoji="👍")
    phone = bob.open_socket()
    deleted = ann.ask("deleteMessage", over, chatId=chat, messageId=message["messageId"])
    assert deleted.status == 200
    assert "text" not in deleted.data
    assert (deleted.data["seq"], deleted.data["reactions"], deleted.data["changedSeq"]) == (1, {}, 4)
    (event,) = pushed(phone)
    assert (event["type"], event["seq"], event["at"]) == ("message.deleted", 4, deleted.data["deletedAt"])
    assert event["message"] == deleted.data
    history = bob.ask("getChatHistory", over, chatId=chat).data
    assert history["messages"] == [deleted.data]
    everything = log(bob, chat, over)
    assert [one["type"] for one in everything] == [
        "message.created",
        "message.edited",
        "reaction.added",
        "message.deleted",
    ]
    assert "secret" not in str(everything)
    assert all("secret" not in item.frame for item in LoggedEvent.scan())


def test_only_its_author_edits_a_message_and_an_admin_may_delete_it(ann: Person, bob: Person, eve: Person) -> None:
    group = ann.start_chat(bob, eve)
    message = bob.say(group, "hi")
    known = {"chatId": group, "messageId": message["messageId"]}
    for person in (ann, eve):
        answer = person.ask("editMessage", **known, text="not what bob said")
        assert (answer.status, answer.code) == (403, "forbidden")
    answer = eve.ask("deleteMessage", **known)
    assert (answer.status, answer.code) == (403, "forbidden")
    assert bob.texts(group) == ["hi"]
    assert ann.ask("deleteMessage", **known).status == 200
    assert "deletedAt" in bob.ask("getChatHistory", chatId=group).data["messages"][0]


@pytest.mark.parametrize("operation", ["editMessage", "deleteMessage", "addReaction", "removeReaction"])
def test_strangers_learn_nothing_of_messages(operation: str, ann: Person, bob: Person, eve: Person, chat: str) -> None:
    message = ann.say(chat, "hi")
    words = {"editMessage": {"text": "x"}, "deleteMessage": {}}.get(operation, {"emoji": "👍"})
    known = eve.ask(operation, chatId=chat, messageId=message["messageId"], **words)
    unknown = eve.ask(operation, chatId="nowhere", messageId="nothing", **words)
    assert (known.status, known.code) == (unknown.status, unknown.code) == (404, "chat_not_found")
    nothing = ann.ask(operation, chatId=chat, messageId="nothing", **words)
    assert (nothing.status, nothing.code) == (404, "message_not_found")
    elsewhere = ann.say(ann.start_chat(eve), "between us")
    answer = bob.ask(operation, chatId=chat, messageId=elsewhere["messageId"], **words)
    assert (answer.status, answer.code) == (404, "message_not_found")


def test_a_deleted_message_is_neither_edited_nor_reacted_to(ann: Person, chat: str) -> None:
    known = {"chatId": chat, "messageId": ann.say(chat, "hi")["messageId"]}
    ann.ask("deleteMessage", **known)
    for answer in (ann.ask("editMessage", **known, text="no"), ann.ask("addReaction", **known, emoji="👍")):
        assert (answer.status, answer.code) == (409, "conflict")
    assert ann.ask("removeReaction", **known, emoji="👍").status == 200


@pytest.mark.parametrize(
    ("operation", "fields"),
    [("editMessage", {"text": "hello"}), ("deleteMessage", {}), ("addReaction", {"emoji": "👍"})],
)
@TRANSPORTS
def test_to_ask_again_changes_nothing_and_is_told_to_nobody(
    operation: str, fields: dict[str, Any], over: str, ann: Person, bob: Person, chat: str, calls: Calls
) -> None:
    known = {"chatId": chat, "messageId": ann.say(chat, "hi")["messageId"]}
    first = ann.ask(operation, over, **known, **fields)
    phone = bob.open_socket()
    calls.clear()
    again = ann.ask(operation, over, **known, **fields)
    assert (again.status, again.data) == (200, first.data)
    assert pushed(phone) == []
    assert sorted(calls.words()) == ["GetItem chats", "GetItem memberships", "GetItem messages"]
    assert Chat.get(chat).last_seq == 2


def test_a_change_is_announced_only_when_it_is_stored(ann: Person, bob: Person, chat: str, calls: Calls) -> None:
    message = ann.say(chat, "hi")
    phone = bob.open_socket()
    word = "TransactWriteItems events messages"
    with calls.intercepted(Refusal(word, refusal("ThrottlingException"))):
        answer = ann.ask("editMessage", chatId=chat, messageId=message["messageId"], text="no")
    assert (answer.status, answer.code) == (503, "unavailable")
    assert pushed(phone) == []
    assert ann.texts(chat) == ["hi"]
    assert [event["type"] for event in log(ann, chat)] == ["message.created"]


# Reactions


@TRANSPORTS
def test_a_reaction_is_told_with_the_message(over: str, ann: Person, bob: Person, chat: str) -> None:
    message = ann.say(chat, "hi")
    phone = bob.open_socket()
    known = {"chatId": chat, "messageId": message["messageId"]}
    ann.ask("addReaction", over, **known, emoji="👍")
    both = bob.ask("addReaction", over, **known, emoji="👍")
    assert both.data["reactions"] == {"👍": sorted([ann.user_id, bob.user_id])}
    left = bob.ask("removeReaction", over, **known, emoji="👍")
    assert left.data["reactions"] == {"👍": [ann.user_id]}
    assert ann.ask("removeReaction", over, **known, emoji="👍").data["reactions"] == {}
    told = pushed(phone)
    assert [(one["type"], one["seq"], one["userId"], one["emoji"]) for one in told] == [
        ("reaction.added", 2, ann.user_id, "👍"),
        ("reaction.added", 3, bob.user_id, "👍"),
        ("reaction.removed", 4, bob.user_id, "👍"),
        ("reaction.removed", 5, ann.user_id, "👍"),
    ]
    assert told[1]["message"] == both.data
    assert [one["seq"] for one in log(ann, chat)] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("emoji", ["👍", "❤️", "👩🏻‍❤️‍💋‍👨🏿", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🇯🇵", "1️⃣", "㊗️", "‼️", "🫨", "✅"])
def test_every_emoji_can_be_reacted_with(emoji: str, ann: Person, chat: str) -> None:
    message = ann.say(chat, "hi")
    answer = ann.ask("addReaction", chatId=chat, messageId=message["messageId"], emoji=emoji)
    assert answer.data["reactions"] == {emoji: [ann.user_id]}


@pytest.mark.parametrize(
    "text", ["a", "yes", "👍👍", "👍 ", "<b>", "1", "語", "\u200d", "👍\u200d", "🇯", "\ufe0f", "👍" * 11]
)
def test_words_are_no_reactions(text: str, ann: Person, chat: str) -> None:
    message = ann.say(chat, "hi")
    answer = ann.ask("addReaction", SOCKET, chatId=chat, messageId=message["messageId"], emoji=text)
    assert (answer.status, answer.fields) == (400, ["emoji"])


def test_a_message_has_at_most_20_different_reactions(ann: Person, bob: Person, chat: str) -> None:
    known = {"chatId": chat, "messageId": ann.say(chat, "hi")["messageId"]}
    emojis = [chr(0x1F600 + number) for number in range(21)]
    answers = [ann.ask("addReaction", **known, emoji=emoji) for emoji in emojis]
    assert [answer.status for answer in answers] == [200] * 20 + [409]
    assert bob.ask("addReaction", **known, emoji=emojis[0]).status == 200


def test_reactions_at_the_same_moment_are_all_there_in_one_order(
    ann: Person, bob: Person, eve: Person, calls: Calls
) -> None:
    """Each reads the message before any of them has changed it, so two of three must begin again."""
    group = ann.start_chat(bob, eve)
    known = {"chatId": group, "messageId": ann.say(group, "hi")["messageId"]}
    meeting = Meeting(*["UpdateItem chats"] * 3)
    with calls.intercepted(meeting):
        at_once(*[lambda one=one: one.ask("addReaction", **known, emoji="👍") for one in (ann, bob, eve)])
    assert meeting.was_held
    (message,) = ann.ask("getChatHistory", chatId=group).data["messages"]
    assert message["reactions"] == {"👍": sorted(one.user_id for one in (ann, bob, eve))}
    added = log(ann, group)[1:]
    assert sorted(one["userId"] for one in added) == message["reactions"]["👍"]
    assert message["changedSeq"] == added[-1]["seq"]


# The log


def test_the_log_is_merged_and_paged(ann: Person, bob: Person, chat: str) -> None:
    for number in range(5):
        message = ann.say(chat, str(number))
        bob.ask("addReaction", chatId=chat, messageId=message["messageId"], emoji="👍")
    everything = log(bob, chat)
    assert [event["seq"] for event in everything] == list(range(1, 11))
    for limit in (1, 3, 10):
        after, found = 0, []
        while True:
            page = bob.ask("getEvents", chatId=chat, after=after, limit=limit).data
            assert page["lastSeq"] == 10
            found += page["events"]
            if not page["hasMore"]:
                break
            assert len(page["events"]) == limit
            after = page["events"][-1]["seq"]
        assert found == everything
    assert log(bob, chat, after=10) == []


def test_a_seq_of_a_write_that_failed_is_missing(ann: Person, chat: str) -> None:
    ann.say(chat, "one", clientMessageId="m1")
    ann.say(chat, "one", clientMessageId="m1")
    ann.say(chat, "two")
    page = ann.ask("getEvents", chatId=chat).data
    assert [event["seq"] for event in page["events"]] == [1, 3]
    assert (page["lastSeq"], page["hasMore"]) == (3, False)


def test_a_page_of_the_log_fits_a_reply(ann: Person, chat: str) -> None:
    for _ in range(8):
        ann.say(chat, "語" * 8_000)
    found, after, pages = [], 0, 0
    while True:
        page = ann.ask("getEvents", SOCKET, chatId=chat, after=after).data
        found += [event["seq"] for event in page["events"]]
        pages += 1
        if not page["hasMore"]:
            break
        after = found[-1]
    assert found == list(range(1, 9))
    assert pages > 1


def test_the_log_is_read_in_two_steps(ann: Person, chat: str, calls: Calls) -> None:
    message = ann.say(chat, "hi")
    ann.ask("addReaction", chatId=chat, messageId=message["messageId"], emoji="👍")
    calls.clear()
    meeting = Meeting("GetItem chats", "GetItem memberships", "Query messages", "Query events")
    with calls.intercepted(meeting):
        log(ann, chat)
    assert meeting.was_held
    assert len(calls.made) == 5
    assert calls.words()[-1] == "BatchGetItem messages"


def test_a_change_costs_two_writes_one_after_the_other(ann: Person, bob: Person, chat: str, calls: Calls) -> None:
    message = ann.say(chat, "hi")
    calls.clear()
    ann.ask("editMessage", chatId=chat, messageId=message["messageId"], text="hello")
    assert calls.words()[3:] == ["UpdateItem chats", "TransactWriteItems events messages", "BatchGetItem connections"]


def test_an_edit_does_not_move_a_chat_to_the_top(ann: Person, bob: Person, eve: Person, clock: Clock) -> None:
    old = ann.start_chat(bob)
    message = ann.say(old, "hi")
    clock.advance(1)
    new = ann.start_chat(eve)
    clock.advance(1)
    ann.ask("editMessage", chatId=old, messageId=message["messageId"], text="hello")
    assert [chat["chatId"] for chat in ann.ask("listChats").data["chats"]] == [new, old]


@pytest.mark.parametrize(("days", "kept"), [("0", None), ("90", 90 * 24 * 60 * 60)])
def test_messages_and_events_live_as_long_as_the_stage_says(
    days: str, kept: int | None, ann: Person, chat: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MESSAGE_DAYS", days)
    settings.cache_clear()
    message = ann.say(chat, "hi")
    ann.ask("addReaction", chatId=chat, messageId=message["messageId"], emoji="👍")
    stored = [*Message.scan(), *LoggedEvent.scan()]
    assert len(stored) == 2
    for item in stored:
        if kept is None:
            assert "expiresAt" not in item.serialize()
        else:
            assert 0 <= clock.seconds() + kept - item.expires_at < 60
