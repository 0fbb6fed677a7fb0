"""`make soak`: a thousand idle sockets and a steady load, for ten minutes, with nothing lost and nothing doubled.

The load comes from the Python client, as an application would send it. In each chat there is also a witness with a bare
socket, which repairs nothing: what it misses or gets twice was lost or doubled on the way. The verdict comes from
comparing what was acknowledged, what came, and what is stored; the logs stay in .build/soak, and what they say in
docs/soak.json, from where `make bench` takes it.

DURATION (seconds), SOCKETS and RATE (messages a second) change what is done.
"""

import asyncio
import json
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench.verdict import Line, problems
from kaiwa import Client
from local import ports, progress
from local.errors import LocalError
from local.stack import Stack

DURATION = 600
SOCKETS = 1_000
RATE = 5.0

CHATS = 5
MEMBERS = 4
SOCKETS_A_USER = 40
"""Below the 50 that a user may hold."""

AT_ONCE = 10
"""Sockets that are opened at the same moment; each more would have the local AWS start a process."""

PING_SECONDS = 240
PATIENCE_SECONDS = 30.0
TIMEOUT = 60.0
LOGS = Path(__file__).parent.parent / ".build" / "soak"
SUMMARY = Path(__file__).parent.parent / "docs" / "soak.json"


@dataclass
class Load:
    """What is done, and what came of it."""

    seconds: float
    sockets: int
    rate: float
    acknowledged: list[Line] = field(default_factory=list)
    received: dict[str, list[Line]] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)
    closed: int = 0
    pongs: int = 0


def main() -> int:
    """Run it, and return 0 where nothing was lost or doubled."""
    load = Load(
        float(os.environ.get("DURATION") or DURATION),
        int(os.environ.get("SOCKETS") or SOCKETS),
        float(os.environ.get("RATE") or RATE),
    )
    try:
        with (
            tempfile.TemporaryDirectory(prefix="kaiwa-soak-") as directory,
            Stack(Path(directory), ports.free(), [], progress.step) as stack,
        ):
            stored = asyncio.run(_run(stack.endpoints.api_url, load))
    except LocalError as error:
        print(f"kaiwa: {error}", file=sys.stderr)
        return 1
    _keep(load, stored)
    found = problems(load.acknowledged, stored, load.received, load.members)
    if load.closed:
        found.append(f"{load.closed} of {load.sockets} idle sockets were closed")
    said = _summary(load, found)
    SUMMARY.write_text(json.dumps(asdict(said), indent=2) + "\n")
    return _tell(said, found)


@dataclass
class Summary:
    """What is to be remembered of it.

    Attributes:
        date: When, in UTC.
        sockets: How many were idle.
        closed: How many of them were closed.
        seconds: For how long the load came.
        pongs: Pings of idle sockets that were answered.
        acknowledged: Messages that senders were told are stored.
        listeners: People who listened.
        received: Messages that they received, all together.
        median: Milliseconds from sending to being told.
        slowest: The same, of the slowest of a hundred.
        problems: How many were lost, doubled, or never said.
    """

    date: str
    sockets: int
    closed: int
    seconds: float
    pongs: int
    acknowledged: int
    listeners: int
    received: int
    median: float
    slowest: float
    problems: int


def _summary(load: Load, found: list[str]) -> Summary:
    percentiles = statistics.quantiles(load.delays, n=100) if len(load.delays) > 1 else [0.0] * 99
    return Summary(
        datetime.now(UTC).strftime("%Y-%m-%d"),
        load.sockets,
        load.closed,
        load.seconds,
        load.pongs,
        len(load.acknowledged),
        len(load.received),
        sum(len(lines) for lines in load.received.values()),
        round(percentiles[49] * 1000, 1),
        round(percentiles[98] * 1000, 1),
        len(found),
    )


def _tell(said: Summary, found: list[str]) -> int:
    print(f"\n  {said.sockets:,} idle sockets, {said.seconds:.0f} s, {said.pongs:,} pings answered")
    print(f"  {said.acknowledged:,} messages acknowledged, {said.received:,} received by {said.listeners} listeners")
    print(f"  sent to acknowledged: median {said.median:.0f} ms, 99 of 100 within {said.slowest:.0f} ms")
    print(f"  logs: {LOGS.relative_to(Path.cwd())}")
    for problem in found[:20]:
        print(f"  ✗ {problem}")
    print("  ✓ nothing lost, nothing doubled\n" if not found else f"  ✗ {len(found)} problems\n")
    return 1 if found or not said.acknowledged else 0


async def _run(api_url: str, load: Load) -> list[Line]:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=api_url, timeout=TIMEOUT))
        with progress.step(f"{load.sockets:,} idle sockets"):
            await _open_idle(stack, http, load)
        with progress.step(f"{CHATS} chats of {MEMBERS} and a witness"):
            chats = [await _chat(stack, http, api_url, load) for _ in range(CHATS)]
        with progress.step(f"{load.rate:g} messages a second for {load.seconds:.0f} s"):
            await _talk(chats, load)
            await _settle(load)
        stored: list[Line] = []
        for chat_id, clients in chats:
            stored += await _history(clients[0], chat_id)
        return stored


