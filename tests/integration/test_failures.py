"""Wrong, hostile and missing input, for every operation that there is."""

import json
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from core import operations as operations_of_core
from core.operations import MOST_BODY_BYTES, MOST_FRAME_BYTES, Operations
from domain import codes
from domain.codes import Purpose
from tests import template
from tests.calls import Call, Calls, Proceed, refusal
from tests.gateway import Answer, Gateway, Socket, handler_of, read_frame, read_http, recorded
from tests.people import HTTP, PASSWORD, SOCKET, Person

WHOLE: dict[str, dict[str, Any]] = {
    "registerUser": {"username": "dan", "email": "dan@example.com", "password": PASSWORD},
    "logIn": {"email": "ann@example.com", "password": PASSWORD},
    "refreshSession": {"refreshToken": "token"},
    "signOut": {},
    "confirmUser": {"email": "ann@example.com", "code": "CODE"},
    "resendConfirmation": {"email": "ann@example.com"},
    "forgotPassword": {"email": "ann@example.com"},
    "resetPassword": {"email": "ann@example.com", "code": "CODE", "password": PASSWORD},
    "updateUser": {"displayName": "Ann"},
    "deleteUser": {},
    "blockUser": {"userId": "BOB"},
    "unblockUser": {"userId": "BOB"},
    "listBlocks": {"limit": 5},
    "getUser": {"userId": "me"},
    "findUsers": {"username": "a"},
    "createTicket": {"deviceId": "phone"},
    "hello": {},
    "createChat": {"kind": "group", "memberIds": [], "name": "Friends"},
    "listChats": {"limit": 5},
    "getChat": {"chatId": "CHAT"},
    "sendMessage": {"chatId": "CHAT", "text": "good morning", "clientMessageId": "m1"},
    "getChatHistory": {"chatId": "CHAT", "limit": 5},
    "getEvents": {"chatId": "CHAT", "limit": 5},
    "editMessage": {"chatId": "CHAT", "messageId": "MESSAGE", "text": "other words"},
    "deleteMessage": {"chatId": "CHAT", "messageId": "MESSAGE"},
    "addReaction": {"chatId": "CHAT", "messageId": "MESSAGE", "emoji": "👍"},
    "removeReaction": {"chatId": "CHAT", "messageId": "MESSAGE", "emoji": "👍"},
    "markRead": {"chatId": "CHAT", "seq": 1},
    "updateChat": {"chatId": "GROUP", "name": "Others"},
    "addMembers": {"chatId": "GROUP", "memberIds": ["me"]},
    "removeMember": {"chatId": "GROUP", "userId": "me"},
    "setAdmin": {"chatId": "GROUP", "userId": "me", "admin": True},
    "setTyping": {"chatId": "CHAT", "typing": True},
    "getPresence": {"userIds": ["bob"]},
    "getIceServers": {},
    "startCall": {"kind": "video", "calleeIds": ["CALLEE"]},
    "acceptCall": {"callId": "CALL"},
    "rejectCall": {"callId": "CALL"},
    "endCall": {"callId": "CALL"},
    "sendSignal": {"callId": "CALL", "toUserId": "CALLER", "signal": {"candidate": {"candidate": "udp"}}},
    "getCall": {"callId": "CALL"},
    "listCalls": {"limit": 5},
    "uploadFile": {},
    "downloadFile": {"fileId": "FILE"},
    "createUpload": {"name": "a.bin", "contentType": "application/zip", "size": 5},
    "resumeUpload": {"fileId": "FILE"},
    "completeUpload": {"fileId": "FILE"},
    "listFiles": {"limit": 5},
    "deleteFile": {"fileId": "FILE"},
}
"""A request that succeeds, for each operation. CHAT stands for a direct chat of ann's, GROUP for a group, BOB for bob,
CODE for a code, CALL for a call of CALLER's to ann, CALLEE for somebody to call."""

