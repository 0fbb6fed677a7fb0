"""What each request takes, at its limits."""

from typing import Any

import pytest

from core.errors import InvalidRequest
from core.operations import decode
from core.shapes import Request
from handlers.account import (
    Block,
    ConfirmUser,
    ForgotPassword,
    ListBlocks,
    ResendConfirmation,
    ResetPassword,
    UpdateUser,
)
from handlers.call_control import AcceptCall, ListCalls, OneCall
from handlers.chat import CreateChat, GetChat, ListChats
from handlers.create_ticket import CreateTicket
from handlers.download_file import DownloadFile
from handlers.end_call import EndCall
from handlers.file import CreateUpload, ListFiles, OwnFile
from handlers.get_chat_history import GetChatHistory
from handlers.get_user_info import FindUsers, GetUser
from handlers.register_user import RegisterUser
from handlers.send_message import SendMessage
from handlers.send_signal import SendSignal
from handlers.start_call import StartCall
from handlers.upload_file import UploadFile
from handlers.user_login import LogIn, RefreshSession

WHOLE: dict[type[Request], dict[str, Any]] = {
    RegisterUser: {"username": "ann", "email": "ann@example.com", "password": "Correct-Horse-9"},
    LogIn: {"email": "ann@example.com", "password": "x"},
    RefreshSession: {"refreshToken": "t"},
    ConfirmUser: {"email": "ann@example.com", "code": "123456"},
    ResendConfirmation: {"email": "ann@example.com"},
    ForgotPassword: {"email": "ann@example.com"},
    ResetPassword: {"email": "ann@example.com", "code": "123456", "password": "Correct-Horse-9"},
    UpdateUser: {"displayName": "Ann"},
    Block: {"userId": "u"},
    ListBlocks: {},
    GetUser: {"userId": "u"},
    FindUsers: {"username": "a"},
    CreateTicket: {},
    CreateChat: {"kind": "direct", "memberIds": ["u"]},
    ListChats: {},
    GetChat: {"chatId": "c"},
    SendMessage: {"chatId": "c", "text": "hi"},
    GetChatHistory: {"chatId": "c"},
    StartCall: {"kind": "audio", "calleeIds": ["u"]},
    AcceptCall: {"callId": "c"},
    OneCall: {"callId": "c"},
    EndCall: {"callId": "c"},
    SendSignal: {"callId": "c", "toUserId": "u", "signal": {"candidate": None}},
    ListCalls: {},
    UploadFile: {"content": b""},
    DownloadFile: {"fileId": "f"},
    CreateUpload: {"name": "a", "contentType": "a/b", "size": 0},
    OwnFile: {"fileId": "f"},
    ListFiles: {},
}

TAKEN: list[tuple[type[Request], str, Any]] = [
    (RegisterUser, "username", "a"),
    (RegisterUser, "username", "x" * 64),
    (RegisterUser, "username", "花子"),
    (RegisterUser, "username", "ann.b-c_9"),
    (RegisterUser, "email", "a+b@例え.jp"),
    (RegisterUser, "email", "a@" + "b" * 126),
    (RegisterUser, "password", "with spaces inside"),
    (RegisterUser, "password", "x" * 256),
    (LogIn, "code", "x" * 128),
    (UpdateUser, "displayName", "花子 🌸 of the flowers"),
    (UpdateUser, "displayName", "x" * 100),
    (CreateTicket, "deviceId", "x" * 64),
    (CreateTicket, "deviceId", "Pixel-9_a"),
    (CreateTicket, "deviceId", None),
    (CreateChat, "memberIds", ["u"] * 1000),
    (CreateChat, "name", "x" * 100),
    (ListChats, "limit", 1),
    (ListChats, "limit", 100),
    (SendMessage, "text", "x" * 8000),
    (SendMessage, "text", "😀" * 8000),
    (SendMessage, "clientMessageId", "x" * 128),
    (GetChatHistory, "before", 0),
    (GetChatHistory, "after", 2**53),
    (SendMessage, "fileIds", ["f"] * 10),
    (StartCall, "kind", "video"),
    (StartCall, "calleeIds", ["u"] * 7),
    (StartCall, "chatId", "x" * 128),
    (AcceptCall, "deviceId", "x" * 64),
    *((EndCall, "reason", one) for one in [None, "hangup", "failed", "busy", "connection_lost"]),
    (SendSignal, "signal", {"description": {"type": "offer", "sdp": "v=0"}, "candidates": [None, "x", {"a": [1]}]}),
    (SendSignal, "toDeviceId", "phone"),
    (UpdateUser, "avatarFileId", None),
    (UpdateUser, "avatarFileId", "f"),
    (CreateUpload, "name", "x" * 1024),
    (CreateUpload, "contentType", "x" * 255),
    (CreateUpload, "size", 5 * 1024**3),
    (CreateUpload, "sha256", "0aF" + "9" * 61),
]

