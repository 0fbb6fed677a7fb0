"""Calls: who calls whom, who answers, and who hangs up. What follows from it is decided in ``call_states``."""

from collections.abc import Collection

import msgspec

from adapters.queue import QueueError
from core import clock, telemetry
from core.attempts import attempts
from core.errors import Conflict, InvalidRequest, Unavailable
from core.identifiers import new_id
from core.operations import Caller
from core.pages import decode_cursor, encode_cursor
from core.parallel import together
from core.shapes import Answer
from domain import absence, call_states, delivery, ice_servers, limits, messages, moves, protocol, signals, watch
from domain.accounts import name_of, unknown_user
from domain.call_states import Accept, Call, Leave, Participant, Pass, Reason, Reject
from domain.events import CallRinging
from domain.ice_servers import IceServer
from models import calls
from models.accounts import User
from models.blocks import Block
from models.calls import Participation
from models.chats import Chat
from models.connections import Connections

MOST_PARTICIPANTS = 8
"""As the protocol has it: in a mesh each sends its picture to every other one."""

RING_SECONDS = 45
"""As the protocol has it."""


class Invitation(msgspec.Struct, frozen=True):
    """Whom to call: some users, or the members of a chat."""

    kind: str
    callee_ids: tuple[str, ...]
    chat_id: str | None


class Peer(Answer, frozen=True, kw_only=True):
    """Somebody to connect to.

    Attributes:
        polite: Whether the receiver is the polite one of the two (W3C, "WebRTC", 10.7, perfect negotiation): who joined
            later is.
    """

    user_id: str
    device_id: str
    polite: bool


class Answered(Answer, frozen=True, kw_only=True):
    """The call as it is now."""

    call: protocol.Call


class Joined(Answered, frozen=True, kw_only=True):
    """A call that the receiver takes part in."""

    ice_servers: list[IceServer]
    peers: list[Peer]


class Started(Joined, frozen=True, kw_only=True):
    """A call that the receiver began. It has peers where they called the receiver at the same moment."""

    call_id: str
    caller: protocol.Name
    callees: list[protocol.Name]


class Opened(Answered, frozen=True, kw_only=True):
    """A call that the receiver looks at, and whom to connect to if they take part."""

    peers: list[Peer]


class Calls(Answer, frozen=True):
    """A page of a user's calls, latest first."""

    calls: list[protocol.Call]
    next_cursor: str | None = None


def start(caller: Caller, invitation: Invitation, device_id: str | None) -> Started:
    """Call people.

    Two round trips come before the devices ring, three for a chat: one that reads who everybody is, who blocks whom
    and who is in a call or connected, and one that stores the call. (Lines that are taken cost one more.)

    Args:
        caller: Who calls.
        invitation: Whom, and how.
        device_id: The device to call on, over HTTP; None for the one whose socket is the latest.

    Raises:
        InvalidRequest: Nobody, too many, or oneself would be called.
        NotFound: There is no such chat or user, or the caller is not in the chat.
        Conflict: The caller is in another call, or everybody else is.
        RateLimited: The caller calls too often.
    """
    limits.CALLS.spend(caller.user_id)
    callee_ids = _callees(caller, invitation)
    call_id, now = new_id(), clock.milliseconds()
    everybody = {caller.user_id, *callee_ids}
    users, deaf, lines, _ = together(
        lambda: {user.user_id: user for user in User.find_all(everybody)},
        lambda: Block.who_block(callee_ids, caller.user_id),
        lambda: Connections.lines_of(everybody),
        lambda: _follow(call_id),
    )
    if missing := [one for one in (caller.user_id, *callee_ids) if one not in users]:
        if invitation.chat_id is None or missing[0] == caller.user_id:
            raise unknown_user()
        callee_ids = [one for one in callee_ids if one in users]
    for _ in attempts():
        line = lines[caller.user_id]
        device = _device(caller, device_id, line)
        busy = moves.busy(lines.values())
        if mine := busy.get(caller.user_id):
            call = _meet(caller, mine, invitation, callee_ids, device, line)
        else:
            participants = [_caller(caller, device, line, now), *_guests(callee_ids, deaf, busy)]
            call = _begin(_new(call_id, caller, invitation, now, participants), caller, users[caller.user_id], lines)
        if call:
            break
        lines = Connections.lines_of(everybody)
    else:
        raise Unavailable
    return Started(
        call_id=call.call_id,
        call=moves.seen(call),
        caller=name_of(users[call.caller_id]),
        callees=[name_of(users[one.user_id]) for one in call.participants if one.user_id != call.caller_id],
        ice_servers=ice_servers.issue(caller.user_id).ice_servers,
        peers=_peers(call, caller.user_id),
    )


