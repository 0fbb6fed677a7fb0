"""What happened in chats besides messages: edits, reactions, members who came and went.

Messages and these share one log a chat: both take their seq from the chat, so a number stands in one table or the
other, never in both.
"""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from models.table import Table, expiring, table_name


class LoggedEvent(Table):
    """One place of a chat's log that is not a new message.

    Attributes:
        frame: What was pushed, as JSON, but for the message that it concerns. That one is read anew, so the log never
            shows words that were deleted since.
        message_id: The message that it concerns.
    """

    class Meta:
        table_name = table_name("events")

    chat_id = UnicodeAttribute(hash_key=True, attr_name="chatId")
    seq = NumberAttribute(range_key=True)
    frame = UnicodeAttribute()
    message_id = UnicodeAttribute(attr_name="messageId", null=True)
    expires_at = expiring()

    @classmethod
    def oldest(cls, chat_id: str, after: int, limit: int) -> list["LoggedEvent"]:
        """Return the first events of a chat after a seq, earliest first."""
        return list(cls.query(chat_id, cls.seq > after, consistent_read=True, limit=limit))
