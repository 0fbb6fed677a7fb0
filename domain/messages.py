"""Messages: one log a chat, in order, each message exactly once."""

import msgspec

from core import clock
from core.errors import InvalidRequest, NotFound
from core.identifiers import derived_id, new_id
from core.operations import Caller
from core.pages import fitting
from core.parallel import together
from core.shapes import Answer
from domain import delivery, limits, protocol
from domain.events import MessageCreated
from models.chats import Chat, Membership
from models.messages import Message


class History(Answer, frozen=True):
    """Part of a chat's messages, in ascending order.

    Attributes:
        has_more: Whether there are more in the direction that was asked for.
    """

    messages: list[protocol.Message]
    has_more: bool


class Draft(msgspec.Struct, frozen=True):
    """A message as its sender gives it.

    Attributes:
        text: What they say.
        file_ids: The files that go with it. Nobody has any yet, so naming one names a file that does not exist.
        reply_to: The message that it answers.
        client_message_id: The client's own name for the message, which makes sending it again harmless.
    """

    text: str | None
    file_ids: tuple[str, ...]
    reply_to: str | None
    client_message_id: str | None


def send(caller: Caller, chat_id: str, draft: Draft) -> tuple[protocol.Message, bool]:
    """Store a message at the end of the chat's log and push it to everyone else.

    Two round trips come before the first push: one that takes the place in the log and checks the sender, and one that
    stores the message and reads who is connected.

    Args:
        caller: The sender.
        chat_id: The chat.
        draft: The message.

    Returns:
        The message, and whether it is new. One that was sent before is returned as it was stored then.

    Raises:
        InvalidRequest: The message is empty.
        NotFound: There is no such chat or file, the caller is not in the chat, or ``reply_to`` is no message of it.
        RateLimited: The caller sends faster than anybody writes.
    """
    if draft.file_ids:
        raise NotFound("file_not_found", "There is no such file.")
    if not draft.text:
        raise InvalidRequest.field("text", "A message needs a text.")
    limits.SENDS.spend(caller.user_id)
    now = clock.now()
    chat = Chat.next_seq(chat_id, caller.user_id, now)
    if not chat:
        raise unknown_chat()
    if draft.reply_to and not Message.find(chat_id, draft.reply_to):
        raise _unknown_message()
    message = Message(
        chat_id,
        derived_id(caller.user_id, draft.client_message_id) if draft.client_message_id else new_id(),
        seq=int(chat.last_seq),
        sender_id=caller.user_id,
        text=draft.text,
        reply_to=draft.reply_to,
        sent_at=now,
        client_message_id=draft.client_message_id,
    )
    to, is_new = together(lambda: delivery.audience(chat.member_ids), message.insert)
    stored = message if is_new else _stored(message)
    # A write whose answer was lost is made again and finds itself: what it finds has the place that was taken just now.
    if stored.seq != message.seq:
        return _seen(stored), False
    sent = _seen(message)
    event = MessageCreated(chat_id=chat_id, seq=sent.seq, at=now, message=sent)
    delivery.announce(event, to, caller.connection_id)
    return sent, True


def history(caller: Caller, chat_id: str, before: int | None, after: int | None, limit: int) -> History:
    """Return a part of the log.

    Args:
        caller: Who reads.
        chat_id: The chat.
        before: The newest messages before this seq. With neither this nor ``after``, the newest of all.
        after: The oldest messages after this seq.
        limit: How many at most. There are fewer where they would not fit a page.

    Raises:
        InvalidRequest: Both ``before`` and ``after`` were given.
        NotFound: There is no such chat, or the caller is not in it.
    """
    if before is not None and after is not None:
        raise InvalidRequest.field("after", "Give before or after, not both.")
    places, membership = together(
        lambda: _places(chat_id, before, after, limit + 1), lambda: Membership.find(caller.user_id, chat_id)
    )
    if not membership:
        raise unknown_chat()
    page = fitting(_read(chat_id, places[:limit]))
    return History(messages=sorted(page, key=lambda one: one.seq), has_more=len(places) > len(page))


def last(chat_id: str) -> protocol.Message | None:
    """Return the last message of a chat, or None."""
    return next(iter(_read(chat_id, Message.newest(chat_id, None, 1))), None)


def tail(chat_id: str, reader_id: str, read_seq: int, behind: int) -> tuple[protocol.Message | None, int]:
    """Return the last message of a chat, and how many of others' messages the reader has not read.

    Args:
        chat_id: The chat.
        reader_id: Whose own messages do not count.
        read_seq: How far they have read.
        behind: How many places of the log to look at, at most. They may be fewer messages, because a seq can be lost.
    """
    places = Message.newest(chat_id, None, max(behind, 1))
    unread = sum(place.seq > read_seq and place.sender_id != reader_id for place in places)
    return next(iter(_read(chat_id, places[:1])), None), unread


def unknown_chat() -> NotFound:
    """Say that there is no such chat, or none for the caller: the two look alike on purpose."""
    return NotFound("chat_not_found", "There is no such chat.")


def _unknown_message() -> NotFound:
    return NotFound("message_not_found", "There is no such message in this chat.")


def _stored(message: Message) -> Message:
    """Return the message as it was stored the first time."""
    stored = Message.find(message.chat_id, message.message_id)
    if not stored:
        raise _unknown_message()
    return stored


def _places(chat_id: str, before: int | None, after: int | None, limit: int) -> list[Message]:
    if after is not None:
        return Message.oldest(chat_id, after, limit)
    return Message.newest(chat_id, before, limit)


def _read(chat_id: str, places: list[Message]) -> list[protocol.Message]:
    """Return the messages of these places of the log, in the same order."""
    stored = {one.message_id: one for one in Message.find_all(chat_id, [place.message_id for place in places])}
    return [_seen(stored[place.message_id]) for place in places if place.message_id in stored]


def _seen(message: Message) -> protocol.Message:
    return protocol.Message(
        chat_id=message.chat_id,
        seq=int(message.seq),
        message_id=message.message_id,
        sender_id=message.sender_id,
        text=message.text,
        file_ids=[],
        reply_to=message.reply_to,
        sent_at=message.sent_at,
        reactions={},
        client_message_id=message.client_message_id,
    )
