"""SendMessage: say something in a chat."""

from typing import Annotated

from msgspec import Meta

from core.fields import Id, Text
from core.operations import Caller, Operations, Reply
from core.shapes import Request
from domain import messages, protocol

handler = Operations()


class SendMessage(Request, frozen=True):
    """What to say, and where.

    Attributes:
        client_message_id: The client's own name for the message. Sending it again with the same one is harmless.
    """

    chat_id: Id
    text: Text | None = None
    file_ids: Annotated[tuple[Id, ...], Meta(max_length=10)] = ()
    reply_to: Id | None = None
    client_message_id: Id | None = None


@handler.on("sendMessage", "POST /chats/{chatId}/messages")
def send_message(request: SendMessage, caller: Caller) -> Reply[protocol.Message]:
    """Store a message and push it to everyone else in the chat."""
    draft = messages.Draft(request.text, request.file_ids, request.reply_to, request.client_message_id)
    message, is_new = messages.send(caller, request.chat_id, draft)
    return Reply(201 if is_new else 200, message)
