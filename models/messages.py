"""Messages.

The sort key is the message's id, which is derived from its sender and ``clientMessageId``: a message sent twice is the
same item, and the second write fails. A local index gives the order of the log. It holds keys and senders only, so that
a message of 1 KB costs one write unit more and not two.
"""

from collections.abc import Iterable

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import IncludeProjection, LocalSecondaryIndex

from models.table import Table, found, holds, table_name


class MessageBySeq(LocalSecondaryIndex["Message"]):  # type: ignore[no-untyped-call]
    """A chat's messages in the order of its log, by id and sender alone."""

    class Meta:
        index_name = "bySeq"
        projection = IncludeProjection(["senderId"])

    chat_id = UnicodeAttribute(hash_key=True, attr_name="chatId")
    seq = NumberAttribute(range_key=True)


class Message(Table):
    """One message of a chat."""

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

    def insert(self) -> bool:
        """Store the message unless it is stored already. Returns whether this call stored it."""
        return holds(lambda: self.save(Message.message_id.does_not_exist()))

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
