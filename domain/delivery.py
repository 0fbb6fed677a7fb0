"""Delivery: the only way a frame reaches a socket that did not ask for it.

Announce only what is stored. A push may come late, twice or never, and the log makes up for it; a push of something
that is not in the log could not be made up for.
"""

from collections.abc import Collection

import msgspec

from adapters import sockets
from adapters.sockets import Outcome
from core import clock, parallel, telemetry
from domain.events import Event
from models.connections import Connections, Socket

KEYS_A_READ = 100
"""BatchGetItem's most keys (DynamoDB's API reference)."""

YOUNG_MILLISECONDS = 5_000
"""API Gateway also answers 410 for a socket whose ``$connect`` has not returned yet. One this young may still come."""


def audience(user_ids: Collection[str]) -> list[Socket]:
    """Return every live socket of these users."""
    ordered = sorted(user_ids)
    chunks = [ordered[start : start + KEYS_A_READ] for start in range(0, len(ordered), KEYS_A_READ)]
    return [
        socket
        for connections in parallel.each(Connections.find_all, chunks)
        for one in connections
        for socket in one.sockets
    ]


def announce(event: Event, to: Collection[Socket], sender: str | None) -> None:
    """Push an event to sockets. What goes wrong with one concerns no other, and never the caller.

    Args:
        event: What happened, and is stored.
        to: The sockets.
        sender: The connection that caused it and gets a reply instead; None over HTTP.
    """
    frame = msgspec.json.encode(event)
    receivers = [socket for socket in to if socket.connection_id != sender]
    if not receivers:
        return
    outcomes = parallel.each(lambda socket: sockets.post(socket.connection_id, frame), receivers)
    for outcome in Outcome:
        if number := outcomes.count(outcome):
            telemetry.count(f"pushes_{outcome.value}", number)
    _forget([socket for socket, outcome in zip(receivers, outcomes, strict=True) if outcome is Outcome.GONE])


def _forget(gone: Collection[Socket]) -> None:
    """Take sockets off the list that are no more. One that stays on it will be found gone again."""
    oldest = clock.milliseconds() - YOUNG_MILLISECONDS
    by_user: dict[str, list[Socket]] = {}
    for socket in gone:
        if socket.connected_at < oldest:
            by_user.setdefault(socket.user_id, []).append(socket)
    try:
        parallel.each(lambda mine: Connections.remove(*mine), by_user.values())
    except Exception as error:
        telemetry.logger.warning("not forgotten", extra={"error": type(error).__name__})
