"""The chat in the terminal, on a server of its own, with somebody who writes line after line."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import httpx
import pytest
from websockets.asyncio.server import serve

from kaiwa import Client, Session
from kaiwa.terminal.chat import Conversation
from kaiwa.terminal.look import Look
from tests.unit.clients_python.test_client import PATIENCE, Backend

NAMES = {"ann": "ann", "bob": "bob", "me": "ann"}


class Paper:
    """A screen that remembers."""

    is_watched = True

    def __init__(self) -> None:
        self.said: list[str] = []
        self.states: list[str] = []
        self.written: asyncio.Queue[str | None] = asyncio.Queue()
        self.changed = asyncio.Event()

    def open(self) -> AbstractContextManager[None]:
        return nullcontext()

    def say(self, text: str) -> None:
        self.said += [line.strip() for line in text.splitlines()]
        self.changed.set()

    def show_state(self, state: str) -> None:
        self.states.append(state)
        self.changed.set()

    async def lines(self) -> AsyncIterator[str]:
        while (line := await self.written.get()) is not None:
            yield line

    async def shows(self, part: str) -> str:
        """Wait for a line or a state with this in it."""
        while not (found := [line for line in [*self.said, *self.states[-1:]] if part in line]):
            self.changed.clear()
            await self.changed.wait()
        return found[-1]


class House(Backend):
    """A server with people, whose line can be down."""

    is_down = False

    def http(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if self.is_down:
            raise httpx.ConnectError("no route")
        if path.startswith("/users/"):
            user_id = path.removeprefix("/users/")
            return httpx.Response(200, json={"userId": NAMES[user_id], "username": NAMES[user_id], "displayName": "x"})
        if path == "/users":
            return httpx.Response(200, json={"users": []})
        return super().http(request)

    def answer(self, operation: str, fields: dict[str, Any]) -> Any:
        chat = {"chatId": "c", "kind": "direct", "memberIds": ["ann", "bob"], "admins": [], "lastSeq": len(self.log)}
        match operation:
            case "listChats":
                return {"chats": [chat]}
            case "getChat":
                return chat
            case "getChatHistory":
                return {"messages": [one["message"] for one in self.log], "hasMore": False}
            case "getPresence":
                return {"users": [{"userId": "bob", "online": True}]}
            case "markRead" | "setTyping":
                return {"readSeq": fields.get("seq")}
        return super().answer(operation, fields)

    def push(self, frame: dict[str, Any]) -> None:
        for socket in self.sockets:
            asyncio.get_running_loop().create_task(socket.send(json.dumps(frame)))


def run(test: Callable[[House, Paper, Conversation], Awaitable[None]], *, is_done: bool = True) -> House:
    house = House()

    async def main() -> None:
        paper = Paper()
        transport = httpx.MockTransport(house.http)
        async with (
            serve(house.socket, "127.0.0.1", 0) as house.server,
            httpx.AsyncClient(transport=transport) as http,
            Client("http://api.test", session=Session("ann", "first", "r", 9e9), http=http) as client,
        ):
            conversation = Conversation(client, Look(colours=False))
            client.on_state = conversation.note_state
            talking = asyncio.create_task(conversation.run(paper, "1"))
            await asyncio.wait_for(test(house, paper, conversation), PATIENCE)
            paper.written.put_nowait(None)
            assert await asyncio.wait_for(talking, PATIENCE) is is_done

    asyncio.run(main())
    return house


@pytest.fixture(autouse=True)
def _times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the fake server's times be times."""
    monkeypatch.setattr("kaiwa.terminal.look.moment", lambda _time: MOMENT)
    monkeypatch.setattr("kaiwa.terminal.chat.moment", lambda _time: MOMENT)


class _Moment:
    def strftime(self, _format: str) -> str:
        return "10:32"


MOMENT = _Moment()


