"""Read marks: how far each member has read a chat's log."""

from core.operations import Caller
from core.shapes import Answer
from domain import delivery, messages
from domain.events import ReadUpdated
from models.chats import Chat, Membership

MOST_TOLD = 100
"""In a chat of more members than this a mark is told to its owner's own devices alone: everyone reads what everyone
writes, so each message would bring as many marks, each to as many sockets."""


class Mark(Answer, frozen=True):
    """How far somebody has read."""

    read_seq: int


def move(caller: Caller, chat_id: str, seq: int) -> Mark:
    """Move the caller's mark forward. It never goes back, and never beyond the end of the log.

    Who may not write in the chat is not heard to read in it either: only their own devices are told.

    Returns:
        Where the mark is then.

    Raises:
        NotFound: There is no such chat, or the caller is not in it.
    """
    chat = Chat.find(chat_id)
    if not chat or not chat.has(caller.user_id):
        raise messages.unknown_chat()
    wanted = min(seq, int(chat.last_seq))
    if not Membership.move_mark(caller.user_id, chat_id, wanted):
        return Mark(read_seq=_mark(caller, chat_id))
    is_told = len(chat.member_ids) <= MOST_TOLD and not chat.silences(caller.user_id)
    everyone = chat.member_ids if is_told else {caller.user_id}
    event = ReadUpdated(chat_id=chat_id, user_id=caller.user_id, read_seq=wanted)
    delivery.announce(event, delivery.audience(everyone), caller.connection_id)
    return Mark(read_seq=wanted)


def _mark(caller: Caller, chat_id: str) -> int:
    membership = Membership.find(caller.user_id, chat_id)
    if not membership:
        raise messages.unknown_chat()
    return int(membership.read_seq)
