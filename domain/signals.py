"""Signals: what peers of a call tell each other to find a way between them. We carry it, and do not look inside.

One who waits for the reply to each signal before sending the next to the same peer has them arrive in order. What
cannot be heard yet is kept, and handed over when the other takes part or is back.
"""

from contextlib import suppress
from typing import Any

import msgspec

from core.errors import Conflict, InvalidRequest, TooLarge, Unavailable
from core.operations import Caller
from domain import call_states, delivery, limits, moves
from domain.accounts import unknown_user
from domain.call_states import Call, Participant
from domain.events import CallSignal
from models import calls
from models.connections import Connections, Socket
from models.signals import Signals

MOST_BYTES = 16 * 1024
"""As the protocol has it."""


def send(caller: Caller, call_id: str, to_user_id: str, to_device_id: str | None, signal: dict[str, Any]) -> None:
    """Tell a peer something: on the device on which they take part, or on all of theirs while it rings.

    One read comes before the push: of the call, and of who is connected.

    Args:
        caller: Who tells it.
        call_id: The call.
        to_user_id: The peer.
        to_device_id: Only if this is the device; None for whichever it is.
        signal: A description, a candidate or candidates, as WebRTC has them.

    Raises:
        InvalidRequest: It is for the caller, or says nothing.
        TooLarge: It is above ``MOST_BYTES``.
        RateLimited: The caller tells more than anybody has to.
        NotFound: There is no such call for the caller, or no such user in it.
        Conflict: It has ended, or one of the two does not take part in it (on that device).
        Unavailable: The device could not be reached just now.
    """
    if to_user_id == caller.user_id:
        raise InvalidRequest.field("toUserId", "Expected somebody else.")
    if not signal:
        raise InvalidRequest.field("signal", "Expected a description, a candidate or candidates.")
    if len(msgspec.json.encode(signal)) > MOST_BYTES:
        raise TooLarge("too_large", f"A signal is at most {MOST_BYTES} bytes.")
    _spend(caller, signal)
    stored, line = calls.Call.find_for(call_id, to_user_id)
    if not stored:
        raise call_states.unknown_call()
    call = moves.as_of_now(stored)
    receiver = _receiver(call, caller, to_user_id, to_device_id)
    if not receiver.is_reached:
        return
    told = CallSignal(
        call_id=call_id, from_user_id=caller.user_id, from_device_id=caller.device_id or "", signal=signal
    )
    devices = _devices(receiver, to_device_id, line)
    if receiver.state == call_states.RINGING:
        with suppress(Unavailable):
            delivery.relay(told, devices)
        _keep(told, to_user_id, to_device_id)
    elif not delivery.relay(told, devices):
        _keep(told, to_user_id, to_device_id)


def hand_over(call_id: str, user_id: str, device_id: str) -> None:
    """Tell a device that takes part what was kept for it. What it cannot be told now stays kept until it is back.

    Its sockets are read after it took part: whichever opens later is followed by a message that leads here again.
    """
    kept = Signals.kept_for(call_id, user_id)
    if not kept:
        return
    device = Connections.lines_of([user_id])[user_id].of_device(device_id)
    with suppress(Unavailable):
        for one in kept:
            if all(delivery.relay(msgspec.json.decode(frame, type=CallSignal), [device]) for frame in one.frames):
                one.drop()


def _spend(caller: Caller, signal: dict[str, Any]) -> None:
    if "description" in signal:
        limits.DESCRIPTIONS.spend(caller.user_id)
    if signal.keys() & {"candidate", "candidates"}:
        limits.CANDIDATES.spend(caller.user_id)


def _receiver(call: Call, caller: Caller, to_user_id: str, to_device_id: str | None) -> Participant:
    """Return who is told, if one of the two may tell the other."""
    sender = call.find(caller.user_id)
    if call.state == call_states.ENDED:
        raise call_states.ended()
    receiver = next((one for one in call.participants if one.user_id == to_user_id), None)
    if not receiver:
        raise unknown_user()
    if not _takes_part(sender, caller.device_id) or not _takes_part(receiver, to_device_id):
        raise Conflict("conflict", "One of the two does not take part in this call on this device.")
    return receiver


def _takes_part(one: Participant, device_id: str | None) -> bool:
    return one.is_live and (one.device_id is None or device_id in {None, one.device_id})


def _devices(receiver: Participant, to_device_id: str | None, line: Connections) -> list[list[Socket]]:
    wanted = receiver.device_id or to_device_id
    names = [wanted] if wanted else sorted({socket.device_id for socket in line.sockets})
    return [sockets for name in names if (sockets := line.of_device(name))]


def _keep(told: CallSignal, to_user_id: str, to_device_id: str | None) -> None:
    """Keep a signal for who could not hear it, and tell it once more if they have come meanwhile.

    Whoever takes part and then fetches what is kept gets it there or here, and at worst twice; but they get it.
    """
    candidates = len(told.signal.get("candidates") or []) + ("candidate" in told.signal)
    frame = msgspec.json.encode(told).decode()
    if not Signals.keep(told.call_id, to_user_id, told.from_user_id, frame, candidates):
        return
    stored, line = calls.Call.find_for(told.call_id, to_user_id)
    call = moves.as_of_now(stored) if stored else None
    if not call or call.state == call_states.ENDED:
        Signals.forget(told.call_id)
        return
    joined = [one for one in call.joined if one.user_id == to_user_id]
    for one in joined:
        delivery.relay(told, _devices(one, to_device_id, line))
