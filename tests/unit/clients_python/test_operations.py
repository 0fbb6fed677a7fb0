"""Every operation of docs/openapi.json and docs/asyncapi.json is asked for by a method, where the server has it."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.server import ServerConnection, serve

from kaiwa import Client, Session

DOCUMENTS = Path(__file__).resolve().parents[3] / "docs"


def document(name: str) -> dict[str, Any]:
    return json.loads((DOCUMENTS / f"{name}.json").read_text())


ROUTES = {
    one["operationId"]: f"{method.upper()} {path}"
    for path, methods in document("openapi")["paths"].items()
    for method, one in methods.items()
    if "operationId" in one
}

ACTIONS = {name for name, one in document("asyncapi")["operations"].items() if one["action"] == "receive"} - {"ping"}
"""To ping is the connection's own business."""

LARGE = 5 * 1024 * 1024

ANYTHING: dict[str, Any] = {
    "userId": "ann",
    "accessToken": "a",
    "refreshToken": "r",
    "expiresIn": 3600,
    "session": "s",
    "ticket": "t",
    "keepAliveSeconds": 300,
    "serverTime": "2026-01-01T00:00:00Z",
    "connectionExpiresAt": "2026-01-01T02:00:00Z",
    "chatId": "c",
    "messageId": "m",
    "senderId": "ann",
    "clientMessageId": "none",
    "sentAt": "2026-01-01T00:00:00Z",
    "seq": 1,
    "call": {},
    "deviceId": "d",
    "readSeq": 1,
    "memberIds": [],
    "admins": [],
    "lastSeq": 0,
    "hasMore": False,
    "users": [],
    "chats": [],
    "blocks": [],
    "events": [],
    "messages": [],
    "files": [],
    "fileId": "f",
    "upload": {"method": "PUT", "parts": [{"number": 1, "url": "http://store/part", "size": LARGE}]},
}
MESSAGE: Any = ANYTHING

ACTS: dict[str, Callable[[Client], Awaitable[Any]]] = {
    "registerUser": lambda client: client.register("ann", "e", "p"),
    "confirmUser": lambda client: client.confirm("e", "1"),
    "resendConfirmation": lambda client: client.resend_code("e"),
    "logIn": lambda client: client.log_in("e", "p"),
    "refreshSession": lambda client: client.refresh(),
    "signOut": lambda client: client.sign_out(),
    "forgotPassword": lambda client: client.forgot_password("e"),
    "resetPassword": lambda client: client.reset_password("e", "1", "p"),
    "updateUser": lambda client: client.update_user(display_name="Ann"),
    "deleteUser": lambda client: client.delete_user(),
    "getUser": lambda client: client.get_user("bob"),
    "findUsers": lambda client: client.find_users("bo"),
    "blockUser": lambda client: client.block("bob"),
    "unblockUser": lambda client: client.unblock("bob"),
    "listBlocks": lambda client: client.list_blocks(),
    "createTicket": lambda client: client.connect(),
    "hello": lambda client: client.connect(),
    "createChat": lambda client: client.start_direct_chat("bob"),
    "listChats": lambda client: client.list_chats(),
    "getChat": lambda client: client.get_chat("c"),
    "updateChat": lambda client: client.update_chat("c", name="Trip"),
    "addMembers": lambda client: client.add_members("c", ["bob"]),
    "removeMember": lambda client: client.remove_member("c", "bob"),
    "setAdmin": lambda client: client.set_admin("c", "bob", admin=False),
    "getChatHistory": lambda client: client.history("c", before=9),
    "getEvents": lambda client: client.get_events("c", 1),
    "sendMessage": lambda client: client.send("c", "hello"),
    "editMessage": lambda client: client.edit(MESSAGE, "hello"),
    "deleteMessage": lambda client: client.delete(MESSAGE),
    "addReaction": lambda client: client.react(MESSAGE, "👍"),
    "removeReaction": lambda client: client.unreact(MESSAGE, "👍"),
    "markRead": lambda client: client.mark_read("c", 1),
    "setTyping": lambda client: client.set_typing("c"),
    "getPresence": lambda client: client.presence(["bob"]),
    "getIceServers": lambda client: client.get_ice_servers(),
    "startCall": lambda client: client.start_call("audio", callee_ids=["bob"]),
    "acceptCall": lambda client: client.accept_call("k"),
    "rejectCall": lambda client: client.reject_call("k"),
    "endCall": lambda client: client.end_call("k", "hangup"),
    "getCall": lambda client: client.get_call("k"),
    "listCalls": lambda client: client.list_calls(),
    "sendSignal": lambda client: client.send_signal("k", "bob", {"candidate": "c"}),
    "uploadFile": lambda client: client.upload(b"x", "x.bin"),
    "createUpload": lambda client: client.upload(bytes(LARGE), "large"),
    "resumeUpload": lambda client: client.upload(bytes(LARGE), "large"),
    "completeUpload": lambda client: client.upload(bytes(LARGE), "large"),
    "downloadFile": lambda client: client.get_file("f"),
    "listFiles": lambda client: client.list_files(unfinished=True),
    "deleteFile": lambda client: client.delete_file("f"),
}


class Everything:
    """A server that says yes to everything, and what it was asked."""

    def __init__(self, refusals: int) -> None:
        self.asked: list[str] = []
        self.url = ""
        self.refusals = refusals

    def http(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "store":
            self.refusals -= 1
            return httpx.Response(403 if self.refusals >= 0 else 200)
        self.asked.append(f"{request.method} {request.url.path}")
        answer = {**ANYTHING, "url": self.url}
        if request.content.startswith(b'{"email":"e","method"'):
            answer |= {"challenge": "emailCode"}
        return httpx.Response(200, json=answer)

    async def socket(self, socket: ServerConnection) -> None:
        async for text in socket:
            frame = json.loads(text)
            self.asked.append(frame["action"])
            data = {**ANYTHING, "clientMessageId": frame.get("clientMessageId")}
            reply = {"type": "reply", "requestId": frame["requestId"], "status": 200, "data": data}
            await socket.send(json.dumps(reply))


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kaiwa.files.reconnect_delay", lambda _attempt: 0.0)


def test_no_operation_is_without_a_method_and_no_method_without_an_operation() -> None:
    assert ACTS.keys() == ROUTES.keys() | ACTIONS


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("is_online", [False, True])
def test_an_operation_is_asked_for_where_the_server_has_it(name: str, *, is_online: bool) -> None:
    # Some only make sense on a socket, and the outbox waits for one.
    needs_socket = name not in ROUTES or name == "sendMessage"

    async def main() -> None:
        everything = Everything(refusals=1 if name == "resumeUpload" else 0)
        async with (
            serve(everything.socket, "127.0.0.1", 0) as server,
            httpx.AsyncClient(transport=httpx.MockTransport(everything.http)) as http,
            Client("http://api.test", session=Session("ann", "a", "r", 9e9), http=http) as client,
        ):
            host, port = next(iter(server.sockets)).getsockname()[:2]
            everything.url = f"ws://{host}:{port}"
            if is_online or needs_socket:
                await client.connect()
            if name not in {"createTicket", "hello"}:
                everything.asked.clear()
            await asyncio.wait_for(ACTS[name](client), 5)
            assert any(is_at(name, asked) for asked in everything.asked), everything.asked

    asyncio.run(main())


def is_at(name: str, asked: str) -> bool:
    route = re.sub(r"\{\w+\}", "[^/]+", ROUTES.get(name, "nowhere"))
    return re.fullmatch(route, asked) is not None or (name in ACTIONS and asked == name)