WRONG: list[tuple[str, str, Any]] = [
    ("registerUser", "username", 5),
    ("registerUser", "email", "ann"),
    ("registerUser", "password", ["x"]),
    ("logIn", "email", {}),
    ("logIn", "password", None),
    ("refreshSession", "refreshToken", 1.5),
    ("confirmUser", "code", 123456),
    ("resendConfirmation", "email", "ann"),
    ("forgotPassword", "email", ["ann@example.com"]),
    ("resetPassword", "code", ""),
    ("resetPassword", "password", "weak"),
    ("updateUser", "displayName", " "),
    ("updateUser", "avatarFileId", 5),
    ("listBlocks", "limit", "0"),
    ("createTicket", "deviceId", True),
    ("createChat", "kind", "secret"),
    ("createChat", "memberIds", "bob"),
    ("createChat", "memberIds", [5]),
    ("createChat", "name", 5),
    ("sendMessage", "text", {"html": "x"}),
    ("sendMessage", "clientMessageId", 5),
    ("sendMessage", "replyTo", []),
    ("sendMessage", "fileIds", "f"),
    ("listChats", "limit", "many"),
    ("listChats", "cursor", "!"),
    ("findUsers", "limit", "0"),
    ("getChatHistory", "limit", "101"),
    ("getChatHistory", "before", "-1"),
    ("getChatHistory", "after", "x"),
    ("getEvents", "after", "-1"),
    ("getEvents", "limit", "101"),
    ("editMessage", "text", ""),
    ("markRead", "seq", -1),
    ("markRead", "seq", "1"),
    ("setTyping", "typing", "yes"),
    ("updateChat", "name", ""),
    ("updateChat", "historyForNewMembers", "no"),
    ("addMembers", "memberIds", []),
    ("addMembers", "memberIds", "bob"),
    ("setAdmin", "admin", 1),
    ("getPresence", "userIds", ["x"] * 101),
    ("startCall", "kind", "fax"),
    ("startCall", "calleeIds", "bob"),
    ("startCall", "calleeIds", []),
    ("startCall", "calleeIds", ["x"] * 8),
    ("startCall", "chatId", "c"),
    ("startCall", "deviceId", "my phone"),
    ("acceptCall", "deviceId", 5),
    ("endCall", "reason", "bored"),
    ("sendSignal", "toUserId", 5),
    ("sendSignal", "signal", "offer"),
    ("sendSignal", "signal", {}),
    ("sendSignal", "signal", {"sdp": "v=0"}),
    ("sendSignal", "signal", {"description": "v=0"}),
    ("sendSignal", "signal", {"candidates": {}}),
    ("listCalls", "limit", "0"),
    ("listCalls", "cursor", "!"),
    ("createUpload", "name", ""),
    ("createUpload", "contentType", 5),
    ("createUpload", "size", -1),
    ("createUpload", "size", "5"),
    ("createUpload", "sha256", "f" * 63),
    ("listFiles", "limit", "0"),
    ("listFiles", "cursor", "!"),
    ("listFiles", "unfinished", "maybe"),
]

TOO_LONG: list[tuple[str, str, str]] = [
    ("registerUser", "username", "x" * 65),
    ("registerUser", "email", "a@" + "b" * 253),
    ("registerUser", "password", "x" * 257),
    ("logIn", "password", "x" * 257),
    ("refreshSession", "refreshToken", "x" * 8193),
    ("confirmUser", "code", "x" * 129),
    ("resetPassword", "password", "x" * 257),
    ("updateUser", "displayName", "x" * 101),
    ("blockUser", "userId", "x" * 129),
    ("getUser", "userId", "x" * 129),
    ("findUsers", "username", "x" * 65),
    ("createTicket", "deviceId", "x" * 65),
    ("createChat", "name", "x" * 101),
    ("listChats", "cursor", "x" * 1025),
    ("getChat", "chatId", "x" * 129),
    ("sendMessage", "text", "x" * 8001),
    ("sendMessage", "clientMessageId", "x" * 129),
    ("getChatHistory", "chatId", "x" * 129),
    ("editMessage", "text", "x" * 8001),
    ("updateChat", "name", "x" * 101),
    ("removeMember", "userId", "x" * 129),
    ("addReaction", "emoji", "👍" * 201),
    ("startCall", "chatId", "x" * 129),
    ("acceptCall", "deviceId", "x" * 65),
    ("getCall", "callId", "x" * 129),
    ("sendSignal", "toUserId", "x" * 129),
    ("createUpload", "name", "x" * 1025),
    ("downloadFile", "fileId", "x" * 129),
    ("deleteFile", "fileId", "x" * 129),
]


