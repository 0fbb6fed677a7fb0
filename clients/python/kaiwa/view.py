"""What the log of a chat comes to: its messages as they stand, who is in it, and what it is called. Pure.

An event that changes a message carries the message as it was after that, or later still. So of all that was heard of a
message, what the highest number says is the newest, in whatever order it came. The same goes for the chat.
"""

from collections.abc import Iterable
from typing import Any

from kaiwa.shapes import Chat, Event, Message

JOINED = "member.added"
LEFT = "member.removed"
UPDATED = "chat.updated"


class View:
    """One chat as a person sees it."""

    def __init__(self) -> None:
        self._messages: dict[str, Message] = {}
        self._members: dict[str, bool] = {}
        self._facts: dict[str, Any] = {}
        self._versions: dict[str, int] = {}
        self._described_at = 0

    @property
    def messages(self) -> list[Message]:
        """The messages in the log's order. A deleted one keeps its place."""
        return sorted(self._messages.values(), key=lambda message: message["seq"])

    @property
    def member_ids(self) -> set[str]:
        """Who is in the chat."""
        return {user_id for user_id, is_member in self._members.items() if is_member}

    @property
    def admins(self) -> set[str]:
        """Who looks after the chat."""
        return set(self._facts.get("admins", ()))

    @property
    def name(self) -> str | None:
        """What a group is called."""
        name: str | None = self._facts.get("name")
        return name

    def get(self, message_id: str) -> Message | None:
        """Return a message, or None where it is not held."""
        return self._messages.get(message_id)

    def apply(self, events: Iterable[Event]) -> None:
        """Take in events, in any order."""
        for event in events:
            if "message" in event:
                self._put(event["message"], event["seq"])
            if event["seq"] > self._described_at:
                self._follow(event)

    def show(self, messages: Iterable[Message]) -> None:
        """Take in messages that were read, as they were then."""
        for message in messages:
            self._put(message, message["seq"])

    def describe(self, chat: Chat) -> None:
        """Take in a chat as it was when its `lastSeq` was taken."""
        version = chat["lastSeq"]
        if version < self._described_at:
            return
        self._described_at = version
        for user_id in {*chat["memberIds"], *self._members}:
            self._note(self._members, user_id, user_id in chat["memberIds"], version)
        self._note(self._facts, "name", chat.get("name"), version)
        self._note(self._facts, "admins", chat["admins"], version)

    def trim(self, most: int) -> None:
        """Let go of the oldest messages, so that no more than this many are held."""
        if len(self._messages) > most:
            for message in self.messages[:-most]:
                del self._messages[message["messageId"]], self._versions[message["messageId"]]

    def _follow(self, event: Event) -> None:
        seq = event["seq"]
        if event["type"] in {JOINED, LEFT}:
            for user_id in event["memberIds"]:
                self._note(self._members, user_id, event["type"] == JOINED, seq)
        if event["type"] == UPDATED:
            self._note(self._facts, "name", event.get("name"), seq)
        if "admins" in event:
            self._note(self._facts, "admins", event["admins"], seq)

    def _put(self, message: Message, version: int) -> None:
        self._note(self._messages, message["messageId"], message, max(version, message.get("changedSeq", 0)))

    def _note(self, notes: dict[str, Any], name: str, value: object, version: int) -> None:
        if version >= self._versions.get(name, 0):
            notes[name] = value
            self._versions[name] = version
