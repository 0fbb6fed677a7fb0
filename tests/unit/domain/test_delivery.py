"""domain.delivery with sockets and connections that only take notes."""

import json
import threading
import time
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

import msgspec
import pytest

from adapters import queue, sockets
from adapters.sockets import Outcome
from core import clock, deadline, telemetry
from core.errors import Unavailable
from core.settings import settings
from domain import delivery
from domain.events import ChatCreated, MessageCreated
from domain.protocol import Chat, Message
from models.connections import Connections, Socket

NOW = 1_795_449_764_930
OLD = NOW - delivery.YOUNG_MILLISECONDS - 1

EVENT = MessageCreated(
    chat_id="c",
    seq=3,
    at="2026-11-23T09:22:44.930Z",
    message=Message(
        chat_id="c", seq=3, message_id="m", sender_id="ann", text="hi", file_ids=[], sent_at="s", reactions={}
    ),
)


@dataclass
class Notes:
    """What became known of the world outside."""

    posts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    removed: list[Socket] = field(default_factory=list)
    left: list[Socket] = field(default_factory=list)
    closed: list[list[Socket]] = field(default_factory=list)
    call_id: str | None = None
    counted: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    queued: list[tuple[delivery.Parcel, int]] = field(default_factory=list)
    patience: list[float] = field(default_factory=list)
    measured: list[tuple[str, int]] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)

    def post(self, connection_id: str, frame: bytes, until: float) -> Outcome:
        with self.lock:
            self.patience.append(until - time.monotonic())
            self.posts.append((connection_id, json.loads(frame)))
        return self.outcomes.get(connection_id, Outcome.DELIVERED)

    def send(self, queue_url: str, text: str, delay_seconds: int = 0) -> None:
        assert queue_url == settings().deliveries_url
        message = msgspec.json.decode(text, type=delivery.Parcel | delivery.Closed)
        with self.lock:
            if isinstance(message, delivery.Closed):
                self.closed.append(message.sockets)
            else:
                self.queued.append((message, delay_seconds))

    def count(self, name: str, number: int = 1, by: tuple[str, str] | None = None) -> None:
        with self.lock:
            self.counted[name] = self.counted.get(name, 0) + number

    def measure(self, name: str, milliseconds: int) -> None:
        self.measured.append((name, milliseconds))

    def remove(self, *gone: Socket) -> Connections:
        with self.lock:
            self.removed += gone
        return Connections(gone[0].user_id, elements={one.element for one in self.left}, call_id=self.call_id)


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> Notes:
    notes = Notes()
    monkeypatch.setattr(sockets, "post", notes.post)
    monkeypatch.setattr(queue, "send", notes.send)
    monkeypatch.setattr(Connections, "remove", notes.remove)
    monkeypatch.setattr(telemetry, "count", notes.count)
    monkeypatch.setattr(telemetry, "measure", notes.measure)
    monkeypatch.setattr(telemetry, "accepted_at", lambda: NOW - 40)
    monkeypatch.setattr(clock, "milliseconds", lambda: NOW)
    return notes


def sockets_of(user_id: str, *connection_ids: str, at: int = OLD) -> list[Socket]:
    return [Socket(user_id, "d1", connection_id, at) for connection_id in connection_ids]


def receivers(notes: Notes) -> list[str]:
    return sorted(connection_id for connection_id, _ in notes.posts)


def test_every_socket_but_the_senders_gets_the_frame(notes: Notes) -> None:
    to = [*sockets_of("ann", "a1", "a2"), *sockets_of("bob", "b1")]
    delivery.announce(EVENT, to, "a1")
    assert receivers(notes) == ["a2", "b1"]
    assert {frame["type"] for _, frame in notes.posts} == {"message.created"}
    assert notes.counted == {"pushes_delivered": 2}
    assert notes.removed == []


def test_what_was_delivered_tells_how_long_it_took(notes: Notes) -> None:
    delivery.announce(EVENT, sockets_of("ann", "a1", "a2"), None)
    assert notes.measured == [("delivery_lag", 40)]
    assert "pushes_late" not in notes.counted


