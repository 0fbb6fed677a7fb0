"""The client on a server of its own, which cuts lines and forgets to push."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from websockets.asyncio.server import Server, ServerConnection, serve

from kaiwa import Client, Conflict, ConnectionLost, Forbidden, NotFound, RateLimited, Session, Unauthenticated
from kaiwa.connection import Connection
from kaiwa.log import Log

PATIENCE = 10.0


class Backend:
    """One chat with ann in it, over REST and sockets."""

    def __init__(self) -> None:
        self.log: list[dict[str, Any]] = []
        self.sockets: list[ServerConnection] = []
        self.attempts: list[str] = []
        self.reads: list[int] = []
        self.requests: list[httpx.Request] = []
        self.tickets: list[httpx.Response] = []
        self.tokens = ["first"]
        self.cuts = 0
        self.signals: list[Any] = []
        self.devices: list[str | None] = []
        self.refusals: list[dict[str, Any] | None] = []
        self.is_deaf = False
        self.has_chat = True
        self.read_seq = 0
        self.held: asyncio.Event | None = None
        self.asked = asyncio.Event()
        self.taken = 0
        self.tasks: list[asyncio.Task[None]] = []
        self.life = 7200
        self.keep_alive = 300
        self.connected = asyncio.Event()
        self.listed = asyncio.Event()
        self.server: Server | None = None

    @property
    def url(self) -> str:
        assert self.server
        host, port = next(iter(self.server.sockets)).getsockname()[:2]
        return f"ws://{host}:{port}"

    def say(self, sender: str, text: str, name: str, *, is_pushed: bool = True) -> dict[str, Any]:
        seq = len(self.log) + 1
        message = {"chatId": "c", "seq": seq, "messageId": name, "senderId": sender, "text": text, "sentAt": "now"}
        message |= {"clientMessageId": name, "fileIds": [], "reactions": {}}
        event = {"type": "message.created", "chatId": "c", "seq": seq, "at": "now", "message": message}
        self.log.append(event)
        if is_pushed:
            for socket in self.sockets:
                asyncio.get_running_loop().create_task(socket.send(json.dumps(event)))
        return message

    def chat(self) -> dict[str, Any]:
        return {"chatId": "c", "memberIds": ["ann"], "admins": [], "lastSeq": len(self.log) + self.taken}

    def say_much(self) -> None:
        """Let a log be old."""
        for number in range(300):
            self.say("bob", f"old {number}", f"old {number}", is_pushed=False)

    def join(self) -> dict[str, Any]:
        """Let ann into the group, which she has then read up to there."""
        seq = self.read_seq = len(self.log) + 1
        event = {"type": "member.added", "chatId": "c", "seq": seq, "at": "now", "memberIds": ["ann"], "admins": []}
        self.log.append(event)
        self.has_chat = True
        return event

    async def put_out(self) -> dict[str, Any]:
        """Put ann out of the group, and tell her."""
        seq = len(self.log) + 1
        event = {"type": "member.removed", "chatId": "c", "seq": seq, "at": "now", "memberIds": ["ann"], "admins": []}
        self.log.append(event)
        await self.push(event)
        return event

    async def push(self, frame: dict[str, Any]) -> None:
        await self.sockets[0].send(json.dumps(frame))

    def answer(self, operation: str, fields: dict[str, Any]) -> Any:
        if operation == "sendMessage":
            self.attempts.append(fields["clientMessageId"])
            known = [one["message"] for one in self.log if one["message"]["messageId"] == fields["clientMessageId"]]
            return known[0] if known else self.say("ann", fields["text"], fields["clientMessageId"], is_pushed=False)
        if operation == "listChats":
            self.listed.set()
            return {"chats": [{**self.chat(), "readSeq": self.read_seq}] if self.has_chat else []}
        if operation == "getEvents":
            self.reads.append(fields["after"])
            events = [one for one in self.log if one["seq"] > fields["after"]]
            return {"events": events, "hasMore": False, "lastSeq": len(self.log) + self.taken}
        times = {"serverTime": "2026-01-01T00:00:00Z", "connectionExpiresAt": f"2026-01-01T0{self.life // 3600}:00:00Z"}
        if self.life < 60:
            times["connectionExpiresAt"] = f"2026-01-01T00:00:0{self.life}Z"
        return {"userId": "ann", "deviceId": "d", "keepAliveSeconds": self.keep_alive, **times}

    async def answer_later(self, socket: ServerConnection, request_id: str) -> None:
        assert self.held
        self.asked.set()
        await self.held.wait()
        data = self.answer("listChats", {})
        await socket.send(json.dumps({"type": "reply", "requestId": request_id, "status": 200, "data": data}))

    async def socket(self, socket: ServerConnection) -> None:
        self.sockets.append(socket)
        self.connected.set()
        async for text in socket:
            frame = json.loads(text)
            operation, request_id = frame.pop("action"), frame.pop("requestId", None)
            if self.is_deaf:
                continue
            if operation == "ping":
                await socket.send('{"type":"pong"}')
                continue
            if operation == "listChats" and self.held:
                self.tasks.append(asyncio.create_task(self.answer_later(socket, request_id)))
                continue
            is_sending = operation in {"sendMessage", "sendSignal"}
            if is_sending and self.refusals and (refusal := self.refusals.pop(0)):
                status = refusal.pop("status", 429)
                reply = {"type": "reply", "requestId": request_id, "status": status, "error": refusal}
                await socket.send(json.dumps(reply))
                continue
            data = self.answer(operation, frame)
            if operation == "sendSignal":
                # Meanwhile one that does not wait for this reply would come.
                await asyncio.sleep(0)
                self.signals.append((frame["toUserId"], frame["signal"]))
            if is_sending and self.cuts:
                self.cuts -= 1
                socket.transport.abort()
                break
            await socket.send(json.dumps({"type": "reply", "requestId": request_id, "status": 200, "data": data}))
        self.sockets.remove(socket)

    def http(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.path
        if path == "/sessions/refresh":
            self.tokens.append("second")
            tokens = {"userId": "ann", "accessToken": "second", "refreshToken": "r", "expiresIn": 3600}
            return httpx.Response(200, json=tokens)
        if request.headers["authorization"] != f"Bearer {self.tokens[-1]}":
            return httpx.Response(401, json={"message": "Unauthorized"})
        if path == "/tickets":
            self.devices.append(json.loads(request.content).get("deviceId"))
            if self.tickets:
                return self.tickets.pop(0)
            return httpx.Response(201, json={"ticket": "t", "url": self.url, "expiresIn": 60})
        if path == "/chats/busy":
            return httpx.Response(429, headers={"retry-after": "7"}, json={"code": "rate_limited", "detail": "Slowly."})
        if path == "/chats/lost":
            raise httpx.ConnectError("no route")
        return httpx.Response(404, json={"code": "chat_not_found", "detail": "There is no such chat."})


def run(test: Callable[[Backend, Client], Awaitable[None]], **settings: Any) -> None:
    async def main() -> None:
        backend = Backend()
        session = Session("ann", "first", "r", 9e9)
        transport = httpx.MockTransport(backend.http)
        async with (
            serve(backend.socket, "127.0.0.1", 0) as backend.server,
            httpx.AsyncClient(transport=transport) as http,
            Client("http://api.test", session=session, http=http, **settings) as client,
        ):
            await asyncio.wait_for(test(backend, client), PATIENCE)

    asyncio.run(main())


async def texts(client: Client, number: int) -> list[str]:
    found = []
    async for event in client.events():
        found.append(event["message"]["text"])
        if len(found) == number:
            break
    return found


async def first(events: AsyncIterator[Any], number: int) -> AsyncIterator[Any]:
    for _ in range(number):
        yield await anext(events)


def test_a_message_survives_lines_that_are_cut_before_the_reply() -> None:
    async def test(backend: Backend, client: Client) -> None:
        await client.connect()
        backend.cuts = 1
        message = await client.send("c", "hello")
        assert (message["seq"], len(set(backend.attempts)), len(backend.log)) == (1, 1, 1)
        assert await texts(client, 1) == ["hello"]
        assert len(client.outbox) == 0

    run(test)


def test_messages_of_a_chat_leave_in_order() -> None:
    async def test(backend: Backend, client: Client) -> None:
        await client.connect()
        await asyncio.gather(*(client.send("c", str(number)) for number in range(5)))
        assert [message.get("text") for message in client.views["c"].messages] == list("01234")

    run(test)


def test_what_happened_while_the_line_was_cut_is_read() -> None:
    async def test(backend: Backend, client: Client) -> None:
        await client.connect()
        backend.say("bob", "one", "m1")
        assert await texts(client, 1) == ["one"]
        backend.connected.clear()
        backend.sockets[0].transport.abort()
        backend.say("bob", "two", "m2", is_pushed=False)
        backend.say("bob", "three", "m3", is_pushed=False)
        assert await texts(client, 2) == ["two", "three"]
        assert client.positions == {"c": 3}

    run(test)


def test_a_lost_push_is_read_once_the_next_one_shows_it() -> None:
    async def test(backend: Backend, client: Client) -> None:
        await client.connect()
        backend.say("bob", "first", "m1")
        assert await texts(client, 1) == ["first"]
        backend.say("bob", "lost", "m2", is_pushed=False)
        backend.say("bob", "heard", "m3")
        assert sorted(await texts(client, 2)) == ["heard", "lost"]
        assert [message.get("text") for message in client.views["c"].messages] == ["first", "lost", "heard"]

    run(test)


def test_a_chat_of_too_many_people_to_push_is_read() -> None:
    async def test(backend: Backend, client: Client) -> None:
        backend.has_chat = False
        await client.connect()
        await backend.listed.wait()
        backend.has_chat = True
        backend.say("bob", "welcome, all", "m1", is_pushed=False)
        await backend.push({"type": "chat.created", "chatId": "c", "truncated": True})
        found = [event async for event in first(client.events(), 2)]
        assert [event["type"] for event in found] == ["chat.created", "message.created"]
        assert client.views["c"].member_ids == {"ann"}

    run(test)


def test_a_gap_is_not_given_up_for_the_time_that_a_list_took(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 0.0
    monkeypatch.setattr("kaiwa.client._now", lambda: moment)

    async def test(backend: Backend, client: Client) -> None:
        nonlocal moment
        backend.say("bob", "first", "m1")
        await client.connect()
        backend.say("bob", "second", "m2")
        assert await texts(client, 1) == ["second"]
        backend.held = asyncio.Event()
        backend.listed.clear()
        backend.sockets[0].transport.abort()
        await backend.asked.wait()
        reads = len(backend.reads)
        # While the list was on its way a number was taken, and its event shows only after it was read.
        backend.taken = 1
        moment = 100.0
        backend.held.set()
        while len(backend.reads) == reads:
            await asyncio.sleep(0.001)
        # Its reply comes after that of the read.
        await client.get_events("c", 2)
        assert client.positions == {"c": 2}

    run(test)


def test_what_is_found_missing_in_the_moment_that_a_log_is_whole_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(backend: Backend, client: Client) -> None:
        due = Log.due

        def due_and_more(log: Log) -> float | None:
            moment = due(log)
            if moment is None and asyncio.current_task() in client._followers.values():
                monkeypatch.undo()
                backend.say("bob", "lost", "m4", is_pushed=False)
                event = {**backend.log[-1], "seq": 5}
                backend.log.append(event)
                asyncio.get_running_loop().call_soon(client._receive, event)
            return moment

        await client.connect()
        backend.say("bob", "first", "m1")
        assert await texts(client, 1) == ["first"]
        monkeypatch.setattr(Log, "due", due_and_more)
        backend.say("bob", "lost", "m2", is_pushed=False)
        backend.say("bob", "heard", "m3")
        await texts(client, 4)
        assert client.positions == {"c": 5}

    run(test)


def test_a_large_chat_that_is_made_before_the_chats_were_listed_is_read_from_its_beginning() -> None:
    async def test(backend: Backend, client: Client) -> None:
        backend.held = asyncio.Event()
        await client.connect()
        backend.say("bob", "welcome, all", "m1", is_pushed=False)
        await backend.push({"type": "chat.created", "chatId": "c", "truncated": True})
        assert (await anext(client.events()))["type"] == "chat.created"
        backend.held.set()
        assert await texts(client, 1) == ["welcome, all"]

    run(test)


def test_who_is_let_into_a_group_hears_nothing_of_what_was_said_before() -> None:
    async def test(backend: Backend, client: Client) -> None:
        backend.has_chat = False
        backend.say_much()
        await client.connect()
        await backend.listed.wait()
        joined = backend.join()
        await backend.push({"type": "chat.created", "chatId": "c", "chat": backend.chat()})
        await backend.push(joined)
        backend.say("bob", "hello, ann", "m1")
        found = [event async for event in first(client.events(), 3)]
        assert [event.get("seq") for event in found] == [None, 301, 302]
        assert (client.positions, backend.reads) == ({"c": 302}, [])

    run(test)


def test_who_comes_back_to_a_group_hears_nothing_of_what_was_said_meanwhile() -> None:
    async def test(backend: Backend, client: Client) -> None:
        backend.say("bob", "hello", "m1")
        await client.connect()
        await backend.listed.wait()
        left = await backend.put_out()
        assert (await anext(client.events()))["type"] == "member.removed"
        assert client.positions == {}
        # What comes twice is known again.
        await backend.push(left)
        backend.say_much()
        joined = backend.join()
        await backend.push({"type": "chat.created", "chatId": "c", "chat": backend.chat()})
        await backend.push(joined)
        found = [event async for event in first(client.events(), 2)]
        assert [event.get("seq") for event in found] == [None, 303]
        assert (client.positions, backend.reads) == ({"c": 303}, [])
        # One that was put out before, and hears of that late, stays.
        await backend.push({**left, "seq": 300})
        assert (await anext(client.events()))["seq"] == 300
        assert client.positions == {"c": 303}

    run(test)


def test_who_comes_back_and_is_put_out_again_at_once_hears_of_that_alone() -> None:
    async def test(backend: Backend, client: Client) -> None:
        backend.say("bob", "hello", "m1")
        await client.connect()
        await backend.listed.wait()
        left = await backend.put_out()
        backend.say_much()
        joined = backend.join()
        backend.has_chat = False
        await backend.push(joined)
        await backend.push({**left, "seq": 304})
        found = [event async for event in first(client.events(), 3)]
        assert [event.get("seq") for event in found] == [2, 303, 304]
        assert (client.positions, client._early, backend.reads) == ({}, {}, [])

    run(test)


def test_a_message_that_overtakes_the_news_of_its_group_waits_for_it() -> None:
    async def test(backend: Backend, client: Client) -> None:
        backend.has_chat = False
        backend.say_much()
        await client.connect()
        await backend.listed.wait()
        backend.join()
        backend.say("bob", "hello, ann", "m1")
        found = [event async for event in first(client.events(), 1)]
        assert [event["seq"] for event in found] == [302]
        assert (client.positions, backend.reads) == ({"c": 302}, [])

    run(test)


def test_what_is_said_before_the_chats_were_listed_is_no_more_than_that() -> None:
    async def test(backend: Backend, client: Client) -> None:
        backend.say_much()
        backend.held = asyncio.Event()
        await client.connect()
        backend.say("bob", "hello", "m1")
        assert (await client.send("c", "hello, bob"))["seq"] == 302
        backend.held.set()
        assert await texts(client, 2) == ["hello", "hello, bob"]
        assert (client.positions, backend.reads) == ({"c": 302}, [])

    run(test)


def test_what_is_pushed_of_a_chat_that_the_list_does_not_have_is_heard() -> None:
    async def test(backend: Backend, client: Client) -> None:
        backend.has_chat = False
        backend.say_much()
        await client.connect()
        await backend.listed.wait()
        backend.say("bob", "hello", "m1")
        assert await texts(client, 1) == ["hello"]

    run(test)


def test_a_line_that_stays_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kaiwa.connection.PONG_TIMEOUT", 0.05)

    async def test(backend: Backend, client: Client) -> None:
        await client.connect()
        backend.connected.clear()
        backend.is_deaf = True
        (silent,) = backend.sockets
        await silent.wait_closed()
        backend.is_deaf = False
        await backend.connected.wait()
        assert (await client.send("c", "back"))["text"] == "back"

    run(test, ping_interval=0.05)


@pytest.mark.parametrize(
    ("settings", "keep_alive", "interval"), [({}, 300, 25), ({}, 20, 20), ({"ping_interval": math.inf}, 300, 300)]
)
def test_a_quiet_line_is_left_alone_as_long_as_wanted_and_allowed(
    settings: dict[str, float], keep_alive: int, interval: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    intervals: list[float] = []
    monkeypatch.setattr(Connection, "keep_alive", lambda _connection, seconds: intervals.append(seconds))

    async def test(backend: Backend, client: Client) -> None:
        backend.keep_alive = keep_alive
        await client.connect()
        assert intervals == [interval]

    run(test, **settings)


def test_a_line_is_renewed_before_its_end_and_the_old_one_closed_after() -> None:
    async def test(backend: Backend, client: Client) -> None:
        backend.life = 1
        await client.connect()
        backend.life = 7200
        backend.connected.clear()
        (old,) = backend.sockets
        await backend.connected.wait()
        assert client.is_online
        await old.wait_closed()
        assert len(backend.sockets) == 1

    run(test)


def test_a_line_that_is_lost_while_it_is_renewed_is_known_to_be() -> None:
    async def test(backend: Backend, client: Client) -> None:
        states: asyncio.Queue[bool] = asyncio.Queue()
        client.on_state = states.put_nowait
        backend.life = 1
        await client.connect()
        assert await states.get()
        backend.tickets = [httpx.Response(503, json={"code": "unavailable"})] * 1000
        while len(backend.tickets) > 998:
            await asyncio.sleep(0)
        backend.sockets[0].transport.abort()
        assert await states.get() is False
        assert not client.is_online
        with pytest.raises(NotFound):
            await client.get_chat("nope")
        sending = asyncio.create_task(client.send("c", "back"))
        backend.life = 7200
        backend.tickets.clear()
        assert await states.get()
        assert (await sending)["text"] == "back"
        assert len(backend.attempts) == 1

    run(test)


def test_a_client_that_was_refused_can_connect_again() -> None:
    async def test(backend: Backend, client: Client) -> None:
        backend.tickets = [httpx.Response(403, json={"code": "forbidden", "detail": "Not you."})]
        with pytest.raises(Forbidden):
            await client.connect()
        with pytest.raises(Forbidden):
            await anext(client.events())
        with pytest.raises(Forbidden):
            await client.send("c", "hello")
        with pytest.raises(Forbidden):
            await client.send_signal("call", "bob", signal(1))
        await client.connect()
        assert await texts(client, 1) == ["hello"]
        assert len(client.outbox) == 0

    run(test)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, html="<p>Welcome to our hotel"),
        httpx.Response(302, headers={"location": "http://hotel.test"}, html="<p>Come in"),
        httpx.Response(503, html="<p>Sorry"),
    ],
    ids=["portal", "redirection", "gateway"],
)
def test_what_another_than_the_server_answers_is_no_answer(answer: httpx.Response) -> None:
    async def test(backend: Backend, client: Client) -> None:
        backend.tickets = [answer]
        await client.connect()
        assert client.is_online

    run(test)


def test_whatever_ends_the_connections_is_told_to_all_who_wait() -> None:
    async def test(backend: Backend, client: Client) -> None:
        backend.tickets = [httpx.Response(503), httpx.Response(201, json={"ticket": "without a url"})]
        waiting = [client.connect(), client.send("c", "hello"), client.send_signal("call", "bob", signal(1))]
        answers = await asyncio.gather(*waiting, anext(client.events()), return_exceptions=True)
        assert [type(answer) for answer in answers] == [KeyError] * 4

    run(test)


def test_a_listener_that_fails_costs_no_connection() -> None:
    async def test(backend: Backend, client: Client) -> None:
        client.on_state = [].remove
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context["exception"]))
        await client.connect()
        backend.connected.clear()
        backend.sockets[0].transport.abort()
        await backend.connected.wait()
        assert (await client.send("c", "back"))["text"] == "back"

    told: list[BaseException] = []
    run(test)
    assert {type(error) for error in told} == {ValueError}


def test_a_closed_client_leaves_nobody_waiting() -> None:
    async def test(_backend: Backend, client: Client) -> None:
        async def heard() -> list[Any]:
            return [event async for event in client.events()]

        waiting = [heard(), client.send("c", "hello"), client.send_signal("call", "bob", signal(1))]
        tasks = [asyncio.create_task(one) for one in waiting]
        await asyncio.sleep(0)
        await client.close()
        events, *lost = await asyncio.gather(*tasks, return_exceptions=True)
        assert (events, [type(one) for one in lost]) == ([], [ConnectionLost] * 2)
        assert len(client.outbox) == 1

    run(test)


def test_a_client_that_never_asks_for_events_holds_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kaiwa.client.MOST_UNHEARD", 2)

    async def test(backend: Backend, client: Client) -> None:
        await client.connect()
        for number in range(4):
            await client.send("c", str(number))
        events = client.events()
        for number in range(4, 7):
            await client.send("c", str(number))
        found = [event["message"]["text"] async for event in first(events, 5)]
        assert found == list("23456")

    run(test)


def test_a_peer_to_whom_all_was_told_is_forgotten() -> None:
    async def test(_backend: Backend, client: Client) -> None:
        await client.connect()
        await asyncio.gather(*(client.send_signal("call", "bob", signal(number)) for number in range(3)))
        assert len(client._turns) == 0

    run(test)


def test_a_refused_token_is_renewed_once() -> None:
    async def test(backend: Backend, client: Client) -> None:
        backend.tokens.append("gone")
        answers = await asyncio.gather(*(client.get_chat("nope") for _ in range(5)), return_exceptions=True)
        assert all(isinstance(answer, NotFound) for answer in answers)
        assert [one.url.path for one in backend.requests].count("/sessions/refresh") == 1
        assert client.session
        assert client.session.access_token == "second"

    run(test)


def test_problems_are_exceptions() -> None:
    async def test(_backend: Backend, client: Client) -> None:
        with pytest.raises(NotFound, match="no such chat") as missing:
            await client.get_chat("nope")
        assert (missing.value.status, missing.value.code) == (404, "chat_not_found")
        with pytest.raises(RateLimited) as busy:
            await client.get_chat("busy")
        assert (busy.value.retry_after, busy.value.is_temporary) == (7, True)
        with pytest.raises(ConnectionLost):
            await client.get_chat("lost")

    run(test)


def test_nobody_is_logged_in() -> None:
    async def main() -> None:
        async with Client("http://api.test") as client:
            with pytest.raises(Unauthenticated):
                await client.connect()

    asyncio.run(main())


def signal(number: int) -> Any:
    return {"candidate": {"candidate": str(number)}}


def test_signals_to_a_peer_arrive_in_order_whatever_is_refused() -> None:
    async def test(backend: Backend, client: Client) -> None:
        await client.connect()
        backend.refusals = [None, {"code": "rate_limited", "message": "Slowly.", "retryAfter": 0.01}, None]
        await asyncio.gather(
            *(client.send_signal("call", "bob", signal(number)) for number in range(4)),
            client.send_signal("call", "eve", signal(9)),
        )
        assert [told for to, told in backend.signals if to == "bob"] == [signal(number) for number in range(4)]
        assert [told for to, told in backend.signals if to == "eve"] == [signal(9)]

    run(test)


def test_a_signal_without_a_reply_is_told_again_on_the_next_socket_of_the_same_device() -> None:
    async def test(backend: Backend, client: Client) -> None:
        await client.connect()
        backend.cuts = 1
        await client.send_signal("call", "bob", signal(1))
        assert backend.signals == [("bob", signal(1))] * 2
        assert backend.devices == [None, "d"]

    run(test)


def test_a_signal_that_is_refused_for_good_is_told_no_more() -> None:
    async def test(backend: Backend, client: Client) -> None:
        await client.connect()
        backend.refusals = [{"status": 409, "code": "call_ended", "message": "This call has ended."}]
        with pytest.raises(Conflict) as refusal:
            await client.send_signal("call", "bob", signal(1))
        assert (refusal.value.code, backend.signals) == ("call_ended", [])

    run(test)