REFUSED: list[tuple[type[Request], str, Any]] = [
    *((RegisterUser, "username", name) for name in ["", "x" * 65, "a b", "ann\n", "a@b", "a/b", "<b>", "a\x00", 5]),
    *(
        (RegisterUser, "email", mail)
        for mail in ["", "ann", "@", "a@", "@b", "a b@c", "a@b@c", "a@b\n", "a@" + "b" * 127]
    ),
    *((RegisterUser, "password", word) for word in ["", " x", "x ", "x\n", "x" * 257, None, 12345678, ["x"]]),
    *((LogIn, "email", mail) for mail in ["", "ann", None]),
    *((LogIn, "password", word) for word in ["", "x" * 257]),
    *((LogIn, "code", code) for code in ["", "x" * 129, 123456]),
    *((LogIn, "method", method) for method in ["", 5, "x" * 129]),
    *((ConfirmUser, "code", code) for code in ["", "x" * 129, 123456]),
    *((ResetPassword, "password", word) for word in ["", " x", "x ", "x\n", "x" * 257]),
    *((UpdateUser, "displayName", name) for name in ["", " ", " x", "x ", "x\n", "x" * 101, 5]),
    *((RefreshSession, "refreshToken", token) for token in ["", "x" * 8193, None, {}]),
    *((GetUser, "userId", user_id) for user_id in ["", "x" * 129]),
    *((FindUsers, "username", prefix) for prefix in ["", "x" * 65]),
    *((CreateTicket, "deviceId", device) for device in ["", "x" * 65, "a b", "a#b", "a\n", "é", 5]),
    *((CreateChat, "kind", kind) for kind in ["", "Direct", "secret", None, 1]),
    *((CreateChat, "memberIds", ids) for ids in ["u", None, ["u"] * 1001, {"u": 1}]),
    *((CreateChat, "name", name) for name in ["", "x" * 101, 5]),
    *((ListChats, "limit", limit) for limit in [0, 101, -1, "10", 1.5]),
    *((ListChats, "cursor", cursor) for cursor in ["", "x" * 1025, 5]),
    *((GetChat, "chatId", chat_id) for chat_id in ["", "x" * 129, None]),
    *((SendMessage, "text", text) for text in ["", "x" * 8001, 5, ["x"]]),
    *((SendMessage, "clientMessageId", one) for one in ["", "x" * 129, 5]),
    *((SendMessage, "replyTo", one) for one in ["", "x" * 129, 5]),
    *((SendMessage, "fileIds", ids) for ids in ["f", ["f"] * 11]),
    *((GetChatHistory, "before", seq) for seq in [-1, 2**53 + 1, 1.5, "1"]),
    *((GetChatHistory, "after", seq) for seq in [-1, 2**53 + 1, 1.5, "1"]),
    *((GetChatHistory, "limit", limit) for limit in [0, 101]),
    *((StartCall, "kind", kind) for kind in ["", "fax", None]),
    *((StartCall, "calleeIds", ids) for ids in ["u", [], ["u"] * 8]),
    *((StartCall, "chatId", one) for one in ["", "x" * 129]),
    *((StartCall, "deviceId", one) for one in ["", "a b", "x" * 65]),
    *((AcceptCall, "deviceId", one) for one in ["", "a#b", 5]),
    *((OneCall, "callId", one) for one in ["", "x" * 129, None]),
    *((EndCall, "reason", one) for one in ["", "bored", 5]),
    *((SendSignal, "signal", one) for one in ["x", None, {"sdp": "v=0"}]),
    *((SendSignal, "toUserId", one) for one in ["", "x" * 129, None]),
    *((ListCalls, "limit", limit) for limit in [0, 101]),
    *((UpdateUser, "avatarFileId", one) for one in ["", "x" * 129, 5]),
    *((DownloadFile, "fileId", one) for one in ["", "x" * 129]),
    *((CreateUpload, "name", name) for name in ["", "x" * 1025, None, 5]),
    *((CreateUpload, "contentType", one) for one in ["x" * 256, None, 5]),
    *((CreateUpload, "size", size) for size in [-1, 5 * 1024**3 + 1, 1.5, "1", None]),
    *((CreateUpload, "sha256", one) for one in ["", "0" * 63, "0" * 65, "g" * 64, "0" * 64 + "\n"]),
    *((ListFiles, "limit", limit) for limit in [0, 101]),
]


@pytest.mark.parametrize(("request_type", "fields"), WHOLE.items())
def test_a_whole_request_is_taken(request_type: type[Request], fields: dict[str, Any]) -> None:
    assert isinstance(decode(fields, {}, request_type), request_type)


@pytest.mark.parametrize(("request_type", "field", "value"), TAKEN)
def test_a_value_at_the_limit_is_taken(request_type: type[Request], field: str, value: Any) -> None:
    decode({**WHOLE[request_type], field: value}, {}, request_type)


@pytest.mark.parametrize(("request_type", "field", "value"), REFUSED)
def test_a_value_past_the_limit_is_refused_by_name(request_type: type[Request], field: str, value: Any) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        decode({**WHOLE[request_type], field: value}, {}, request_type)
    assert [error.field for error in refusal.value.errors] == [field]


@pytest.mark.parametrize(
    ("request_type", "field"),
    [
        (kind, field)
        for kind, fields in WHOLE.items()
        for field in fields
        if (kind, field)
        not in {(SendMessage, "text"), (LogIn, "password"), (UpdateUser, "displayName"), (StartCall, "calleeIds")}
    ],
)
def test_what_is_required_is_missed_by_name(request_type: type[Request], field: str) -> None:
    fields = {name: value for name, value in WHOLE[request_type].items() if name != field}
    with pytest.raises(InvalidRequest) as refusal:
        decode(fields, {}, request_type)
    assert [error.field for error in refusal.value.errors] == [field]


@pytest.mark.parametrize(("request_type", "fields"), WHOLE.items())
@pytest.mark.parametrize("unknown", ["senderId", "x", "user_id", "", "__class__", "requestContext"])
def test_an_unknown_field_is_refused_by_name(request_type: type[Request], fields: dict[str, Any], unknown: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        decode({**fields, unknown: 1}, {}, request_type)
    assert [error.field for error in refusal.value.errors] == [unknown]
