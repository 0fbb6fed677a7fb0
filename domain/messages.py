"""Messages: one log a chat, in order, each message exactly once."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import msgspec

from core import clock, telemetry
from core.attempts import attempts
from core.errors import Conflict, Forbidden, InvalidRequest, NotFound, Unavailable
from core.identifiers import derived_id, new_id
from core.operations import Caller
from core.pages import fitting
from core.parallel import together
from core.shapes import Answer
from domain import absence, delivery, files, limits, protocol
from domain.events import Logged, MessageCreated, MessageDeleted, MessageEdited, MessageEvent
from models.chats import Chat, Membership
from models.events import LoggedEvent
from models.files import File
from models.messages import Message


class History(Answer, frozen=True):
    """Part of a chat's messages, in ascending order.

    Attributes:
        has_more: Whether there are more in the direction that was asked for.
    """

    messages: list[protocol.Message]
    has_more: bool


class Tail(msgspec.Struct, frozen=True):
    """The end of a chat's log as one of its members sees it.

    Attributes:
        last: The last message, or None.
        unread: How many of others' messages the member has not read.
        read_seq: How far the member has read.
    """

    last: protocol.Message | None
    unread: int
    read_seq: int


class Change(msgspec.Struct, frozen=True):
    """What to tell of a message that was changed.

    Attributes:
        event: The kind of event.
        at: When.
        details: What the event says besides.
        taken_back: The files that do not stand there any more.
    """

    event: type[MessageEvent]
    at: str
    details: dict[str, Any] = {}
    taken_back: Sequence[str] = ()


class Draft(msgspec.Struct, frozen=True):
    """A message as its sender gives it.

    Attributes:
        text: What they say.
        file_ids: The files that go with it.
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
        InvalidRequest: The message is empty, or names a file twice.
        Conflict: A file was sent too often.
        NotFound: There is no such chat or file, the caller is not in the chat, or ``reply_to`` is no message of it.
        RateLimited: The caller sends faster than anybody writes.
    """
    if not draft.text and not draft.file_ids:
        raise InvalidRequest.field("text", "A message needs a text or a file.")
    limits.SENDS.spend(caller.user_id)
    message_id = derived_id(caller.user_id, draft.client_message_id) if draft.client_message_id else new_id()
    if draft.file_ids:
        _check_files(caller, chat_id, message_id, draft)
    now = clock.now()
    chat = Chat.next_seq(chat_id, caller.user_id, now)
    if not chat:
        raise unknown_chat()
    if draft.reply_to and not Message.find(chat_id, draft.reply_to):
        raise _unknown_message()
    message = Message(
        chat_id,
        message_id,
        seq=int(chat.last_seq),
        sender_id=caller.user_id,
        text=draft.text,
        file_ids=list(draft.file_ids) or None,
        reply_to=draft.reply_to,
        sent_at=now,
        client_message_id=draft.client_message_id,
    )
    # Either the message is stored and its files can be read where it stands, or neither.
    along = File.sends_in(draft.file_ids, chat_id, int(chat.last_seq)) if draft.file_ids else None
    to, is_new = together(lambda: delivery.audience(chat.member_ids), lambda: message.insert(along))
    stored = message if is_new else _stored(message)
    # A write whose answer was lost is made again and finds itself: what it finds has the place that was taken just now.
    if stored.seq != message.seq:
        return _seen(stored), False
    telemetry.count("messages_sent")
    sent = _seen(message)
    event = MessageCreated(chat_id=chat_id, seq=sent.seq, at=now, message=sent)
    together(
        lambda: delivery.announce(event, to, caller.connection_id),
        lambda: absence.tell(chat, sent, {socket.user_id for socket in to}),
    )
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
    if after is not None and after < membership.joined_seq:
        return history(caller, chat_id, None, int(membership.joined_seq), limit)
    visible = _after(membership.joined_seq, places)
    page = fitting(_read(chat_id, visible[:limit]))
    return History(messages=sorted(page, key=lambda one: one.seq), has_more=len(visible) > len(page))


def last(chat_id: str) -> Message | None:
    """Return the last place of a chat that holds a message, or None."""
    return next(iter(Message.newest(chat_id, None, 1)), None)


def last_message(chat_id: str) -> protocol.Message | None:
    """Return the last message of a chat, or None."""
    place = last(chat_id)
    return find_all(chat_id, [place.message_id]).get(place.message_id) if place else None


def tail(reader_id: str, chat: Chat, membership: Membership, most: int) -> Tail:
    """Return the end of a chat's log as one of its members sees it.

    Who says something has read what was said before, so the reader's own last message counts as their mark if it is
    further than the one that they set.

    Args:
        reader_id: Who reads. Their own messages are never unread.
        chat: The chat.
        membership: The reader's side of it.
        most: How many places of the log to look at. They may be fewer messages, because a seq can be something else.
    """
    marked = int(membership.read_seq)
    behind = min(int(chat.last_seq) - marked, most)
    places = _after(membership.joined_seq, Message.newest(chat.chat_id, None, max(behind, 1)))
    read_seq = max([marked, *(int(place.seq) for place in places if place.sender_id == reader_id)])
    unread = sum(place.seq > read_seq for place in places)
    return Tail(next(iter(_read(chat.chat_id, places[:1])), None), unread, read_seq)


def find_all(chat_id: str, message_ids: Collection[str]) -> dict[str, protocol.Message]:
    """Return those of a chat's messages that exist, by their ids."""
    return {one.message_id: _seen(one) for one in Message.find_all(chat_id, set(message_ids))} if message_ids else {}


