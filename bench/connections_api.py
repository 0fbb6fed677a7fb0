"""A stand-in for ``@connections``: it answers each post after a while, in a process of its own.

Its own work is thereby not counted as that of the clients that are measured.
"""

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class _Post(asyncio.Protocol):
    """One connection of a client, which sends a request after the other."""

    delay_seconds = 0.0

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        while end:
            length = next(
                int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
            )
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            asyncio.get_running_loop().call_later(self.delay_seconds, self._answer)
            head, end, rest = self._buffer.partition(b"\r\n\r\n")

    def _answer(self) -> None:
        self._transport.write(ANSWER)


async def _serve(ready: Connection, delay_seconds: float) -> None:
    _Post.delay_seconds = delay_seconds
    server = await asyncio.get_running_loop().create_server(_Post, "127.0.0.1", 0, backlog=1024)
    ready.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _run(ready: Connection, delay_seconds: float) -> None:
    asyncio.run(_serve(ready, delay_seconds))


@contextmanager
def answering(delay_seconds: float) -> Iterator[str]:
    """Give the address of a server that answers every post after this long."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(there, delay_seconds), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()
