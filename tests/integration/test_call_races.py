"""Whatever several people do in a call at the same moment, it has one end, and every device knows how it ended there.

The moments are not picked: every two of what can happen are tried, and every three different ones, in every order; the
second falls between what the first has read and what it writes, and the third between what the second has read and
writes, or behind it.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core import aws
from domain.call_states import AWAY_MILLISECONDS
from domain.calls import RING_SECONDS
from tests.calls import Call, Calls, Proceed
from tests.conftest import Clock
from tests.gateway import Gateway, Socket
from tests.integration.test_calls import line_of, looked_at
from tests.people import Person

BY_TIME = {"missed", "connection_lost"}
"""How calls of two end that nobody ends."""


class Between:
    """Lets others act between what an operation has read and what it writes: each in the midst of the one before."""

    def __init__(self, table: "Table", *acts: Callable[[], None]) -> None:
        self._table = table
        self._left = list(acts)

    def __call__(self, call: Call, proceed: Proceed) -> Any:
        if str(call) == "UpdateItem calls" and self._left:
            self._left.pop(0)()
        done = proceed()
        self._table.see(call)
        return done

    def finish(self) -> None:
        """Let those act who found no midst to fall into."""
        while self._left:
            self._left.pop(0)()


class Table:
    """A call of ann's to bob, who has two devices, and what each of them knows of it."""

    def __init__(self, ann: Person, bob: Person, gateway: Gateway, clock: Clock) -> None:
        self._ann = ann
        self._bob = bob
        self._gateway = gateway
        self._clock = clock
        self._sit_down()
        self.begin()

    def _sit_down(self) -> None:
        self.desk = self._ann.open_socket("desk")
        self.phone, self.laptop = self._bob.open_socket("phone"), self._bob.open_socket("laptop")
        self._sat_down_at = self._clock.seconds()

    def begin(self) -> None:
        """Call anew, with nothing left of before."""
        self._gateway.work_off("WatchCall")
        if self._clock.seconds() > self._sat_down_at + 60 * 60:
            for socket in self.sockets.values():
                socket.close()
            self._sit_down()
        if not self.phone.is_open:
            self.phone = self._bob.open_socket("phone")
        for socket in self.sockets.values():
            socket.take()
        answer = self.desk.ask("startCall", calleeIds=[self._bob.user_id], kind="video")
        assert answer.status == 201, answer
        self.call_id = answer.data["callId"]
        self.joined: set[str] = set()
        self.ended_by: str | None = None
        self._asking: list[str] = []
        self.told: dict[str, list[str]] = {name: [] for name in self.sockets}

    @property
    def sockets(self) -> dict[str, Socket]:
        return {"desk": self.desk, "phone": self.phone, "laptop": self.laptop}

    @property
    def acts(self) -> dict[str, Callable[[], None]]:
        return {
            "accept on the phone": lambda: self._ask("phone", "acceptCall"),
            "accept on the laptop": lambda: self._ask("laptop", "acceptCall"),
            "reject": lambda: self._ask("laptop", "rejectCall"),
            "cancel": lambda: self._ask("desk", "endCall"),
            "hang up": lambda: self._ask("phone", "endCall"),
            "time-out": lambda: self._wait(RING_SECONDS),
            "lost socket": self._lose,
        }

    def _ask(self, device: str, operation: str) -> None:
        socket = self.sockets[device]
        if not socket.is_open:
            return
        self._asking.append(device)
        answer = socket.ask(operation, callId=self.call_id)
        self._asking.pop()
        if answer.status == 200:
            self.joined |= {device} if operation == "acceptCall" else set()
        else:
            assert (operation, answer.status) == ("acceptCall", 409)
            assert answer.code in {"conflict", "call_ended"}

    def _wait(self, seconds: float) -> None:
        self._clock.advance(seconds)
        assert self._gateway.work_off("WatchCall", due=True) == []

    def _lose(self) -> None:
        if self.phone.is_open:
            self.phone.close()
            self._wait(AWAY_MILLISECONDS / 1000)

    def see(self, call: Call) -> None:
        """See who ended the call, if a write did: they get the reply, and no push. What time ends is told to all."""
        if str(call) != "UpdateItem calls":
            return
        values = call.parameters["ExpressionAttributeValues"].values()
        for record in (json.loads(value["S"]) for value in values if "S" in value):
            if record.get("state") == "ended" and record["end_reason"] not in BY_TIME:
                self.ended_by = self._asking[-1]

    def look(self) -> None:
        """Take in what was told."""
        for name, socket in self.sockets.items():
            frames = [one for one in socket.take() if one["type"].startswith("call.")]
            assert {one["call"]["callId"] for one in frames} <= {self.call_id}
            self.told[name] += [one["type"].removeprefix("call.") for one in frames]

    def close(self) -> None:
        """Hang up where somebody is left, and see that all is as it must be."""
        self.look()
        before = looked_at(self._ann, self.call_id)
        assert len(self.joined) <= 1
        if before["state"] == "active":
            assert len(self.joined) == 1
        if before["state"] != "ended":
            self.ended_by = "desk"
        self._ask("desk", "endCall")
        self._wait(0)
        self.look()
        ended = looked_at(self._ann, self.call_id)
        assert ended["state"] == "ended"
        assert before == ended or before["state"] != "ended"
        for name in ("phone", "laptop"):
            if self.sockets[name].is_open:
                self._knows(name)
        assert self.told["desk"].count("ended") == self._is_told_the_end("desk")
        assert self.told["desk"].count("joined") == len(self.joined)
        assert line_of(self._ann) is line_of(self._bob) is None
        self.ended = ended

    def again(self) -> None:
        """See that to do everything again changes nothing, and is told to nobody."""
        told = {name: list(words) for name, words in self.told.items()}
        for act in self.acts.values():
            act()
        self.look()
        assert self.told == told
        assert looked_at(self._ann, self.call_id) == self.ended

    def _knows(self, name: str) -> None:
        """See that it rang at a device, and that it was told once how that ended there."""
        told, has_joined = self.told[name], name in self.joined
        assert told.count("ringing") == 1
        assert told.count("rejected") <= 1
        elsewhere = bool(self.joined) and not has_joined
        assert told.count("answeredElsewhere") == elsewhere
        assert told.count("ended") == (not elsewhere and self._is_told_the_end(name))

    def _is_told_the_end(self, name: str) -> bool:
        """Return whether a device that is concerned by the end hears of it by a push, rather than as the reply."""
        return self.ended_by != name


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has lost a race tries again without a pause."""
    monkeypatch.setattr(aws, "wait", lambda _attempt: None)


@pytest.fixture
def table(ann: Person, bob: Person, gateway: Gateway, clock: Clock) -> Iterator[Table]:
    ann.start_chat(bob)
    return Table(ann, bob, gateway, clock)


NAMES = [
    "accept on the phone",
    "accept on the laptop",
    "reject",
    "cancel",
    "hang up",
    "time-out",
    "lost socket",
]


def play(table: Table, calls: Calls, *names: str) -> None:
    """Let the first happen, and the others in its midst."""
    first, *others = (table.acts[name] for name in names)
    between = Between(table, *others)
    with calls.intercepted(between):
        first()
        between.finish()
    table.close()


def test_the_names_are_those_of_the_acts(table: Table) -> None:
    assert list(table.acts) == NAMES


@pytest.mark.parametrize("first", NAMES)
def test_two_at_once_end_as_one(first: str, table: Table, calls: Calls) -> None:
    for second in NAMES:
        play(table, calls, first, second)
        table.again()
        table.begin()


@pytest.mark.parametrize("first", NAMES)
def test_three_at_once_end_as_one(first: str, table: Table, calls: Calls) -> None:
    for second, third in itertools.permutations([name for name in NAMES if name != first], 2):
        play(table, calls, first, second, third)
        table.begin()
