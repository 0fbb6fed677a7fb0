"""Chats, and who is in them."""

import itertools
from collections.abc import Callable, Iterable, Sequence

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from core import aws
from core.identifiers import new_id
from models.table import Table, found, holds, shared_connection, table_name

DIRECT = "direct"
GROUP = "group"

EXISTS = "ConditionalCheckFailed"
IN_THE_WAY = "TransactionConflict"
"""Why a transaction is cancelled where another was faster, or is under way (TransactWriteItems' API reference)."""


class Chat(Table):
    """A chat. Its set of members is the truth about who may read and write.

    Attributes:
        silenced: Who may not write: in a direct chat, whoever the other one blocks.
    """

    class Meta:
        table_name = table_name("chats")

    chat_id = UnicodeAttribute(hash_key=True, attr_name="chatId")
    kind = UnicodeAttribute()
    name = UnicodeAttribute(null=True)
    member_ids = UnicodeSetAttribute(attr_name="memberIds")
    admins = UnicodeSetAttribute(null=True)
    silenced = UnicodeSetAttribute(null=True)
    last_seq = NumberAttribute(attr_name="lastSeq")
    active_at = UnicodeAttribute(attr_name="activeAt")
    created_at = UnicodeAttribute(attr_name="createdAt")

    @classmethod
    def find(cls, chat_id: str) -> "Chat | None":
        """Return the chat as it is now, or None."""
        return found(lambda: cls.get(chat_id, consistent_read=True))

    @classmethod
    def find_all(cls, chat_ids: Iterable[str]) -> list["Chat"]:
        """Return those of the chats that exist, in no order."""
        return list(cls.batch_get(chat_ids, consistent_read=True))

    @classmethod
    def next_seq(cls, chat_id: str, member_id: str, at: str) -> "Chat | None":
        """Take the next place in the chat's log, if the user may write: one write numbers, authorises and reads.

        Returns:
            The chat, whose ``last_seq`` is the caller's own; None where there is no such chat with such a member, or
            the member is silenced.
        """
        chat = cls(chat_id)
        is_member = cls.member_ids.contains(member_id) & ~cls.silenced.contains(member_id)
        return chat if holds(lambda: chat.update([cls.last_seq.add(1), cls.active_at.set(at)], is_member)) else None

    @classmethod
    def leave(cls, chat_id: str, user_id: str) -> None:
        """Take somebody who is no more out of the chat. A group without an admin gets another."""
        chat = cls(chat_id)
        traces = (cls.member_ids, cls.admins, cls.silenced)
        left = holds(lambda: chat.update([one.delete({user_id}) for one in traces], cls.chat_id.exists()))
        if left and chat.kind == GROUP and chat.member_ids and not chat.admins:
            heir = min(chat.member_ids)
            still = cls.admins.does_not_exist() & cls.member_ids.contains(heir)
            holds(lambda: chat.update([cls.admins.add({heir})], still))


class Membership(Table):
    """One user's side of one chat: what lists a user's chats, and how far they have read."""

    class Meta:
        table_name = table_name("memberships")

    user_id = UnicodeAttribute(hash_key=True, attr_name="userId")
    chat_id = UnicodeAttribute(range_key=True, attr_name="chatId")
    read_seq = NumberAttribute(attr_name="readSeq", default=0)

    @classmethod
    def find(cls, user_id: str, chat_id: str) -> "Membership | None":
        """Return the user's side of the chat, or None where they are not a member."""
        return found(lambda: cls.get(user_id, chat_id, consistent_read=True))

    @classmethod
    def of(cls, user_id: str) -> list["Membership"]:
        """Return the user's side of all their chats."""
        return list(cls.query(user_id, consistent_read=True))


def create_small(chat: Chat, provided: Callable[[TransactWrite], None] | None = None) -> bool:
    """Store a chat of at most 99 members and their memberships, all or nothing.

    Args:
        chat: The chat.
        provided: Adds what else must hold at that moment.

    Returns:
        False where a chat of this id exists already, or what must hold does not.
    """
    for attempt in itertools.count(1):
        try:
            _create(chat, provided)
        except TransactWriteError as error:
            reasons = {reason.code for reason in error.cancellation_reasons if reason}
            if EXISTS in reasons:
                return False
            if IN_THE_WAY not in reasons or attempt == aws.TRIES:
                raise
            aws.wait(attempt)
        else:
            break
    return True


def _create(chat: Chat, provided: Callable[[TransactWrite], None] | None) -> None:
    # The token lets DynamoDB know a transaction again that is sent twice because its answer was lost.
    with TransactWrite(new_id(), connection=shared_connection()) as transaction:
        transaction.save(chat, condition=Chat.chat_id.does_not_exist())
        for membership in _memberships(chat):
            transaction.save(membership)
        if provided:
            provided(transaction)


def create_large(chat: Chat) -> None:
    """Store a chat with a new id and any number of members.

    The memberships come first: until the chat itself exists they lead nowhere, so a crash leaves nothing that anyone
    sees.
    """
    with Membership.batch_write() as batch:
        for membership in _memberships(chat):
            batch.save(membership)
    chat.save()


def _memberships(chat: Chat) -> Sequence[Membership]:
    return [Membership(user_id, chat.chat_id) for user_id in sorted(chat.member_ids)]