def edit(caller: Caller, chat_id: str, message_id: str, text: str) -> protocol.Message:
    """Put one's own message in other words. The same words change nothing.

    Raises:
        NotFound: There is no such chat or message, or the caller is not in the chat.
        Forbidden: The message is somebody else's.
        Conflict: It was deleted.
    """

    def alter(_chat: Chat, message: Message) -> Change | None:
        if message.sender_id != caller.user_id:
            raise Forbidden("forbidden", "Only its author can edit a message.")
        check_not_deleted(message)
        if message.text == text:
            return None
        message.text = text
        message.edited_at = clock.now()
        return Change(MessageEdited, message.edited_at)

    return change(caller, chat_id, message_id, alter)


def delete(caller: Caller, chat_id: str, message_id: str) -> protocol.Message:
    """Take back what a message says. It keeps its place in the log. To do so again changes nothing.

    Raises:
        NotFound: There is no such chat or message, or the caller is not in the chat.
        Forbidden: The caller is neither its author nor an admin of the chat.
    """

    def alter(chat: Chat, message: Message) -> Change | None:
        if caller.user_id not in {message.sender_id, *(chat.admins or ())}:
            raise Forbidden("forbidden", "Only its author or an admin can delete a message.")
        if message.deleted_at:
            return None
        taken_back = message.file_ids or ()
        message.text = message.file_ids = message.reactions = None
        message.deleted_at = clock.now()
        return Change(MessageDeleted, message.deleted_at, taken_back=taken_back)

    return change(caller, chat_id, message_id, alter)