def test_a_parcels_time_counts_from_the_request_that_led_to_it(notes: Notes) -> None:
    notes.outcomes = {"a1": Outcome.THROTTLED, "a2": Outcome.DELIVERED}
    parcel = delivery.Parcel('{"type":"x"}', sockets_of("ann", "a1", "a2"), 1, NOW - 1_001)
    assert delivery.deliver(parcel)
    assert notes.measured == [("delivery_lag", 1_001)]
    assert notes.counted["pushes_late"] == 1
    ((again, _),) = notes.queued
    assert (again.to, again.accepted_at) == (sockets_of("ann", "a1"), NOW - 1_001)


def test_what_reached_nobody_took_no_time(notes: Notes) -> None:
    notes.outcomes = {"a1": Outcome.GONE}
    delivery.announce(EVENT, sockets_of("ann", "a1"), None)
    assert notes.measured == []


def test_a_sender_over_http_has_no_socket_to_leave_out(notes: Notes) -> None:
    delivery.announce(EVENT, sockets_of("ann", "a1"), None)
    assert receivers(notes) == ["a1"]


def test_nobody_to_tell_is_nothing_to_do(notes: Notes) -> None:
    delivery.announce(EVENT, sockets_of("ann", "a1"), "a1")
    delivery.announce(EVENT, [], None)
    assert (notes.posts, notes.counted) == ([], {})


def test_a_socket_that_is_gone_is_forgotten_and_no_other(notes: Notes) -> None:
    to = [*sockets_of("ann", "a1", "a2", "a3"), *sockets_of("bob", "b1")]
    notes.outcomes = {"a2": Outcome.GONE}
    delivery.announce(EVENT, to, None)
    assert notes.removed == sockets_of("ann", "a2")
    assert receivers(notes) == ["a1", "a2", "a3", "b1"]
    assert notes.counted == {"pushes_delivered": 3, "pushes_gone": 1}