async def _talk(chats: list[tuple[str, list[Client]]], load: Load) -> None:
    """Send at a steady rate, whoever is slow: a sender's turn does not wait for the one before."""
    began = time.monotonic()
    async with asyncio.TaskGroup() as sending:
        for number in range(int(load.seconds * load.rate)):
            await asyncio.sleep(max(0.0, began + number / load.rate - time.monotonic()))
            chat_id, clients = chats[number % len(chats)]
            sender = clients[number // len(chats) % len(clients)]
            sending.create_task(_say(sender, chat_id, f"message {number}", load))


async def _say(sender: Client, chat_id: str, text: str, load: Load) -> None:
    began = time.monotonic()
    message = await sender.send(chat_id, text)
    load.delays.append(time.monotonic() - began)
    load.acknowledged.append(Line(chat_id, message["seq"], text))


async def _settle(load: Load) -> None:
    """Wait until everybody has what was acknowledged, or for as long as anybody would."""
    until = time.monotonic() + PATIENCE_SECONDS
    in_chat = {chat_id: sum(line.chat_id == chat_id for line in load.acknowledged) for chat_id in load.members}
    meant = {
        listener: sum(in_chat[chat_id] for chat_id, members in load.members.items() if listener in members)
        for listener in load.received
    }
    while time.monotonic() < until and any(len(load.received[who]) < number for who, number in meant.items()):
        await asyncio.sleep(0.1)


async def _history(client: Client, chat_id: str) -> list[Line]:
    lines: list[Line] = []
    after = 0
    while True:
        page = await client.call("getChatHistory", chatId=chat_id, after=after, limit=100)
        lines += [Line(chat_id, one["seq"], one["text"]) for one in page["messages"]]
        if not page["hasMore"]:
            return lines
        after = page["messages"][-1]["seq"]


async def _chat(stack: AsyncExitStack, http: httpx.AsyncClient, api_url: str, load: Load) -> tuple[str, list[Client]]:
    """Make a chat of people with the Python client, and of one with a bare socket."""
    clients = []
    for _ in range(MEMBERS):
        client = await stack.enter_async_context(Client(api_url))
        name, credentials = _new()
        await client.register(name, **credentials)
        await client.log_in(**credentials)
        await client.connect()
        load.received[client.user_id] = []
        await stack.enter_async_context(_beside(_listen(client, load.received[client.user_id])))
        clients.append(client)
    witness_id, headers = await _register(http)
    socket = await _open(stack, http, headers)
    load.received[witness_id] = []
    await stack.enter_async_context(_beside(_witness(socket, load.received[witness_id])))
    others = [client.user_id for client in clients[1:]]
    chat_id = (await clients[0].start_group("soak", [*others, witness_id]))["chatId"]
    load.members[chat_id] = [*(client.user_id for client in clients), witness_id]
    return chat_id, clients


async def _listen(client: Client, log: list[Line]) -> None:
    async for event in client.events():
        if event["type"] == "message.created":
            log.append(Line(event["chatId"], event["seq"], event["message"]["text"]))


async def _witness(socket: ClientConnection, log: list[Line]) -> None:
    async for text in socket:
        frame = json.loads(text)
        if frame["type"] == "message.created":
            log.append(Line(frame["chatId"], frame["seq"], frame["message"]["text"]))


async def _open_idle(stack: AsyncExitStack, http: httpx.AsyncClient, load: Load) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def open_one(headers: dict[str, str]) -> None:
        async with turns:
            socket = await _open(stack, http, headers)
        await stack.enter_async_context(_beside(_idle(socket, load)))

    left = load.sockets
    while left:
        _, headers = await _register(http)
        number = min(left, SOCKETS_A_USER)
        await asyncio.gather(*(open_one(headers) for _ in range(number)))
        left -= number


async def _idle(socket: ClientConnection, load: Load) -> None:
    """Do nothing but ping, as a client does that nobody looks at."""
    try:
        while True:
            try:
                async with asyncio.timeout(PING_SECONDS):
                    await socket.recv()
            except TimeoutError:
                await socket.send('{"action": "ping"}')
                while json.loads(await socket.recv())["type"] != "pong":
                    pass
                load.pongs += 1
    except ConnectionClosed:
        load.closed += 1


@asynccontextmanager
async def _beside(work: Any) -> AsyncIterator[None]:
    """Have something done beside the block, and end it with the block."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _open(stack: AsyncExitStack, http: httpx.AsyncClient, headers: dict[str, str]) -> ClientConnection:
    ticket = (await http.post("/tickets", headers=headers)).raise_for_status().json()
    url = f"{ticket['url']}?ticket={ticket['ticket']}"
    return await stack.enter_async_context(connect(url, open_timeout=TIMEOUT, ping_interval=None))


async def _register(http: httpx.AsyncClient) -> tuple[str, dict[str, str]]:
    name, credentials = _new()
    (await http.post("/users", json={"username": name, **credentials})).raise_for_status()
    session = (await http.post("/sessions", json=credentials)).raise_for_status().json()
    return session["userId"], {"Authorization": f"Bearer {session['accessToken']}"}


def _new() -> tuple[str, dict[str, str]]:
    name = f"soak_{secrets.token_hex(6)}"
    return name, {"email": f"{name}@example.com", "password": f"Aa1{secrets.token_urlsafe(12)}"}


def _keep(load: Load, stored: list[Line]) -> None:
    LOGS.mkdir(parents=True, exist_ok=True)
    for old in LOGS.glob("*.jsonl"):
        old.unlink()
    logs = {"acknowledged": load.acknowledged, "stored": stored}
    logs |= {f"received-{listener}": lines for listener, lines in load.received.items()}
    for name, lines in logs.items():
        (LOGS / f"{name}.jsonl").write_text("".join(json.dumps(line._asdict()) + "\n" for line in lines))


if __name__ == "__main__":
    sys.exit(main())
