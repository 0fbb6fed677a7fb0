"""Who is there: open sockets, and what they say about their owners."""

from collections.abc import Sequence

from core import clock, telemetry
from core.clock import timestamp
from core.errors import RateLimited
from core.operations import Caller
from core.shapes import Answer
from domain import admission, delivery, messages, watch
from domain.events import PresenceChanged, Typing
from models.accounts import User
from models.chats import Chat, Membership
from models.connections import Connections, Socket

MOST_SOCKETS = 50
"""Sockets a user may hold at once; each of them costs a post for every message."""

MOST_PARTNERS = 100
"""Whom a coming or going is told at most: one BatchGetItem and as many posts as a message to 100 people."""

MOST_WATCHING = 100
"""In a chat of more members than this nobody is told who is writing: it would be somebody at all times."""

MOST_LOOKED_FOR = 100
"""As the protocol has it: one BatchGetItem."""

KEEP_ALIVE_SECONDS = 300
"""How often a client should ping: twice before API Gateway's 10 idle minutes are over."""

CONNECTION_SECONDS = 2 * 60 * 60
"""API Gateway's quota page: "Connection duration for WebSocket API: 2 hours"."""


class Greeting(Answer, frozen=True):
    """What a client wants to know about its new socket.

    Attributes:
        connection_expires_at: When API Gateway ends the socket, whatever happens.
        keep_alive_seconds: How often to ping at least.
        server_time: To tell how far the client's own clock is off.
    """

    user_id: str
    device_id: str | None
    connection_expires_at: str
    keep_alive_seconds: int
    server_time: str


class Presence(Answer, frozen=True):
    """Whether somebody is there.

    Attributes:
        online: Whether any socket of theirs is open.
        last_seen_at: When one was last opened or closed; None if never.
    """

    user_id: str
    online: bool
    last_seen_at: str | None = None


class Presences(Answer, frozen=True):
    """Who is there."""

    users: list[Presence]


def connect(caller: Caller) -> None:
    """List a socket that is being opened, and tell the user's partners if it is the first.

    Raises:
        RateLimited: The user holds ``MOST_SOCKETS`` already.
        Unauthenticated: The user signed out everywhere while the socket was being opened.
    """
    socket = _socket(caller)
    connections = Connections.add(socket)
    try:
        _admit(connections, socket)
    except Exception:
        Connections.remove(socket)
        raise
    telemetry.count("connects")
    if len(connections.sockets) == 1:
        _tell_partners(connections, online=True)


def disconnect(caller: Caller) -> None:
    """Take a closed socket off the list, and tell the user's partners if it was the last."""
    telemetry.count("disconnects")
    close(_socket(caller))


def close(*sockets: Socket) -> None:
    """Take closed sockets of one user off the list, and tell the user's partners if they were the last.

    It can be done twice: by who found them closed, and by who was told.
    """
    connections = Connections.remove(*sockets)
    for socket in sockets:
        watch.closed(connections, socket)
    if not connections.sockets:
        _tell_partners(connections, online=False)


def of(user_ids: Sequence[str]) -> Presences:
    """Say who is there, in the order asked. Nobody learns from this who exists: a stranger is offline.

    Args:
        user_ids: At most ``MOST_LOOKED_FOR``.
    """
    found = {one.user_id: one for one in Connections.find_all(set(user_ids))} if user_ids else {}
    return Presences(users=[_presence(user_id, found.get(user_id)) for user_id in user_ids])


def type_in(caller: Caller, chat_id: str, *, typing: bool) -> None:
    """Tell every other socket of the chat's members that the caller is writing, or is not any more. Nothing is stored.

    Raises:
        NotFound: There is no such chat, or the caller is not in it or may not write there.
    """
    chat = Chat.find(chat_id)
    if not chat or not chat.has(caller.user_id) or chat.silences(caller.user_id):
        raise messages.unknown_chat()
    if len(chat.member_ids) <= MOST_WATCHING:
        event = Typing(chat_id=chat_id, user_id=caller.user_id, typing=typing)
        delivery.announce(event, delivery.audience(chat.member_ids), caller.connection_id)


def greet(caller: Caller, now: str) -> Greeting:
    """Say hello on a socket."""
    return Greeting(
        user_id=caller.user_id,
        device_id=caller.device_id,
        connection_expires_at=timestamp(caller.connected_at + CONNECTION_SECONDS * 1000),
        keep_alive_seconds=KEEP_ALIVE_SECONDS,
        server_time=now,
    )


def _admit(connections: Connections, socket: Socket) -> None:
    """See whether a socket that is listed may open, and note that it does."""
    # A sign-out marks the user and then reads the list. So it is asked for after the socket is on the list: either
    # this sees the mark, or the sign-out sees the socket.
    user = User.find(socket.user_id)
    if not (user and user.admits_since(socket.connected_at)):
        raise admission.ended()
    if len(connections.sockets) > MOST_SOCKETS:
        raise RateLimited("rate_limited", f"A user holds at most {MOST_SOCKETS} sockets.", retry_after=60)
    if dead := connections.dead_sockets:
        Connections.remove(*dead)
    watch.opened(connections, socket)


def _presence(user_id: str, connections: Connections | None) -> Presence:
    if not connections:
        return Presence(user_id=user_id, online=False)
    return Presence(user_id=user_id, online=bool(connections.sockets), last_seen_at=connections.last_seen_at)


def _tell_partners(connections: Connections, *, online: bool) -> None:
    """Tell whoever has a direct chat with somebody. It is news and no promise: a failure never costs a socket."""
    try:
        partners = Membership.partners_of(connections.user_id, MOST_PARTNERS)
    except Exception as error:
        telemetry.logger.warning("partners not told", extra={"error": type(error).__name__})
        return
    last_seen_at = connections.last_seen_at or clock.now()
    event = PresenceChanged(user_id=connections.user_id, online=online, last_seen_at=last_seen_at)
    delivery.announce(event, delivery.audience(partners), None)


def _socket(caller: Caller) -> Socket:
    if caller.device_id is None or caller.connection_id is None:
        raise ValueError("Expected a caller on a socket, got one without.")
    return Socket(caller.user_id, caller.device_id, caller.connection_id, caller.connected_at)
