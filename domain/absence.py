"""Absence: members whom a message finds without a socket, told to whoever would fetch them.

This is where a team attaches push notifications or webhooks: docs/events.md has the event, and how to listen to it.
"""

from collections.abc import Collection

import msgspec

from adapters import bus
from core import telemetry
from core.settings import settings
from core.shapes import Answer
from domain import protocol
from models.chats import Chat

KIND = "message.missed"

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
    try:
        bus.put(KIND, [msgspec.json.encode(_event(chat, message, part)) for part in parts])
    except Exception as error:
        telemetry.logger.error("absence not told", extra={"error": type(error).__name__, "members": len(absent)})
        telemetry.count("absences_lost", len(absent))


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
