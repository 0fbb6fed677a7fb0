"""SendSignal: what peers of a call tell each other, which is often and must be quick."""

from typing import Any

import msgspec

from core.fields import DeviceId, Id
from core.operations import Caller, Operations, Reply
from core.shapes import Request
from domain import signals

handler = Operations()


class Signal(Request, frozen=True):
    """A session description, and candidates, as WebRTC has them. They are handed on as they are.

    Attributes:
        candidate: None says that there are no more.
    """

    description: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    candidate: dict[str, Any] | str | msgspec.UnsetType | None = msgspec.UNSET
    candidates: list[dict[str, Any] | str | None] | msgspec.UnsetType = msgspec.UNSET


class SendSignal(Request, frozen=True):
    """What to tell, and whom."""

    call_id: Id
    to_user_id: Id
    signal: Signal
    to_device_id: DeviceId | None = None


@handler.on("sendSignal")
def send_signal(request: SendSignal, caller: Caller) -> Reply[None]:
    """Tell a peer something."""
    signal = msgspec.to_builtins(request.signal)
    signals.send(caller, request.call_id, request.to_user_id, request.to_device_id, signal)
    return Reply(200, None)
