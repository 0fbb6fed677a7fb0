"""A proxy before AWS's stand-ins: it delays every call as told, and counts it.

It runs in a process of its own, so that its work is not taken for that of the code that is measured. Posts to sockets
it can answer itself, as API Gateway would where every socket is open.
"""

import asyncio
import json
import multiprocessing
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from http.client import HTTPConnection
from multiprocessing.connection import Connection
from threading import Lock, local
from typing import Any
from urllib.parse import urlsplit

from bench.meter import Costs, Meter
from bench.units import Table

EMPTY = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
SOCKETS = "/@connections/"
COSTS = "/bench/costs"

SERVICES = {
    "DynamoDB_20120810": "dynamodb",
    "AmazonSQS": "sqs",
    "AmazonSSM": "ssm",
    "AWSEvents": "events",
    "AWSCognitoIdentityProviderService": "cognito-idp",
}
"""Services by what their requests' targets begin with."""

NOT_PASSED_ON = {"transfer-encoding", "connection", "content-length"}
FORWARDED_AT_ONCE = 64


class Setting:
    """What a proxy does.

    Attributes:
        delays: How many seconds a call takes longer, by the service's name in signatures.
        upstream: Where calls go; None where only posts to sockets come, and are answered here.
        answers_posts: Whether posts to sockets are answered here.
        tables: DynamoDB's tables, whose units are to be counted.
    """

    def __init__(
        self, delays: Mapping[str, float], upstream: str | None, answers_posts: bool, tables: Mapping[str, Table]
    ) -> None:
        self.delays = dict(delays)
        self.upstream = upstream
        self.answers_posts = answers_posts
        self.tables = dict(tables)