def accept(caller: Caller, call_id: str, device_id: str | None) -> Joined:
    """Take part in a call: answer it, come late, or come back.

    What others told the caller before is handed over to the device then.

    Args:
        caller: Who takes part.
        call_id: The call.
        device_id: The device to take part on, over HTTP; None for the one whose socket is the latest.

    Raises:
        NotFound: There is no such call, or not for the caller.
        Conflict: It has ended, or was answered on another device; or the caller is in another call.
    """
    stored, line = calls.Call.find_for(call_id, caller.user_id)
    if not stored:
        raise call_states.unknown_call()
    one = moves.read(stored).find(caller.user_id)
    if device_id is None and caller.device_id is None and one.state == call_states.JOINED:
        device_id = one.device_id
    device = _device(caller, device_id, line)
    call = _join(caller, call_id, device, line, known=stored)
    return Joined(
        call=moves.seen(call),
        ice_servers=ice_servers.issue(caller.user_id).ice_servers,
        peers=_peers(call, caller.user_id),
    )


def reject(caller: Caller, call_id: str) -> Answered:
    """Let a call not ring any more on any device of the caller's.

    Raises:
        NotFound: There is no such call, or not for the caller.
    """
    made = moves.make(call_id, Reject(caller.user_id), caller.connection_id)
    return Answered(call=moves.seen(watch.settle_if_over(made)))


def end(caller: Caller, call_id: str, reason: Reason | None) -> Answered:
    """Hang up, cancel, or do not answer. What has ended stays as it ended.

    Raises:
        NotFound: There is no such call, or not for the caller.
    """
    made = moves.make(call_id, Leave(caller.user_id, reason or call_states.HANGUP), caller.connection_id)
    return Answered(call=moves.seen(watch.settle_if_over(made)))


def get(caller: Caller, call_id: str) -> Opened:
    """Return a call to somebody whom it concerns.

    Raises:
        NotFound: There is no such call, or not for the caller.
    """
    stored = calls.Call.find(call_id)
    if not stored:
        raise call_states.unknown_call()
    call = _in_time(stored)
    call.find(caller.user_id)
    return Opened(call=moves.seen(call), peers=_peers(call, caller.user_id))


def list_calls(caller: Caller, limit: int, cursor: str | None) -> Calls:
    """Return the calls that concerned the caller, latest first.

    Raises:
        InvalidRequest: The cursor is not one that we gave.
    """
    found = Participation.latest(caller.user_id, decode_cursor(cursor, str), limit + 1)
    page = found[:limit]
    stored = {one.call_id: one for one in calls.Call.find_all({entry.call_id for entry in page})} if page else {}
    there = [stored[entry.call_id] for entry in page if entry.call_id in stored]
    return Calls(
        calls=[moves.seen(_in_time(one)) for one in there],
        next_cursor=encode_cursor(page[-1].place) if len(found) > limit else None,
    )


def _callees(caller: Caller, invitation: Invitation) -> list[str]:
    """Return whom to call, each once."""
    if (invitation.chat_id is None) == (not invitation.callee_ids):
        field = "calleeIds" if invitation.chat_id is None else "chatId"
        raise InvalidRequest.field(field, "Give either calleeIds or a chatId.")
    if invitation.chat_id is None:
        if caller.user_id in invitation.callee_ids:
            raise InvalidRequest.field("calleeIds", "Expected somebody else.")
        return list(dict.fromkeys(invitation.callee_ids))
    chat = Chat.find(invitation.chat_id)
    if not chat or not chat.has(caller.user_id):
        raise messages.unknown_chat()
    if len(chat.member_ids) > MOST_PARTICIPANTS:
        raise InvalidRequest.field("chatId", f"A call has at most {MOST_PARTICIPANTS} participants.")
    others = sorted(chat.member_ids - {caller.user_id})
    if not others:
        raise InvalidRequest.field("chatId", "There is nobody else in this chat.")
    return others


def _follow(call_id: str) -> None:
    """Have the call followed before it exists, so that it cannot be without."""
    try:
        watch.begin(call_id, RING_SECONDS)
    except QueueError as error:
        raise Unavailable from error


def _device(caller: Caller, given: str | None, line: Connections) -> str:
    """Return the device that asks: the one of its socket; over HTTP the one it says, or the one connected last.

    Raises:
        InvalidRequest: A socket says that it is another device's.
    """
    if caller.device_id:
        if given not in {None, caller.device_id}:
            raise InvalidRequest.field("deviceId", "Expected the device of this socket, or none.")
        return caller.device_id
    latest = max(line.sockets, key=lambda socket: socket.connected_at, default=None)
    return given or (latest.device_id if latest else new_id())


