"""Watching calls: what nobody asks for, and time brings about.

Every call is followed by a message in a queue, put there before the call exists: it comes when something may be due,
does it, and is put back until the call is over and nothing is left to do. So whatever is cut off, no call rings or is
active for ever. Messages besides it tell of sockets that closed and opened while their owner was in a call.
"""

import msgspec

from adapters import queue
from core import clock
from core.errors import NotFound
from core.identifiers import derived_id
from core.settings import settings
from domain import call_states, delivery, events, messages, moves, signals
from domain.accounts import name_of
from domain.call_states import Call, Leave, Lose, Pass, Return
from domain.moves import Made
from models import calls
from models.accounts import User
from models.chats import DIRECT, Chat
from models.connections import Connections, Socket
from models.signals import Signals

LONGEST_SECONDS = 900
"""SQS's longest delay (its quota page, "Message timer")."""

AWAY_SECONDS = call_states.AWAY_MILLISECONDS // 1000

OPENING_SECONDS = 1
"""A socket cannot be posted to before its ``$connect`` has returned."""


class Watch(msgspec.Struct, frozen=True, tag=True):
    """Follow a call until nothing is left to do."""

    call_id: str


class Lost(msgspec.Struct, frozen=True, tag=True):
    """The last socket of a device closed. It has had its time to come back when this comes."""

    call_id: str
    lose: Lose


class Opened(msgspec.Struct, frozen=True, tag=True):
    """A socket opened."""

    call_id: str
    socket: Socket
    revision: int


class Gone(msgspec.Struct, frozen=True, tag=True):
    """Somebody is no user any more."""

    call_id: str
    user_id: str


Note = Watch | Lost | Opened | Gone


def begin(call_id: str, seconds: int) -> None:
    """Have a call followed that is about to begin, and first after so many seconds.

    Raises:
        QueueError: The queue did not take it.
    """
    _later(Watch(call_id), seconds)


def opened(connections: Connections, socket: Socket) -> None:
    """Note that somebody in a call has a new socket. Costs nothing where they are in none."""
    if connections.call_id:
        _later(Opened(connections.call_id, socket, connections.number), OPENING_SECONDS)


def closed(connections: Connections, socket: Socket) -> None:
    """Note that a device of somebody in a call has lost its last socket. Costs nothing where they are in none."""
    if connections.call_id and not connections.of_device(socket.device_id):
        lose = Lose(socket.user_id, socket.device_id, clock.milliseconds(), connections.number)
        _later(Lost(connections.call_id, lose), AWAY_SECONDS)


def gone(connections: Connections) -> None:
    """Have somebody leave their call, if they are in one, because they are no user any more."""
    if connections.call_id:
        _later(Gone(connections.call_id, connections.user_id), 0)


def take(text: str) -> bool:
    """Do what a message of the queue says. It can be done twice.

    Returns:
        True: whatever stands in the way raises.
    """
    note = msgspec.json.decode(text, type=Note)
    try:
        match note:
            case Watch(call_id):
                _follow(call_id)
            case Lost(call_id, lose):
                _lose(call_id, lose)
            case Opened(call_id, socket, revision):
                _welcome(call_id, socket, revision)
            case Gone(call_id, user_id):
                settle_if_over(moves.make(call_id, Leave(user_id)))
    except NotFound:
        # It never began, has been forgotten since, or is no longer theirs.
        pass
    return True


def settle_if_over(made: Made) -> Call:
    """Do what is left to be done where a move has ended a call. Cut off, it is done by who follows the call."""
    if made.has_ended:
        _settle(made.call)
    return made.call


def _settle(call: Call) -> None:
    """Delete what is kept of what peers told each other, and log the call in the chat of its participants, once."""
    Signals.forget(call.call_id)
    stored = calls.Call(call.call_id)
    logged = _take_place(call)
    if not logged:
        stored.settle(None)
        return
    event, chat = logged
    if stored.settle(messages.logged(event)):
        delivery.announce(event, delivery.audience(chat.member_ids), None)


def _take_place(call: Call) -> tuple[events.CallLogged, Chat] | None:
    """Take a place for a call in the log of its participants' chat, if there is one."""
    chat_id = _chat(call)
    if not chat_id:
        return None
    now = clock.now()
    for one in call.participants:
        if chat := Chat.next_seq(chat_id, one.user_id, now):
            event = events.CallLogged(chat_id=chat_id, seq=int(chat.last_seq), at=now, call=moves.seen(call))
            return event, chat
    return None


def _chat(call: Call) -> str | None:
    """Return the id of the chat that is called, or that the direct chat of two participants has, if it exists.

    None where the caller reaches nobody: who blocks somebody does not hear of their calls, and so not in a chat either.
    """
    people = sorted(call_states.audience(call))
    if len(people) == 1:
        return None
    if call.chat_id or len(call.participants) > 2:  # noqa: PLR2004 - a direct chat is one of two.
        return call.chat_id
    return derived_id(DIRECT, *people)


def _follow(call_id: str) -> None:
    stored = calls.Call.find(call_id)
    if not stored or stored.is_settled:
        return
    call = moves.make(call_id, Pass()).call
    if call.state == call_states.ENDED:
        moves.free(call_id, (one.user_id for one in call.participants))
        _settle(call)
        return
    due = _find_lost(call).due_at() or 0
    left = -(-(due - clock.milliseconds()) // 1000)
    _later(Watch(call_id), max(1, min(left, LONGEST_SECONDS)))


def _find_lost(call: Call) -> Call:
    """Take note of devices that have no socket, though nobody said so: API Gateway does not promise to."""
    known = {one.user_id: one for one in call.joined if one.revision and one.lost_at is None}
    for line in Connections.find_all_now(known) if known else []:
        one = known[line.user_id]
        if one.device_id and not line.of_device(one.device_id):
            lose = Lose(one.user_id, one.device_id, clock.milliseconds(), max(line.number, one.revision + 1))
            call = settle_if_over(moves.make(call.call_id, lose))
    return call


def _lose(call_id: str, lose: Lose) -> None:
    """Take somebody for gone, unless they came back."""
    line = Connections.lines_of([lose.user_id])[lose.user_id]
    if line.of_device(lose.device_id):
        return
    settle_if_over(moves.make(call_id, lose))
    call = settle_if_over(moves.make(call_id, Pass()))
    if any(one.lost_at == lose.at for one in call.participants if one.user_id == lose.user_id):
        # The queue was a little early.
        _later(Lost(call_id, lose), 1)


def _welcome(call_id: str, socket: Socket, revision: int) -> None:
    """Note that a device is there. Let it ring if the call does, or tell it what was kept for it if it takes part."""
    back = Return(socket.user_id, socket.device_id, clock.milliseconds(), revision)
    call = settle_if_over(moves.make(call_id, back))
    one = call.find(socket.user_id)
    if (one.state, one.device_id) == (call_states.JOINED, socket.device_id):
        signals.hand_over(call_id, socket.user_id, socket.device_id)
    caller = User.find(call.caller_id) if one.state == call_states.RINGING else None
    if caller:
        ringing = events.CallRinging(call=moves.seen(call), caller=name_of(caller))
        delivery.announce(ringing, [socket], None)


def _later(note: Note, seconds: int) -> None:
    queue.send(settings().calls_url, msgspec.json.encode(note).decode(), seconds)
