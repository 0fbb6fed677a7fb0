"""The public contract's words against the shapes that the code takes and gives."""

import msgspec
import pytest

from core.errors import FieldError
from core.operations import Operations
from core.shapes import Answer, Request
from domain import (
    absence,
    accounts,
    blocks,
    calls,
    chats,
    events,
    files,
    ice_servers,
    log,
    marks,
    messages,
    presence,
    protocol,
    sessions,
    tickets,
)
from tests import template
from tests.gateway import handler_of

CHAT = "chatId kind name memberIds admins lastSeq lastMessage createdAt historyForNewMembers"

GIVEN: dict[type[Answer], str] = {
    accounts.Account: "userId username email confirmed",
    sessions.Session: "userId accessToken idToken refreshToken expiresIn tokenType",
    sessions.Challenged: "challenge session expiresIn",
    accounts.Users: "users nextCursor",
    protocol.Participant: "userId deviceId state",
    protocol.Call: (
        "callId kind chatId state callerId participants createdAt ringExpiresAt answeredAt endedAt endReason"
    ),
    protocol.Name: "userId username displayName",
    calls.Peer: "userId deviceId polite",
    calls.Answered: "call",
    calls.Opened: "call peers",
    calls.Joined: "call iceServers peers",
    calls.Started: "call iceServers peers callId caller callees",
    calls.Calls: "calls nextCursor",
    blocks.Blocks: "blocks nextCursor",
    blocks.Blocked: "userId blockedAt",
    ice_servers.IceServer: "urls username credential",
    ice_servers.IceServers: "iceServers expiresAt",
    protocol.File: "fileId name contentType size sha256 createdAt scanState width height",
    files.Place: "number url size",
    files.Target: "method url fields parts",
    files.Upload: "fileId upload expiresAt",
    files.Download: "url thumbnailUrl expiresAt file",
    files.Files: "files nextCursor",
    protocol.User: "userId username displayName avatarFileId createdAt online lastSeenAt email",
    tickets.NewTicket: "ticket url expiresIn",
    presence.Greeting: "userId deviceId connectionExpiresAt keepAliveSeconds serverTime",
    protocol.Chat: CHAT,
    protocol.OpenedChat: f"{CHAT} readSeqs",
    protocol.ListedChat: f"{CHAT} unreadCount readSeq",
    chats.Chats: "chats nextCursor",
    protocol.Message: (
        "chatId seq messageId senderId text fileIds replyTo sentAt editedAt deletedAt reactions changedSeq "
        "clientMessageId"
    ),
    messages.History: "messages hasMore",
    log.Events: "events hasMore lastSeq",
    marks.Mark: "readSeq",
    presence.Presence: "userId online lastSeenAt",
    presence.Presences: "users",
    events.ChatCreated: "chatId chat",
    events.ChatUpdated: "chatId seq at byId name admins historyForNewMembers",
    events.MemberAdded: "chatId seq at byId memberIds admins",
    events.MemberRemoved: "chatId seq at byId memberIds admins",
    events.MessageCreated: "chatId seq at message",
    events.MessageEdited: "chatId seq at messageId message",
    events.MessageDeleted: "chatId seq at messageId message",
    events.ReactionAdded: "chatId seq at messageId message userId emoji",
    events.ReactionRemoved: "chatId seq at messageId message userId emoji",
    events.ReadUpdated: "chatId userId readSeq",
    events.Typing: "chatId userId typing",
    events.PresenceChanged: "userId online lastSeenAt",
    events.CallRinging: "call caller",
    events.CallJoined: "call userId",
    events.CallRejected: "call userId",
    events.CallAnsweredElsewhere: "call userId",
    events.CallLeft: "call userId",
    events.CallEnded: "call",
    events.CallSignal: "callId fromUserId fromDeviceId signal",
    events.CallLogged: "chatId seq at call",
    events.FileUpdated: "fileId",
    events.FileInfected: "file",
}

