"""Delivery: the only way a frame reaches a socket that did not ask for it.

Announce only what is stored. A push may come late, twice or never, and the log makes up for it; a push of something
that is not in the log could not be made up for.

A few sockets are posted to at once. Many go to a queue in parcels, from which as many functions post side by side, so
that the time to reach everyone hardly grows with the chat. What could not be delivered goes there too, to be tried
later.
"""

from collections.abc import Collection, Iterable, Sequence

import msgspec

from adapters import queue, sockets
from adapters.sockets import Outcome
from core import clock, deadline, parallel, telemetry
from core.errors import Unavailable
from core.settings import settings
from domain.events import Event
from models.connections import Connections, Socket

KEYS_A_READ = 100
"""BatchGetItem's most keys (DynamoDB's API reference)."""

YOUNG_MILLISECONDS = 5_000
"""API Gateway also answers 410 for a socket whose ``$connect`` has not returned yet. One this young may still come."""

MOST_FRAME_BYTES = 32 * 1024
"""API Gateway bills and sends in frames of this size (its quota page). What is larger is fetched by who wants it."""

LARGE_FIELDS = frozenset({"message", "chat"})
"""What a frame that is too large, or not for everybody, is sent without."""

PATIENCE_SECONDS = 3.0
"""How long somebody waits for their own answer because others cannot be reached."""

RESERVE_SECONDS = 3.0
"""What a function keeps for handing on what is left: a last post may take 2 s to fail, a message to SQS little."""

SOCKETS_A_PARCEL = 100
"""A function with a seventh of a processor posts to so many in about half a second."""

DELAYS_SECONDS = (1, 5, 20)
"""When a parcel is tried again. Who cannot be reached for longer reconnects, and reads the log."""

LATER = {Outcome.THROTTLED, Outcome.FAILED}
"""What may succeed later."""

PROMPT_MILLISECONDS = 1_000
"""The objective of docs/operations.md: 99 of 100 pushes are posted within it."""


