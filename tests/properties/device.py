"""A device of somebody's: the real rule of the client, on a line that a test holds in its hands."""

import json
from collections import Counter
from typing import Any

from kaiwa.log import Log
from kaiwa.outbox import Outbox, Pending
from kaiwa.view import View
from tests.conftest import Clock
from tests.gateway import Answer, Socket
from tests.people import Person
from tests.properties.fates import Fate, Fates


class Device:
    """What a device holds of one chat, and what is on its way to it.

    Attributes:
        pushes: Pushed frames on their way.
        pages: Answers to getEvents on their way, each as it shall be given to ``Log.read``.
        acknowledged: What the server said it has, by the message's id: the highest number it is known to have.
        told: How often each event was given to whoever uses the client.
    """

    def __init__(self, person: Person, name: str, chat_id: str, clock: Clock, fates: Fates) -> None:
        self.person = person
        self.name = name
        self.chat_id = chat_id
        self.log = Log()
        self.view = View()
        self.outbox = Outbox()
        self.socket: Socket | None = None
        self.pushes: list[Any] = []
        self.pages: list[tuple[Any, int, float]] = []
        self.acknowledged: dict[str, int] = {}
        self.told: Counter[int] = Counter()
        self.written: list[str] = []
        self._clock = clock
        self._fates = fates

    @property
    def now(self) -> float:
        return self._clock.milliseconds() / 1000

    # The line

    def connect(self) -> None:
        """Open a socket."""
        self.cut(is_told=False)
        self.socket = self.person.open_socket(self.name)

    @property
    def is_connected(self) -> bool:
        return self.socket is not None

    def cut(self, *, is_told: bool) -> None:
        """End the socket. What is on its way stays so: a push may come out of a retired socket."""
        if not self.socket:
            return
        self.listen()
        if is_told:
            self.socket.close()
        else:
            self.socket.lose()
        self.socket = None

    def listen(self) -> None:
        if self.socket:
            self.pushes += self.socket.take()

    def hear(self, which: int, *, again: bool = False) -> None:
        """Let a push arrive, in any order, and perhaps come once more."""
        frame = self.pushes[which] if again else self.pushes.pop(which)
        if "seq" in frame:
            self._tell(self.log.take([json.loads(json.dumps(frame))], self.now))

    def hear_all(self) -> None:
        """Let all pushes arrive, the last one first."""
        while self.pushes:
            self.hear(-1)

    def ask(self, after: int, limit: int) -> None:
        """Ask for a page of the log. Its answer is on its way then."""
        asked_at = self.now
        answer = self.person.ask("getEvents", chatId=self.chat_id, after=after, limit=limit)
        assert answer.status == 200, answer
        self.pages.append((answer.data, after, asked_at))

    def read(self, which: int = -1) -> Any:
        """Let a page arrive."""
        page, after, asked_at = self.pages.pop(which)
        self._tell(self.log.read(page, after, asked_at, self.now))
        return page

    def resume(self) -> None:
        """Read everything after what is held without a gap."""
        after = self.log.contiguous
        more = True
        while more:
            self.ask(after, limit=100)
            page = self.read()
            more = page["hasMore"]
            after = page["events"][-1]["seq"] if more else after

    # What its person does

    def write(self, text: str) -> None:
        client_message_id = f"{self.name}-{len(self.written)}"
        self.written.append(client_message_id)
        self.outbox.add(client_message_id, self.chat_id, {"text": text})

    def send(self, fate: Fate) -> None:
        """Send what may leave now, if there is a socket."""
        if self.socket:
            for pending in self.outbox.take():
                self._deliver(pending, fate)

    def _deliver(self, pending: Pending, fate: Fate) -> None:
        fields = {"chatId": self.chat_id, "clientMessageId": pending.client_message_id, **pending.content}
        socket = self.socket
        assert socket
        answer = self._fates.befall(fate, lambda: socket.ask("sendMessage", **fields))
        if not answer:
            self.outbox.lose(pending.client_message_id)
            return
        assert answer.status in {200, 201}, answer
        message = answer.data
        self.outbox.acknowledge(pending.client_message_id)
        self.acknowledged[message["messageId"]] = message["seq"]
        event = {"type": "message.created", "chatId": self.chat_id, "seq": message["seq"], "at": message["sentAt"]}
        self._tell(self.log.take([{**event, "message": message}], self.now))  # type: ignore[list-item]

    def change(self, operation: str, which: int, fate: Fate, **fields: Any) -> None:
        """Edit, delete or react to one of the messages held. Its event comes by push or is read."""
        message = self.view.messages[which % len(self.view.messages)]
        fields |= {"chatId": self.chat_id, "messageId": message["messageId"]}
        answer: Answer | None = self._fates.befall(fate, lambda: self.person.ask(operation, **fields))
        if answer and answer.status == 200:
            changed = answer.data
            self.view.show([changed])
            self.acknowledged[changed["messageId"]] = changed.get("changedSeq", changed["seq"])

    def _tell(self, added: list[Any]) -> None:
        self.view.apply(added)
        for event in added:
            self.told[event["seq"]] += 1
            message = event.get("message")
            if message and message["senderId"] == self.person.user_id and event["type"] == "message.created":
                self.outbox.acknowledge(message.get("clientMessageId", ""))

    def __repr__(self) -> str:
        return self.name
