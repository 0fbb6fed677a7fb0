"""Who does not want to hear from whom."""

from collections.abc import Callable, Iterable, Mapping

from pynamodb.attributes import UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.transactions import TransactWrite

from core import aws, clock
from models.chats import Chat
from models.table import Table, found, table_name, transaction, wins


class BlockByBlocked(GlobalSecondaryIndex["Block"]):  # type: ignore[no-untyped-call]
    """Blocks under whom they concern: needed where somebody leaves."""

    class Meta:
        index_name = "byBlocked"
        projection = KeysOnlyProjection()

    blocked_id = UnicodeAttribute(hash_key=True, attr_name="blockedId")
    user_id = UnicodeAttribute(range_key=True, attr_name="userId")


class Block(Table):
    """One user blocks another.

    The direct chat of the two, if there is one, says the same (``Chat.silenced``): both are written in one transaction,
    so that a send finds it in what it reads anyway.
    """

    class Meta:
        table_name = table_name("blocks")

    by_blocked = BlockByBlocked()
    user_id = UnicodeAttribute(hash_key=True, attr_name="userId")
    blocked_id = UnicodeAttribute(range_key=True, attr_name="blockedId")
    blocked_at = UnicodeAttribute(attr_name="blockedAt")

    @classmethod
    def find(cls, user_id: str, blocked_id: str) -> "Block | None":
        """Return the block, or None."""
        return found(lambda: cls.get(user_id, blocked_id, consistent_read=True))

    @classmethod
    def who_block(cls, user_ids: Iterable[str], blocked_id: str) -> set[str]:
        """Return those of the users who block somebody, by every block that was answered before."""
        keys = [(user_id, blocked_id) for user_id in user_ids]
        return {one.user_id for one in cls.batch_get(keys, consistent_read=True)}

    @classmethod
    def page(cls, user_id: str, limit: int, after: str | None) -> list["Block"]:
        """Return whom a user blocks, in the order of their ids.

        Args:
            user_id: Who blocks.
            limit: How many at most.
            after: The last id of the page before.
        """
        beyond = cls.blocked_id > after if after else None
        return list(cls.query(user_id, beyond, limit=limit, consistent_read=True))

    @classmethod
    def concerning(cls, user_id: str) -> list["Block"]:
        """Return all blocks of a user and against them, by their keys."""
        own = cls.query(user_id, consistent_read=True)
        return [*own, *(cls(one.user_id, one.blocked_id) for one in cls.by_blocked.query(user_id))]

    @classmethod
    def expect(cls, blocked: Mapping[tuple[str, str], bool]) -> Callable[[TransactWrite], None]:
        """Return what has a transaction fail unless users block each other, or do not, as they are expected to.

        Args:
            blocked: Whether the first of each pair blocks the second.
        """

        def add(writes: TransactWrite) -> None:
            for (user_id, blocked_id), is_so in blocked.items():
                condition = cls.user_id.exists() if is_so else cls.user_id.does_not_exist()
                writes.condition_check(cls, user_id, blocked_id, condition=condition)

        return add

    @classmethod
    def put(cls, user_id: str, blocked_id: str, chat_id: str) -> None:
        """Block somebody.

        Args:
            user_id: Who blocks.
            blocked_id: Whom.
            chat_id: The direct chat of the two, whether it exists or not.
        """
        block = cls(user_id, blocked_id, blocked_at=clock.now())
        _agree(lambda writes: writes.save(block), chat_id, blocked_id, silenced=True)

    @classmethod
    def remove(cls, user_id: str, blocked_id: str, chat_id: str) -> None:
        """Block somebody no longer."""
        block = cls(user_id, blocked_id)
        _agree(lambda writes: writes.delete(block), chat_id, blocked_id, silenced=False)


def _agree(write: Callable[[TransactWrite], None], chat_id: str, user_id: str, *, silenced: bool) -> None:
    """Write a block together with the direct chat, or with the certainty that there is none at this moment."""

    def attempt() -> None:
        exists = Chat.find(chat_id) is not None
        with transaction() as writes:
            write(writes)
            if exists:
                change = Chat.silenced.add({user_id}) if silenced else Chat.silenced.delete({user_id})
                writes.update(Chat(chat_id), [change], condition=Chat.chat_id.exists())
            else:
                writes.condition_check(Chat, chat_id, condition=Chat.chat_id.does_not_exist())

    for number in range(1, aws.TRIES):
        if wins(attempt):
            return
        aws.wait(number)
    attempt()
