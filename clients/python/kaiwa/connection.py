"""One socket from its opening to its end: replies matched with requests, and a ping in every quiet while."""

import asyncio
import itertools
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from kaiwa.errors import ConnectionLost, problem
from kaiwa.shapes import Frame

OPEN_TIMEOUT = 15.0
REPLY_TIMEOUT = 30.0
"""Seconds. A function of the server ends after 29."""

PONG_TIMEOUT = 10.0
CLOSE_TIMEOUT = 2.0

MOST_FRAME_BYTES = 32 * 1024
"""What API Gateway takes of a client in one frame."""


class Connection:
    """A socket that is open, or was."""

    def __init__(self, socket: ClientConnection, on_push: Callable[[Frame], None]) -> None:
        self._socket = socket
        self._on_push = on_push
        self._requests: dict[str, asyncio.Future[Any]] = {}
        self._numbers = itertools.count(1)
        self._heard = asyncio.Event()
        self._quiet_after: float | None = None
        self._is_retired = False
        self.closed = asyncio.create_task(self._live())

    @classmethod
    async def open(cls, url: str, ticket: str, on_push: Callable[[Frame], None]) -> Self:
        """Open a socket.

        Args:
            url: Where.
            ticket: What lets one in, once.
            on_push: Called with each pushed frame.

        Raises:
            ConnectionLost: It did not open.
        """
        try:
            # API Gateway's idle time-out counts the protocol's own ping, not that of WebSocket. A frame from it has
            # up to 128 KB.
            socket = await connect(
                f"{url}?ticket={ticket}", open_timeout=OPEN_TIMEOUT, ping_interval=None, close_timeout=CLOSE_TIMEOUT / 2
            )
        except (WebSocketException, OSError, TimeoutError) as error:
            raise ConnectionLost("The socket did not open.") from error
        return cls(socket, on_push)

    async def request(self, action: str, **fields: Any) -> Any:
        """Ask for an operation.

        Returns:
            The data of the reply.

        Raises:
            Problem: The server said no.
            ConnectionLost: The socket ended first, or no reply came.
        """
        request_id = str(next(self._numbers))
        if self.closed.done():
            raise ConnectionLost("The socket is closed.")
        reply = self._requests[request_id] = asyncio.get_running_loop().create_future()
        try:
            # A line that takes nothing more holds up the sending itself.
            async with asyncio.timeout(REPLY_TIMEOUT):
                await self._socket.send(frame_of(action, fields, request_id))
                frame = await reply
        except (ConnectionClosed, TimeoutError) as error:
            raise ConnectionLost("No reply came.") from error
        finally:
            del self._requests[request_id]
            self._close_if_done()
        if "error" in frame:
            raise problem(frame["status"], frame["error"])
        return frame.get("data")

    def keep_alive(self, interval: float) -> None:
        """Ping whenever nothing was heard for so many seconds. A socket that stays silent then is closed."""
        self._quiet_after = interval
        self._heard.set()

    def retire(self) -> None:
        """Close the socket once the replies that it owes have come. Until then its pushes still count."""
        self._is_retired = True
        self._close_if_done()

    async def close(self) -> None:
        """Close the socket."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._socket.close()
        self._socket.transport.abort()
        await asyncio.wait({self.closed})

    async def _live(self) -> None:
        pinging = asyncio.create_task(self._ping())
        try:
            async for text in self._socket:
                self._heard.set()
                self._receive(json.loads(text))
        except (ConnectionClosed, ValueError):
            pass
        finally:
            pinging.cancel()
            self._socket.transport.abort()
            for reply in self._requests.values():
                if not reply.done():
                    reply.set_exception(ConnectionLost("The socket was closed."))

    def _receive(self, frame: Frame) -> None:
        if frame.get("type") == "reply":
            reply = self._requests.get(frame.get("requestId", ""))
            if reply and not reply.done():
                reply.set_result(frame)
        elif frame.get("type") not in {"pong", None}:
            self._on_push(frame)

    async def _ping(self) -> None:
        with suppress(ConnectionClosed, TimeoutError):
            while True:
                self._heard.clear()
                try:
                    await asyncio.wait_for(self._heard.wait(), self._quiet_after)
                except TimeoutError:
                    async with asyncio.timeout(PONG_TIMEOUT):
                        await self._socket.send('{"action":"ping"}')
                        await self._heard.wait()
        self._socket.transport.abort()

    def _close_if_done(self) -> None:
        if self._is_retired and not self._requests and not self.closed.done():
            self._closing = asyncio.create_task(self._socket.close())


def frame_of(action: str, fields: dict[str, Any], request_id: str) -> str:
    """Write a request. A field that is None is one that was not given."""
    given = {name: value for name, value in fields.items() if value is not None}
    return json.dumps({"action": action, "requestId": request_id, **given}, ensure_ascii=False, separators=(",", ":"))
