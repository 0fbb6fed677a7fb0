"""The answering machine over a line that is lost at the worst moments."""

import asyncio
import gc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import answering_machine
import pytest
from answering_machine import Machine

from kaiwa import Client, ConnectionLost, KaiwaError, NotFound

RINGING = {"type": "call.ringing", "call": {"callId": "call"}}
ENDED = {"type": "call.ended", "call": {"callId": "call"}}


class Caller:
    """A client that somebody calls. Operations fail as they are told to."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[Any] = asyncio.Queue()
        self.faults: dict[str, KaiwaError] = {}
        self.sent: list[str] = []
        self.asked: list[str] = []
        self.was_asked = asyncio.Event()
        self.on_state: Any = None

    async def events(self) -> AsyncIterator[Any]:
        while frame := await self.frames.get():
            yield frame

    async def _ask(self, operation: str) -> None:
        self.asked.append(operation)
        self.was_asked.set()
        if fault := self.faults.pop(operation, None):
            raise fault

    async def accept_call(self, _call_id: str) -> Any:
        await self._ask("acceptCall")
        return {"call": {"callId": "call", "callerId": "ann"}}

    async def end_call(self, _call_id: str) -> None:
        await self._ask("endCall")

    async def start_direct_chat(self, _user_id: str) -> Any:
        return {"chatId": "c"}

    async def upload(self, path: Path) -> Any:
        await self._ask("uploadFile")
        return {"fileId": path.name}

    async def send(self, _chat_id: str, _text: str, *, file_ids: list[str]) -> None:
        self.sent += file_ids

    async def asks(self, operation: str, times: int = 1) -> None:
        while self.asked.count(operation) < times:
            self.was_asked.clear()
            await self.was_asked.wait()


class Recording:
    """What is said, without a line to say it on."""

    def __init__(self, _client: Client, joined: Any, path: Path) -> None:
        self.call = joined["call"]
        self.path = path

    async def end(self) -> None:
        pass


@pytest.fixture(autouse=True)
def _no_media(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering_machine, "Answer", Recording)


async def answers(caller: Caller, *frames: Any) -> None:
    """Let a machine answer whoever calls, until the client is closed."""
    for frame in frames:
        caller.frames.put_nowait(frame)
    caller.frames.put_nowait(None)
    await asyncio.wait_for(Machine(cast(Client, caller), Path()).run(), 5)


@pytest.mark.parametrize("fault", [ConnectionLost("gone"), NotFound(404, {})], ids=["lost", "refused"])
@pytest.mark.parametrize("operation", ["acceptCall", "uploadFile"])
def test_what_fails_costs_one_call_alone(operation: str, fault: KaiwaError) -> None:
    async def main() -> None:
        caller = Caller()
        caller.faults = {operation: fault}
        await answers(caller, RINGING, ENDED, RINGING, ENDED)
        assert caller.sent == ["call.wav"]

    asyncio.run(main())


def test_a_recording_is_kept_also_where_nobody_hears_the_hanging_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering_machine, "MOST_SECONDS", 0.0)

    async def main() -> None:
        caller = Caller()
        caller.faults = {"endCall": ConnectionLost("gone")}
        machine = asyncio.create_task(Machine(cast(Client, caller), Path()).run())
        caller.frames.put_nowait(RINGING)
        await caller.asks("uploadFile")
        caller.frames.put_nowait(RINGING)
        await caller.asks("acceptCall", times=2)
        await caller.asks("uploadFile", times=2)
        caller.frames.put_nowait(None)
        await machine
        assert caller.sent == ["call.wav"] * 2

    asyncio.run(asyncio.wait_for(main(), 5))


def test_coming_back_may_fail_too() -> None:
    async def main() -> None:
        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context))
        caller = Caller()
        machine = asyncio.create_task(Machine(cast(Client, caller), Path()).run())
        caller.frames.put_nowait(RINGING)
        await caller.asks("acceptCall")
        await asyncio.sleep(0)
        caller.faults = {"acceptCall": ConnectionLost("gone")}
        caller.on_state(True)
        await caller.asks("acceptCall", times=2)
        caller.frames.put_nowait(ENDED)
        caller.frames.put_nowait(None)
        await machine
        # An error that nobody looks at is told once nothing holds it.
        del machine, caller
        gc.collect()
        assert told == []

    asyncio.run(asyncio.wait_for(main(), 5))