class Parcel(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A frame on its way to sockets.

    Attributes:
        frame: The frame, as JSON.
        to: The sockets.
        tries: How often it was posted to them in vain.
        accepted_at: When the request that led to it was accepted, in milliseconds since 1970.
    """

    frame: str
    to: list[Socket]
    tries: int = 0
    accepted_at: int = 0


class Closed(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Sockets of one user that were found closed, though nobody had said so, and that somebody misses.

    They are off the list. What follows is done by who works off the queue, for few functions may do it.
    """

    sockets: list[Socket]


def audience(user_ids: Collection[str]) -> list[Socket]:
    """Return every live socket of these users; none if they cannot be read, for what happened has happened anyway."""
    ordered = sorted(user_ids)
    chunks = [ordered[start : start + KEYS_A_READ] for start in range(0, len(ordered), KEYS_A_READ)]
    try:
        found = parallel.each(Connections.find_all, chunks)
    except Exception as error:
        telemetry.logger.error("no audience", extra={"error": type(error).__name__, "users": len(ordered)})
        telemetry.count("audiences_lost")
        return []
    return [socket for connections in found for one in connections for socket in one.sockets]


def announce(event: Event, to: Collection[Socket], sender: str | None, *, whole: bool = True) -> None:
    """Push an event to sockets. What goes wrong with one concerns no other, and never the caller.

    Args:
        event: What happened, and is stored.
        to: The sockets.
        sender: The connection that caused it and gets a reply instead; None over HTTP.
        whole: Whether each of them may see all of it. Else they get what is needed to fetch what they may see.
    """
    receivers = [socket for socket in to if socket.connection_id != sender]
    if not receivers:
        return
    frame = frame_of(event) if whole else _reference_to(event)
    accepted_at = telemetry.accepted_at() or clock.milliseconds()
    if len(receivers) > settings().direct_sockets:
        parcels = [Parcel(frame.decode(), part, accepted_at=accepted_at) for part in _parts(receivers)]
        _queue(parcels, delay_seconds=0)
    elif left := _post(frame, receivers, accepted_at, deadline.within(PATIENCE_SECONDS, RESERVE_SECONDS)):
        _queue([Parcel(frame.decode(), left, tries=1, accepted_at=accepted_at)], DELAYS_SECONDS[0])


def relay(event: Event, devices: Sequence[Sequence[Socket]]) -> bool:
    """Push an event to devices, each by the latest of its sockets that is still there, and to nobody later.

    What comes late comes in another order. So whoever wants it told surely and in order tells it again.

    Args:
        event: What to tell.
        devices: The sockets of each device, the latest first.

    Returns:
        Whether any device got it.

    Raises:
        Unavailable: A device is there, but could not be reached just now.
    """
    frame = msgspec.json.encode(event)
    until = deadline.within(PATIENCE_SECONDS, RESERVE_SECONDS)
    came = [one for tried in parallel.each(lambda sockets: _relay(sockets, frame, until), devices) for one in tried]
    outcomes = [outcome for _, outcome in came]
    delivered = outcomes.count(Outcome.DELIVERED)
    _measure(delivered, telemetry.accepted_at())
    _forget_gone(came)
    if not delivered and any(outcome in LATER for outcome in outcomes):
        raise Unavailable
    return delivered > 0


def _relay(sockets_of_device: Sequence[Socket], frame: bytes, until: float) -> list[tuple[Socket, Outcome]]:
    """Post to a device's sockets until one is there. Returns what came of those that were tried."""
    came: list[tuple[Socket, Outcome]] = []
    for socket in sockets_of_device:
        outcome = _outcome(socket, frame, until)
        telemetry.count(f"pushes_{outcome.value}")
        came.append((socket, outcome))
        if outcome is not Outcome.GONE:
            break
    return came


def deliver(parcel: Parcel) -> bool:
    """Post a parcel from the queue. What cannot be delivered yet goes back, alone.

    Returns:
        False where it was tried for the last time, in vain: the queue then sets it aside for people to look at.
    """
    until = deadline.within(deadline.LONGEST_SECONDS, RESERVE_SECONDS)
    left = _post(parcel.frame.encode(), parcel.to, parcel.accepted_at, until)
    if not left:
        return True
    if parcel.tries >= len(DELAYS_SECONDS):
        return False
    again = Parcel(parcel.frame, left, parcel.tries + 1, parcel.accepted_at)
    queue.send(settings().deliveries_url, _text(again), DELAYS_SECONDS[parcel.tries])
    telemetry.count("pushes_queued", len(left))
    return True


def frame_of(event: Event) -> bytes:
    """Return the frame of an event: whole, or where that is too large, what is needed to fetch the rest."""
    frame = msgspec.json.encode(event)
    return frame if len(frame) <= MOST_FRAME_BYTES else _reference_to(event)


def _reference_to(event: Event) -> bytes:
    fields = msgspec.to_builtins(event)
    message_id = fields.get("message", {}).get("messageId")
    known = {"messageId": message_id} if message_id else {}
    kept = {name: value for name, value in fields.items() if name not in LARGE_FIELDS}
    return msgspec.json.encode({**kept, **known, "truncated": True})


def _post(frame: bytes, receivers: Sequence[Socket], accepted_at: int, until: float) -> list[Socket]:
    """Post to sockets, and forget those that are gone. Returns those that may be reached later."""
    outcomes = parallel.each(lambda socket: _outcome(socket, frame, until), receivers)
    for outcome in Outcome:
        if number := outcomes.count(outcome):
            telemetry.count(f"pushes_{outcome.value}", number)
    _measure(outcomes.count(Outcome.DELIVERED), accepted_at)
    came = list(zip(receivers, outcomes, strict=True))
    _forget_gone(came)
    return [socket for socket, outcome in came if outcome in LATER]


def _measure(delivered: int, accepted_at: int) -> None:
    """Tell how long posts took since the request was accepted; all of them together, as the last one was made."""
    if not delivered or not accepted_at:
        return
    lag = clock.milliseconds() - accepted_at
    telemetry.measure("delivery_lag", lag)
    if lag > PROMPT_MILLISECONDS:
        telemetry.count("pushes_late", delivered)


def _outcome(socket: Socket, frame: bytes, until: float) -> Outcome:
    """Post to one socket, whatever happens to it."""
    try:
        return sockets.post(socket.connection_id, frame, until)
    except Exception as error:
        telemetry.logger.error("not posted", extra={"error": type(error).__name__})
        return Outcome.FAILED


def _queue(parcels: Sequence[Parcel], delay_seconds: int) -> None:
    """Leave parcels to DeliverEvents. If even that fails, the receivers find what they missed in the log."""
    queued = parallel.each(lambda parcel: _queue_one(parcel, delay_seconds), parcels)
    for name, done in (("pushes_queued", True), ("pushes_lost", False)):
        parts = (len(parcel.to) for parcel, was in zip(parcels, queued, strict=True) if was is done)
        if number := sum(parts):
            telemetry.count(name, number)


def _queue_one(parcel: Parcel, delay_seconds: int) -> bool:
    try:
        queue.send(settings().deliveries_url, _text(parcel), delay_seconds)
    except Exception as error:
        telemetry.logger.error("not queued", extra={"error": type(error).__name__, "sockets": len(parcel.to)})
        return False
    return True


def _text(message: Parcel | Closed) -> str:
    return msgspec.json.encode(message).decode()


def _parts(receivers: Sequence[Socket]) -> Iterable[list[Socket]]:
    starts = range(0, len(receivers), SOCKETS_A_PARCEL)
    return (list(receivers[start : start + SOCKETS_A_PARCEL]) for start in starts)


def _forget_gone(came: Iterable[tuple[Socket, Outcome]]) -> None:
    """Take sockets off the list that are no more. One that stays on it will be found gone again."""
    oldest = clock.milliseconds() - YOUNG_MILLISECONDS
    by_user: dict[str, list[Socket]] = {}
    for socket, outcome in came:
        if outcome is Outcome.GONE and socket.connected_at < oldest:
            by_user.setdefault(socket.user_id, []).append(socket)
    try:
        parallel.each(_forget, by_user.values())
    except Exception as error:
        telemetry.logger.warning("not forgotten", extra={"error": type(error).__name__})


def _forget(mine: Sequence[Socket]) -> None:
    """Take sockets of one user off the list, and see to it that something follows where somebody misses them."""
    connections = Connections.remove(*mine)
    if missed := [socket for socket in mine if connections.misses(socket)]:
        queue.send(settings().deliveries_url, _text(Closed(missed)), 0)