def test_each_user_loses_their_own_sockets_in_one_write(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[tuple[Socket, ...]] = []
    remove = Connections.remove
    monkeypatch.setattr(Connections, "remove", lambda *gone: (writes.append(gone), remove(*gone))[1])
    to = [*sockets_of("ann", "a1", "a2"), *sockets_of("bob", "b1")]
    notes.outcomes = dict.fromkeys(["a1", "a2", "b1"], Outcome.GONE)
    delivery.announce(EVENT, to, None)
    assert sorted(writes, key=len) == [tuple(sockets_of("bob", "b1")), tuple(sockets_of("ann", "a1", "a2"))]


OF_ANOTHER_DEVICE = Socket("ann", "d2", "a3", OLD)


@pytest.mark.parametrize(
    ("left", "call_id", "is_missed"),
    [
        ([], None, True),
        ([OF_ANOTHER_DEVICE], None, False),
        ([OF_ANOTHER_DEVICE], "call", True),
        ([OF_ANOTHER_DEVICE, *sockets_of("ann", "a4")], "call", False),
    ],
)
def test_who_loses_their_last_socket_or_one_of_a_call_is_looked_after(
    left: list[Socket], call_id: str | None, is_missed: bool, notes: Notes
) -> None:
    notes.left, notes.call_id = left, call_id
    notes.outcomes = dict.fromkeys(["a1", "a2"], Outcome.GONE)
    gone = sockets_of("ann", "a1", "a2")
    delivery.announce(EVENT, gone, None)
    assert notes.closed == ([gone] if is_missed else [])


def test_a_device_is_told_by_the_latest_socket_that_is_there_and_those_that_are_gone_are_forgotten(
    notes: Notes,
) -> None:
    phone = sockets_of("ann", "a1", "a2", "a3")
    notes.outcomes = {"a1": Outcome.GONE}
    assert delivery.relay(EVENT, [phone, []])
    assert receivers(notes) == ["a1", "a2"]
    assert notes.removed == phone[:1]
    assert notes.counted == {"pushes_gone": 1, "pushes_delivered": 1}


@pytest.mark.parametrize(("age", "forgotten"), [(0, False), (5_000, False), (5_001, True)])
def test_one_younger_than_5_seconds_may_still_be_opening(age: int, forgotten: bool, notes: Notes) -> None:
    notes.outcomes = {"a1": Outcome.GONE}
    delivery.announce(EVENT, sockets_of("ann", "a1", at=NOW - age), None)
    assert bool(notes.removed) == forgotten


@pytest.mark.parametrize("outcome", [Outcome.GONE, Outcome.THROTTLED, Outcome.FAILED, Outcome.REFUSED])
def test_what_goes_wrong_with_one_concerns_no_other(outcome: Outcome, notes: Notes) -> None:
    to = sockets_of("ann", *(f"a{number}" for number in range(100)))
    notes.outcomes = {"a50": outcome}
    delivery.announce(EVENT, to, None)
    assert len(notes.posts) == 100
    later = {"pushes_queued": 1} if outcome in {Outcome.THROTTLED, Outcome.FAILED} else {}
    assert notes.counted == {"pushes_delivered": 99, f"pushes_{outcome.value}": 1, **later}


def test_a_failed_push_forgets_nobody(notes: Notes) -> None:
    notes.outcomes = {"a1": Outcome.FAILED}
    delivery.announce(EVENT, sockets_of("ann", "a1"), None)
    assert notes.removed == []


def test_the_caller_never_hears_that_a_socket_could_not_be_forgotten(
    notes: Notes, monkeypatch: pytest.MonkeyPatch, log: StringIO
) -> None:
    def fail(*_: Socket) -> None:
        raise OSError("a secret")

    monkeypatch.setattr(Connections, "remove", fail)
    notes.outcomes = {"a1": Outcome.GONE}
    delivery.announce(EVENT, sockets_of("ann", "a1", "a2"), None)
    assert notes.counted == {"pushes_delivered": 1, "pushes_gone": 1}
    assert "OSError" in log.getvalue()
    assert "secret" not in log.getvalue()


@pytest.mark.parametrize(
    ("members", "reads"), [(0, []), (1, [1]), (100, [100]), (101, [1, 100]), (250, [50, 100, 100])]
)
def test_the_audience_is_read_100_at_a_time(members: int, reads: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def find_all(user_ids: list[str]) -> list[Connections]:
        made.append(len(user_ids))
        return [Connections(user_id, elements={f"d1#{user_id}c#{NOW}"}) for user_id in user_ids]

    monkeypatch.setattr(Connections, "find_all", find_all)
    monkeypatch.setattr(clock, "milliseconds", lambda: NOW)
    user_ids = {f"u{number}" for number in range(members)}
    assert {socket.connection_id for socket in delivery.audience(user_ids)} == {f"{one}c" for one in user_ids}
    assert sorted(made) == reads


# What cannot be delivered at once


def test_who_could_not_be_reached_is_left_to_the_queue_alone(notes: Notes) -> None:
    notes.outcomes = {"a2": Outcome.FAILED, "a3": Outcome.REFUSED}
    to = sockets_of("ann", "a1", "a2", "a3")
    delivery.announce(EVENT, to, None)
    ((parcel, delay),) = notes.queued
    assert (parcel.to, parcel.tries, delay) == ([to[1]], 1, delivery.DELAYS_SECONDS[0])
    assert json.loads(parcel.frame) == notes.posts[0][1]


def test_a_socket_whose_post_raises_is_one_that_failed(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(connection_id: str, frame: bytes, until: float) -> Outcome:
        if connection_id == "a1":
            raise RuntimeError("a secret")
        return notes.post(connection_id, frame, until)

    monkeypatch.setattr(sockets, "post", fail)
    delivery.announce(EVENT, sockets_of("ann", "a1", "a2"), None)
    assert receivers(notes) == ["a2"]
    assert [socket.connection_id for socket in notes.queued[0][0].to] == ["a1"]


def test_the_caller_never_hears_of_a_queue_that_fails(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise queue.QueueError("a secret")

    monkeypatch.setattr(queue, "send", fail)
    notes.outcomes = {"a1": Outcome.FAILED}
    delivery.announce(EVENT, sockets_of("ann", "a1"), None)
    assert notes.counted == {"pushes_failed": 1, "pushes_lost": 1}


@pytest.mark.parametrize(("number", "parcels"), [(100, []), (101, [1, 100]), (1000, [100] * 10)])
def test_many_sockets_go_by_the_queue(number: int, parcels: list[int], notes: Notes) -> None:
    to = sockets_of("ann", *(f"a{one}" for one in range(number)))
    delivery.announce(EVENT, to, None)
    assert sorted(len(parcel.to) for parcel, _ in notes.queued) == parcels
    assert len(notes.posts) == (number if not parcels else 0)
    if parcels:
        assert {socket for parcel, _ in notes.queued for socket in parcel.to} == set(to)
        assert {(parcel.tries, delay) for parcel, delay in notes.queued} == {(0, 0)}
        assert notes.counted == {"pushes_queued": number}


def parcel_of(to: list[Socket], tries: int = 0) -> delivery.Parcel:
    return delivery.Parcel('{"type":"x"}', to, tries)


def test_a_parcel_is_delivered(notes: Notes) -> None:
    assert delivery.deliver(parcel_of(sockets_of("ann", "a1", "a2")))
    assert receivers(notes) == ["a1", "a2"]
    assert notes.queued == []


@pytest.mark.parametrize("tries", range(4))
def test_what_is_left_of_a_parcel_goes_back_a_few_times(tries: int, notes: Notes) -> None:
    to = sockets_of("ann", "a1", "a2", "a3")
    notes.outcomes = {"a1": Outcome.FAILED, "a2": Outcome.GONE}
    done = delivery.deliver(parcel_of(to, tries))
    assert notes.removed == [to[1]]
    if tries == len(delivery.DELAYS_SECONDS):
        assert (done, notes.queued) == (False, [])
    else:
        ((parcel, delay),) = notes.queued
        assert (done, parcel.to, parcel.tries, delay) == (True, [to[0]], tries + 1, delivery.DELAYS_SECONDS[tries])


class Context:
    """Lambda's, with so much time left."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds * 1000)


@pytest.mark.parametrize(("left", "patience"), [(29, 3), (5, 2), (1, -2)])
def test_nobody_waits_longer_than_there_is_time(left: float, patience: float, notes: Notes) -> None:
    deadline.begin(Context(left))
    delivery.announce(EVENT, sockets_of("ann", "a1"), None)
    deadline.begin(None)
    assert notes.patience == [pytest.approx(patience, abs=0.5)]


# What is too large


def large(size: int) -> MessageCreated:
    assert EVENT.message
    return msgspec.structs.replace(EVENT, message=msgspec.structs.replace(EVENT.message, text="x" * size))


def test_a_frame_above_32_kb_says_where_to_fetch_the_rest() -> None:
    envelope = len(delivery.frame_of(large(0)))
    fits = 32 * 1024 - envelope
    assert len(delivery.frame_of(large(fits))) == 32 * 1024
    assert json.loads(delivery.frame_of(large(fits + 1))) == {
        "type": "message.created",
        "chatId": "c",
        "seq": 3,
        "at": "2026-11-23T09:22:44.930Z",
        "messageId": "m",
        "truncated": True,
    }


def test_a_chat_of_1_000_is_announced_by_its_id() -> None:
    members = [f"{number:036}" for number in range(1000)]
    chat = Chat(chat_id="c", kind="group", member_ids=members, admins=members[:1], last_seq=0, created_at="t")
    frame = json.loads(delivery.frame_of(ChatCreated(chat_id="c", chat=chat)))
    assert frame == {"type": "chat.created", "chatId": "c", "truncated": True}


# One device after the other


def test_a_device_is_told_by_the_latest_of_its_sockets_that_is_there(notes: Notes) -> None:
    notes.outcomes = {"a1": Outcome.GONE}
    assert delivery.relay(EVENT, [sockets_of("ann", "a1", "a2", "a3"), sockets_of("bob", "b1", "b2")])
    assert receivers(notes) == ["a1", "a2", "b1"]
    assert notes.counted == {"pushes_gone": 1, "pushes_delivered": 2}
    assert notes.queued == []


def test_nobody_there_is_an_answer(notes: Notes) -> None:
    notes.outcomes = {"a1": Outcome.GONE, "a2": Outcome.GONE}
    assert not delivery.relay(EVENT, [sockets_of("ann", "a1", "a2")])
    assert not delivery.relay(EVENT, [])
    assert notes.measured == []


@pytest.mark.parametrize("outcome", [Outcome.THROTTLED, Outcome.FAILED])
def test_what_cannot_be_told_now_is_told_by_no_queue(outcome: Outcome, notes: Notes) -> None:
    notes.outcomes = {"a1": outcome}
    with pytest.raises(Unavailable):
        delivery.relay(EVENT, [sockets_of("ann", "a1", "a2")])
    assert receivers(notes) == ["a1"], "behind it the order would be lost"
    assert notes.queued == []
    # Another device that got it is enough.
    assert delivery.relay(EVENT, [sockets_of("ann", "a1"), sockets_of("ann", "a2")])
