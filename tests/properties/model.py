"""A model of the server: what the protocol promises of one chat, and nothing more.

It goes through the same calls as the functions do, a thousand times as fast, so that the client's rule can be tried on
many more ways for things to go wrong than the real functions have time for.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.calls import Proceed
from tests.gateway import Answer

POST = "PostToConnection"


CHANGES: dict[str, tuple[str, Callable[[str, dict[str, Any]], dict[str, Any]]]] = {
    "editMessage": ("message.edited", lambda _, fields: {"text": fields["text"]}),
    "deleteMessage": ("message.deleted", lambda _, __: {"text": None, "reactions": {}}),
    "addReaction": ("reaction.added", lambda user_id, fields: {"reactions": {fields["emoji"]: [user_id]}}),
    "removeReaction": ("reaction.removed", lambda _, __: {"reactions": {}}),
}
"""What each operation makes of a message, and the event that tells of it."""


class Steps:
    """The model's calls to what would be AWS, in words."""

    def __init__(self) -> None:
        self._interceptor: Callable[[Any, Proceed], Any] = lambda _, proceed: proceed()

    def make(self, word: str, proceed: Proceed) -> Any:
        return self._interceptor(word, proceed)

    @contextmanager
    def intercepted(self, interceptor: Callable[[Any, Proceed], Any]) -> Iterator[None]:
        before, self._interceptor = self._interceptor, interceptor
        try:
            yield
        finally:
            self._interceptor = before


class Chat:
    """One chat: its log, and who listens."""

    def __init__(self, steps: Steps) -> None:
        self.last_seq = 0
        self.messages: dict[str, dict[str, Any]] = {}
        self.events: dict[int, dict[str, Any]] = {}
        self.sockets: list[ModelSocket] = []
        self._steps = steps

    def take_seq(self) -> int:
        def take() -> int:
            self.last_seq += 1
            return self.last_seq

        return int(self._steps.make("UpdateItem chats", take))

    def send(self, sender: "ModelPerson", client_message_id: str, text: str, cause: "ModelSocket") -> dict[str, Any]:
        seq = self.take_seq()
        message_id = f"{sender.user_id} {client_message_id}"
        message = {
            "chatId": "chat",
            "seq": seq,
            "messageId": message_id,
            "senderId": sender.user_id,
            "text": text,
            "sentAt": "now",
            "reactions": {},
            "clientMessageId": client_message_id,
        }

        def put() -> None:
            if message_id not in self.messages:
                self.messages[message_id] = message
                self.events[seq] = {"type": "message.created", "messageId": message_id}

        self._steps.make("PutItem messages", put)
        stored = self.messages[message_id]
        if stored["seq"] == seq:
            self.push({"type": "message.created", "seq": seq, "message": message}, cause)
        return stored

    def change(self, message_id: str, change: dict[str, Any], kind: str) -> dict[str, Any]:
        before = self.messages[message_id]
        if before | change == before:
            return before
        seq = self.take_seq()
        changed = before | change | {"changedSeq": seq}

        def put() -> None:
            # A write that comes too late finds that the message has changed, and writes nothing.
            if self.messages[message_id] is before:
                self.messages[message_id] = changed
                self.events[seq] = {"type": kind, "messageId": message_id}

        self._steps.make("TransactWriteItems events messages", put)
        self.push({"type": kind, "seq": seq, "messageId": message_id, "message": changed}, None)
        return changed

    def push(self, frame: dict[str, Any], cause: "ModelSocket | None") -> None:
        for socket in self.sockets:
            if socket is not cause and socket.is_open:
                self._steps.make(POST, lambda one=socket: one.received.append({"chatId": "chat", "at": "now", **frame}))

    def history(self) -> list[dict[str, Any]]:
        return sorted(self.messages.values(), key=lambda message: message["seq"])

    def page(self, after: int, limit: int) -> dict[str, Any]:
        seqs = sorted(seq for seq in self.events if seq > after)
        events = [
            {"chatId": "chat", "at": "now", "seq": seq, "message": self.messages[event["messageId"]], **event}
            for seq, event in ((seq, self.events[seq]) for seq in seqs[:limit])
        ]
        return {"events": events, "hasMore": len(seqs) > limit, "lastSeq": self.last_seq}


class ModelPerson:
    """Somebody in the chat, with the face of ``tests.people.Person``."""

    def __init__(self, user_id: str, chat: Chat) -> None:
        self.user_id = user_id
        self.chat = chat

    def open_socket(self, _device_id: str) -> "ModelSocket":
        socket = ModelSocket(self)
        self.chat.sockets.append(socket)
        return socket

    def ask(self, operation: str, **fields: Any) -> Answer:
        return Answer(200, self._answer(operation, **fields), None, {})

    def _answer(self, operation: str, **fields: Any) -> Any:
        chat = self.chat
        if operation in CHANGES:
            kind, change = CHANGES[operation]
            return chat.change(fields["messageId"], change(self.user_id, fields), kind)
        answers: dict[str, Callable[[], Any]] = {
            "createChat": lambda: {"chatId": "chat"},
            "getChat": lambda: {"lastSeq": chat.last_seq},
            "getEvents": lambda: chat.page(fields["after"], fields["limit"]),
            "getChatHistory": lambda: {"messages": chat.history(), "hasMore": False},
        }
        return answers[operation]()


class ModelSocket:
    """A client's end of a socket, with the face of ``tests.gateway.Socket``."""

    def __init__(self, owner: ModelPerson) -> None:
        self.owner = owner
        self.received: list[dict[str, Any]] = []
        self.is_open = True

    def ask(self, operation: str, **fields: Any) -> Answer:
        assert operation == "sendMessage"
        message = self.owner.chat.send(self.owner, fields["clientMessageId"], fields["text"], self)
        return Answer(201, message, None, {})

    def take(self) -> list[dict[str, Any]]:
        taken, self.received = self.received, []
        return taken

    def lose(self) -> None:
        self.is_open = False

    close = lose


class ModelClock:
    """A clock that stands still until it is put forward."""

    def __init__(self) -> None:
        self._seconds = 1_000.0

    def milliseconds(self) -> float:
        return self._seconds * 1000

    def advance(self, seconds: float) -> None:
        self._seconds += seconds
