"""Blocks: whom somebody does not want to hear from. It concerns direct chats and calls, not groups."""

from core.errors import InvalidRequest
from core.identifiers import derived_id
from core.pages import decode_cursor, encode_cursor
from core.shapes import Answer
from domain.accounts import unknown_user
from models.accounts import User
from models.blocks import Block
from models.chats import DIRECT


class Blocked(Answer, frozen=True):
    """Somebody whom the caller blocks."""

    user_id: str
    blocked_at: str


class Blocks(Answer, frozen=True):
    """A page of the people whom the caller blocks."""

    blocks: list[Blocked]
    next_cursor: str | None = None


def block(by: str, whom: str) -> None:
    """Keep somebody from writing to a user directly, and from calling them. They are not told.

    Raises:
        InvalidRequest: It is the user themselves.
        NotFound: There is no such user.
    """
    if by == whom:
        raise InvalidRequest.field("userId", "Expected somebody else.")
    if not User.find(whom):
        raise unknown_user()
    Block.put(by, whom, _direct_chat(by, whom))


def unblock(by: str, whom: str) -> None:
    """Let somebody write and call again."""
    Block.remove(by, whom, _direct_chat(by, whom))


def list_blocks(by: str, limit: int, cursor: str | None) -> Blocks:
    """Return the people whom a user blocks, a page at a time.

    Raises:
        InvalidRequest: The cursor is not one that we gave.
    """
    found = Block.page(by, limit + 1, decode_cursor(cursor, str))
    page = found[:limit]
    return Blocks(
        blocks=[Blocked(user_id=one.blocked_id, blocked_at=one.blocked_at) for one in page],
        next_cursor=encode_cursor(page[-1].blocked_id) if len(found) > limit else None,
    )


def _direct_chat(one: str, other: str) -> str:
    return derived_id(DIRECT, *sorted([one, other]))