def _join(caller: Caller, call_id: str, device: str, line: Connections, known: calls.Call | None = None) -> Call:
    """Take part in a call on a device, and hand over to it what was told before."""
    revision = line.number if line.of_device(device) else 0
    call = moves.make(call_id, Accept(caller.user_id, device, revision), caller.connection_id, known).call
    signals.hand_over(call_id, caller.user_id, device)
    return call


def _caller(caller: Caller, device: str, line: Connections, now: int) -> Participant:
    """Return the caller, who takes part from the beginning."""
    # Storing the call makes it one more.
    revision = line.number + 1 if line.of_device(device) else 0
    return Participant(caller.user_id, call_states.JOINED, device, place=1, seen_at=now, revision=revision)


def _guests(callee_ids: Collection[str], deaf: Collection[str], busy: dict[str, Call]) -> list[Participant]:
    """Return those who are called.

    Raises:
        Conflict: All of them are in a call.
    """
    guests = [_guest(one, is_deaf=one in deaf, is_busy=one in busy) for one in callee_ids]
    if all(one.state == call_states.BUSY for one in guests):
        raise Conflict("busy", "Nobody can be reached: they are in a call.")
    return guests


def _guest(user_id: str, *, is_deaf: bool, is_busy: bool) -> Participant:
    if is_deaf:
        return Participant(user_id, is_reached=False)
    return Participant(user_id, call_states.BUSY, rang=False) if is_busy else Participant(user_id)


def _new(call_id: str, caller: Caller, invitation: Invitation, now: int, participants: list[Participant]) -> Call:
    return Call(
        call_id,
        invitation.kind,
        invitation.chat_id,
        caller.user_id,
        tuple(participants),
        created_at=now,
        ring_expires_at=now + RING_SECONDS * 1000,
    )


def _begin(call: Call, caller: Caller, named: User, lines: dict[str, Connections]) -> Call | None:
    """Store a call and let it ring. Returns None where somebody's line has changed since it was read."""
    taken = [lines[user_id] for user_id in sorted(call_states.live(call))]
    entries = [
        Participation.make(user_id, call.call_id, call.created_at) for user_id in sorted(call_states.audience(call))
    ]
    if not calls.Call(call.call_id, record=moves.written(call)).begin(taken, entries):
        return None
    telemetry.count("calls_started")
    _ring(call, caller, name_of(named), lines)
    return call


def _ring(call: Call, caller: Caller, named: protocol.Name, lines: dict[str, Connections]) -> None:
    """Ring at every device that is there, and tell of those who have none. One that comes later rings when it has."""
    _, (push,) = call_states.begin(call)
    ringing = CallRinging(call=moves.seen(call), caller=named)
    sockets = moves.devices(push, (socket for line in lines.values() for socket in line.sockets))
    absent = {one.user_id for one in push.to} - {socket.user_id for socket in sockets}
    together(
        lambda: delivery.announce(ringing, sockets, caller.connection_id),
        lambda: absence.tell_of_call(ringing.call, named, absent),
    )


def _meet(  # noqa: PLR0917 - what is wanted, and who wants it where.
    caller: Caller, mine: Call, wanted: Invitation, callee_ids: Collection[str], device: str, line: Connections
) -> Call | None:
    """Take part in the call that the caller is in already, if it is the one that they want.

    So two people who call each other at the same moment talk to each other; and who asks twice gets the same call.

    Returns:
        None where it has ended meanwhile.

    Raises:
        Conflict: It is another one.
    """
    one = mine.find(caller.user_id)
    same_people = {other.user_id for other in mine.participants} == {caller.user_id, *callee_ids}
    # To call the only other one and to call the chat with them is the same.
    same_place = mine.chat_id == wanted.chat_id or len(mine.participants) == 2  # noqa: PLR2004
    if not (same_people and same_place):
        raise moves.in_another_call()
    if one.state == call_states.JOINED and one.device_id == device:
        return mine
    try:
        return _join(caller, mine.call_id, device, line)
    except Conflict as refusal:
        if refusal.code == call_states.ended().code:
            return None
        raise moves.in_another_call() from refusal


def _peers(call: Call, user_id: str) -> list[Peer]:
    """Return whom somebody is to connect to; nobody where they do not take part."""
    place = next((one.place for one in call.joined if one.user_id == user_id), None)
    if place is None:
        return []
    return [
        Peer(user_id=one.user_id, device_id=one.device_id or "", polite=place > one.place)
        for one in call.joined
        if one.user_id != user_id
    ]


def _in_time(stored: calls.Call) -> Call:
    """Return a call that was read, and note what time has done to it."""
    call = moves.read(stored)
    due = call.due_at()
    if due is not None and due <= clock.milliseconds():
        return moves.make(call.call_id, Pass()).call
    return call
