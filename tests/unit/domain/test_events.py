import json
from typing import get_args

import msgspec
import pytest

from domain import events
from domain.protocol import Chat, Message

MESSAGE = Message(
    chat_id="c",
    seq=3,
    message_id="m",
    sender_id="ann",
    text="hi",
    file_ids=[],
    sent_at="2026-11-23T09:22:44.930Z",
    reactions={},
)
CHAT = Chat(chat_id="c", kind="direct", member_ids=["ann", "bob"], admins=[], last_seq=0, created_at="t")


def test_a_message_is_announced_with_its_place_in_the_log() -> None:
    event = events.MessageCreated(chat_id="c", seq=3, at="2026-11-23T09:22:44.930Z", message=MESSAGE)
    assert json.loads(msgspec.json.encode(event)) == {
        "type": "message.created",
        "chatId": "c",
        "seq": 3,
        "at": "2026-11-23T09:22:44.930Z",
        "message": {
            "chatId": "c",
            "seq": 3,
            "messageId": "m",
            "senderId": "ann",
            "text": "hi",
            "fileIds": [],
            "sentAt": "2026-11-23T09:22:44.930Z",
            "reactions": {},
        },
    }


def test_a_chat_is_announced_whole_and_without_a_place() -> None:
    assert json.loads(msgspec.json.encode(events.ChatCreated(chat_id="c", chat=CHAT))) == {
        "type": "chat.created",
        "chatId": "c",
        "chat": {
            "chatId": "c",
            "kind": "direct",
            "memberIds": ["ann", "bob"],
            "admins": [],
            "lastSeq": 0,
            "createdAt": "t",
        },
    }


def kinds(of: type[events.Event] = events.Event) -> list[type[events.Event]]:
    """Return every kind of frame: the classes that are not divided further."""
    return [kind for one in of.__subclasses__() for kind in kinds(one) or [one]]


@pytest.mark.parametrize("event", kinds())
def test_each_event_has_a_name_of_its_own(event: type[events.Event]) -> None:
    names = [one.__struct_config__.tag for one in kinds()]
    assert names.count(event.__struct_config__.tag) == 1
    noun, _, verb = event.__struct_config__.tag.partition(".")
    assert event.__name__ == noun.capitalize() + verb[:1].upper() + verb[1:]


def test_the_log_holds_every_event_that_takes_a_place() -> None:
    assert set(get_args(events.AnyLogged)) == set(kinds(events.Logged))
