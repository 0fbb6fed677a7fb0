"""Whatever happens on the way, in the end every device shows the server's log: nothing lost, nothing twice.

The functions are the real ones on an AWS in memory, and the devices follow the real rule of the Python client. What
lies between is in hypothesis's hands: pushes and answers are lost, late, doubled and out of order, sockets break, and
functions end between any two of their calls to AWS, or leave a write under way.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from core import parallel
from tests.calls import Calls
from tests.conftest import Clock
from tests.people import Person
from tests.properties.device import Device
from tests.properties.fates import WELL, Fate, Fates, InTurn

MOST_CALLS = 8
"""More than a request here makes before its last push."""

which = st.integers(0, 3)
"""A device: ann's two, bob's, eve's."""

some = st.integers(0, 20)
"""One of a list, however long that is."""

fates = st.one_of(
    st.just(WELL),
    st.just(Fate(is_heard=False)),
    st.just(Fate(is_late=True)),
    st.builds(Fate, death_at=st.integers(1, MOST_CALLS), after=st.booleans()),
)
changes = st.sampled_from(
    [
        ("editMessage", {"text": "better"}),
        ("editMessage", {"text": "best"}),
        ("deleteMessage", {}),
        ("addReaction", {"emoji": "👋"}),
        ("removeReaction", {"emoji": "👋"}),
    ]
)


class Conversation(RuleBasedStateMachine):
    """Three people with four devices in one chat."""

    people: ClassVar[list[Person]]
    calls: ClassVar[Calls]
    clock: ClassVar[Clock]

    def __init__(self) -> None:
        super().__init__()
        ann, bob, eve = self.people
        self.fates = Fates(self.calls, self.clock)
        self.chat_id = ann.start_chat(bob, eve)
        owners = {"phone": ann, "laptop": ann, "tablet": bob, "watch": eve}
        self.devices = [Device(owner, name, self.chat_id, self.clock, self.fates) for name, owner in owners.items()]
        for device in self.devices:
            device.connect()

    @rule(device=which, fate=fates)
    def say(self, device: int, fate: Fate) -> None:
        self.devices[device].write("words")
        self.devices[device].send(fate)
        self.listen()

    @rule(device=which, fate=fates)
    def send_again(self, device: int, fate: Fate) -> None:
        self.devices[device].send(fate)
        self.listen()

    @precondition(lambda self: any(device.view.messages for device in self.devices))
    @rule(device=which, message=some, change=changes, fate=fates)
    def change(self, device: int, message: int, change: tuple[str, dict[str, Any]], fate: Fate) -> None:
        operation, fields = change
        if self.devices[device].view.messages:
            self.devices[device].change(operation, message, fate, **fields)
            self.listen()

    @rule(device=which, push=some, again=st.booleans())
    def hear(self, device: int, push: int, again: bool) -> None:
        pushes = self.devices[device].pushes
        if pushes:
            self.devices[device].hear(push % len(pushes), again=again)

    @rule(device=which)
    def hear_everything(self, device: int) -> None:
        while self.devices[device].pushes:
            self.devices[device].hear(0, again=False)

    @rule(device=which, push=some)
    def lose_a_push(self, device: int, push: int) -> None:
        pushes = self.devices[device].pushes
        if pushes:
            pushes.pop(push % len(pushes))

    @rule(device=which, is_told=st.booleans())
    def cut(self, device: int, is_told: bool) -> None:
        self.devices[device].cut(is_told=is_told)

    @rule(device=which)
    def connect(self, device: int) -> None:
        self.devices[device].connect()

    @rule(device=which)
    def ask(self, device: int) -> None:
        self.devices[device].ask()

    @rule(device=which, page=some)
    def read(self, device: int, page: int) -> None:
        pages = self.devices[device].pages
        if pages:
            self.devices[device].read(page % len(pages))

    @rule(device=which)
    def read_everything(self, device: int) -> None:
        self.devices[device].read_all()

    @precondition(lambda self: self.fates.late)
    @rule(write=some)
    def land(self, write: int) -> None:
        self.fates.land(write % self.fates.late)

    @rule(seconds=st.sampled_from([1, 10, 28, 31]))
    def wait(self, seconds: int) -> None:
        self.fates.pass_time(seconds)

    def listen(self) -> None:
        for device in self.devices:
            device.listen()

    def teardown(self) -> None:
        self.settle()
        for device in self.devices:
            device.cut(is_told=True)

    def settle(self) -> None:
        """Let the world be well again, and look at what became of it."""
        self.fates.land_all()
        for device in self.devices:
            device.connect()
            while len(device.outbox):
                device.send(WELL)
        for device in self.devices:
            device.read_all()
        self.fates.pass_time(30)
        for device in self.devices:
            device.read_all()
        self.check()

    def check(self) -> None:
        log = list(self.log())
        seqs = [event["seq"] for event in log]
        assert seqs == sorted(set(seqs))
        history = self.people[0].ask("getChatHistory", chatId=self.chat_id, limit=100).data
        assert not history["hasMore"]
        messages = history["messages"]
        for device in self.devices:
            held = [event["seq"] for event in device.log.events]
            assert held == seqs, device
            assert device.told == dict.fromkeys(seqs, 1), device
            assert device.log.due() is None
            assert device.view.messages == messages, device
            mine = [one["clientMessageId"] for one in messages if one["clientMessageId"].startswith(device.name)]
            assert mine == device.written, device
            for message_id, seq in device.acknowledged.items():
                message = device.view.get(message_id)
                assert message
                assert message.get("changedSeq", message["seq"]) >= seq

    def log(self) -> Iterator[dict[str, Any]]:
        after = 0
        while True:
            page = self.people[0].ask("getEvents", chatId=self.chat_id, after=after, limit=100).data
            yield from page["events"]
            if not page["hasMore"]:
                return
            after = page["events"][-1]["seq"]


def test_every_device_ends_with_the_servers_log(
    ann: Person, bob: Person, eve: Person, calls: Calls, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "_threads", InTurn)
    monkeypatch.setattr(Conversation, "people", [ann, bob, eve], raising=False)
    monkeypatch.setattr(Conversation, "calls", calls, raising=False)
    monkeypatch.setattr(Conversation, "clock", clock, raising=False)
    run_state_machine_as_test(
        Conversation,
        settings=settings(max_examples=40, stateful_step_count=30, suppress_health_check=[HealthCheck.too_slow]),
    )
