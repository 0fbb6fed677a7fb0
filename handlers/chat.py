"""Chat: make chats, and see them."""

from typing import Annotated, Literal

from msgspec import Meta

from core.fields import Cursor, Id, Limit
from core.operations import Caller, Operations, Reply
from core.shapes import Request
from domain import chats, groups, protocol

handler = Operations()


Name = Annotated[str, Meta(min_length=1, max_length=100)]


class CreateChat(Request, frozen=True):
    """Who shall talk. The caller is always a member and need not be named."""

    kind: Literal["direct", "group"]
    member_ids: Annotated[list[Id], Meta(max_length=chats.MOST_MEMBERS)]
    name: Name | None = None


class ListChats(Request, frozen=True):
    """A page of the caller's chats."""

    limit: Limit = 50
    cursor: Cursor | None = None


class GetChat(Request, frozen=True):
    """A chat's id."""

    chat_id: Id


class UpdateChat(Request, frozen=True):
    """What shall be different. What is left out stays."""

    chat_id: Id
    name: Name | None = None
    history_for_new_members: bool | None = None


class AddMembers(Request, frozen=True):
    """Who shall come."""

    chat_id: Id
    member_ids: Annotated[list[Id], Meta(min_length=1, max_length=chats.MOST_MEMBERS)]


class RemoveMember(Request, frozen=True):
    """Who shall go: oneself to leave."""

    chat_id: Id
    user_id: Id


class SetAdmin(Request, frozen=True):
    """Who shall be an admin, or be one no more."""

    chat_id: Id
    user_id: Id
    admin: bool = True


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


@handler.on("updateChat", "PATCH /chats/{chatId}")
def update_chat(request: UpdateChat, caller: Caller) -> Reply[protocol.OpenedChat]:
    """Change a group's name or settings."""
    return Reply(200, groups.update(caller, request.chat_id, request.name, request.history_for_new_members))


@handler.on("addMembers", "POST /chats/{chatId}/members")
def add_members(request: AddMembers, caller: Caller) -> Reply[protocol.OpenedChat]:
    """Add members to a group."""
    return Reply(200, groups.add(caller, request.chat_id, request.member_ids))


@handler.on("removeMember", "DELETE /chats/{chatId}/members/{userId}")
def remove_member(request: RemoveMember, caller: Caller) -> Reply[None]:
    """Remove a member from a group, or leave it."""
    groups.remove(caller, request.chat_id, request.user_id)
    return Reply(204, None)


@handler.on("setAdmin", "PUT /chats/{chatId}/admins/{userId}")
def set_admin(request: SetAdmin, caller: Caller) -> Reply[protocol.OpenedChat]:
    """Make a member an admin of a group, or no admin any more."""
    return Reply(200, groups.set_admin(caller, request.chat_id, request.user_id, admin=request.admin))
