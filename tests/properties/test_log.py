"""Whatever happens on the way, in the end every device shows the server's log: nothing lost, nothing twice.

The functions are the real ones on an AWS in memory, and the devices follow the real rule of the Python client. What
lies between is in hypothesis's hands: pushes and answers are lost, late, doubled and out of order, sockets break, and
functions end between any two of their calls to AWS, or leave a write under way.
"""

from collections.abc import Iterator
from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from tests.properties.device import Device
from tests.properties.fates import WELL, Fate, Fates
from tests.properties.model import Chat, ModelClock, ModelPerson, Steps

MOST_CALLS = 8
"""More than a request here makes before its last push."""

which = st.integers(0, 2)
"""A device: ann's two, and bob's."""

several = st.sets(which)

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
    """Two people with three devices in one chat."""

    people: list[Any]
    calls: Any
    clock: Any

    def __init__(self) -> None:
        super().__init__()
        ann, bob = self.people
        self.fates = Fates(self.calls, self.clock)
        chat = ann.ask("createChat", kind="group", memberIds=[bob.user_id])
        owners = {"phone": ann, "laptop": ann, "tablet": bob}
        self.devices = [
            Device(owner, name, chat.data["chatId"], self.clock, self.fates) for name, owner in owners.items()
        ]
        for device in self.devices:
            device.connect()

    @rule(device=which, words=st.sampled_from([1, 1, 2, 0]), fate=fates, deaf=several)
    def say(self, device: int, words: int, fate: Fate, deaf: set[int]) -> None:
        """Write something, or nothing, and send what has not been sent."""
        for _ in range(words):
            self.devices[device].write("words")
        self.devices[device].send(fate)
        self.listen(deaf)

    @rule(device=which, message=some, change=changes, fate=fates, deaf=several)
    def change(self, device: int, message: int, change: tuple[str, dict[str, Any]], fate: Fate, deaf: set[int]) -> None:
        operation, fields = change
        if self.devices[device].view.messages:
            self.devices[device].change(operation, message, fate, **fields)
            self.listen(deaf)

    @rule(device=which, act=st.sampled_from(["hear", "hear again", "lose"]), push=some)
    def push(self, device: int, act: str, push: int) -> None:
        pushes = self.devices[device].pushes
        if not pushes:
            return
        if act == "lose":
            pushes.pop(push % len(pushes))
        else:
            self.devices[device].hear(push % len(pushes), again=act == "hear again")

    @rule(device=which, act=st.sampled_from(["ask", "ask further", "read"]), page=some)
    def page(self, device: int, act: str, page: int) -> None:
        """Ask for a small page, the first that is missing or one that should follow an earlier one; or get one."""
        log, pages = self.devices[device].log, self.devices[device].pages
        if act != "read":
            self.devices[device].ask(log.contiguous if act == "ask" else max(0, log.highest - 1), limit=1)
        elif pages:
            self.devices[device].read(page % len(pages))

    @rule(device=which, act=st.sampled_from(["cut", "close", "connect"]))
    def line(self, device: int, act: str) -> None:
        if act != "connect":
            self.devices[device].cut(is_told=act == "close")
        else:
            self.come_back(self.devices[device])

    @precondition(lambda self: self.fates.late)
    @rule(write=some)
    def land(self, write: int) -> None:
        self.fates.land(write % self.fates.late)

    @rule(seconds=st.sampled_from([1, 10, 28, 31]), faltering=several)
    def wait(self, seconds: int, faltering: set[int]) -> None:
        """Let time pass. Devices come back and read what is due; those that falter get no further than one event."""
        end = self.clock.milliseconds() / 1000 + seconds
        for number, device in enumerate(self.devices):
            if number not in faltering:
                self.come_back(device)
        reading = set(range(len(self.devices)))
        while (due := self.next_due(reading)) and due[0] <= end:
            moment, number = due
            device = self.devices[number]
            self.fates.pass_time(max(0, moment - device.now))
            if number in faltering:
                reading.remove(number)
                device.ask(device.log.contiguous, limit=1)
                device.read(-1)
            else:
                device.resume()
        self.fates.pass_time(max(0, end - self.clock.milliseconds() / 1000))

    def come_back(self, device: Device) -> None:
        if not device.is_connected:
            device.connect()
            device.resume()

    def next_due(self, reading: set[int]) -> tuple[float, int] | None:
        """Return when one of these devices reads next, and which, if it is connected."""
        times = [
            (due, number)
            for number, device in enumerate(self.devices)
            if number in reading and device.is_connected and (due := device.log.due()) is not None
        ]
        return min(times, default=None)

    def listen(self, deaf: set[int]) -> None:
        """Let what was pushed arrive, but for what is still on its way to some."""
        for number, device in enumerate(self.devices):
            device.listen()
            if number not in deaf:
                device.hear_all()

    def teardown(self) -> None:
        """Let the world be well again, and look at what became of it."""
        self.fates.land_all()
        for device in self.devices:
            if len(device.outbox) and not device.is_connected:
                device.connect()
            while len(device.outbox):
                device.send(WELL)
        last_seq = self.people[0].ask("getChat", chatId=self.devices[0].chat_id).data["lastSeq"]
        for device in self.devices:
            device.log.hear_of(last_seq, device.now)
        self.fates.pass_time(30)
        for device in self.devices:
            device.resume()
            device.cut(is_told=True)
        self.check()

    def check(self) -> None:
        log = list(self.log())
        seqs = [event["seq"] for event in log]
        assert seqs == sorted(set(seqs))
        history = self.people[0].ask("getChatHistory", chatId=self.devices[0].chat_id, limit=100).data
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
            page = self.people[0].ask("getEvents", chatId=self.devices[0].chat_id, after=after, limit=100).data
            yield from page["events"]
            if not page["hasMore"]:
                return
            after = page["events"][-1]["seq"]


class ModelConversation(Conversation):
    """The same on a model of the server."""

    def __init__(self) -> None:
        self.calls = Steps()
        self.clock = ModelClock()
        chat = Chat(self.calls)
        self.people = [ModelPerson("ann", chat), ModelPerson("bob", chat)]
        super().__init__()


def test_every_device_ends_with_the_servers_log(world: None) -> None:
    run_state_machine_as_test(
        Conversation, settings=settings(max_examples=16, stateful_step_count=50, phases=[Phase.generate])
    )


def test_every_device_ends_with_the_log_of_a_server_that_keeps_its_promises() -> None:
    run_state_machine_as_test(ModelConversation, settings=settings(max_examples=200, stateful_step_count=50))
