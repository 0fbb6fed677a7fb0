"""Absence: people whom a message or a call finds without a socket, told to whoever would fetch them.

This is where a team attaches push notifications or webhooks: docs/events.md has the event, and how to listen to it.
"""

from collections.abc import Collection, Sequence

import msgspec

from adapters import bus
from core import telemetry
from core.settings import settings
from core.shapes import Answer
from domain import protocol
from models.chats import Chat

KIND = "message.missed"
RINGING = "call.ringing"

MOST_MEMBERS = 200
"""Members an event names, so that 1,000 of them fill five events of about 8 KB, which every kind of target takes."""

PREVIEW_CHARACTERS = 200


class MessageMissed(Answer, frozen=True, kw_only=True):
    """A message came while some members had no socket open.

    Attributes:
        version: Of this shape. Fields may be added to it; nothing else changes without another number.
        member_ids: Those members, or some of them: there are several events where there are many.
        preview: How the message begins.
    """

    version: int
    chat_id: str
    chat_kind: str
    chat_name: str | None = None
    seq: int
    message_id: str
    sender_id: str
    sent_at: str
    preview: str
    member_ids: list[str]


class CallUnheard(Answer, frozen=True, kw_only=True):
    """A call rings at people who have no socket open. A device that opens one in time rings.

    Attributes:
        version: Of this shape, as above.
        callee_ids: Those people.
    """

    version: int
    call_id: str
    call_kind: str
    chat_id: str | None = None
    caller_id: str
    caller_name: str
    ring_expires_at: str
    callee_ids: list[str]


def tell(chat: Chat, message: protocol.Message, present: Collection[str]) -> None:
    """Tell of the members who are not there, if the stage wants it. A failure never concerns the sender.

    Args:
        chat: Where the message stands.
        message: The message.
        present: Users with a socket.
    """
    absent = sorted(chat.member_ids - {message.sender_id, *present})
    if not absent or not settings().offline_events:
        return
    parts = [absent[start : start + MOST_MEMBERS] for start in range(0, len(absent), MOST_MEMBERS)]
    _put(KIND, [_event(chat, message, part) for part in parts], len(absent))


def tell_of_call(call: protocol.Call, caller: protocol.Name, absent: Collection[str]) -> None:
    """Tell of those who do not hear that they are called, if the stage wants it. A failure never concerns the caller.

    Args:
        call: The call.
        caller: Who calls.
        absent: Those without a socket.
    """
    if not absent or not settings().offline_events:
        return
    event = CallUnheard(
        version=1,
        call_id=call.call_id,
        call_kind=call.kind,
        chat_id=call.chat_id,
        caller_id=caller.user_id,
        caller_name=caller.display_name,
        ring_expires_at=call.ring_expires_at,
        callee_ids=sorted(absent),
    )
    _put(RINGING, [event], len(absent))


def _put(kind: str, told: Sequence[Answer], people: int) -> None:
    try:
        bus.put(kind, [msgspec.json.encode(one) for one in told])
    except Exception as error:
        telemetry.logger.error("absence not told", extra={"error": type(error).__name__, "members": people})
        telemetry.count("absences_lost", people)


def _event(chat: Chat, message: protocol.Message, member_ids: list[str]) -> MessageMissed:
    return MessageMissed(
        version=1,
        chat_id=chat.chat_id,
        chat_kind=chat.kind,
        chat_name=chat.name,
        seq=message.seq,
        message_id=message.message_id,
        sender_id=message.sender_id,
        sent_at=message.sent_at,
        preview=(message.text or "")[:PREVIEW_CHARACTERS],
        member_ids=member_ids,
    )
