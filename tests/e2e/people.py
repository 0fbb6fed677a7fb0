"""Ann, Bob and Eve, with real accounts, over real connections."""

import json
import secrets
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, TypeVar

import httpx
from websockets.sync.client import connect

Frame = dict[str, Any]
Result = TypeVar("Result")

# Seconds for any single answer; the first call of a function starts an interpreter.
TIMEOUT = 30.0


class Socket:
    """One device's open socket."""

    def __init__(self, url: str) -> None:
        self._closing = ExitStack()
        self._connection = self._closing.enter_context(connect(url, open_timeout=TIMEOUT))
        self._pushed: list[Frame] = []

    def ask(self, action: str, **fields: Any) -> Frame:
        """Send an action and return its reply. Pushes that come before it are kept for later."""
        return self.exchange(json.dumps({"action": action, "requestId": secrets.token_hex(4), **fields}))

    def exchange(self, frame: str | bytes) -> Frame:
        """Send a frame as it is and return what is answered."""
        return json.loads(self.exchange_raw(frame))

    def exchange_raw(self, frame: str | bytes) -> str:
        """Send a frame as it is and return the answer as it is."""
        self._connection.send(frame)
        while True:
            text = self._connection.recv(TIMEOUT, decode=True)
            answer = json.loads(text)
            if answer.get("type") in {"reply", "pong"} or "type" not in answer:
                return text
            self._pushed.append(answer)

    def pushes(self) -> list[Frame]:
        """Return everything pushed since the last look, but for who came and went."""
        return [frame for frame in self.all_pushes() if frame["type"] != "presence.changed"]

    def all_pushes(self) -> list[Frame]:
        """Return everything pushed since the last look.

        What is pushed is on its way before the request that caused it is answered, so a ping sent after that answer
        comes back behind it: nothing has to be waited for, and nothing is missed.
        """
        assert self.exchange('{"action": "ping"}') == {"type": "pong"}
        pushed, self._pushed = self._pushed, []
        return pushed

    def awaits(self, kind: str) -> Frame:
        """Return the next push of a kind that nothing we asked for leads to, and so nothing is answered after."""
        while True:
            for frame in self._pushed:
                if frame["type"] == kind:
                    self._pushed.remove(frame)
                    return frame
            self._pushed.append(json.loads(self._connection.recv(TIMEOUT, decode=True)))

    def hears(self) -> list[str]:
        """Return the texts of the messages pushed since the last look."""
        return [frame["message"]["text"] for frame in self.pushes() if frame["type"] == "message.created"]

    def close(self) -> None:
        self._closing.close()


class Person:
    """Somebody with an account, who is logged in."""

    def __init__(self, http: httpx.Client, nickname: str, username: str | None = None) -> None:
        self.http = http
        self.username = username or f"{nickname}-{secrets.token_hex(4)}"
        self.email = f"{self.username}@example.com".lower()
        self.password = f"Aa1-{secrets.token_urlsafe(12)}"
        self._sockets: list[Socket] = []
        fields = {"username": self.username, "email": self.email, "password": self.password}
        self.account: Frame = created(http.post("/users", json=fields))
        self.user_id: str = self.account["userId"]
        self.session: Frame = self.log_in().raise_for_status().json()

    def log_in(self) -> httpx.Response:
        return self.http.post("/sessions", json={"email": self.email, "password": self.password})

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.http.get(path, params=query, headers=self.authorization)

    def post(self, path: str, fields: Any = None) -> httpx.Response:
        return self.http.post(path, json=fields, headers=self.authorization)

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.session['accessToken']}"}

    def ticket(self, device_id: str | None = None) -> Frame:
        return created(self.post("/tickets", {"deviceId": device_id} if device_id else {}))

    def open_socket(self, device_id: str | None = None) -> Socket:
        ticket = self.ticket(device_id)
        socket = Socket(address(ticket))
        self._sockets.append(socket)
        return socket

    def leave(self) -> None:
        for socket in self._sockets:
            socket.close()

    # The conversation

    def start_chat(self, *others: "Person") -> str:
        """Return the id of the direct chat with one other, or of a new group with several."""
        kind = {"kind": "direct"} if len(others) == 1 else {"kind": "group", "name": "Friends"}
        answer = self.post("/chats", {**kind, "memberIds": [one.user_id for one in others]})
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()["chatId"]

    def say(self, chat_id: str, text: str, **fields: Any) -> Frame:
        """Send a message over REST and return it."""
        return created(self.post(f"/chats/{chat_id}/messages", {"text": text, **fields}))

    def history(self, chat_id: str, **query: Any) -> list[Frame]:
        return self.get(f"/chats/{chat_id}/messages", **query).raise_for_status().json()["messages"]

    def listed(self, chat_id: str) -> Frame:
        """Return a chat as this person's list shows it."""
        chats = self.get("/chats").raise_for_status().json()["chats"]
        return next(chat for chat in chats if chat["chatId"] == chat_id)

    def __repr__(self) -> str:
        return self.username


def address(ticket: Frame) -> str:
    """Return where a ticket opens a socket."""
    return f"{ticket['url']}?ticket={ticket['ticket']}"


def created(answer: httpx.Response) -> Frame:
    assert answer.status_code == 201, answer.text
    return answer.json()


def at_once(*acts: Callable[[], Result]) -> list[Result]:
    """Do several things at the same time and return what came of them, in their order."""
    with ThreadPoolExecutor(len(acts)) as threads:
        return [future.result() for future in [threads.submit(act) for act in acts]]


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something that is told to nobody."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def without_request_id(answers: Iterable[httpx.Response]) -> list[tuple[int, str, bytes]]:
    """Return what of these answers a client can tell apart, less the request's own id."""
    return [
        (
            answer.status_code,
            answer.headers["content-type"],
            answer.content.replace(answer.json()["requestId"].encode(), b""),
        )
        for answer in answers
    ]
