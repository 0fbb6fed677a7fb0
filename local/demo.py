"""`make demo`: ann and bob hold a conversation in this terminal, over the stack of `make run` or one of its own."""

import asyncio
import json
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from local import ports, progress
from local.errors import LocalError
from local.run import ENDPOINTS, INTERRUPTED, interruptible
from local.stack import Stack, answers

# Seconds for any single answer; the first call of a function starts an interpreter.
TIMEOUT = 30.0

COLOURS = {"ann": "36", "bob": "35"}


@dataclass
class Person:
    """Somebody with an account, and a socket while connected."""

    nickname: str
    http: httpx.AsyncClient
    user_id: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    seen: int = 0
    pushes: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    replies: dict[str, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)
    _socket: ClientConnection | None = None
    _reading: asyncio.Task[None] | None = None

    async def register(self) -> None:
        """Make an account with a name nobody has yet, and log in."""
        name = f"{self.nickname}_{secrets.token_hex(3)}"
        login = {"email": f"{name}@example.com", "password": f"Aa1!{secrets.token_urlsafe(12)}"}
        self.user_id = (await self.post("/users", {"username": name, **login}))["userId"]
        session = await self.post("/sessions", login)
        self.headers = {"Authorization": f"Bearer {session['accessToken']}"}
        say(self.nickname, f"registered as {name} and logged in")

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Call the REST API.

        Raises:
            LocalError: It refused.
        """
        response = await self.http.post(path, json=body, headers=self.headers)
        content: dict[str, Any] = response.json()
        if response.is_error:
            raise LocalError(f"POST {path} answered {response.status_code}: {content.get('detail', content)}")
        return content

    async def connect(self) -> None:
        """Open a socket with a fresh ticket."""
        ticket = await self.post("/tickets", {})
        self._socket = await connect(f"{ticket['url']}?ticket={ticket['ticket']}", open_timeout=TIMEOUT)
        self._reading = asyncio.create_task(self._read(self._socket))
        await self.call("hello")

    async def disconnect(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            await self._socket.close()
        if self._reading is not None:
            await self._reading

    async def call(self, action: str, **fields: Any) -> dict[str, Any]:
        """Send an action and return the data of its reply.

        Raises:
            LocalError: It refused, or nobody is connected.
        """
        if self._socket is None:
            raise LocalError(f"Expected {self.nickname} to be connected.")
        request_id = str(next(self._numbers))
        reply = self.replies[request_id] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"action": action, "requestId": request_id, **fields}))
        frame = await asyncio.wait_for(reply, TIMEOUT)
        if "error" in frame:
            raise LocalError(f"{action} answered {frame['status']}: {frame['error']['message']}")
        data: dict[str, Any] = frame["data"]
        return data

    async def send(self, chat_id: str, text: str) -> None:
        """Send a message; the reply says that it is stored."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        message = await self.call("sendMessage", chatId=chat_id, text=text, clientMessageId=secrets.token_hex(8))
        say(self.nickname, text, f"stored as #{message['seq']} in {(loop.time() - started) * 1000:.0f} ms")

    async def hear(self) -> None:
        """Wait for the next message pushed to this person."""
        while True:
            push = await asyncio.wait_for(self.pushes.get(), TIMEOUT)
            if push["type"] == "message.created":
                self.seen = push["seq"]
                say(self.nickname, f"hears “{push['message']['text']}”", quiet=True)
                return

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            frame = json.loads(text)
            if frame["type"] == "reply":
                self.replies.pop(frame["requestId"]).set_result(frame)
            else:
                self.pushes.put_nowait(frame)


def say(nickname: str, text: str, note: str = "", *, quiet: bool = False) -> None:
    """Print what somebody says or, quietly, what happens to them."""
    if sys.stdout.isatty():
        name = f"\033[1;{COLOURS[nickname]}m{nickname}\033[0m"
        text = f"\033[2m{text}\033[0m" if quiet else text
        note = f"\033[2m{note}\033[0m" if note else ""
    else:
        name = nickname
    print(f"  {name}  {text}{'   ' if note else ''}{note}", flush=True)


async def converse(api_url: str) -> None:
    """Let ann and bob meet, talk, lose each other, come back, and read it all again."""
    async with httpx.AsyncClient(base_url=api_url, timeout=TIMEOUT) as http:
        ann, bob = Person("ann", http), Person("bob", http)
        for person in (ann, bob):
            await person.register()
            await person.connect()
        chat = await ann.call("createChat", kind="direct", memberIds=[bob.user_id])
        chat_id = chat["chatId"]

        print("\n  A conversation\n")
        lines = [
            (ann, bob, "Hello Bob, is this thing on?"),
            (bob, ann, "It is! おはよう 👋"),
            (ann, bob, "That was quick."),
        ]
        for speaker, listener, text in lines:
            await speaker.send(chat_id, text)
            await listener.hear()

        print("\n  bob's train enters a tunnel\n")
        await bob.disconnect()
        await ann.send(chat_id, "Are you still there?")
        await ann.send(chat_id, "I'll wait.")
        await bob.connect()
        missed = await bob.call("getChatHistory", chatId=chat_id, after=bob.seen)
        say("bob", f"is back, and fetches the {len(missed['messages'])} messages missed", quiet=True)
        await bob.send(chat_id, "Back again, and I have read every word.")
        await ann.hear()

        print("\n  The history, as the server keeps it\n")
        history = await ann.call("getChatHistory", chatId=chat_id)
        names = {ann.user_id: "ann", bob.user_id: "bob"}
        for message in history["messages"]:
            at = datetime.fromisoformat(message["sentAt"]).astimezone().strftime("%H:%M:%S")
            say(names[message["senderId"]], f"{at}  #{message['seq']}  {message['text']}")
        for person in (ann, bob):
            await person.disconnect()
        print()


@contextmanager
def running_api() -> Iterator[str]:
    """Give the address of a running stack's REST API: that of `make run`, or of one that lives as long as the demo."""
    if ENDPOINTS.exists():
        endpoints = json.loads(ENDPOINTS.read_text())
        if answers(endpoints["awsEndpoint"]):
            yield endpoints["apiUrl"]
            return
    print("  `make run` is not running, so this starts a stack of its own:\n")
    with (
        tempfile.TemporaryDirectory(prefix="kaiwa-demo-") as directory,
        Stack(Path(directory), ports.free(), ["http://127.0.0.1:8080"], progress.step) as stack,
    ):
        print()
        yield stack.endpoints.api_url


def main() -> int:
    """Run the demo and return the exit code."""
    try:
        with interruptible(), running_api() as api_url:
            asyncio.run(converse(api_url))
    except (LocalError, httpx.HTTPError, WebSocketException, OSError) as error:
        print(f"kaiwa: {error or 'no answer in time'}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
