"""The messages that were written here and not yet acknowledged. Pure: no clock, no network.

A message keeps one `clientMessageId` through every attempt, so that the server stores it once however often it is sent.
Within a chat messages leave one after another, in the order written.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

MOST_REFUSALS = 5
"""Temporary refusals of one message before a person has to decide."""


class State(Enum):
    """Where a message is."""

    WAITING = "waiting"
    SENDING = "sending"
    FAILED = "failed"


@dataclass
class Pending:
    """A message that the server may not have.

    Attributes:
        client_message_id: Its name through every attempt.
        chat_id: Where it goes.
        content: The other fields of sendMessage.
        refusals: How often the server said that it cannot just now.
    """

    client_message_id: str
    chat_id: str
    content: dict[str, Any]
    state: State = State.WAITING
    refusals: int = field(default=0)


class Outbox:
    """Pending messages, in the order written."""

    def __init__(self, saved: Iterable[dict[str, Any]] = ()) -> None:
        """Go on with messages.

        Args:
            saved: What ``to_json`` gave earlier. What was on its way then is sent again.
        """
        self._pending: list[Pending] = []
        for fields in saved:
            state = State.FAILED if fields["state"] == State.FAILED.value else State.WAITING
            self._pending.append(Pending(**{**fields, "state": state, "refusals": 0}))

    def __len__(self) -> int:
        return len(self._pending)

    def of(self, chat_id: str) -> list[Pending]:
        """Return the pending messages of a chat."""
        return [pending for pending in self._pending if pending.chat_id == chat_id]

    def get(self, client_message_id: str) -> Pending | None:
        """Return a message, or None where it is not pending."""
        return next((one for one in self._pending if one.client_message_id == client_message_id), None)

    def add(self, client_message_id: str, chat_id: str, content: dict[str, Any]) -> Pending:
        """Put a message last."""
        pending = Pending(client_message_id, chat_id, content)
        self._pending.append(pending)
        return pending

    def take(self) -> list[Pending]:
        """Take everything that may leave now: the first message of each chat, unless it is on its way."""
        first: dict[str, Pending] = {}
        for pending in self._pending:
            if pending.state is not State.FAILED:
                first.setdefault(pending.chat_id, pending)
        taken = [pending for pending in first.values() if pending.state is State.WAITING]
        for pending in taken:
            pending.state = State.SENDING
        return taken

    def acknowledge(self, client_message_id: str) -> bool:
        """Let go of a message that the server has. Returns whether it was pending."""
        pending = self.get(client_message_id)
        if pending:
            self._pending.remove(pending)
        return pending is not None

    def lose(self, client_message_id: str) -> None:
        """Note that no answer came. The message leaves again, as often as it takes."""
        pending = self.get(client_message_id)
        if pending and pending.state is State.SENDING:
            pending.state = State.WAITING

    def refuse(self, client_message_id: str, *, is_temporary: bool) -> bool:
        """Note that the server said no.

        Returns:
            Whether the message will leave again by itself.
        """
        pending = self.get(client_message_id)
        if not pending:
            return False
        pending.refusals += 1
        again = is_temporary and pending.refusals < MOST_REFUSALS
        pending.state = State.WAITING if again else State.FAILED
        return again

    def retry(self, client_message_id: str) -> None:
        """Send a failed message after all; it goes last, where its writer sees it go."""
        pending = self.discard(client_message_id)
        if pending:
            self.add(pending.client_message_id, pending.chat_id, pending.content)

    def discard(self, client_message_id: str) -> Pending | None:
        """Give a failed message up, and return it."""
        pending = self.get(client_message_id)
        if not pending or pending.state is not State.FAILED:
            return None
        self._pending.remove(pending)
        return pending

    def to_json(self) -> list[dict[str, Any]]:
        """Return what to keep over a restart."""
        return [{**asdict(pending), "state": pending.state.value} for pending in self._pending]
