"""Groups: who is in one, who runs it, and what it is called.

Admins add and remove members, make admins and change settings; everyone may leave. A change of the group, the
memberships that go with it and the event that tells of it are one write, made only if nothing happened in the chat
since it was read. So whatever several people do at the same moment, one order of it holds everywhere.
"""

from collections.abc import Callable, Collection
from typing import Any

import msgspec

from core import clock
from core.attempts import attempts
from core.errors import Conflict, Forbidden, InvalidRequest, Unavailable
from core.operations import Caller
from domain import chats, delivery, messages, protocol
from domain.accounts import check_exist, unknown_user
from domain.chats import MOST_MEMBERS
from domain.events import ChatCreated, ChatUpdated, Logged, MemberAdded, MemberRemoved
from models.chats import GROUP, MOST_CHANGED_AT_ONCE, Chat


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a group is to become.

    Attributes:
        added: Who comes.
        removed: Who goes.
        admins: Who runs it then.
        name: What it is called then.
        history_for_new_members: Whether who joins later sees what was said before.
    """

    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    admins: frozenset[str]
    name: str | None
    history_for_new_members: bool


def update(caller: Caller, chat_id: str, name: str | None, history_for_new_members: bool | None) -> protocol.OpenedChat:
    """Change a group's name or settings; what is None stays.

    Raises:
        NotFound: There is no such chat, or the caller is not in it.
        Forbidden: The caller is no admin, or the chat is a direct one.
    """

    def decide(chat: Chat) -> Change | None:
        _check_admin(chat, caller)
        now = _as_it_is(chat)
        wanted = msgspec.structs.replace(
            now,
            name=now.name if name is None else name,
            history_for_new_members=(
                now.history_for_new_members if history_for_new_members is None else history_for_new_members
            ),
        )
        return wanted if wanted != now else None

    _change(caller, chat_id, decide)
    return chats.get(caller, chat_id)


def add(caller: Caller, chat_id: str, user_ids: Collection[str]) -> protocol.OpenedChat:
    """Add members. Who is in the group already stays as they are.

    Raises:
        InvalidRequest: There would be more than ``chats.MOST_MEMBERS``.
        NotFound: There is no such chat or user, or the caller is not in the chat.
        Forbidden: The caller is no admin, or the chat is a direct one.
    """
    checked: set[str] = set()

    def decide(chat: Chat) -> Change | None:
        _check_admin(chat, caller)
        new = set(user_ids) - chat.member_ids
        if len(chat.member_ids) + len(new) > MOST_MEMBERS:
            raise InvalidRequest.field("memberIds", f"A chat has at most {MOST_MEMBERS} members.")
        check_exist(new - checked)
        checked.update(new)
        part = frozenset(sorted(new)[:MOST_CHANGED_AT_ONCE])
        return msgspec.structs.replace(_as_it_is(chat), added=part) if part else None

    while _change(caller, chat_id, decide):
        pass
    return chats.get(caller, chat_id)


def remove(caller: Caller, chat_id: str, user_id: str) -> None:
    """Remove a member, or leave. To remove who is not there changes nothing.

    When the last admin goes, the first of those left, by id, takes over.

    Raises:
        NotFound: There is no such chat, or the caller is not in it.
        Forbidden: The caller wants to remove somebody else and is no admin, or the chat is a direct one.
    """

    def decide(chat: Chat) -> Change | None:
        if user_id != caller.user_id:
            _check_admin(chat, caller)
        if user_id not in chat.member_ids:
            return None
        now = _as_it_is(chat)
        admins = now.admins - {user_id} or frozenset(sorted(chat.member_ids - {user_id})[:1])
        return msgspec.structs.replace(now, removed=frozenset({user_id}), admins=admins)

    _change(caller, chat_id, decide)


def set_admin(caller: Caller, chat_id: str, user_id: str, *, admin: bool) -> protocol.OpenedChat:
    """Make a member an admin, or no admin any more.

    Raises:
        NotFound: There is no such chat or member, or the caller is not in the chat.
        Forbidden: The caller is no admin, or the chat is a direct one.
        Conflict: Nobody would be left to run the group.
    """

    def decide(chat: Chat) -> Change | None:
        _check_admin(chat, caller)
        if user_id not in chat.member_ids:
            raise unknown_user()
        now = _as_it_is(chat)
        admins = now.admins | {user_id} if admin else now.admins - {user_id}
        if not admins:
            raise Conflict("conflict", "A group needs an admin.")
        return msgspec.structs.replace(now, admins=admins) if admins != now.admins else None

    _change(caller, chat_id, decide)
    return chats.get(caller, chat_id)


def _change(caller: Caller, chat_id: str, decide: Callable[[Chat], Change | None]) -> bool:
    """Change a group, log it and tell everyone, exactly once.

    Args:
        caller: Who changes it.
        chat_id: The group.
        decide: Says what it is to become; None where it is that already. It may be called several times.

    Returns:
        Whether there was something to change.
    """
    for _ in attempts():
        chat = Chat.find(chat_id)
        if not chat or not chat.has(caller.user_id):
            raise messages.unknown_chat()
        if chat.kind != GROUP:
            raise Forbidden("forbidden", "A direct chat is of two people for good, and has no settings.")
        change = decide(chat)
        if not change:
            return False
        event = _event(caller, chat, change)
        before = chat.member_ids
        chat.name = change.name
        chat.admins = set(change.admins)
        chat.history_for_new_members = change.history_for_new_members
        chat.active_at = event.at
        if chat.change(change.added, change.removed, messages.logged(event)):
            _announce(caller, chat, change, event, before)
            return True
    raise Unavailable


def _event(caller: Caller, chat: Chat, change: Change) -> ChatUpdated | MemberAdded | MemberRemoved:
    place: dict[str, Any] = {
        "chat_id": chat.chat_id,
        "seq": int(chat.last_seq) + 1,
        "at": clock.now(),
        "by_id": caller.user_id,
    }
    admins = sorted(change.admins)
    if change.added:
        return MemberAdded(**place, member_ids=sorted(change.added), admins=admins)
    if change.removed:
        return MemberRemoved(**place, member_ids=sorted(change.removed), admins=admins)
    return ChatUpdated(**place, name=change.name, admins=admins, history_for_new_members=change.history_for_new_members)


def _announce(caller: Caller, chat: Chat, change: Change, event: Logged, before: set[str]) -> None:
    """Tell those who are, come and go; and who comes gets the chat itself first."""
    if change.added:
        created = ChatCreated(chat_id=chat.chat_id, chat=chats.seen(chat, None))
        delivery.announce(created, delivery.audience(change.added), caller.connection_id)
    delivery.announce(event, delivery.audience(before | change.added), caller.connection_id)


def _as_it_is(chat: Chat) -> Change:
    return Change(
        admins=frozenset(chat.admins or ()), name=chat.name, history_for_new_members=chat.history_for_new_members
    )


def _check_admin(chat: Chat, caller: Caller) -> None:
    if caller.user_id not in (chat.admins or ()):
        raise Forbidden("forbidden", "Only an admin of the group can do this.")
