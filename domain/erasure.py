"""Erasure: somebody leaves, and nothing that tells who they were stays.

Their messages stay, with an id behind which there is nobody. Everything else goes, in an order in which a crash at any
point leaves enough to go on from: what tells where else to look goes last.
"""

from contextlib import suppress

from adapters import identity, queue
from core.errors import Unavailable
from core.operations import Caller
from core.settings import settings
from domain import admission, codes, files, groups, sessions, watch
from domain.codes import Purpose
from models.accounts import User, Username
from models.blocks import Block
from models.calls import Participation
from models.chats import GROUP, Chat, Membership
from models.connections import Connections

DELAY_SECONDS = 5
"""Until the sockets have told that they are closed, which is noted too."""

LATE_SECONDS = admission.FRESH_SECONDS + 30
"""Until no process admits the user any more that read of them before they left, and what was admitted has ended: a
request takes at most 29 s."""


def begin(user_id: str) -> None:
    """Make a user nobody at once, and have the rest erased soon."""
    # The queue comes first: from the moment when the user is marked, they could not ask again.
    for seconds in (LATE_SECONDS, DELAY_SECONDS):
        queue.send(settings().erasures_url, user_id, seconds)
    User.mark_erased(user_id)
    # A socket that cannot be closed now is closed by what the queue leads to.
    with suppress(Unavailable):
        sessions.end_all(user_id)


def finish(user_id: str) -> bool:
    """Erase what is left of a user. It can be repeated, also after it has succeeded, and then erases what came since.

    Returns:
        True: whatever stands in the way raises.

    Raises:
        Unavailable: A socket could not be closed.
    """
    User.mark_erased(user_id)
    user = User.find_anyway(user_id)
    username = user.username if user else None
    if username:
        sessions.end_all(user_id)
    _leave_chats(user_id)
    for block in Block.concerning(user_id):
        block.delete()
    files.discard_all(user_id)
    _leave_calls(user_id)
    Connections(user_id).delete()
    if username:
        Username.give_up(username, user_id)
        User.empty(user_id)
    if account := identity.find(user_id):
        for purpose in Purpose:
            codes.use_up(purpose, account.email)
        identity.delete(user_id)
    return True


def _leave_chats(user_id: str) -> None:
    """Leave groups as anybody leaves them, and direct chats without a word."""
    leaving = Caller(user_id=user_id, source_address="")
    for membership in Membership.of(user_id):
        chat = Chat.find(membership.chat_id)
        if chat and chat.kind == GROUP and chat.has(user_id):
            groups.remove(leaving, chat.chat_id, user_id)
        else:
            Chat.forget(membership.chat_id, user_id)
            if membership.partner_id:
                Membership.forget_partner(membership.partner_id, membership.chat_id)
            membership.delete()


def _leave_calls(user_id: str) -> None:
    """Leave the call that the user is in, if any, and forget their history. Others keep theirs."""
    for connections in Connections.find_all_now([user_id]):
        watch.gone(connections)
    Participation.forget_all(user_id)
