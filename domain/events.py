"""The frames that the server pushes, one class each."""

from core.shapes import Answer
from domain.protocol import Chat, Message


class Event(Answer, frozen=True, tag_field="type"):
    """Something that happened, told to sockets."""


class ChatCreated(Event, frozen=True, tag="chat.created"):
    """A chat exists, and the receiver is in it."""

    chat_id: str
    chat: Chat


class MessageCreated(Event, frozen=True, tag="message.created"):
    """A message took its place in a chat's log."""

    chat_id: str
    seq: int
    at: str
    message: Message
