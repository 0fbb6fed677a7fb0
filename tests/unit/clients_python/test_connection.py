"""A connection over a line that takes nothing more."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Self, cast

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosedError

from kaiwa import ConnectionLost
from kaiwa.connection import Connection


class Full:
    """A socket whose buffers are full: whatever is written waits until the line is given up."""

    def __init__(self) -> None:
        self.given_up = asyncio.Event()

    @property
    def transport(self) -> Self:
        return self

    def abort(self) -> None:
        self.given_up.set()

    async def send(self, _text: str) -> None:
        await self.given_up.wait()
        raise ConnectionClosedError(None, None)

    async def close(self) -> None:
        await self.given_up.wait()

    async def __aiter__(self) -> AsyncIterator[str]:
        await self.given_up.wait()
        for text in ():
            yield text


def run(test: Callable[[Connection], Awaitable[Any]]) -> None:
    async def main() -> None:
        connection = Connection(cast(ClientConnection, Full()), lambda _frame: None)
        await asyncio.wait_for(test(connection), 5)
        await connection.close()

    asyncio.run(main())


@pytest.fixture(autouse=True)
def _short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REPLY_TIMEOUT", "PONG_TIMEOUT", "CLOSE_TIMEOUT"):
        monkeypatch.setattr(f"kaiwa.connection.{name}", 0.01)


def test_a_request_that_does_not_leave_gets_no_reply() -> None:
    async def test(connection: Connection) -> None:
        with pytest.raises(ConnectionLost):
            await connection.request("listChats")

    run(test)


def test_a_line_that_does_not_take_a_ping_is_given_up() -> None:
    async def test(connection: Connection) -> None:
        connection.keep_alive(0.01)
        await connection.closed

    run(test)


def test_a_line_that_does_not_take_a_farewell_is_given_up() -> None:
    async def test(connection: Connection) -> None:
        await connection.close()
        assert connection.closed.done()

    run(test)
