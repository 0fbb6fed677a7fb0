"""Calls whose functions die between any two calls to AWS: nobody stays busy, and no call rings or goes on for ever."""

import contextlib
import random
from collections.abc import Callable
from typing import Any

import pytest

from domain import call_states, moves
from domain.call_states import AWAY_MILLISECONDS, UNSEEN_MILLISECONDS
from domain.calls import RING_SECONDS
from models.calls import Call as StoredCall
from models.connections import Connections
from models.signals import Signals
from tests.calls import Calls, Crash, Death
from tests.conftest import Clock
from tests.gateway import Answer, Gateway, Socket
from tests.integration.test_calls import OFFER, Later, line_of, looked_at, ring, states
from tests.integration.test_chats import crowd
from tests.integration.test_crashes import WHEN, cut_off_everywhere
from tests.people import Person

LATEST_DEATH = 16
"""Most operations make half as many calls to AWS; one that would die later comes to its end."""

QUARTER = 15 * 60


class Couple:
    """Ann and bob, who call each other while functions die. Bob has two devices."""

    def __init__(self, ann: Person, bob: Person, mortally: Callable[[Callable[[], Any]], bool]) -> None:
        self._people = {"desk": ann, "phone": bob, "laptop": bob}
        self._sockets = {name: person.open_socket(name) for name, person in self._people.items()}
        self._mortally = mortally
        self._call_ids: list[str] = []

    def start(self, name: str = "desk") -> None:
        def ask() -> None:
            answer = self._sockets[name].ask("startCall", calleeIds=[self._other(name).user_id], kind="video")
            self._call_ids += [answer.data["callId"]] if answer.data else []

        self._mortally(ask)

    def do(self, operation: str, name: str) -> None:
        if self._call_ids:
            fields = {"toUserId": self._other(name).user_id, "signal": OFFER} if operation == "sendSignal" else {}
            self._mortally(lambda: self._sockets[name].ask(operation, callId=self._call_ids[-1], **fields))

    def reconnect(self, name: str) -> None:
        self._mortally(self._sockets[name].close)
        self._sockets[name] = self._people[name].open_socket(name)

    def leave(self) -> None:
        """Close all that is open, with a word or without."""
        for socket in self._sockets.values():
            self._mortally(socket.close)

    def _other(self, name: str) -> Person:
        return self._people["phone" if name == "desk" else "desk"]


class Evening:
    """People call each other, and functions die while they do."""

    def __init__(self, gateway: Gateway, calls: Calls, clock: Clock, seed: int) -> None:
        self._gateway = gateway
        self._calls = calls
        self._clock = clock
        self._chance = random.Random(seed)
        self.deaths = 0

    def mortally(self, act: Callable[[], Any]) -> bool:
        """Let something happen that dies at some call to AWS, perhaps. Returns whether it came to its end."""
        death = Death(self._chance.randint(1, LATEST_DEATH), after=self._chance.random() < 0.5)
        with self._calls.intercepted(death), contextlib.suppress(Crash):
            act()
            return True
        self.deaths += 1
        return False

    def spend(self, couple: Couple) -> None:
        """Let one of them call, and then some things happen."""
        couple.start()
        for _ in range(self._chance.randint(1, 2)):
            name = self._chance.choice(["desk", "phone", "laptop"])
            act = self._chance.choice(["start", "acceptCall", "acceptCall", "rejectCall", "endCall", "sendSignal", ""])
            if act == "start":
                couple.start(name)
            elif act:
                couple.do(act, name)
            else:
                couple.reconnect(name)

    def wait(self, seconds: float) -> None:
        """Let time pass, and functions die at what is due then. What they were doing comes again."""
        self._clock.advance(seconds)
        due = [one for one in self._gateway.queued if one.due_at <= self._clock.milliseconds()]
        if not self.mortally(lambda: self._gateway.work_off("WatchCall", batch=1, due=True)):
            self._gateway.queued += [one for one in due if one not in self._gateway.queued]


