"""A chat's log: every durable thing that happened in it, in one order."""

import msgspec

from core.operations import Caller
from core.pages import fitting
from core.parallel import together
from core.shapes import Answer
from domain import messages, protocol
from domain.events import AnyLogged, MessageCreated, MessageEvent
from models.chats import Chat, Membership
from models.events import LoggedEvent
from models.messages import Message


class Events(Answer, frozen=True):
    """Part of a chat's log, in ascending order.

    Attributes:
        has_more: Whether there are more after these.
        last_seq: The highest place taken in the log. A place below it that no page shows may still be filled for up to
            30 s after it was taken; later it never will be.
    """

    events: list[AnyLogged]
    has_more: bool
    last_seq: int


def read(caller: Caller, chat_id: str, after: int, limit: int) -> Events:
    """Return the part of the log after a place.

    Args:
        caller: Who reads.
        chat_id: The chat.
        after: The place.
        limit: How many events at most. There are fewer where they would not fit a page.

    Raises:
        NotFound: There is no such chat, or the caller is not in it.
    """
    chat, membership, created, others = together(
        lambda: Chat.find(chat_id),
        lambda: Membership.find(caller.user_id, chat_id),
        lambda: Message.oldest(chat_id, after, limit + 1),
        lambda: LoggedEvent.oldest(chat_id, after, limit + 1),
    )
    if not chat or not membership:
        raise messages.unknown_chat()
    if membership.joined_seq > after:
        return read(caller, chat_id, int(membership.joined_seq), limit)
    logged: list[Message | LoggedEvent] = [*created, *others]
    places = sorted(logged, key=lambda place: place.seq)
    stored = messages.find_all(chat_id, [place.message_id for place in places[:limit] if place.message_id])
    visible = {message_id: one for message_id, one in stored.items() if one.seq > membership.joined_seq}
    events = [event for place in places[:limit] if (event := _event(place, visible))]
    page = fitting(events)
    return Events(events=page, has_more=len(places) > limit or len(page) < len(events), last_seq=int(chat.last_seq))


def _event(place: Message | LoggedEvent, visible: dict[str, protocol.Message]) -> AnyLogged | None:
    """Return what stands at a place, or None where it ended between two reads."""
    if isinstance(place, LoggedEvent):
        event: AnyLogged = msgspec.json.decode(place.frame, type=AnyLogged)
        if isinstance(event, MessageEvent):
            return msgspec.structs.replace(event, message=visible.get(event.message_id))
        return event
    message = visible.get(place.message_id)
    if not message:
        return None
    return MessageCreated(chat_id=message.chat_id, seq=message.seq, at=message.sent_at, message=message)
