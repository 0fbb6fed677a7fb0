"""Chats, and who is in them."""

import itertools
from collections.abc import Callable, Iterable, Sequence

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from core import aws, parallel
from core.identifiers import new_id
from models.events import LoggedEvent
from models.table import Table, found, holds, shared_connection, table_name, transaction, wins

DIRECT = "direct"
GROUP = "group"

EXISTS = "ConditionalCheckFailed"
IN_THE_WAY = "TransactionConflict"
"""Why a transaction is cancelled where another was faster, or is under way (TransactWriteItems' API reference)."""


KEYS_A_READ = 100
"""BatchGetItem's most keys (DynamoDB's API reference)."""

MOST_CHANGED_AT_ONCE = 98
"""TransactWriteItems takes 100 actions (DynamoDB's API reference); the chat and the event are two of them."""


class Chat(Table):
    """A chat. Its set of members is the truth about who may read and write.

    Attributes:
        silenced: Who may not write: in a direct chat, whoever the other one blocks.
        hidden_seq: The highest ``joined_seq`` that a member has, or had: what stands after it is for all of them.
    """

    class Meta:
        table_name = table_name("chats")

    chat_id = UnicodeAttribute(hash_key=True, attr_name="chatId")
    kind = UnicodeAttribute()
    name = UnicodeAttribute(null=True)
    member_ids = UnicodeSetAttribute(attr_name="memberIds", null=True)
    admins = UnicodeSetAttribute(null=True)
    silenced = UnicodeSetAttribute(null=True)
    last_seq = NumberAttribute(attr_name="lastSeq")
    active_at = UnicodeAttribute(attr_name="activeAt")
    created_at = UnicodeAttribute(attr_name="createdAt")
    history_for_new_members = BooleanAttribute(attr_name="historyForNewMembers", default=True)
    hidden_seq = NumberAttribute(attr_name="hiddenSeq", default=0)

    def has(self, user_id: str) -> bool:
        """Say whether a user is a member. A group that everyone left has none."""
        return user_id in (self.member_ids or ())

    def silences(self, user_id: str) -> bool:
        """Say whether a member may not write."""
        return user_id in (self.silenced or ())

    @classmethod
    def find(cls, chat_id: str) -> "Chat | None":
        """Return the chat as it is now, or None."""
        return found(lambda: cls.get(chat_id, consistent_read=True))

    @classmethod
    def find_all(cls, chat_ids: Iterable[str]) -> list["Chat"]:
        """Return those of the chats that exist, in no order. Many are read side by side."""
        ids = list(chat_ids)
        parts = [ids[start : start + KEYS_A_READ] for start in range(0, len(ids), KEYS_A_READ)]
        found = parallel.each(lambda part: list(cls.batch_get(part, consistent_read=True)), parts)
        return [chat for some in found for chat in some]

    def change(self, added: Iterable[str], removed: Iterable[str], event: LoggedEvent) -> bool:
        """Store the group as it is now, who comes and goes, and the event that tells of it: all or nothing.

        Args:
            added: At most ``MOST_CHANGED_AT_ONCE`` with ``removed``.
            removed: None where there are ``added``.
            event: What happened. Its seq is the next after the chat's.

        Returns:
            False where something else happened in the chat since it was read.
        """
        come, go = set(added), set(removed)
        unchanged = Chat.last_seq == self.last_seq
        actions: list[Action] = [
            Chat.last_seq.set(event.seq),
            Chat.active_at.set(self.active_at),
            Chat.history_for_new_members.set(self.history_for_new_members),
            Chat.name.set(self.name) if self.name else Chat.name.remove(),
            Chat.admins.set(self.admins) if self.admins else Chat.admins.remove(),
        ]
        hidden = 0 if self.history_for_new_members else event.seq
        if come:
            actions.append(Chat.member_ids.add(come))
        if come and hidden:
            actions.append(Chat.hidden_seq.set(hidden))
        if go:
            actions.append(Chat.member_ids.delete(go))

        def write() -> None:
            with transaction() as writes:
                writes.update(self, actions, condition=unchanged)
                for user_id in come:
                    writes.save(Membership(user_id, self.chat_id, read_seq=event.seq, joined_seq=hidden))
                for user_id in go:
                    writes.delete(Membership(user_id, self.chat_id))
                writes.save(event)

        if not wins(write):
            return False
        self.last_seq = event.seq
        self.member_ids = (self.member_ids | come) - go
        return True

    @classmethod
    def next_seq(cls, chat_id: str, member_id: str, active_at: str | None) -> "Chat | None":
        """Take the next place in the chat's log, if the user may write: one write numbers, authorises and reads.

        Whoever takes a place must fill it within 30 s or leave it for good: a client holds a gap for final after that.
        A function ends after 29 s, so this needs no clock.

        Args:
            chat_id: The chat.
            member_id: The user.
            active_at: Now, where what happens moves the chat to the top of lists; else None.

        Returns:
            The chat, whose ``last_seq`` is the caller's own; None where there is no such chat with such a member, or
            the member is silenced.
        """
        chat = cls(chat_id)
        is_member = cls.member_ids.contains(member_id) & ~cls.silenced.contains(member_id)
        actions: list[Action] = [cls.last_seq.add(1)]
        if active_at:
            actions.append(cls.active_at.set(active_at))
        return chat if holds(lambda: chat.update(actions, is_member)) else None

    @classmethod
    def forget(cls, chat_id: str, user_id: str) -> None:
        """Take somebody who is no more out of a direct chat."""
        chat = cls(chat_id)
        gone: list[Action] = [cls.member_ids.delete({user_id}), cls.silenced.delete({user_id})]
        holds(lambda: chat.update(gone, cls.chat_id.exists()))


