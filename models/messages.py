"""Messages.

The sort key is the message's id, which is derived from its sender and ``clientMessageId``: a message sent twice is the
same item, and the second write fails. A local index gives the order of the log. It holds keys and senders only, so that
a message of 1 KB costs one write unit more and not two.
"""

from collections.abc import Callable, Iterable
from typing import Any

from pynamodb.attributes import Attribute, NumberAttribute, UnicodeAttribute
from pynamodb.constants import LIST, MAP
from pynamodb.indexes import IncludeProjection, LocalSecondaryIndex
from pynamodb.transactions import TransactWrite

from models.events import LoggedEvent
from models.table import Table, decides, expiring, found, holds, table_name, transaction, wins

Reactions = dict[str, set[str]]
"""The users who reacted, under their emoji."""


class ReactionsAttribute(Attribute[Reactions]):
    """Reactions as DynamoDB's map of string sets."""

    attr_type = MAP

    def serialize(self, value: Reactions) -> dict[str, Any]:
        """Write them."""
        return {emoji: {"SS": sorted(user_ids)} for emoji, user_ids in value.items()}

    def deserialize(self, value: dict[str, Any]) -> Reactions:
        """Read them."""
        return {emoji: set(user_ids["SS"]) for emoji, user_ids in value.items()}


class IdsAttribute(Attribute[list[str]]):
    """Ids, in their order, as DynamoDB's list of strings."""

    attr_type = LIST

    def serialize(self, value: list[str]) -> list[dict[str, Any]]:
        """Write them."""
        return [{"S": one} for one in value]

    def deserialize(self, value: list[dict[str, Any]]) -> list[str]:
        """Read them."""
        return [one["S"] for one in value]


class MessageBySeq(LocalSecondaryIndex["Message"]):  # type: ignore[no-untyped-call]
    """A chat's messages in the order of its log, by id and sender alone."""

    class Meta:
        index_name = "bySeq"
        projection = IncludeProjection(["senderId"])

    chat_id = UnicodeAttribute(hash_key=True, attr_name="chatId")
    seq = NumberAttribute(range_key=True)


class Message(Table):
    """One message of a chat.

    Attributes:
        changed_seq: The place in the log of what changed it last; None while it is as it was sent.
    """

    class Meta:
        table_name = table_name("messages")

    by_seq = MessageBySeq()
    chat_id = UnicodeAttribute(hash_key=True, attr_name="chatId")
    message_id = UnicodeAttribute(range_key=True, attr_name="messageId")
    seq = NumberAttribute()
    sender_id = UnicodeAttribute(attr_name="senderId")
    text = UnicodeAttribute(null=True)
    file_ids = IdsAttribute(attr_name="fileIds", null=True)
    reply_to = UnicodeAttribute(attr_name="replyTo", null=True)
    sent_at = UnicodeAttribute(attr_name="sentAt")
    client_message_id = UnicodeAttribute(attr_name="clientMessageId", null=True)
    edited_at = UnicodeAttribute(attr_name="editedAt", null=True)
    deleted_at = UnicodeAttribute(attr_name="deletedAt", null=True)
    reactions = ReactionsAttribute(null=True)
    changed_seq = NumberAttribute(attr_name="changedSeq", null=True)
    expires_at = expiring()

    def insert(self, along: Callable[[TransactWrite], None] | None = None) -> bool:
        """Store the message unless it is stored already.

        Args:
            along: Adds what must be written with it: all of it or nothing.

        Returns:
            Whether this call stored it.
        """
        is_new = Message.message_id.does_not_exist()
        if not along:
            return holds(lambda: self.save(is_new))

        def write() -> None:
            with transaction() as writes:
                writes.save(self, condition=is_new)
                along(writes)

        return decides(write)

    def change(self, since: float | None, event: LoggedEvent) -> bool:
        """Store the message as it is now, and the event that tells of it, both or neither.

        Args:
            since: ``changed_seq`` of the message that the change was made to.
            event: What happened.

        Returns:
            False where the message has changed since.
        """
        unchanged = Message.changed_seq == since if since else Message.changed_seq.does_not_exist()

        def write() -> None:
            with transaction() as writes:
                writes.save(self, condition=Message.message_id.exists() & unchanged)
                writes.save(event)

        return wins(write)

    @classmethod
    def find(cls, chat_id: str, message_id: str) -> "Message | None":
        """Return the message, or None."""
        return found(lambda: cls.get(chat_id, message_id, consistent_read=True))

    @classmethod
    def find_all(cls, chat_id: str, message_ids: Iterable[str]) -> list["Message"]:
        """Return those of a chat's messages that exist, in no order."""
        keys = [(chat_id, message_id) for message_id in message_ids]
        return list(cls.batch_get(keys, consistent_read=True))

    @classmethod
    def newest(cls, chat_id: str, before: int | None, limit: int) -> list["Message"]:
        """Return the last places of the log before a seq, latest first, by key and sender alone."""
        condition = cls.seq < before if before is not None else None
        return list(cls.by_seq.query(chat_id, condition, consistent_read=True, scan_index_forward=False, limit=limit))

    @classmethod
    def oldest(cls, chat_id: str, after: int, limit: int) -> list["Message"]:
        """Return the first places of the log after a seq, earliest first, by key and sender alone."""
        return list(cls.by_seq.query(chat_id, cls.seq > after, consistent_read=True, limit=limit))
