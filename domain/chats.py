"""Chats: who talks with whom."""

from collections.abc import Collection
from typing import Any

from core import aws, clock
from core.errors import InvalidRequest, Unavailable
from core.identifiers import derived_id, new_id
from core.operations import Caller
from core.pages import decode_cursor, encode_cursor, fitting
from core.parallel import each, together
from core.shapes import Answer
from domain import delivery, messages, protocol
from domain.accounts import check_exist, unknown_user
from domain.events import ChatCreated
from models import chats
from models.blocks import Block
from models.chats import DIRECT, GROUP, Chat, Membership

MOST_MEMBERS = 1_000
"""As the protocol has it: the set of members stays within what one write costs little for."""

MOST_MEMBERS_AT_ONCE = 99
"""TransactWriteItems takes 100 actions (DynamoDB's API reference), and one of them is the chat itself."""

MOST_UNREAD = 100
"""Unread messages are counted up to here, so that a list costs the same however long nobody looked."""


MOST_READERS = 100
"""Up to so many members a chat tells how far each has read: one BatchGetItem (DynamoDB's API reference: 100 keys)."""


class Chats(Answer, frozen=True):
    """A page of a user's chats, latest first."""

    chats: list[protocol.ListedChat]
    next_cursor: str | None = None


def create(caller: Caller, kind: str, member_ids: Collection[str], name: str | None) -> tuple[protocol.Chat, bool]:
    """Make a chat, or find the direct chat that two people have already.

    Returns:
        The chat, and whether it is new.

    Raises:
        InvalidRequest: A direct chat is not with exactly one other person, or has a name.
        NotFound: A member is not a user.
    """
    others = set(member_ids) - {caller.user_id}
    if kind == DIRECT:
        return _create_direct(caller, others, name)
    return _create_group(caller, others, name)


def get(caller: Caller, chat_id: str) -> protocol.OpenedChat:
    """Return a chat to a member.

    Raises:
        NotFound: There is no such chat, or the caller is not in it.
    """
    chat, membership, end = together(
        lambda: Chat.find(chat_id),
        lambda: Membership.find(caller.user_id, chat_id),
        lambda: messages.last(chat_id),
    )
    if not chat or not membership:
        raise messages.unknown_chat()
    visible = [end.message_id] if end and end.seq > membership.joined_seq else []
    readers = chat.member_ids if len(chat.member_ids) <= MOST_READERS else set()
    last, sides = together(
        lambda: messages.find_all(chat_id, visible), lambda: Membership.find_all(chat_id, readers) if readers else []
    )
    return protocol.OpenedChat(
        **fields_of(seen(chat, next(iter(last.values()), None))),
        read_seqs={side.user_id: int(side.read_seq) for side in sides},
    )


def list_chats(caller: Caller, limit: int, cursor: str | None) -> Chats:
    """Return the caller's chats, those with the latest activity first.

    Raises:
        InvalidRequest: The cursor is not one that we gave.
    """
    end = decode_cursor(cursor, tuple[str, str])
    memberships = {one.chat_id: one for one in Membership.of(caller.user_id)}
    found = sorted(Chat.find_all(memberships), key=_activity, reverse=True)
    ahead = [chat for chat in found if not end or _activity(chat) < end]
    page = fitting(each(lambda chat: _listed(caller, chat, memberships[chat.chat_id]), ahead[:limit]))
    more = len(ahead) > len(page)
    return Chats(chats=page, next_cursor=encode_cursor(_activity(ahead[len(page) - 1])) if more else None)


def seen(chat: Chat, last: protocol.Message | None) -> protocol.Chat:
    """Return a chat as its members see it."""
    return protocol.Chat(
        chat_id=chat.chat_id,
        kind=chat.kind,
        name=chat.name,
        member_ids=sorted(chat.member_ids),
        admins=sorted(chat.admins or ()),
        last_seq=int(chat.last_seq),
        last_message=last,
        created_at=chat.created_at,
        history_for_new_members=chat.history_for_new_members,
    )