TAKEN: dict[str, str] = {
    "registerUser": "username email password",
    "confirmUser": "email code",
    "resendConfirmation": "email",
    "logIn": "email password method session code",
    "refreshSession": "refreshToken",
    "signOut": "",
    "forgotPassword": "email",
    "resetPassword": "email code password",
    "updateUser": "displayName avatarFileId",
    "deleteUser": "",
    "blockUser": "userId",
    "unblockUser": "userId",
    "listBlocks": "limit cursor",
    "getUser": "userId",
    "findUsers": "username limit cursor",
    "createTicket": "deviceId",
    "hello": "",
    "createChat": "kind memberIds name",
    "listChats": "limit cursor",
    "getChat": "chatId",
    "sendMessage": "chatId text fileIds replyTo clientMessageId",
    "getChatHistory": "chatId before after limit",
    "getEvents": "chatId after limit",
    "updateChat": "chatId name historyForNewMembers",
    "addMembers": "chatId memberIds",
    "removeMember": "chatId userId",
    "setAdmin": "chatId userId admin",
    "editMessage": "chatId messageId text",
    "deleteMessage": "chatId messageId",
    "addReaction": "chatId messageId emoji",
    "removeReaction": "chatId messageId emoji",
    "markRead": "chatId seq",
    "setTyping": "chatId typing",
    "getPresence": "userIds",
    "startCall": "kind calleeIds chatId deviceId",
    "acceptCall": "callId deviceId",
    "rejectCall": "callId",
    "endCall": "callId reason",
    "sendSignal": "callId toUserId signal toDeviceId",
    "getCall": "callId",
    "listCalls": "limit cursor",
    "getIceServers": "",
    "uploadFile": "content contentType contentDisposition",
    "downloadFile": "fileId accept",
    "createUpload": "name contentType size sha256",
    "resumeUpload": "fileId",
    "completeUpload": "fileId",
    "listFiles": "limit cursor unfinished",
    "deleteFile": "fileId",
}

OPTIONAL = {
    protocol.User: {"avatarFileId", "lastSeenAt", "email"},
    protocol.Chat: {"name", "lastMessage", "historyForNewMembers"},
    protocol.ListedChat: {"name", "lastMessage", "historyForNewMembers"},
    protocol.OpenedChat: {"name", "lastMessage", "historyForNewMembers", "readSeqs"},
    protocol.Message: {"text", "replyTo", "editedAt", "deletedAt", "changedSeq", "clientMessageId"},
    presence.Presence: {"lastSeenAt"},
    protocol.File: {"sha256", "scanState", "width", "height"},
    files.Download: {"thumbnailUrl"},
    ice_servers.IceServer: {"username", "credential"},
    files.Target: {"url", "fields", "parts"},
    files.Files: {"nextCursor"},
    events.ChatUpdated: {"name", "historyForNewMembers"},
    **{one: {"message"} for one in events.MessageEvent.__subclasses__()},
    accounts.Users: {"nextCursor"},
    blocks.Blocks: {"nextCursor"},
    protocol.Participant: {"deviceId"},
    protocol.Call: {"chatId", "answeredAt", "endedAt", "endReason"},
    calls.Calls: {"nextCursor"},
    chats.Chats: {"nextCursor"},
}


def requests() -> dict[str, type[Request]]:
    handlers = (handler_of(function) for function in template.functions())
    return {
        operation.name: operation.request
        for handler in handlers
        if isinstance(handler, Operations)
        for operation in [*handler.by_route.values(), *handler.by_action.values()]
    }


@pytest.mark.parametrize(("shape", "names"), GIVEN.items())
def test_what_clients_get_is_named_as_published(shape: type[Answer], names: str) -> None:
    assert list(shape.__struct_encode_fields__) == names.split()


def test_what_clients_send_is_named_as_published() -> None:
    assert {name: list(request.__struct_encode_fields__) for name, request in requests().items()} == {
        name: names.split() for name, names in TAKEN.items()
    }


@pytest.mark.parametrize("shape", GIVEN)
def test_only_what_is_optional_may_be_left_out(shape: type[Answer]) -> None:
    optional = {one.encode_name for one in msgspec.structs.fields(shape) if not one.required}
    assert optional == OPTIONAL.get(shape, set())


def test_every_shape_is_in_the_table() -> None:
    def below(shape: type[Answer]) -> set[type[Answer]]:
        return {shape, *(one for child in shape.__subclasses__() for one in below(child))}

    published = {one for one in below(Answer) if one.__module__.startswith("domain.")} - {
        absence.MessageMissed,  # told to the bus, not to clients
        absence.CallUnheard,
        events.Event,
        events.Logged,
        events.MessageEvent,
        events.MemberEvent,
        events.CallEvent,
        events.ParticipantEvent,
    }
    assert published == GIVEN.keys()


def test_a_field_at_fault_is_named_as_published() -> None:
    assert FieldError.__struct_encode_fields__ == ("field", "message")
