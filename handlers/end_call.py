"""EndCall: hang up."""

from core.fields import Id
from core.operations import Caller, Operations, Reply
from core.shapes import Request
from domain import calls
from domain.call_states import Reason

handler = Operations()


class EndCall(Request, frozen=True):
    """A call, and why the caller hangs up, if it is not for having talked enough."""

    call_id: Id
    reason: Reason | None = None


@handler.on("endCall", "POST /calls/{callId}/end")
def end_call(request: EndCall, caller: Caller) -> Reply[calls.Answered]:
    """Hang up, cancel, or do not answer."""
    return Reply(200, calls.end(caller, request.call_id, request.reason))