WITHOUT_KINDS = {
    "hello",
    "getUser",
    "getChat",
    "deleteMessage",
    "addReaction",
    "removeReaction",
    "removeMember",
    "getIceServers",
    "rejectCall",
    "getCall",
    "signOut",
    "deleteUser",
    "blockUser",
    "unblockUser",
    "uploadFile",
    "downloadFile",
    "resumeUpload",
    "completeUpload",
    "deleteFile",
}
"""Operations with no field that could be of a wrong kind: a path is always text."""


def operations() -> dict[str, tuple[Operations, str | None, bool, bool]]:
    """Return every operation: its handler, its HTTP route, whether it has an action, and whether it is public."""
    found: dict[str, tuple[Operations, str | None, bool, bool]] = {}
    for function in template.functions():
        handler = handler_of(function)
        if isinstance(handler, Operations):
            for action, operation in handler.by_action.items():
                found[action] = (handler, None, True, operation.public)
            for route, operation in handler.by_route.items():
                found[operation.name] = (handler, route, operation.name in handler.by_action, operation.public)
    return found


OPERATIONS = operations()
OVER_HTTP = [name for name, (_, route, _, _) in OPERATIONS.items() if route]
OVER_SOCKET = [name for name, (_, _, has_action, _) in OPERATIONS.items() if has_action]
BYTES = "uploadFile"
"""Its body is a file, and so never wrong."""

WITH_BODY = [name for name in OVER_HTTP if not OPERATIONS[name][1].startswith(("GET", "DELETE")) and name != BYTES]
PRIVATE = [name for name in OVER_HTTP if not OPERATIONS[name][3]]

WAYS = [(name, HTTP) for name in OVER_HTTP] + [(name, SOCKET) for name in OVER_SOCKET]
WAYS_WITH_FIELDS = [(name, way) for name, way in WAYS if name != BYTES]


def wrong_ways(cases: list[tuple[str, str, Any]]) -> list[tuple[str, str, Any, str]]:
    return [(name, field, value, way) for name, field, value in cases for one, way in WAYS if one == name]


