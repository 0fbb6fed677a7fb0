"""What becomes of a message whose pushes fail, one way or the other, on one socket or the other."""

import json
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from urllib.parse import unquote

import pytest
from botocore.exceptions import HTTPClientError

from adapters import sockets
from core import aws, telemetry
from core.settings import settings
from models.connections import Connections
from tests.calls import PUSH, QUEUE, Calls, Refusal, refusal
from tests.conftest import Clock
from tests.gateway import Gateway, Socket
from tests.integration.test_chats import crowd
from tests.people import Person

TIME_OUT = -1

FAULTS = {
    "ok": (200, "delivered"),
    "410": (410, "gone"),
    "429": (429, "throttled"),
    "500": (500, "failed"),
    "time-out": (TIME_OUT, "failed"),
    "413": (413, "refused"),
}

Statuses = dict[str, int]


@pytest.fixture
def statuses(gateway: Gateway, monkeypatch: pytest.MonkeyPatch, post: Callable[..., sockets.Outcome]) -> Statuses:
    """What API Gateway answers to posts, by connection; where nothing else is said it delivers."""
    statuses: Statuses = {}

    send = aws.post

    def status_of(connection_id: str, frame: bytes) -> int:
        if status := statuses.get(connection_id):
            return status
        return 200 if gateway.post(connection_id, frame, 0) is sockets.Outcome.DELIVERED else 410

    def attempt(service: str, operation: str, url: str, body: bytes, headers: Mapping[str, str]) -> aws.Answer:
        if operation != PUSH:
            return send(service, operation, url, body, headers)
        status = status_of(unquote(url.rpartition("/")[2]), body)
        if status == TIME_OUT:
            raise HTTPClientError(error=TimeoutError())
        return aws.Answer(status, b"")

    monkeypatch.setattr(sockets, "post", post)
    monkeypatch.setattr(aws, "post", attempt)
    monkeypatch.setattr(aws, "wait", lambda _attempt: None)
    return statuses


@pytest.fixture
def post() -> Callable[..., sockets.Outcome]:
    """The true way to post, before the gateway takes its place."""
    return sockets.post


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    counted: dict[str, int] = {}

    def count(name: str, number: int = 1, by: tuple[str, str] | None = None) -> None:
        counted[name] = counted.get(name, 0) + number

    monkeypatch.setattr(telemetry, "count", count)
    return counted


def listed(person: Person) -> set[str]:
    (found,) = Connections.find_all([person.user_id])
    return {socket.connection_id for socket in found.sockets}


@pytest.mark.parametrize("whose", ["sender", "other"])
@pytest.mark.parametrize(("status", "outcome"), FAULTS.values(), ids=FAULTS)
def test_fault_matrix(
    status: int,
    outcome: str,
    whose: str,
    post: Callable[..., sockets.Outcome],
    statuses: Statuses,
    counted: dict[str, int],
    gateway: Gateway,
    ann: Person,
    bob: Person,
    clock: Clock,
) -> None:
    chat_id = ann.start_chat(bob)
    sending, tablet = ann.standing_socket, ann.open_socket("tablet")
    phone, laptop = bob.open_socket("phone"), bob.open_socket("laptop")
    clock.advance(10)
    faulty, owner = (tablet, ann) if whose == "sender" else (phone, bob)
    before = {person: listed(person) for person in (ann, bob)}
    everyone = [sending, tablet, phone, laptop]
    for socket in everyone:
        socket.take()
    counted.clear()
    if status != 200:
        statuses[faulty.connection_id] = status

    sent = sending.ask("sendMessage", chatId=chat_id, text="hi")

    assert sent.status == 201
    assert ann.texts(chat_id) == ["hi"]
    served = [socket for socket in (tablet, phone, laptop) if socket is not faulty or status == 200]
    assert [len(socket.take()) for socket in served] == [1] * len(served)
    assert sending.take() == []
    gone = {faulty.connection_id} if status == 410 else set()
    assert listed(owner) == before[owner] - gone
    assert all(listed(person) == before[person] for person in (ann, bob) if person is not owner)
    queued = 1 if outcome in {"failed", "throttled"} else 0
    expected = {"pushes_delivered": len(served), f"pushes_{outcome}": 1} if status != 200 else {"pushes_delivered": 3}
    counted.pop("pushes_late", None)  # A slow machine may be late.
    assert counted == {"messages_sent": 1, **expected, **({"pushes_queued": 1} if queued else {})}
    assert len(gateway.queued) == queued

    # Later it can be reached again, and gets what it missed; nobody gets anything twice.
    statuses.clear()
    assert gateway.work_off("DeliverEvents") == []
    assert len(faulty.take()) == (1 if outcome in {"failed", "throttled"} else 0)
    assert all(socket.take() == [] for socket in served)


