"""Reactions: an emoji of a user under a message, there or not."""

from core import clock
from core.errors import Conflict
from core.operations import Caller
from domain import emoji as emojis
from domain import messages, protocol
from domain.events import ReactionAdded, ReactionRemoved
from domain.messages import Change
from models.chats import Chat
from models.messages import Message

MOST_EMOJI = 20
"""Different ones under one message."""

MOST_REACTIONS = 1_000
"""Under one message, of whatever emoji: a chat's every member once. It keeps a message well below the 400 KB of an item
and the 128 KB of a reply."""


def add(caller: Caller, chat_id: str, message_id: str, emoji: str) -> protocol.Message:
    """React to a message. To do so again changes nothing.

    Raises:
        InvalidRequest: It is not an emoji.
        NotFound: There is no such chat or message, or the caller is not in the chat.
        Conflict: The message was deleted, or has ``MOST_EMOJI`` others or ``MOST_REACTIONS`` already.
    """
    emojis.check(emoji)

    def alter(_chat: Chat, message: Message) -> Change | None:
        reactions = message.reactions or {}
        users = reactions.get(emoji, set())
        if caller.user_id in users:
            return None
        messages.check_not_deleted(message)
        if not users and len(reactions) >= MOST_EMOJI:
            raise Conflict("conflict", f"A message has at most {MOST_EMOJI} different reactions.")
        if sum(map(len, reactions.values())) >= MOST_REACTIONS:
            raise Conflict("conflict", f"A message has at most {MOST_REACTIONS} reactions.")
        message.reactions = {**reactions, emoji: users | {caller.user_id}}
        return Change(ReactionAdded, clock.now(), {"user_id": caller.user_id, "emoji": emoji})

    return messages.change(caller, chat_id, message_id, alter)


def remove(caller: Caller, chat_id: str, message_id: str, emoji: str) -> protocol.Message:
    """Take a reaction back. Where there is none, nothing changes.

    Raises:
        NotFound: There is no such chat or message, or the caller is not in the chat.
    """

    def alter(_chat: Chat, message: Message) -> Change | None:
        reactions = message.reactions or {}
        users = reactions.get(emoji, set())
        if caller.user_id not in users:
            return None
        left = {**reactions, emoji: users - {caller.user_id}}
        message.reactions = {one: by for one, by in left.items() if by}
        return Change(ReactionRemoved, clock.now(), {"user_id": caller.user_id, "emoji": emoji})

    return messages.change(caller, chat_id, message_id, alter)
