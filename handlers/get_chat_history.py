"""GetChatHistory: read a chat's messages, or all of its log."""

from core.fields import Id, Limit, Seq
from core.operations import Caller, Operations, Reply
from core.shapes import Request
from domain import log, messages

handler = Operations()


class GetChatHistory(Request, frozen=True):
    """Which part of the log: what comes before a seq, after one, or the newest."""

    chat_id: Id
    before: Seq | None = None
    after: Seq | None = None
    limit: Limit = 50


class GetEvents(Request, frozen=True):
    """What comes after a place in the log; from its beginning unless told otherwise."""

    chat_id: Id
    after: Seq = 0
    limit: Limit = 50


@handler.on("getChatHistory", "GET /chats/{chatId}/messages")
def get_chat_history(request: GetChatHistory, caller: Caller) -> Reply[messages.History]:
    """Return a part of the chat's messages."""
    return Reply(200, messages.history(caller, request.chat_id, request.before, request.after, request.limit))


@handler.on("getEvents", "GET /chats/{chatId}/events")
def get_events(request: GetEvents, caller: Caller) -> Reply[log.Events]:
    """Return a part of the chat's log."""
    return Reply(200, log.read(caller, request.chat_id, request.after, request.limit))
