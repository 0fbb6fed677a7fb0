"""StartCall: call people."""

from typing import Annotated, Literal

from msgspec import Meta

from core.fields import DeviceId, Id
from core.operations import Caller, Operations, Reply
from core.shapes import Request
from domain import calls

handler = Operations()

CalleeIds = Annotated[tuple[Id, ...], Meta(min_length=1, max_length=calls.MOST_PARTICIPANTS - 1)]


class StartCall(Request, frozen=True):
    """Whom to call, some users or the members of a chat, and how.

    Attributes:
        device_id: The device to call on, over HTTP; the one whose socket is the latest unless told otherwise.
    """

    kind: Literal["audio", "video"]
    callee_ids: CalleeIds | None = None
    chat_id: Id | None = None
    device_id: DeviceId | None = None


@handler.on("startCall", "POST /calls")
def start_call(request: StartCall, caller: Caller) -> Reply[calls.Started]:
    """Call people."""
    invitation = calls.Invitation(request.kind, request.callee_ids or (), request.chat_id)
    return Reply(201, calls.start(caller, invitation, request.device_id))
