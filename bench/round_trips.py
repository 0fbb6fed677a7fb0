"""How long a frame takes from a client to its reply, on a warm socket of the local stack.

An unknown action is the floor: it passes the same socket, API Gateway and Lambda, and does no work. A sent message
takes its place in the log, is stored, and is pushed to another open socket before its reply is given. The two are
measured in turns, so that whatever else the machine does falls on both alike.
"""

import asyncio
import json
import secrets
import time
from collections.abc import Callable
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from bench.proxy import Proxy
from local.stack import Stack

WARM_UP = 50
ROUNDS = 400
TIMEOUT = 30.0

SLOW_SECONDS = 0.02
"""How much longer every call of the deployed function takes, where calls are delayed."""

Frame = dict[str, Any]


Times = dict[str, list[float]]


def delay(stack: Stack, proxy: Proxy) -> None:
    """Have the deployed SendMessage make its calls through the proxy."""
    functions = stack.client("lambda")
    name = "kaiwa-local-SendMessage"
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    for setting in ("DYNAMODB_URL", "CONNECTIONS_URL"):
        variables[setting] = variables[setting].replace(stack.aws_endpoint, proxy.url)
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


async def measure(api_url: str) -> Times:
    """Measure and return the milliseconds of each round trip, by the name of its frame."""
    async with httpx.AsyncClient(base_url=api_url, timeout=TIMEOUT) as http:
        _, ann = await _person(http, "ann")
        bob_id, bob = await _person(http, "bob")
        socket = await _socket(http, ann)
        listener = await _socket(http, bob)
        listening = asyncio.create_task(_drain(listener))
        answer = await http.post("/chats", headers=ann, json={"kind": "direct", "memberIds": [bob_id]})
        chat_id = answer.raise_for_status().json()["chatId"]
        frames: dict[str, Callable[[], Frame]] = {
            "ping": lambda: {"action": "ping"},
            "unknown action": lambda: {"action": "none"},
            "sendMessage": lambda: {
                "action": "sendMessage",
                "chatId": chat_id,
                "text": "おはよう, bob. This is about as long as messages are.",
                "clientMessageId": secrets.token_hex(8),
            },
        }
        times = await _take_turns(socket, frames)
        await socket.close()
        await listener.close()
        await listening
    return times


async def _take_turns(socket: ClientConnection, frames: dict[str, Callable[[], Frame]]) -> dict[str, list[float]]:
    """Return the milliseconds of each round trip, by name."""
    times: dict[str, list[float]] = {name: [] for name in frames}
    for round_number in range(WARM_UP + ROUNDS):
        for name, make in frames.items():
            request_id = str(round_number)
            text = json.dumps({**make(), "requestId": request_id})
            started = time.perf_counter()
            await socket.send(text)
            while (reply := json.loads(await socket.recv()))["type"] not in {"reply", "pong"}:
                pass
            elapsed = (time.perf_counter() - started) * 1000
            if name == "sendMessage" and reply["status"] != 201:
                raise RuntimeError(f"Expected a stored message, got {reply}.")
            if round_number >= WARM_UP:
                times[name].append(elapsed)
    return times


async def _person(http: httpx.AsyncClient, nickname: str) -> tuple[str, dict[str, str]]:
    """Register somebody. Returns their id and what authorizes their requests."""
    name = f"{nickname}_{secrets.token_hex(4)}"
    credentials = {"email": f"{name}@example.com", "password": f"Aa1{secrets.token_urlsafe(12)}"}
    (await http.post("/users", json={"username": name, **credentials})).raise_for_status()
    session = (await http.post("/sessions", json=credentials)).raise_for_status().json()
    return session["userId"], {"Authorization": f"Bearer {session['accessToken']}"}


async def _socket(http: httpx.AsyncClient, headers: dict[str, str]) -> ClientConnection:
    ticket = (await http.post("/tickets", headers=headers)).raise_for_status().json()
    return await connect(f"{ticket['url']}?ticket={ticket['ticket']}", open_timeout=TIMEOUT)


async def _drain(socket: ClientConnection) -> None:
    async for _ in socket:
        pass