@pytest.mark.parametrize("seed", range(5))
def test_after_200_calls_and_many_deaths_nobody_is_busy(
    seed: int, gateway: Gateway, calls: Calls, clock: Clock, later: Later
) -> None:
    """40 calls on each of five evenings: a transaction in memory copies all that there is."""
    evening = Evening(gateway, calls, clock, seed)
    people = [Person(gateway, user_id, user_id) for user_id in crowd(20)]
    couples = [Couple(ann, bob, evening.mortally) for ann, bob in zip(people[::2], people[1::2], strict=True)]
    while len(list(StoredCall.scan())) < 40:
        for couple in couples:
            evening.spend(couple)
        evening.wait(AWAY_MILLISECONDS / 1000)
        evening.wait(RING_SECONDS)
    for couple in couples:
        couple.leave()
    assert evening.deaths > 20

    # Nobody's phone rings for longer than the protocol says, whoever died.
    clock.advance(RING_SECONDS)
    for one in StoredCall.scan():
        assert moves.as_of_now(one).state != call_states.RINGING
    # What was forgotten is found within a quarter of an hour; but for a socket that nobody knows to be closed.
    for _ in range(UNSEEN_MILLISECONDS // (QUARTER * 1000) + 2):
        later(QUARTER)
    for one in StoredCall.scan():
        assert moves.read(one).state == call_states.ENDED
        assert one.is_settled
    assert [one.user_id for one in Connections.scan() if one.call_id] == []
    assert list(Signals.scan()) == []
    assert [one for one in gateway.queued if one.queue_url.endswith("-calls")] == []


@pytest.fixture
def later(gateway: Gateway, clock: Clock) -> Later:
    return Later(gateway, clock)


@WHEN
def test_a_start_that_was_cut_off_is_made_again(
    after: bool, ann: Person, bob: Person, calls: Calls, later: Later
) -> None:
    desk, phone = ann.open_socket("desk"), bob.open_socket("phone")

    def ask() -> Answer:
        return desk.ask("startCall", calleeIds=[bob.user_id], kind="audio")

    def check(_at: int) -> None:
        """The caller asks again; should that be too late, whoever looks finds that it rang out."""
        again = ask()
        assert (again.status, states(again.data["call"])) == (201, ["ringing", "joined", "ringing"])
        assert phone.ask("acceptCall", callId=again.data["callId"]).status == 200
        assert desk.ask("endCall", callId=again.data["callId"]).status == 200
        assert line_of(ann) is line_of(bob) is None
        later(RING_SECONDS)

    # Who they are, who blocks, who is in a call, and the queue at once; the call, a push, the secret for TURN.
    assert cut_off_everywhere(calls, after, ask, check) == 7


@WHEN
@pytest.mark.parametrize("operation", ["acceptCall", "rejectCall", "endCall"])
def test_a_move_that_was_cut_off_is_made_again(
    operation: str, after: bool, ann: Person, bob: Person, calls: Calls, later: Later
) -> None:
    chat_id = ann.start_chat(bob)
    desk, phone = ann.open_socket("desk"), bob.open_socket("phone")
    asked: list[Socket] = [desk if operation == "endCall" else phone]
    call_ids = [ring(ann, bob)]

    def ask() -> Answer:
        return asked[0].ask(operation, callId=call_ids[-1])

    def check(_at: int) -> None:
        again = ask()
        assert again.status == 200
        assert states(again.data["call"])[0] == ("active" if operation == "acceptCall" else "ended")
        desk.ask("endCall", callId=call_ids[-1])
        assert looked_at(ann, call_ids[-1])["state"] == "ended"
        later(QUARTER)
        assert line_of(ann) is line_of(bob) is None
        logged = [event["call"]["callId"] for event in ann.ask("getEvents", chatId=chat_id).data["events"]]
        assert logged == call_ids
        call_ids.append(ring(ann, bob))

    assert cut_off_everywhere(calls, after, ask, check) > 4