class Membership(Table):
    """One user's side of one chat: what lists a user's chats, and how far they have read.

    Attributes:
        joined_seq: The place in the log after which the chat exists for them; 0 for all of it.
        partner_id: In a direct chat, the other one. It tells direct chats without reading each.
    """

    class Meta:
        table_name = table_name("memberships")

    user_id = UnicodeAttribute(hash_key=True, attr_name="userId")
    chat_id = UnicodeAttribute(range_key=True, attr_name="chatId")
    read_seq = NumberAttribute(attr_name="readSeq", default=0)
    joined_seq = NumberAttribute(attr_name="joinedSeq", default=0)
    partner_id = UnicodeAttribute(attr_name="partnerId", null=True)

    @classmethod
    def find(cls, user_id: str, chat_id: str) -> "Membership | None":
        """Return the user's side of the chat, or None where they are not a member."""
        return found(lambda: cls.get(user_id, chat_id, consistent_read=True))

    @classmethod
    def find_all(cls, chat_id: str, user_ids: Iterable[str]) -> list["Membership"]:
        """Return the sides of those of the users who are members of the chat, in no order."""
        return list(cls.batch_get([(user_id, chat_id) for user_id in user_ids]))

    @classmethod
    def sides_of(cls, user_id: str, chat_ids: Iterable[str]) -> list["Membership"]:
        """Return the user's side of those of the chats that they are a member of, in no order."""
        return list(cls.batch_get([(user_id, chat_id) for chat_id in chat_ids], consistent_read=True))

    @classmethod
    def of(cls, user_id: str) -> list["Membership"]:
        """Return the user's side of all their chats."""
        return list(cls.query(user_id, consistent_read=True))

    @classmethod
    def partners_of(cls, user_id: str, most: int) -> list[str]:
        """Return the other ones of the user's direct chats, or some of them where there are more than ``most``."""
        sides = cls.query(user_id, filter_condition=cls.partner_id.exists(), attributes_to_get=["partnerId"])
        return [side.partner_id for side in itertools.islice(sides, most)]

    @classmethod
    def forget_partner(cls, user_id: str, chat_id: str) -> None:
        """Note that a direct chat has nobody else in it any more."""
        side = cls(user_id, chat_id)
        holds(lambda: side.update([cls.partner_id.remove()], cls.user_id.exists()))

    @classmethod
    def move_mark(cls, user_id: str, chat_id: str, seq: int) -> bool:
        """Set how far a member has read, if it is further than before. Returns whether it was."""
        side = cls(user_id, chat_id)
        return holds(lambda: side.update([cls.read_seq.set(seq)], cls.read_seq < seq))


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
    return [
        Membership(user_id, chat.chat_id, partner_id=_partner(chat, user_id)) for user_id in sorted(chat.member_ids)
    ]


def _partner(chat: Chat, user_id: str) -> str | None:
    if chat.kind != DIRECT:
        return None
    (partner,) = chat.member_ids - {user_id}
    return str(partner)