@pytest.fixture
def zoe(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    """Somebody whose token is good, before an AWS that must not be asked anything."""
    monkeypatch.setattr(operations_of_core, "_guards", [])
    person = Person(Gateway(calls), "zoe", "zoe's id")
    authorizer = {"userId": person.user_id, "deviceId": "phone", "connectedAt": "0", "principalId": person.user_id}
    person.standing_socket = Socket(person.gateway, "connection", authorizer)
    person.standing_socket.is_open = True
    with calls.intercepted(out_of_reach):
        yield person


def out_of_reach(_call: Call, _proceed: Proceed) -> Any:
    raise EndpointConnectionError(endpoint_url="out of reach")


@pytest.fixture
def chat(ann: Person, bob: Person) -> str:
    return ann.start_chat(bob)


def whole(operation: str, chat: str) -> dict[str, Any]:
    stands_for = {"CHAT": chat, "BOB": "bob's id", "CODE": "123456"}
    return {name: stands_for.get(str(value), value) for name, value in WHOLE[operation].items()}


def real(operation: str, fields: dict[str, Any], ann: Person) -> dict[str, Any]:
    """Return, in place of what only stands for it, a message, a group or ann herself."""
    made: dict[str, Any] = {}
    if fields.get("chatId") == "GROUP":
        made["chatId"] = ann.ask("createChat", kind="group", memberIds=[], name="Friends").data["chatId"]
        if "memberIds" in fields:
            made["memberIds"] = [ann.user_id]
        if "userId" in fields:
            made["userId"] = ann.user_id
    elif fields.get("fileId") == "FILE":
        announced = WHOLE["createUpload"]
        resumes = operation == "resumeUpload"
        made["fileId"] = (ann.ask("createUpload", **announced) if resumes else ann.upload()).data["fileId"]
    elif "calleeIds" in fields:
        made["calleeIds"] = [Person.register(ann.gateway, "carl").user_id]
    elif "callId" in fields:
        carl = Person.register(ann.gateway, "carl")
        made["callId"] = carl.ask("startCall", calleeIds=[ann.user_id], kind="audio").data["callId"]
        if "toUserId" in fields:
            made["toUserId"] = carl.user_id
    elif "messageId" in fields:
        made["messageId"] = ann.say(fields["chatId"], "hi there")["messageId"]
    return made


def test_the_tables_name_every_operation() -> None:
    assert WHOLE.keys() == OPERATIONS.keys()
    assert {name for name, _, _ in WRONG} | WITHOUT_KINDS == OPERATIONS.keys()


@pytest.mark.parametrize(("operation", "over"), WAYS)
def test_a_whole_request_succeeds(operation: str, over: str, ann: Person, bob: Person, chat: str) -> None:
    fields = whole(operation, chat)
    fields |= real(operation, fields, ann)
    if operation == "refreshSession":
        fields["refreshToken"] = ann.session["refreshToken"]
    if "code" in fields:
        purpose = Purpose.CONFIRMATION if operation == "confirmUser" else Purpose.PASSWORD
        fields["code"] = codes.issue(purpose, ann.email)
    if operation == "blockUser":
        fields["userId"] = bob.user_id
    assert ann.ask(operation, over, **fields).status in {200, 201, 202, 204, 302}


@pytest.mark.parametrize(("operation", "over"), WAYS_WITH_FIELDS)
def test_an_unknown_field_is_named(operation: str, over: str, zoe: Person, calls: Calls) -> None:
    refused_by_name(zoe, operation, over, {**whole(operation, "c"), "senderId": "bob"}, "senderId", calls)


@pytest.mark.parametrize(("operation", "field", "value", "over"), wrong_ways(WRONG))
def test_a_wrong_value_is_named(operation: str, field: str, value: Any, over: str, zoe: Person, calls: Calls) -> None:
    refused_by_name(zoe, operation, over, {**whole(operation, "c"), field: value}, field, calls)


@pytest.mark.parametrize(("operation", "field", "value", "over"), wrong_ways(TOO_LONG))
def test_a_value_that_is_too_long_is_named(
    operation: str, field: str, value: str, over: str, zoe: Person, calls: Calls
) -> None:
    refused_by_name(zoe, operation, over, {**whole(operation, "c"), field: value}, field, calls)


@pytest.mark.parametrize(
    ("operation", "field", "over"),
    [
        (name, field, over)
        for name, over in WAYS
        for field in WHOLE[name]
        if f"{{{field}}}" not in str(OPERATIONS[name][1]) or over == SOCKET
        if field not in {"deviceId", "name", "limit", "clientMessageId", "admin", "displayName"}
    ],
)
def test_what_is_missing_is_named(operation: str, field: str, over: str, zoe: Person, calls: Calls) -> None:
    fields = whole(operation, "c")
    del fields[field]
    refused_by_name(zoe, operation, over, fields, field, calls)


def refused_by_name(
    person: Person, operation: str, over: str, fields: dict[str, Any], field: str, calls: Calls
) -> None:
    answer = person.ask(operation, over, **fields)
    assert (answer.status, answer.code) == (400, "invalid_request")
    assert [re.split(r"[.\[]", one)[0] for one in answer.fields] == [field]
    assert calls.words() == []


@pytest.mark.parametrize("operation", WITH_BODY)
@pytest.mark.parametrize("body", ["{", "[]", '"x"', "null", '{"text": "\\ud800"}', b"\xff", "[" * 10_000])
def test_a_body_that_is_no_json_object_is_malformed(
    operation: str, body: str | bytes, zoe: Person, calls: Calls
) -> None:
    answer = request(zoe, operation, body)
    assert (answer.status, answer.code) == (400, "malformed_json")
    assert calls.words() == []


def request(person: Person, operation: str, body: str | bytes) -> Answer:
    method, path = str(OPERATIONS[operation][1]).split()
    for name in ("chatId", "userId", "fileId", "callId"):
        path = path.replace(f"{{{name}}}", "x")
    return person.request(method, path, body)


@pytest.mark.parametrize("operation", WITH_BODY)
def test_a_body_that_is_too_large_is_told_so(operation: str, zoe: Person, calls: Calls) -> None:
    answer = request(zoe, operation, json.dumps({"text": "x" * MOST_BODY_BYTES}))
    assert (answer.status, answer.code) == (413, "too_large")
    assert calls.words() == []


@pytest.mark.parametrize("operation", OVER_SOCKET)
@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ('{{"action": "{}"', 400, "malformed_json"),
        ('[{{"action": "{}"}}]', 400, "malformed_json"),
        ('{{"action": "{}", "requestId": 5}}', 400, "invalid_request"),
        ('{{"action": "{} "}}', 400, "unknown_action"),
        ('{{"action": ["{}"]}}', 400, "unknown_action"),
        ('{{"action": "{}", "x": "' + "x" * MOST_FRAME_BYTES + '"}}', 413, "too_large"),
    ],
    ids=["cut off", "in a list", "number", "space", "list", "33 KB"],
)
def test_a_frame_that_is_none_is_refused(
    operation: str, text: str, status: int, code: str, zoe: Person, calls: Calls
) -> None:
    answer = zoe.standing_socket.send(text.format(operation))
    assert (answer.status, answer.code) == (status, code)
    assert calls.words() == []