def test_who_is_never_reached_ends_in_the_dead_letter_queue(
    post: Callable[..., sockets.Outcome], statuses: Statuses, gateway: Gateway, ann: Person, bob: Person, clock: Clock
) -> None:
    chat_id = ann.start_chat(bob)
    phone = bob.open_socket()
    clock.advance(10)
    statuses[phone.connection_id] = 429
    ann.say(chat_id, "hi")
    delays: list[int] = []
    failed: list[str] = []
    while gateway.queued:
        delays += [one.delay_seconds for one in gateway.queued]
        failed = gateway.work_off("DeliverEvents")
    assert delays == [1, 5, 20]
    assert len(failed) == 1


def open_many(person: Person, number: int) -> list[Socket]:
    return [person.open_socket() for _ in range(number)]


def test_above_100_sockets_a_message_goes_by_the_queue(
    gateway: Gateway, ann: Person, bob: Person, eve: Person, calls: Calls
) -> None:
    chat_id = ann.start_chat(bob, eve)
    sending = ann.standing_socket
    others = [*open_many(ann, 40), *open_many(bob, 40), *open_many(eve, 21)]
    for socket in others:
        socket.take()
    calls.clear()
    sending.ask("sendMessage", chatId=chat_id, text="hi")
    assert calls.words()[0] == "UpdateItem chats"
    assert calls.words()[3:] == [QUEUE, QUEUE]
    assert [socket.take() for socket in others] == [[]] * 101
    assert gateway.work_off("DeliverEvents", batch=1) == []
    assert [[frame["seq"] for frame in socket.take()] for socket in others] == [[1]] * 101
    assert sending.take() == []


def test_one_parcel_that_is_broken_fails_alone(gateway: Gateway, ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    phone = bob.open_socket()
    gateway.outcomes[phone.connection_id] = sockets.Outcome.FAILED
    ann.say(chat_id, "one")
    ann.say(chat_id, "two")
    gateway.queued.insert(1, gateway.queued[0]._replace(text="{"))
    gateway.outcomes.clear()
    assert gateway.work_off("DeliverEvents") == ["{"]
    assert [frame["message"]["text"] for frame in phone.take()] == ["one", "two"]


@pytest.mark.parametrize("word", [QUEUE, "BatchGetItem connections"])
def test_a_message_stands_without_whom_to_tell(
    word: str, gateway: Gateway, ann: Person, bob: Person, calls: Calls
) -> None:
    chat_id = ann.start_chat(bob)
    gateway.outcomes[bob.open_socket().connection_id] = sockets.Outcome.FAILED
    with calls.intercepted(Refusal(word, refusal("ThrottlingException"))):
        assert ann.ask("sendMessage", chatId=chat_id, text="hi", clientMessageId="m1").status == 201
    assert bob.texts(chat_id) == ["hi"]


def test_a_message_above_32_kb_is_fetched(ann: Person, bob: Person, calls: Calls) -> None:
    chat_id = ann.start_chat(bob)
    phone = bob.open_socket()
    phone.take()
    # A control character has six bytes in JSON.
    message = ann.say(chat_id, "\u0001" * 8_000)
    (frame,) = phone.take()
    assert frame == {
        "type": "message.created",
        "chatId": chat_id,
        "seq": 1,
        "at": message["sentAt"],
        "messageId": message["messageId"],
        "truncated": True,
    }
    (event,) = phone.ask("getEvents", chatId=chat_id, after=0, limit=1).data["events"]
    assert event["message"] == message
    assert all(len(call.parameters["Data"]) <= 32 * 1024 for call in calls.made if call.operation == PUSH)


def test_a_group_of_1_000_is_announced_by_its_id(ann: Person, bob: Person) -> None:
    phone = bob.open_socket()
    made = ann.ask("createChat", kind="group", memberIds=[bob.user_id, *crowd(998)])
    assert made.status == 201
    assert phone.take() == [{"type": "chat.created", "chatId": made.data["chatId"], "truncated": True}]


def test_one_id_leads_from_the_request_to_the_worker_and_back_into_the_queue(
    gateway: Gateway, ann: Person, bob: Person, monkeypatch: pytest.MonkeyPatch, log: StringIO
) -> None:
    there = bob.open_socket()
    chat_id = ann.start_chat(bob)
    monkeypatch.setenv("DIRECT_SOCKETS", "0")
    settings.cache_clear()
    log.truncate(0)
    ann.say(chat_id, "hi")
    asked = json.loads(log.getvalue().splitlines()[-1].lstrip("\0"))
    gateway.outcomes[there.connection_id] = sockets.Outcome.THROTTLED
    for _ in range(2):
        log.truncate(0)
        gateway.work_off("DeliverEvents")
        worked = json.loads(log.getvalue().splitlines()[-1].lstrip("\0"))
        assert worked["correlation_id"] == asked["requestId"] == asked["correlation_id"]
