"""Messages.

The sort key is the message's id, which is derived from its sender and ``clientMessageId``: a message sent twice is the
same item, and the second write fails. A local index gives the order of the log. It holds keys and senders only, so that
a message of 1 KB costs one write unit more and not two.
"""

from collections.abc import Iterable
from typing import Any

from pynamodb.attributes import Attribute, NumberAttribute, UnicodeAttribute
from pynamodb.constants import MAP
from pynamodb.indexes import IncludeProjection, LocalSecondaryIndex

from models.events import LoggedEvent
from models.table import Table, expiring, found, holds, table_name, transaction, wins

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
    reply_to = UnicodeAttribute(attr_name="replyTo", null=True)
    sent_at = UnicodeAttribute(attr_name="sentAt")
    client_message_id = UnicodeAttribute(attr_name="clientMessageId", null=True)
    edited_at = UnicodeAttribute(attr_name="editedAt", null=True)
    deleted_at = UnicodeAttribute(attr_name="deletedAt", null=True)
    reactions = ReactionsAttribute(null=True)
    changed_seq = NumberAttribute(attr_name="changedSeq", null=True)
    expires_at = expiring()

    def insert(self) -> bool:
        """Store the message unless it is stored already. Returns whether this call stored it."""
        return holds(lambda: self.save(Message.message_id.does_not_exist()))

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
