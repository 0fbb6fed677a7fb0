"""The REST side: JSON in and out, tokens added and renewed."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, cast
from urllib.parse import quote

import httpx

from kaiwa.errors import ConnectionLost, Unauthenticated, problem
from kaiwa.session import Session
from kaiwa.shapes import Tokens

ROUTES = {
    "registerUser": "POST /users",
    "confirmUser": "POST /users/confirmation",
    "resendConfirmation": "POST /users/confirmation/resend",
    "logIn": "POST /sessions",
    "refreshSession": "POST /sessions/refresh",
    "signOut": "DELETE /sessions",
    "forgotPassword": "POST /passwords/forgot",
    "resetPassword": "POST /passwords/reset",
    "getUser": "GET /users/{userId}",
    "findUsers": "GET /users",
    "updateUser": "PATCH /users/me",
    "deleteUser": "DELETE /users/me",
    "blockUser": "PUT /users/me/blocks/{userId}",
    "unblockUser": "DELETE /users/me/blocks/{userId}",
    "listBlocks": "GET /users/me/blocks",
    "createTicket": "POST /tickets",
    "createChat": "POST /chats",
    "listChats": "GET /chats",
    "getChat": "GET /chats/{chatId}",
    "updateChat": "PATCH /chats/{chatId}",
    "addMembers": "POST /chats/{chatId}/members",
    "removeMember": "DELETE /chats/{chatId}/members/{userId}",
    "setAdmin": "PUT /chats/{chatId}/admins/{userId}",
    "getChatHistory": "GET /chats/{chatId}/messages",
    "sendMessage": "POST /chats/{chatId}/messages",
    "editMessage": "PATCH /chats/{chatId}/messages/{messageId}",
    "deleteMessage": "DELETE /chats/{chatId}/messages/{messageId}",
    "addReaction": "PUT /chats/{chatId}/messages/{messageId}/reactions/{emoji}",
    "removeReaction": "DELETE /chats/{chatId}/messages/{messageId}/reactions/{emoji}",
    "markRead": "PUT /chats/{chatId}/read",
    "getEvents": "GET /chats/{chatId}/events",
    "getPresence": "POST /presence",
    "startCall": "POST /calls",
    "acceptCall": "POST /calls/{callId}/accept",
    "rejectCall": "POST /calls/{callId}/reject",
    "endCall": "POST /calls/{callId}/end",
    "getCall": "GET /calls/{callId}",
    "listCalls": "GET /calls",
    "getIceServers": "GET /ice-servers",
    "uploadFile": "POST /files",
    "createUpload": "POST /files/uploads",
    "resumeUpload": "POST /files/{fileId}/parts",
    "completeUpload": "POST /files/{fileId}/complete",
    "downloadFile": "GET /files/{fileId}",
    "listFiles": "GET /files",
    "deleteFile": "DELETE /files/{fileId}",
}
"""Where each operation is."""

PUBLIC = {
    "registerUser",
    "confirmUser",
    "resendConfirmation",
    "logIn",
    "refreshSession",
    "forgotPassword",
    "resetPassword",
}
"""Operations that need nobody to be logged in."""

PIECE_BYTES = 64 * 1024
"""Bytes that are written at once, as httpx does with the file of a form."""

MOVE_TIMEOUT = httpx.Timeout(30.0, read=180.0)
"""Seconds for each piece, and for the answer. The system has up to 4 MiB that were written but are still to be sent: so
much takes 180 s at 200 kbit/s."""

NULL: Final = object()
"""The value of a field that is to be emptied."""


class Rest:
    """Calls operations by HTTP, in the name of whoever is logged in."""

    def __init__(self, http: httpx.AsyncClient, api_url: str, session: Session | None) -> None:
        """Begin with a session, or with nobody logged in.

        Args:
            http: What carries the requests, with its time-outs.
            api_url: Where the API is.
            session: One that was kept.
        """
        self.session = session
        self._http = http
        self._url = api_url.rstrip("/")
        self._renewing = asyncio.Lock()

    async def call(self, operation: str, **fields: Any) -> Any:
        """Call an operation. A token that is refused is renewed once.

        Raises:
            Problem: The server said no.
            ConnectionLost: No answer came.
        """
        if operation in PUBLIC:
            return await self._send(operation, fields, {})
        token = await self._token()
        try:
            return await self._send(operation, fields, {"Authorization": f"Bearer {token}"})
        except Unauthenticated:
            token = await self._token(refused=token)
        return await self._send(operation, fields, {"Authorization": f"Bearer {token}"})

    async def refresh(self) -> Session:
        """Renew the session.

        Raises:
            Unauthenticated: It has ended, or nobody is logged in.
        """
        await self._token(refused=self.session.access_token if self.session else None)
        return cast(Session, self.session)

    def keep(self, tokens: Tokens) -> Session:
        """Go on with the session of these tokens."""
        self.session = Session.of(tokens, time.time())
        return self.session

    async def _token(self, refused: str | None = None) -> str:
        """Return an access token, renewed once however many requests ask for that at the same time."""
        async with self._renewing:
            session = self.session
            if not session:
                raise Unauthenticated(401, {"code": "unauthenticated", "message": "Nobody is logged in."})
            if session.access_token == refused or session.is_stale(time.time()):
                session = self.keep(await self._send("refreshSession", {"refreshToken": session.refresh_token}, {}))
            return session.access_token

    async def _send(self, operation: str, fields: Mapping[str, Any], headers: dict[str, str]) -> Any:
        method, path, rest = request_line(operation, fields)
        kind, body = content_of(operation, method, rest)
        try:
            response = await self._http.request(method, self._url + path, headers={**kind, **headers}, **body)
        except httpx.RequestError as error:
            raise ConnectionLost("The server could not be reached.") from error
        try:
            answer = response.json() if response.content else None
        except ValueError as error:
            if not response.is_error:
                # A network that wants one to log in answers so, in the place of the server.
                raise ConnectionLost("What answered is not the server.") from error
            answer = None
        if response.is_error:
            described = answer if isinstance(answer, dict) else {}
            waiting = response.headers.get("retry-after", "")
            if waiting.isdecimal():
                described = {"retryAfter": float(waiting), **described}
            raise problem(response.status_code, described)
        return answer


def request_line(operation: str, fields: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Return an operation's method and path, and those of its fields that the path does not hold.

    A field that is None is one that was not given; one that is NULL is to be emptied.
    """
    method, path = ROUTES[operation].split()
    rest = {name: None if value is NULL else value for name, value in fields.items() if value is not None}
    path = re.sub(r"\{(\w+)\}", lambda found: quote(str(rest.pop(found[1])), safe=""), path)
    return method, path, rest


def content_of(operation: str, method: str, fields: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the headers of a request that carries these fields, and how it carries them."""
    if operation == "uploadFile":
        # RFC 8187 knows fewer characters that need no escape than other URLs do.
        name = quote(fields["name"], safe="")
        disposition = f"attachment; filename*=UTF-8''{name}"
        headers = {"Content-Type": fields["contentType"], "Content-Disposition": disposition}
        length, body = in_pieces(fields["content"])
        return {**headers, **length}, body
    if operation == "downloadFile":
        return {"Accept": "application/json"}, {}
    return {}, {"params" if method in {"GET", "DELETE"} else "json": fields}


def in_pieces(content: bytes) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the headers and the body of a request that carries bytes piece by piece.

    A time-out counts for each piece then, so a slow line is told from one that is lost however much it has to carry.
    """

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(content), PIECE_BYTES):
            yield content[start : start + PIECE_BYTES]

    return {"Content-Length": str(len(content))}, {"content": pieces(), "timeout": MOVE_TIMEOUT}