@pytest.mark.parametrize("operation", PRIVATE)
@pytest.mark.parametrize("token", ["id token", "no token", "no claims"])
def test_only_an_access_token_opens(operation: str, token: str, zoe: Person, calls: Calls) -> None:
    """API Gateway lets nobody pass without a token; should the template forget the authorizer, the code does not."""
    event = recorded("http")
    route = str(OPERATIONS[operation][1])
    context = event["requestContext"]
    event["routeKey"] = context["routeKey"] = route
    event["body"], event["headers"]["content-length"] = "{}", "2"
    event["pathParameters"] = {"chatId": "c", "userId": "me", "fileId": "f", "callId": "c"} if "{" in route else {}
    if token == "id token":
        context["authorizer"]["jwt"]["claims"] = {**zoe.claims, "token_use": "id"}
    elif token == "no token":
        del context["authorizer"]
    else:
        context["authorizer"]["jwt"]["claims"] = {}
    function = next(one.function for one in template.http_routes() if one.key == route)
    answer = read_http(zoe.gateway.invoke(function, event))
    assert (answer.status, answer.code) == (401, "unauthenticated")
    assert calls.words() == []


@pytest.mark.parametrize("operation", OVER_SOCKET)
def test_a_frame_without_an_authorizers_word_does_nothing(operation: str, zoe: Person, calls: Calls) -> None:
    """It can come only by a defect of the template, and is answered as one."""
    event = recorded("message")
    event["body"] = json.dumps({"action": operation, **whole(operation, "c")})
    event["requestContext"]["routeKey"] = operation
    del event["requestContext"]["authorizer"]
    function = next(one.function for one in template.socket_routes() if one.key == operation)
    assert read_frame(zoe.gateway.invoke(function, event)).status == 500
    assert calls.words() == []


@pytest.mark.parametrize(("operation", "over"), WAYS)
@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (refusal("ThrottlingException"), 503, "unavailable"),
        (EndpointConnectionError(endpoint_url="the inside"), 503, "unavailable"),
        (refusal("AccessDeniedException"), 500, "internal"),
    ],
    ids=["throttled", "unreachable", "denied"],
)
def test_an_aws_that_fails_is_told_without_the_inside(
    operation: str, over: str, error: Exception, status: int, code: str, ann: Person, chat: str, calls: Calls
) -> None:
    if over == SOCKET:
        ann.standing_socket.take()

    def fail(_call: Call, _proceed: Proceed) -> Any:
        raise error

    with calls.intercepted(fail):
        answer = ann.ask(operation, over, **whole(operation, chat))
    if operation in {"hello", "getIceServers"}:
        assert answer.status == 200
        return
    assert (answer.status, answer.code) == (status, code)
    assert "inside" not in json.dumps(answer.raw)


@pytest.mark.parametrize(("operation", "over"), WAYS)
def test_what_people_write_never_reaches_the_log(
    operation: str, over: str, ann: Person, chat: str, calls: Calls, log: StringIO
) -> None:
    """Not the words, the mail addresses, the passwords, the tokens nor the tickets, whether it succeeds or fails."""
    fields = whole(operation, chat)
    fields |= real(operation, fields, ann)
    if operation == "refreshSession":
        fields["refreshToken"] = ann.session["refreshToken"]

    def fail(_call: Call, proceed: Proceed) -> Any:
        proceed()
        raise ValueError(str(_call.parameters))

    answers = [ann.ask(operation, over, **fields)]
    with calls.intercepted(fail):
        answers.append(ann.ask(operation, over, **fields))
    told = answers[0].data or {}
    secrets = {str(value) for name, value in {**fields, **told}.items() if name in SECRETS}
    logged = log.getvalue()
    assert logged.count('"operation"') >= len(answers)
    for secret in secrets | {PASSWORD, "@example.com"}:
        assert secret not in logged


SECRETS = {
    "text",
    "email",
    "password",
    "refreshToken",
    "accessToken",
    "idToken",
    "ticket",
    "code",
    "displayName",
    "name",
}
