"""ChatActivity: what people do in a chat besides saying something."""

from typing import Annotated
from urllib.parse import unquote

from msgspec import Meta

from core.fields import Id, Seq, Text
from core.operations import Caller, Operations, Reply
from core.shapes import Request
from domain import marks, messages, presence, protocol, reactions

handler = Operations()


class EditMessage(Request, frozen=True):
    """A message, and its new words."""

    chat_id: Id
    message_id: Id
    text: Text


class DeleteMessage(Request, frozen=True):
    """A message."""

    chat_id: Id
    message_id: Id


class React(Request, frozen=True):
    """A message and an emoji."""

    chat_id: Id
    message_id: Id
    emoji: Annotated[str, Meta(min_length=1, max_length=200)]


class MarkRead(Request, frozen=True):
    """How far the caller has read."""

    chat_id: Id
    seq: Seq


class SetTyping(Request, frozen=True):
    """Whether the caller is writing."""

    chat_id: Id
    typing: bool


class GetPresence(Request, frozen=True):
    """Whom to look for."""

    user_ids: Annotated[list[Id], Meta(max_length=presence.MOST_LOOKED_FOR)]


@handler.on("editMessage", "PATCH /chats/{chatId}/messages/{messageId}")
def edit_message(request: EditMessage, caller: Caller) -> Reply[protocol.Message]:
    """Put one's own message in other words."""
    return Reply(200, messages.edit(caller, request.chat_id, request.message_id, request.text))


@handler.on("deleteMessage", "DELETE /chats/{chatId}/messages/{messageId}")
def delete_message(request: DeleteMessage, caller: Caller) -> Reply[protocol.Message]:
    """Take back what a message says."""
    return Reply(200, messages.delete(caller, request.chat_id, request.message_id))


@handler.on("addReaction", "PUT /chats/{chatId}/messages/{messageId}/reactions/{emoji}")
def add_reaction(request: React, caller: Caller) -> Reply[protocol.Message]:
    """React to a message."""
    return Reply(200, reactions.add(caller, request.chat_id, request.message_id, unquote(request.emoji)))


@handler.on("removeReaction", "DELETE /chats/{chatId}/messages/{messageId}/reactions/{emoji}")
def remove_reaction(request: React, caller: Caller) -> Reply[protocol.Message]:
    """Take a reaction back."""
    return Reply(200, reactions.remove(caller, request.chat_id, request.message_id, unquote(request.emoji)))


@handler.on("markRead", "PUT /chats/{chatId}/read")
def mark_read(request: MarkRead, caller: Caller) -> Reply[marks.Mark]:
    """Say how far one has read."""
    return Reply(200, marks.move(caller, request.chat_id, request.seq))


@handler.on("setTyping")
def set_typing(request: SetTyping, caller: Caller) -> Reply[None]:
    """Say whether one is writing."""
    presence.type_in(caller, request.chat_id, typing=request.typing)
    return Reply(200, None)


@handler.on("getPresence", "POST /presence")
def get_presence(request: GetPresence, caller: Caller) -> Reply[presence.Presences]:  # noqa: ARG001 - anyone may ask.
    """Say who is there."""
    return Reply(200, presence.of(request.user_ids))