def _create_direct(caller: Caller, others: set[str], name: str | None) -> tuple[protocol.Chat, bool]:
    """Find or make the one direct chat of two people: its id is derived from theirs, so that it can exist only once."""
    if len(others) != 1:
        raise InvalidRequest.field("memberIds", "A direct chat is with exactly one other person.")
    if name is not None:
        raise InvalidRequest.field("name", "A direct chat has no name.")
    (other,) = others
    for _ in range(aws.TRIES):
        if found := _find_direct(caller, other):
            return found, False
        if chat := _store_direct(caller.user_id, other):
            return _announced(chat, caller), True
    raise Unavailable


def _find_direct(caller: Caller, other: str) -> protocol.Chat | None:
    """Return the direct chat with somebody. Who blocks the caller, or has left, is nobody to them."""
    chat_id = derived_id(DIRECT, *sorted([caller.user_id, other]))
    chat = Chat.find(chat_id)
    if not chat:
        return None
    if other not in chat.member_ids or chat.silences(caller.user_id):
        raise unknown_user()
    return seen(chat, messages.last_message(chat_id))


def _store_direct(mine: str, other: str) -> Chat | None:
    """Store a new direct chat, which agrees with who blocks whom at this very moment.

    Returns:
        None where the chat exists by now, or a block came or went meanwhile.
    """
    _, theirs, own = together(
        lambda: check_exist([other]), lambda: Block.find(other, mine), lambda: Block.find(mine, other)
    )
    if theirs:
        raise unknown_user()
    chat = _new(derived_id(DIRECT, *sorted([mine, other])), DIRECT, {mine, other})
    chat.silenced = {other} if own else None
    as_found = Block.expect({(other, mine): False, (mine, other): own is not None})
    return chat if chats.create_small(chat, as_found) else None


def _create_group(caller: Caller, others: set[str], name: str | None) -> tuple[protocol.Chat, bool]:
    if len(others) >= MOST_MEMBERS:
        raise InvalidRequest.field("memberIds", f"A chat has at most {MOST_MEMBERS} members.")
    check_exist(others)
    chat = _new(new_id(), GROUP, {caller.user_id, *others}, name=name, admins={caller.user_id})
    if len(chat.member_ids) > MOST_MEMBERS_AT_ONCE:
        chats.create_large(chat)
    else:
        chats.create_small(chat)
    return _announced(chat, caller), True


def _new(chat_id: str, kind: str, members: set[str], name: str | None = None, admins: set[str] | None = None) -> Chat:
    now = clock.now()
    return Chat(
        chat_id,
        kind=kind,
        name=name,
        member_ids=members,
        admins=admins,
        last_seq=0,
        active_at=now,
        created_at=now,
    )


def _announced(chat: Chat, caller: Caller) -> protocol.Chat:
    created = seen(chat, None)
    event = ChatCreated(chat_id=chat.chat_id, chat=created)
    delivery.announce(event, delivery.audience(chat.member_ids), caller.connection_id)
    return created


def _activity(chat: Chat) -> tuple[str, str]:
    """Return what chats are listed by: the time of the last activity, and the id where times are equal."""
    return chat.active_at, chat.chat_id


def _listed(caller: Caller, chat: Chat, membership: Membership) -> protocol.ListedChat:
    """Look at the end of the chat's log: it holds the last message and the unread ones alike."""
    end = messages.tail(caller.user_id, chat, membership, MOST_UNREAD)
    # One's own message gets out of sight, and a mark that was told never goes back. A send would pay for it each time.
    if end.read_seq > membership.read_seq:
        Membership.move_mark(caller.user_id, chat.chat_id, end.read_seq)
    return protocol.ListedChat(**fields_of(seen(chat, end.last)), unread_count=end.unread, read_seq=end.read_seq)


def fields_of(chat: protocol.Chat) -> dict[str, Any]:
    """Return what every kind of chat shows, by field."""
    return {name: getattr(chat, name) for name in protocol.Chat.__struct_fields__}