class _Forward:
    """Passes calls on, and counts them."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.meter = Meter(setting.tables, self._ask)
        self._kept = local()
        self._lock = Lock()
        self._spans: dict[str, list[tuple[float, float]]] = {}
        self._turn = Lock()

    def costs(self) -> Costs:
        """Return what was counted since the last time."""
        with self._lock:
            costs, self.meter.costs = self.meter.costs, Costs()
            spans, self._spans = self._spans, {}
        costs.waits = {service: longest_chain(some) for service, some in spans.items()}
        return costs

    def span(self, service: str, start: float, end: float) -> None:
        """Note from when to when a call was under way."""
        self._spans.setdefault(service, []).append((start, end))

    def count(self, operation: str, sent: int, received: int) -> None:
        with self._lock:
            self.meter.costs.add(operation, sent, received)

    def pass_on(self, method: str, path: str, headers: dict[str, str], body: bytes, operation: str) -> bytes:
        """Return the answer, as it goes over the wire."""
        answer = b""

        def send() -> dict[str, Any]:
            nonlocal answer
            answer, told = self._send(method, path, headers, body)
            self.count(operation, len(body), len(told))
            return json.loads(told) if told.startswith(b"{") else {}

        if headers.get("x-amz-target", "").startswith("DynamoDB_20120810.") and self.setting.tables:
            # One at a time, so that an item is not changed by another call between two looks at it.
            with self._turn:
                self.meter.around(operation, json.loads(body), send)
        else:
            send()
        return answer

    def _ask(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        headers = {
            "x-amz-target": f"DynamoDB_20120810.{operation}",
            "content-type": "application/x-amz-json-1.0",
            # Who asks is all that the stand-in looks for in it.
            "authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, "
            "SignedHeaders=host, Signature=0",
        }
        _, told = self._send("POST", "/", headers, json.dumps(asked).encode())
        return dict(json.loads(told))

    def _send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[bytes, bytes]:
        """Return the whole answer, and its body."""
        address = urlsplit(self.setting.upstream or "")
        kept = getattr(self._kept, "connection", None)
        if kept is None:
            kept = self._kept.connection = HTTPConnection(address.netloc, timeout=60)
        own = {name: value for name, value in headers.items() if name not in NOT_PASSED_ON}
        kept.request(method, path, body, own)
        response = kept.getresponse()
        told = response.read()
        if response.will_close:
            kept.close()
        lines = [f"HTTP/1.1 {response.status} {response.reason}"]
        lines += [f"{name}: {value}" for name, value in response.getheaders() if name.lower() not in NOT_PASSED_ON]
        head = "\r\n".join([*lines, f"content-length: {len(told)}", "\r\n"]).encode("latin-1")
        return head + told, told


def longest_chain(spans: Iterable[tuple[float, float]]) -> int:
    """Return how many calls had to wait for each other at least: the most of them of which no two overlap."""
    length, ended = 0, float("-inf")
    for start, end in sorted(spans, key=lambda span: span[1]):
        if start >= ended:
            length, ended = length + 1, end
    return length


class _Client(asyncio.Protocol):
    """One connection of a client, which sends a request after the other."""

    forward: _Forward
    threads: ThreadPoolExecutor

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            whole = end + 4 + int(headers.get("content-length", 0))
            if len(self._buffer) < whole:
                return
            body, self._buffer = self._buffer[end + 4 : whole], self._buffer[whole:]
            method, path, _ = first.split(" ")
            self._take(method, path, headers, body)

    def _take(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        setting = self.forward.setting
        if path == COSTS:
            if body:
                setting.delays = json.loads(body)
            told = json.dumps(asdict(self.forward.costs())).encode()
            self._transport.write(f"HTTP/1.1 200 OK\r\ncontent-length: {len(told)}\r\n\r\n".encode() + told)
            return
        service, operation = _named(method, path, headers)
        delay = setting.delays.get(service, 0.0)
        if service == "execute-api" and setting.answers_posts:
            self.forward.count(operation, len(body), 0)
            self._answer_in(delay, EMPTY, service, time.monotonic())
        else:
            asyncio.get_running_loop().create_task(
                self._pass_on(delay, service, (method, path, headers, body, operation))
            )

    async def _pass_on(self, delay: float, service: str, request: tuple[str, str, dict[str, str], bytes, str]) -> None:
        start = time.monotonic()
        answer = await asyncio.get_running_loop().run_in_executor(self.threads, self.forward.pass_on, *request)
        self._answer_in(delay, answer, service, start)

    def _answer_in(self, delay: float, answer: bytes, service: str, start: float) -> None:
        if delay:
            asyncio.get_running_loop().call_later(delay, self._answer, answer, service, start)
        else:
            self._answer(answer, service, start)

    def _answer(self, answer: bytes, service: str, start: float) -> None:
        self.forward.span(service, start, time.monotonic())
        self._transport.write(answer)


def _named(method: str, path: str, headers: Mapping[str, str]) -> tuple[str, str]:
    """Return the service and the operation that a request is for."""
    if SOCKETS in path:
        return "execute-api", "PostToConnection" if method == "POST" else "DeleteConnection"
    service, _, operation = headers.get("x-amz-target", "").partition(".")
    return (
        (SERVICES[service], operation)
        if service in SERVICES
        else ("other", f"{method} {path.split('?', maxsplit=1)[0]}")
    )


async def _serve(ready: Connection, setting: Setting) -> None:
    _Client.forward = _Forward(setting)
    _Client.threads = ThreadPoolExecutor(FORWARDED_AT_ONCE)
    server = await asyncio.get_running_loop().create_server(_Client, "127.0.0.1", 0, backlog=1024)
    ready.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _run(ready: Connection, setting: Setting) -> None:
    asyncio.run(_serve(ready, setting))


class Proxy:
    """A running proxy, as seen from outside.

    Attributes:
        url: Where it is.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def costs(self, delays: Mapping[str, float] | None = None) -> Costs:
        """Return what was counted since the last time, and change the delays."""
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=10)
        connection.request("POST", COSTS, json.dumps(delays).encode() if delays is not None else b"")
        told = json.loads(connection.getresponse().read())
        connection.close()
        return Costs(**told)


@contextmanager
def running(
    delays: Mapping[str, float] | None = None,
    upstream: str | None = None,
    *,
    answers_posts: bool = True,
    tables: Mapping[str, Table] | None = None,
) -> Iterator[Proxy]:
    """Give a proxy that runs as long as the block does."""
    here, there = multiprocessing.Pipe()
    setting = Setting(delays or {}, upstream, answers_posts, tables or {})
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(there, setting), daemon=True)
    process.start()
    try:
        yield Proxy(f"http://127.0.0.1:{here.recv()}")
    finally:
        process.terminate()
        process.join()
