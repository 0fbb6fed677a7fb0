"""Ann, Bob and Eve."""

import base64
import json
from functools import cached_property
from typing import Any
from urllib.parse import quote

from tests.gateway import Answer, Gateway, Socket, recorded, request_line

PASSWORD = "Correct-Horse-9"

BYTES = "application/octet-stream"

HTTP = "http"
SOCKET = "socket"


class Person:
    """Somebody whose requests carry an access token."""

    def __init__(self, gateway: Gateway, username: str, user_id: str) -> None:
        self.username = username
        self.email = mail_of(username)
        self.gateway = gateway
        self.user_id = user_id
        recorded_claims = recorded("http")["requestContext"]["authorizer"]["jwt"]["claims"]
        self.claims: dict[str, str] = {**recorded_claims, "sub": self.user_id, "username": self.user_id}

    @classmethod
    def register(cls, gateway: Gateway, username: str) -> "Person":
        """Make somebody who has an account."""
        account = visit(gateway, "registerUser", username=username, email=mail_of(username), password=PASSWORD)
        assert account.status == 201, account
        person = cls(gateway, username, account.data["userId"])
        # A warm process has read the user. What reading costs is a test of its own.
        assert person.ask("getUser", userId="me").status == 200
        return person

    @cached_property
    def session(self) -> dict[str, Any]:
        """The tokens of a log-in."""
        session = visit(self.gateway, "logIn", email=self.email, password=PASSWORD)
        assert session.status == 200, session
        return session.data

    def ask(self, operation: str, over: str = HTTP, **fields: Any) -> Answer:
        """Ask for an operation over HTTP, or over a socket that is opened for the first such question."""
        if over == SOCKET:
            return self.standing_socket.ask(operation, **fields)
        method, path, rest = request_line(operation, fields)
        return self.request(method, path, rest)

    def request(self, method: str, path: str, fields: dict[str, Any] | str | bytes | None = None) -> Answer:
        """Make an HTTP request with one's access token."""
        if method in {"GET", "DELETE"} and isinstance(fields, dict):
            return self.gateway.http(method, path, claims=self.claims, query=fields)
        return self.gateway.http(method, path, claims=self.claims, body=fields)

    def upload(self, content: bytes = b"hello", name: str = "a.bin", content_type: str = BYTES) -> Answer:
        """Upload a file in one request."""
        headers = {"content-type": content_type, "content-disposition": attachment(name)}
        return self.gateway.http("POST", "/files", claims=self.claims, body=content, headers=headers)

    def download(self, file_id: str) -> Answer:
        """Ask where a file is fetched from."""
        path, headers = f"/files/{file_id}", {"accept": "application/json"}
        return self.gateway.http("GET", path, claims=self.claims, headers=headers)

    @cached_property
    def standing_socket(self) -> Socket:
        """The socket for questions over a socket."""
        return self.open_socket()

    def open_socket(self, device_id: str | None = None) -> Socket:
        """Get a ticket and open a socket with it."""
        status, socket = self.gateway.connect(self.ticket(device_id))
        assert socket, f"The handshake was answered with {status}."
        return socket

    def ticket(self, device_id: str | None = None) -> str:
        fields = {"deviceId": device_id} if device_id else {}
        return self.ask("createTicket", **fields).data["ticket"]

    # The conversation

    def start_chat(self, *others: "Person") -> str:
        """Return the id of the direct chat with one other, or of a new group with several."""
        kind = {"kind": "direct"} if len(others) == 1 else {"kind": "group", "name": "Friends"}
        answer = self.ask("createChat", memberIds=[one.user_id for one in others], **kind)
        assert answer.status in {200, 201}, answer
        return answer.data["chatId"]

    def say(self, chat_id: str, text: str, over: str = HTTP, **fields: Any) -> dict[str, Any]:
        """Send a message and return it."""
        answer = self.ask("sendMessage", over, chatId=chat_id, text=text, **fields)
        assert answer.status in {200, 201}, answer
        return answer.data

    def texts(self, chat_id: str, **fields: Any) -> list[str]:
        """Return what stands in the chat's history."""
        return [message["text"] for message in self.ask("getChatHistory", chatId=chat_id, **fields).data["messages"]]

    def __repr__(self) -> str:
        return self.username


def attachment(name: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def mail_of(username: str) -> str:
    return f"{username}@example.com"


def visit(gateway: Gateway, operation: str, **fields: Any) -> Answer:
    """Ask for a public operation, without a token."""
    method, path, rest = request_line(operation, fields)
    return gateway.http(method, path, body=rest)


def claims(token: str) -> dict[str, str]:
    """Return a token's claims as API Gateway's JWT authorizer hands them on: every one of them a string."""
    payload = token.split(".")[1]
    described = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in described.items()}
