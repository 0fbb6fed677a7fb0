"""Chat: make chats, and see them."""

from typing import Annotated, Literal

from msgspec import Meta

from core.fields import Cursor, Id, Limit
from core.operations import Caller, Operations, Reply
from core.shapes import Request
from domain import chats, protocol

handler = Operations()


class CreateChat(Request, frozen=True):
    """Who shall talk. The caller is always a member and need not be named."""

    kind: Literal["direct", "group"]
    member_ids: Annotated[list[Id], Meta(max_length=chats.MOST_MEMBERS)]
    name: Annotated[str, Meta(min_length=1, max_length=100)] | None = None


class ListChats(Request, frozen=True):
    """A page of the caller's chats."""

    limit: Limit = 50
    cursor: Cursor | None = None


class GetChat(Request, frozen=True):
    """A chat's id."""

    chat_id: Id


@handler.on("createChat", "POST /chats")
def create_chat(request: CreateChat, caller: Caller) -> Reply[protocol.Chat]:
    """Make a chat, or find the direct chat that two people have already."""
    chat, is_new = chats.create(caller, request.kind, request.member_ids, request.name)
    return Reply(201 if is_new else 200, chat)


@handler.on("listChats", "GET /chats")
def list_chats(request: ListChats, caller: Caller) -> Reply[chats.Chats]:
    """Return the caller's chats, latest first."""
    return Reply(200, chats.list_chats(caller, request.limit, request.cursor))


@handler.on("getChat", "GET /chats/{chatId}")
def get_chat(request: GetChat, caller: Caller) -> Reply[protocol.OpenedChat]:
    """Return one chat."""
    return Reply(200, chats.get(caller, request.chat_id))
