"""What becomes of a call: a pure function of the call, a move and the time. It knows no clock and makes no call to AWS.

A call rings until somebody answers, is active while two take part (or one, and others still ring), and ends once. Who
takes part does so on one device. A move that was made before, or comes too late, changes nothing.
"""

from collections.abc import Callable
from typing import Literal

import msgspec

from core.errors import Conflict, NotFound

RINGING = "ringing"
JOINED = "joined"
REJECTED = "rejected"
BUSY = "busy"
MISSED = "missed"
LEFT = "left"

ACTIVE = "active"
ENDED = "ended"

HANGUP = "hangup"
CANCELLED = "cancelled"
CONNECTION_LOST = "connection_lost"

Reason = Literal["hangup", "rejected", "busy", "missed", "cancelled", "connection_lost", "failed"]

AWAY_MILLISECONDS = 20_000
"""As the protocol has it: how long one may be without a socket."""

UNSEEN_MILLISECONDS = (2 * 60 + 15) * 60 * 1000
"""A socket ends after 2 h (API Gateway's quota page) and is followed by another one while its owner is there. Who was
not seen to open one for longer is gone, though API Gateway may never have said so."""


class Participant(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody in a call.

    Attributes:
        state: One of the protocol's.
        device_id: The device on which they take part, or did, until the call ends.
        place: Who joined before whom: 1, 2, ...; 0 for who has not yet.
        seen_at: When they joined, or opened a socket on that device since, in milliseconds since 1970.
        lost_at: When that device's last socket closed; None while it has one.
        revision: Of the user's list of sockets, as far as it is known here; 0 while none was seen on that device.
        is_reached: Whether the call reaches them at all. It does not reach who blocks the caller, who is not told so.
        rang: Whether they were told of the call. Who was busy when it began was not.
    """

    user_id: str
    state: str = RINGING
    device_id: str | None = None
    place: int = 0
    seen_at: int = 0
    lost_at: int | None = None
    revision: int = 0
    is_reached: bool = True
    rang: bool = True

    @property
    def is_live(self) -> bool:
        """Whether they take part, or still may at a touch."""
        return self.state in {RINGING, JOINED}

    def due_at(self) -> int | None:
        """Return when they are taken for gone, should nothing be seen of them until then."""
        if self.state != JOINED:
            return None
        unseen = self.seen_at + UNSEEN_MILLISECONDS
        return unseen if self.lost_at is None else min(unseen, self.lost_at + AWAY_MILLISECONDS)


class Call(msgspec.Struct, frozen=True, omit_defaults=True):
    """A call. Times are in milliseconds since 1970."""

    call_id: str
    kind: str
    chat_id: str | None
    caller_id: str
    participants: tuple[Participant, ...]
    created_at: int
    ring_expires_at: int
    state: str = RINGING
    answered_at: int | None = None
    ended_at: int | None = None
    end_reason: str | None = None

    def find(self, user_id: str) -> Participant:
        """Return a participant.

        Raises:
            NotFound: The user is none, or the call does not reach them.
        """
        for one in self.participants:
            if one.user_id == user_id and one.is_reached:
                return one
        raise unknown_call()

    @property
    def joined(self) -> list[Participant]:
        """Those who take part, in the order in which they joined."""
        return sorted((one for one in self.participants if one.state == JOINED), key=lambda one: one.place)

    @property
    def is_ringing(self) -> bool:
        """Whether anybody may still answer."""
        return any(one.state == RINGING for one in self.participants)

    def due_at(self) -> int | None:
        """Return when time alone may change the call; None once it has ended."""
        if self.state == ENDED:
            return None
        rings = [self.ring_expires_at] if self.is_ringing else []
        return min([*rings, *(due for one in self.participants if (due := one.due_at()) is not None)], default=None)


class Accept(msgspec.Struct, frozen=True):
    """A user answers on a device, comes late, or comes back.

    Attributes:
        revision: Of the user's list of sockets, where one of that device stands; 0 where none does.
    """

    user_id: str
    device_id: str
    revision: int = 0


class Reject(msgspec.Struct, frozen=True):
    """A user does not want to answer on any device."""

    user_id: str


class Leave(msgspec.Struct, frozen=True):
    """A user hangs up, cancels, or cannot go on."""

    user_id: str
    reason: str = HANGUP


class Lose(msgspec.Struct, frozen=True):
    """The last socket of a device closed.

    Attributes:
        at: When.
        revision: Of the user's list of sockets since. It is nothing if the device was seen in a later one.
    """

    user_id: str
    device_id: str
    at: int
    revision: int


class Return(msgspec.Struct, frozen=True):
    """A device has a socket.

    Attributes:
        at: When it was seen.
        revision: Of the user's list of sockets, with this one.
    """

    user_id: str
    device_id: str
    at: int
    revision: int


class Pass(msgspec.Struct, frozen=True):
    """Time passes."""


Move = Accept | Reject | Leave | Lose | Return | Pass


class Recipient(msgspec.Struct, frozen=True):
    """Some of the devices of a user: all of them, only one, or all but one."""

    user_id: str
    only: str | None = None
    but: str | None = None


class Push(msgspec.Struct, frozen=True):
    """What to tell, and whom.

    Attributes:
        event: The last word of the event's type.
        user_id: Who joined, rejected or left.
        to: Nobody twice.
    """

    event: str
    user_id: str | None
    to: tuple[Recipient, ...]


def begin(call: Call) -> tuple[Call, list[Push]]:
    """Let a new call ring at all who are not busy."""
    to = tuple(Recipient(one.user_id) for one in call.participants if one.state == RINGING and one.is_reached)
    return call, [Push("ringing", call.caller_id, to)]


def apply(call: Call, move: Move, now: int) -> tuple[Call, list[Push]]:
    """Make a move.

    Args:
        call: The call as it is. Let time pass first.
        move: The move.
        now: Milliseconds since 1970.

    Returns:
        The call as it is then, and what to tell: the same call and nothing, where the move changes nothing.

    Raises:
        NotFound: Whoever moves is not in the call.
        Conflict: The call has ended, or was answered on another device, and the move is to take part in it.
    """
    match move:
        case Accept():
            return _accept(call, move, now)
        case Reject(user_id):
            return _reject(call, call.find(user_id), REJECTED, now)
        case Leave(user_id, reason):
            return _leave(call, call.find(user_id), reason, now)
        case Lose() | Return():
            return _seen(call, move), []
        case Pass():
            return _pass(call, now)


def audience(call: Call) -> set[str]:
    """Return everybody whom a push of this call may concern."""
    return {one.user_id for one in call.participants if one.is_reached}


def live(call: Call) -> set[str]:
    """Return everybody whose line the call takes: who takes part, or whose devices ring."""
    return {one.user_id for one in call.participants if one.is_live and one.is_reached}


def unknown_call() -> NotFound:
    """Say that there is no such call."""
    return NotFound("call_not_found", "There is no such call.")


def ended() -> Conflict:
    """Say that a call is over."""
    return Conflict("call_ended", "This call has ended.")


def _accept(call: Call, move: Accept, now: int) -> tuple[Call, list[Push]]:
    one = call.find(move.user_id)
    if call.state == ENDED:
        raise ended()
    if one.state == JOINED:
        if one.device_id != move.device_id:
            raise Conflict("conflict", "This call was answered on another device.")
        back = Return(one.user_id, move.device_id, now, move.revision)
        return (_seen(call, back) if one.lost_at is not None else call), []
    place = 1 + max(other.place for other in call.participants)
    joined = Participant(one.user_id, JOINED, move.device_id, place, seen_at=now, revision=move.revision)
    after = msgspec.structs.replace(_with(call, joined), state=ACTIVE, answered_at=call.answered_at or now)
    elsewhere = Push("answeredElsewhere", one.user_id, (Recipient(one.user_id, but=move.device_id),))
    return after, [Push("joined", one.user_id, _live(after)), elsewhere]


def _reject(call: Call, one: Participant, state: str, now: int) -> tuple[Call, list[Push]]:
    if one.state != RINGING:
        return call, []
    after = _with(call, msgspec.structs.replace(one, state=state))
    over, pushes = _end_if_over(after, HANGUP, now)
    return over, [Push("rejected", one.user_id, (*_live(after), Recipient(one.user_id))), *pushes]


def _leave(call: Call, one: Participant, reason: str, now: int) -> tuple[Call, list[Push]]:
    if one.state == RINGING:
        return _reject(call, one, BUSY if reason == BUSY else REJECTED, now)
    if one.state != JOINED:
        return call, []
    after = _with(call, msgspec.structs.replace(one, state=LEFT, lost_at=None))
    over, pushes = _end_if_over(after, reason if reason in {CONNECTION_LOST, "failed"} else HANGUP, now)
    return over, pushes or [_left(after, one)]


def _seen(call: Call, move: Lose | Return) -> Call:
    """Note whether a device has a socket. What is told in another order than it happened is put right by its number."""
    one = next((one for one in call.participants if one.user_id == move.user_id), None)
    if not one or one.state != JOINED or one.device_id != move.device_id:
        return call
    is_news = move.revision > one.revision
    if isinstance(move, Return):
        back = msgspec.structs.replace(one, seen_at=move.at, lost_at=None, revision=move.revision)
        return _with(call, back) if is_news else call
    if not is_news and (move.revision < one.revision or one.lost_at is None):
        return call
    # Of two who noticed the same loss the one who noticed it first is right.
    lost_at = move.at if one.lost_at is None else min(one.lost_at, move.at)
    return _with(call, msgspec.structs.replace(one, lost_at=lost_at, revision=move.revision))


def _pass(call: Call, now: int) -> tuple[Call, list[Push]]:
    """Let happen what is due by now, one after the other, as if somebody had looked at each moment."""
    pushes: list[Push] = []
    while (due := call.due_at()) is not None and due <= now:
        call, more = _expire(call, due)
        pushes += more
    return call, pushes


def _expire(call: Call, at: int) -> tuple[Call, list[Push]]:
    """Take who did not answer in time for absent, and who was away for too long for gone."""
    gone = [one for one in call.participants if (due := one.due_at()) is not None and due <= at]
    late = [one for one in call.participants if one.state == RINGING] if call.ring_expires_at <= at else []
    after = call
    for one in gone:
        after = _with(after, msgspec.structs.replace(one, state=LEFT, lost_at=None))
    for one in late:
        after = _with(after, msgspec.structs.replace(one, state=MISSED))
    over, pushes = _end_if_over(after, CONNECTION_LOST if gone else HANGUP, at)
    return over, pushes or [_left(after, one) for one in (*gone, *late)]


def _end_if_over(call: Call, reason: str, now: int) -> tuple[Call, list[Push]]:
    """End a call in which nobody is left to talk to."""
    joined = len(call.joined)
    if joined > 1 or (joined and call.is_ringing):
        return call, []
    over = msgspec.structs.replace(
        _map(call, _close),
        state=ENDED,
        ended_at=now,
        end_reason=reason if call.answered_at else _reason_unanswered(call, reason),
    )
    to = (_of(one) for one in call.participants if one.is_reached and one.rang)
    return over, [Push("ended", None, tuple(to))]


def _reason_unanswered(call: Call, reason: str) -> str:
    if not call.joined:
        return CANCELLED if reason == HANGUP else reason
    states = {one.state for one in call.participants}
    return next((state for state in (REJECTED, MISSED) if state in states), BUSY)


def _close(one: Participant) -> Participant:
    """Return a participant as the end of the call leaves them: others keep it, and devices can have telling names."""
    state = {RINGING: MISSED, JOINED: LEFT}.get(one.state, one.state)
    return msgspec.structs.replace(one, state=state, lost_at=None, device_id=None)


def _left(call: Call, one: Participant) -> Push:
    return Push("left", one.user_id, (*_live(call), _of(one)) if one.is_reached else _live(call))


def _live(call: Call) -> tuple[Recipient, ...]:
    return tuple(_of(one) for one in call.participants if one.is_live and one.is_reached)


def _of(one: Participant) -> Recipient:
    """Return the device on which somebody takes part, or did; all of them while none does."""
    return Recipient(one.user_id, only=one.device_id)


def _with(call: Call, changed: Participant) -> Call:
    return _map(call, lambda one: changed if one.user_id == changed.user_id else one)


def _map(call: Call, change: Callable[[Participant], Participant]) -> Call:
    return msgspec.structs.replace(call, participants=tuple(change(one) for one in call.participants))
