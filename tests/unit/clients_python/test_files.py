"""Files on their way to a store of their own, which loses lines and refuses."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from kaiwa import Client, ConnectionLost, Forbidden, NotFound, Session
from kaiwa.files import MOST_SMALL_BYTES

PART = 3 * 1024 * 1024
CONTENT = bytes(range(256)) * (4 * PART // 256) + b"the end"


class Store:
    """The API and S3 in one."""

    def __init__(self) -> None:
        self.parts: dict[int, bytes] = {}
        self.form: bytes | None = None
        self.whole: httpx.Request | None = None
        self.sent: list[int] = []
        self.asked: list[str] = []
        self.faults: list[int | Exception] = []
        self.takes_forms = False

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if request.url.host == "store":
            return self.store(request, path)
        self.asked.append(f"{request.method} {path}")
        match self.asked[-1]:
            case "POST /files":
                self.whole = request
                return httpx.Response(201, json={"fileId": "f"})
            case "POST /files/uploads" | "POST /files/f/parts":
                return httpx.Response(200, json={"fileId": "f", "upload": self.target(), "expiresAt": "later"})
            case "POST /files/f/complete":
                return httpx.Response(200, json={"fileId": "f", "size": sum(map(len, self.parts.values()))})
            case "GET /files/f":
                assert request.headers["accept"] == "application/json"
                return httpx.Response(
                    200, json={"url": "http://store/bytes", "expiresAt": "x", "file": {"fileId": "f"}}
                )
        return httpx.Response(404, json={"code": "file_not_found"})

    def target(self) -> dict[str, Any]:
        if self.takes_forms:
            return {"method": "POST", "url": "http://store/form", "fields": {"key": "k", "policy": "p"}}
        sizes = {number: len(CONTENT[(number - 1) * PART : number * PART]) for number in range(1, 6)}
        missing = [number for number in sizes if number not in self.parts]
        parts = [{"number": number, "url": f"http://store/{number}", "size": sizes[number]} for number in missing]
        return {"method": "PUT", "parts": parts}

    def store(self, request: httpx.Request, path: str) -> httpx.Response:
        assert "authorization" not in request.headers
        if self.faults and path != "/1":
            fault = self.faults.pop()
            if isinstance(fault, Exception):
                raise fault
            return httpx.Response(fault)
        if path == "/bytes":
            return httpx.Response(200, content=CONTENT)
        if path == "/form":
            self.form = request.content
            return httpx.Response(204)
        number = int(path[1:])
        self.sent.append(number)
        self.parts[number] = request.content
        return httpx.Response(200)


def run(test: Callable[[Store, Client], Awaitable[None]]) -> None:
    async def main() -> None:
        store = Store()
        async with (
            httpx.AsyncClient(transport=httpx.MockTransport(store.answer)) as http,
            Client("http://api.test", session=Session("ann", "a", "r", 9e9), http=http) as client,
        ):
            await asyncio.wait_for(test(store, client), 10)

    asyncio.run(main())


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kaiwa.files.reconnect_delay", lambda _attempt: 0.0)


def test_a_small_file_goes_in_one_request_under_its_own_name() -> None:
    async def test(store: Store, client: Client) -> None:
        await client.upload(b"hello", "お知らせ (1).png")
        assert store.whole
        assert store.whole.content == b"hello"
        assert store.whole.headers["content-type"] == "image/png"
        name = "%E3%81%8A%E7%9F%A5%E3%82%89%E3%81%9B%20%281%29.png"
        assert store.whole.headers["content-disposition"] == f"attachment; filename*=UTF-8''{name}"

    run(test)


@pytest.mark.parametrize("name", ["表.csv", "notes.txt", "page.html", "data.json", "drawing.svg", "script.js", "a.xml"])
def test_a_text_passes_the_gateway_by_whatever_its_size(name: str) -> None:
    async def test(store: Store, client: Client) -> None:
        store.takes_forms = True
        in_shift_jis = "商品,価格\n".encode("shift_jis")
        await client.upload(in_shift_jis, name)
        assert store.whole is None
        assert store.form
        assert in_shift_jis in store.form

    run(test)


def test_a_large_file_goes_in_parts_each_once_whatever_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "film.bin"
    path.write_bytes(CONTENT)

    async def test(store: Store, client: Client) -> None:
        arrived: list[int] = []
        store.faults = [403, httpx.ReadError("gone"), 503]
        await client.upload(path, progress=arrived.append)
        assert b"".join(store.parts[number] for number in sorted(store.parts)) == CONTENT
        assert sorted(store.sent) == [1, 2, 3, 4, 5]
        assert arrived[-1] == len(CONTENT)
        assert store.asked.count("POST /files/uploads") == 1
        assert store.faults == []
        assert "POST /files/f/parts" in store.asked
        assert store.asked[-1] == "POST /files/f/complete"

    run(test)


def test_a_form_has_its_fields_before_the_file() -> None:
    async def test(store: Store, client: Client) -> None:
        store.takes_forms = True
        await client.upload(bytes(MOST_SMALL_BYTES + 1), "zeros")
        assert store.form
        assert store.form.index(b'name="policy"') < store.form.index(b'name="file"')

    run(test)


class Line(httpx.AsyncBaseTransport):
    """What is written at once, and how long each step may take."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.pieces: list[int] = []
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        pieces = [piece async for piece in request.stream]
        self.pieces += [len(piece) for piece in pieces]
        self.requests.append(request)
        whole = httpx.Request(request.method, request.url, headers=request.headers, content=b"".join(pieces))
        return self._store.answer(whole)