def change(
    caller: Caller, chat_id: str, message_id: str, alter: Callable[[Chat, Message], Change | None]
) -> protocol.Message:
    """Change a message, log it and tell everyone, exactly once.

    The message is read first, so that who repeats a request takes no place in the log. Of several who change it at the
    same moment each one's change is made to what the one before left, and the order of the log is the order of changes.

    Args:
        caller: Who changes it.
        chat_id: The chat.
        message_id: The message.
        alter: Changes the message in place, and nothing else, and returns what to tell; None where it is that way
            already. It may be called several times.

    Raises:
        NotFound: There is no such chat or message, or the caller is not in the chat.
        Unavailable: Others were faster every time.
    """
    for _ in attempts():
        chat, membership, message = together(
            lambda: Chat.find(chat_id),
            lambda: Membership.find(caller.user_id, chat_id),
            lambda: Message.find(chat_id, message_id),
        )
        if not chat or not membership:
            raise unknown_chat()
        if not message or message.seq <= membership.joined_seq:
            raise _unknown_message()
        since = message.changed_seq
        changed = alter(chat, message)
        if not changed:
            return _seen(message)
        numbered = Chat.next_seq(chat_id, caller.user_id, None)
        if not numbered:
            raise unknown_chat()
        # The files go once it is sure that the caller may write, and before the message says so: cut off in between, it
        # shows files that nobody can read because of it any more.
        for file_id in changed.taken_back:
            File.take_back(file_id, chat_id, int(message.seq))
        seq = int(numbered.last_seq)
        message.changed_seq = seq
        event = changed.event(chat_id=chat_id, seq=seq, at=changed.at, message_id=message_id, **changed.details)
        if message.change(since, logged(event)):
            after = _seen(message)
            to = delivery.audience(numbered.member_ids)
            for_all = after.seq > numbered.hidden_seq
            delivery.announce(msgspec.structs.replace(event, message=after), to, caller.connection_id, whole=for_all)
            return after
    raise Unavailable


def logged(event: Logged) -> LoggedEvent:
    """Return an event as it is kept in the log."""
    message_id = event.message_id if isinstance(event, MessageEvent) else None
    frame = msgspec.json.encode(event).decode()
    return LoggedEvent(event.chat_id, event.seq, frame=frame, message_id=message_id)


def check_not_deleted(message: Message) -> None:
    """Refuse to change a message that says nothing any more.

    Raises:
        Conflict: It was deleted.
    """
    if message.deleted_at:
        raise Conflict("conflict", "This message was deleted.")


def unknown_chat() -> NotFound:
    """Say that there is no such chat, or none for the caller: the two look alike on purpose."""
    return NotFound("chat_not_found", "There is no such chat.")


def _unknown_message() -> NotFound:
    return NotFound("message_not_found", "There is no such message in this chat.")


def _check_files(caller: Caller, chat_id: str, message_id: str, draft: Draft) -> None:
    """Check that the caller may send these files, or has done so: a message that is sent again is as it was then."""
    try:
        files.check_sendable(caller, draft.file_ids)
    except NotFound:
        if not draft.client_message_id or not Message.find(chat_id, message_id):
            raise


def _stored(message: Message) -> Message:
    """Return the message as it was stored the first time."""
    stored = Message.find(message.chat_id, message.message_id)
    if not stored:
        raise files.unknown_file() if message.file_ids else _unknown_message()
    return stored


def _places(chat_id: str, before: int | None, after: int | None, limit: int) -> list[Message]:
    if after is not None:
        return Message.oldest(chat_id, after, limit)
    return Message.newest(chat_id, before, limit)


def _after(seq: float, places: Iterable[Message]) -> list[Message]:
    return [place for place in places if place.seq > seq]


def _read(chat_id: str, places: list[Message]) -> list[protocol.Message]:
    """Return the messages of these places of the log, in the same order."""
    stored = find_all(chat_id, [place.message_id for place in places])
    return [stored[place.message_id] for place in places if place.message_id in stored]


def _seen(message: Message) -> protocol.Message:
    return protocol.Message(
        chat_id=message.chat_id,
        seq=int(message.seq),
        message_id=message.message_id,
        sender_id=message.sender_id,
        text=message.text,
        file_ids=list(message.file_ids or ()),
        reply_to=message.reply_to,
        sent_at=message.sent_at,
        edited_at=message.edited_at,
        deleted_at=message.deleted_at,
        reactions={emoji: sorted(by) for emoji, by in sorted((message.reactions or {}).items())},
        changed_seq=int(message.changed_seq) if message.changed_seq else None,
        client_message_id=message.client_message_id,
    )
