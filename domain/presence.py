"""Who is there: open sockets, and what they say about their owners."""

from core.clock import timestamp
from core.errors import RateLimited
from core.operations import Caller
from core.shapes import Answer
from domain import admission
from models.accounts import User
from models.connections import Connections, Socket

MOST_SOCKETS = 50
"""Sockets a user may hold at once; each of them costs a post for every message."""

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


def connect(caller: Caller) -> None:
    """List a socket that is being opened.

    Raises:
        RateLimited: The user holds ``MOST_SOCKETS`` already.
        Unauthenticated: The user signed out everywhere while the socket was being opened.
    """
    socket = _socket(caller)
    connections = Connections.add(socket)
    # A sign-out marks the user and then reads the list. So it is asked for after the socket is on the list: either
    # this sees the mark, or the sign-out sees the socket.
    user = User.find(caller.user_id)
    if not (user and user.admits_since(socket.connected_at)):
        Connections.remove(socket)
        raise admission.ended()
    live = connections.sockets
    if len(live) > MOST_SOCKETS:
        Connections.remove(socket)
        raise RateLimited("rate_limited", f"A user holds at most {MOST_SOCKETS} sockets.", retry_after=60)
    if dead := connections.dead_sockets:
        Connections.remove(*dead)


def disconnect(caller: Caller) -> None:
    """Take a closed socket off the list."""
    Connections.remove(_socket(caller))


def greet(caller: Caller, now: str) -> Greeting:
    """Say hello on a socket."""
    return Greeting(
        user_id=caller.user_id,
        device_id=caller.device_id,
        connection_expires_at=timestamp(caller.connected_at + CONNECTION_SECONDS * 1000),
        keep_alive_seconds=KEEP_ALIVE_SECONDS,
        server_time=now,
    )


def _socket(caller: Caller) -> Socket:
    if caller.device_id is None or caller.connection_id is None:
        raise ValueError("Expected a caller on a socket, got one without.")
    return Socket(caller.user_id, caller.device_id, caller.connection_id, caller.connected_at)