@pytest.mark.parametrize(
    ("size", "is_form"), [(MOST_SMALL_BYTES, False), (MOST_SMALL_BYTES + 1, True), (len(CONTENT), False)]
)
def test_a_slow_line_has_the_time_it_needs(size: int, is_form: bool) -> None:
    async def main() -> None:
        store = Store()
        store.takes_forms = is_form
        line = Line(store)
        async with (
            httpx.AsyncClient(transport=line) as http,
            Client("http://api.test", session=Session("ann", "a", "r", 9e9), http=http) as client,
        ):
            await client.upload(bytes(size), "zeros")
        assert max(line.pieces) == 64 * 1024
        moves = [one for one in line.requests if int(one.headers["content-length"]) > PART / 2]
        assert sum(int(one.headers["content-length"]) for one in moves) >= size - PART / 2
        for move in moves:
            assert "transfer-encoding" not in move.headers
            assert (move.extensions["timeout"]["write"], move.extensions["timeout"]["read"]) == (30, 180)

    asyncio.run(main())


def test_what_is_refused_again_and_again_fails() -> None:
    async def test(store: Store, client: Client) -> None:
        store.takes_forms = True
        store.faults = [403] * 5
        with pytest.raises(Forbidden):
            await client.upload(bytes(MOST_SMALL_BYTES + 1), "zeros")
        assert store.faults == []

    run(test)


def test_bytes_need_a_name() -> None:
    async def test(_store: Store, client: Client) -> None:
        with pytest.raises(ValueError, match="name"):
            await client.upload(b"x")

    run(test)


def test_a_file_is_fetched_whole_or_not_at_all(tmp_path: Path) -> None:
    async def test(store: Store, client: Client) -> None:
        path = tmp_path / "film.bin"
        store.faults = [500]
        with pytest.raises(ConnectionLost):
            await client.download("f", path)
        assert list(tmp_path.iterdir()) == []
        assert await client.download("f", path) == {"fileId": "f"}
        assert path.read_bytes() == CONTENT
        assert list(tmp_path.iterdir()) == [path]
        with pytest.raises(NotFound):
            await client.download("g", path)

    run(test)


def test_a_picture_can_be_taken_away() -> None:
    bodies = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return httpx.Response(200, json={})

    async def main() -> None:
        async with (
            httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http,
            Client("http://api.test", session=Session("ann", "a", "r", 9e9), http=http) as client,
        ):
            await client.update_user(display_name="Ann")
            await client.remove_avatar()

    asyncio.run(main())
    assert bodies == [{"displayName": "Ann"}, {"avatarFileId": None}]