def test_what_is_said_is_shown_and_its_way_is_told() -> None:
    async def test(house: House, paper: Paper, _conversation: Conversation) -> None:
        await paper.shows("── bob ──")
        house.say("bob", "are you there?", "m1")
        assert await paper.shows("are you there?") == "10:32  bob  are you there?  #1"
        paper.written.put_nowait("I am")
        assert await paper.shows("I am") == "10:32  ann  I am  #2"
        assert "✓ #2 sent" in await paper.shows("✓ #2")
        house.push({"type": "read.updated", "chatId": "c", "userId": "bob", "readSeq": 2})
        assert "✓✓ #2 read by bob" in await paper.shows("✓✓")
        house.push({"type": "typing", "chatId": "c", "userId": "bob", "typing": True})
        assert "bob writing …" in await paper.shows("writing")

    run(test)


def test_a_line_that_is_down_is_told_and_what_was_written_meanwhile_is_sent_once_it_is_back() -> None:
    async def test(house: House, paper: Paper, _conversation: Conversation) -> None:
        paper.written.put_nowait("now")
        await paper.shows("now  #1")
        house.is_down = True
        house.sockets[0].transport.abort()
        await paper.shows("connecting …")
        paper.written.put_nowait("later")
        assert "1 waiting for the line" in await paper.shows("waiting")
        assert len(house.log) == 1
        house.is_down = False
        assert await paper.shows("later  #2") == "10:32  ann  later  #2"
        assert [one["message"]["text"] for one in house.log] == ["now", "later"]

    run(test)


def test_lines_of_a_pipe_all_arrive_however_long_the_line_is_down() -> None:
    async def test(house: House, paper: Paper, _conversation: Conversation) -> None:
        paper.is_watched = False
        paper.written.put_nowait("zero")
        await paper.shows("zero  #1")
        house.is_down = True
        house.sockets[0].transport.abort()
        await paper.shows("connecting …")
        for line in ("one", "two", None):
            paper.written.put_nowait(line)
        await paper.shows("2 waiting")
        house.is_down = False

    house = run(test)
    assert [one["message"]["text"] for one in house.log] == ["zero", "one", "two"]


@pytest.mark.parametrize("line", ["hello", "/open nobody"])
def test_what_is_refused_is_no_success(line: str) -> None:
    async def test(house: House, paper: Paper, _conversation: Conversation) -> None:
        await paper.shows("── bob ──")
        house.refusals = [{"status": 403, "code": "blocked", "message": "Not to bob."}]
        paper.written.put_nowait(line)

    run(test, is_done=False)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("/nonsense", "There is no command /nonsense"),
        ("/open nobody", "Nobody is called nobody."),
        ("/edit #99 what", "Which message?"),
        ("/edit", "Which message?"),
        ("/send /no/such/file", "There is no file /no/such/file"),
        ("/send 'half", "I cannot read this"),
        ("/group Trip", "Who shall be in it?"),
        ("/open", "Which one?"),
        ("/help", "/react #NUMBER EMOJI"),
    ],
)
def test_what_cannot_be_done_is_explained(line: str, answer: str) -> None:
    async def test(_house: House, paper: Paper, _conversation: Conversation) -> None:
        await paper.shows("── bob ──")
        paper.written.put_nowait(line)
        await paper.shows(answer)

    run(test, is_done=line == "/help")


def test_a_message_may_begin_with_a_slash() -> None:
    async def test(house: House, paper: Paper, _conversation: Conversation) -> None:
        await paper.shows("── bob ──")
        paper.written.put_nowait("//etc is a folder")
        await paper.shows("/etc is a folder  #1")
        assert house.log[0]["message"]["text"] == "/etc is a folder"

    run(test)


def test_commands_and_names_are_completed() -> None:
    async def test(_house: House, paper: Paper, conversation: Conversation) -> None:
        await paper.shows("── bob ──")
        assert conversation.completions("/re") == ["/reply ", "/react "]
        assert conversation.completions("/open b") == ["/open bob "]
        assert conversation.completions("hello b") == []

    run(test)
