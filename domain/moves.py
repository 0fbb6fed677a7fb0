"""Moves: what is done in a call, made to last and then told.

A call is read, changed by ``call_states`` and written on the condition that it is still the one that was read. Whoever
loses a race reads again and applies the same move to what the other one left, so that all moves have one order.
"""

from collections.abc import Collection, Iterable

import msgspec

from core import clock, telemetry
from core.attempts import attempts
from core.clock import timestamp
from core.errors import Conflict, Failure, Unavailable
from core.parallel import each, together
from domain import call_states, delivery, events, protocol
from domain.call_states import Call, Move, Participant, Pass, Push
from models import calls
from models.connections import Connections, Socket


class Made(msgspec.Struct, frozen=True):
    """What came of a move.

    Attributes:
        call: The call as it is then.
        has_ended: Whether it ended by this.
    """

    call: Call
    has_ended: bool


EVENTS: dict[str, type[events.CallEvent]] = {
    "joined": events.CallJoined,
    "rejected": events.CallRejected,
    "answeredElsewhere": events.CallAnsweredElsewhere,
    "left": events.CallLeft,
    "ended": events.CallEnded,
}


def make(call_id: str, move: Move, sender: str | None = None, known: calls.Call | None = None) -> Made:
    """Make a move, after what time has done meanwhile.

    Two round trips come before the first push: one that reads the call, and one that writes it and reads who is
    connected. Another one reads the line of who comes into a call that they were not in.

    Args:
        call_id: The call.
        move: The move.
        sender: The connection that asked for it and gets a reply instead of a push; None for none.
        known: The call, where it was read just now.

    Raises:
        NotFound: There is no such call, or whoever moves is not in it.
        Conflict: The call has ended, or was answered on another device, and the move is to take part in it; or whoever
            does so is in another call.
        Unavailable: Others were faster every time.
    """
    for _ in attempts():
        stored, known = known or calls.Call.find(call_id), None
        if not stored:
            raise call_states.unknown_call()
        before = read(stored)
        now = clock.milliseconds()
        after, by_time = call_states.apply(before, Pass(), now)
        by_move: list[Push] = []
        refusal: Failure | None = None
        try:
            after, by_move = call_states.apply(after, move, now)
        except Failure as failure:
            refusal = failure
        if after != before:
            line = _line_of_who_enters(before, after)
            sockets, is_stored = together(
                lambda: delivery.audience(call_states.audience(after)),  # noqa: B023 - it runs before the next turn.
                lambda: stored.change(written(after), line),  # noqa: B023
            )
            if not is_stored:
                continue
            _count(before, after)
            # What time has done is news to who asked, too.
            tell(after, by_time, sockets, None)
            tell(after, by_move, sockets, sender)
            free(call_id, call_states.live(before) - call_states.live(after))
        if refusal:
            raise refusal
        return Made(after, after.ended_at != before.ended_at)
    raise Unavailable


def tell(call: Call, pushes: Iterable[Push], to: Collection[Socket], sender: str | None) -> None:
    """Push what happened in a call to the devices that it concerns."""
    now = seen(call)
    for push in pushes:
        event = EVENTS[push.event]
        told = {"user_id": push.user_id} if issubclass(event, events.ParticipantEvent) else {}
        delivery.announce(event(call=now, **told), devices(push, to), sender)


def devices(push: Push, to: Iterable[Socket]) -> list[Socket]:
    """Return the sockets that a push is for."""
    recipients = {one.user_id: one for one in push.to}
    return [
        socket
        for socket in to
        if (one := recipients.get(socket.user_id))
        and one.only in {None, socket.device_id}
        and one.but != socket.device_id
    ]


def free(call_id: str, user_ids: Iterable[str]) -> None:
    """Note that users are not in a call any more."""
    each(lambda user_id: Connections.free_line(user_id, call_id), user_ids)


def busy(lines: Iterable[Connections]) -> dict[str, Call]:
    """Return the calls that users are in, by the users.

    A line alone does not say so: who was cut off while ending a call may have left it taken. The call itself does.
    """
    taken = {line.user_id: line.call_id for line in lines if line.call_id}
    found = [as_of_now(one) for one in calls.Call.find_all(set(taken.values()))] if taken else []
    by_id = {call.call_id: call for call in found}
    return {
        user_id: call
        for user_id, call_id in taken.items()
        if (call := by_id.get(call_id)) and user_id in call_states.live(call)
    }


def as_of_now(stored: calls.Call) -> Call:
    """Return a call as time has made it, whether that was noted yet or not."""
    call, _ = call_states.apply(read(stored), Pass(), clock.milliseconds())
    return call


def read(stored: calls.Call) -> Call:
    """Read the call of an item."""
    return msgspec.json.decode(stored.record, type=Call)


def written(call: Call) -> str:
    """Write a call for an item."""
    return msgspec.json.encode(call).decode()


def seen(call: Call) -> protocol.Call:
    """Return a call as its participants see it."""
    return protocol.Call(
        call_id=call.call_id,
        kind=call.kind,
        chat_id=call.chat_id,
        state=call.state,
        caller_id=call.caller_id,
        participants=[_participant(one) for one in call.participants],
        created_at=timestamp(call.created_at),
        ring_expires_at=timestamp(call.ring_expires_at),
        answered_at=_moment(call.answered_at),
        ended_at=_moment(call.ended_at),
        end_reason=call.end_reason,
    )


def in_another_call() -> Conflict:
    """Say that who asks is in another call."""
    return Conflict("busy", "You are in another call.")


def _line_of_who_enters(before: Call, after: Call) -> Connections | None:
    """Return the connections of somebody who comes into a call that did not have them, if anybody does.

    Raises:
        Conflict: They are in another call.
    """
    entering = call_states.live(after) - call_states.live(before)
    if not entering:
        return None
    (user_id,) = entering
    line = Connections.lines_of([user_id])[user_id]
    if busy([line]):
        raise in_another_call()
    return line


def _count(before: Call, after: Call) -> None:
    if after.answered_at and not before.answered_at:
        telemetry.count("calls_answered")
    if after.end_reason and not before.end_reason:
        telemetry.count("calls_ended", by=("reason", after.end_reason))


def _participant(one: Participant) -> protocol.Participant:
    return protocol.Participant(user_id=one.user_id, device_id=one.device_id, state=one.state)


def _moment(at: int | None) -> str | None:
    return None if at is None else timestamp(at)
