"""CallControl: what calls need besides being started and ended."""

from core.fields import Cursor, DeviceId, Id, Limit
from core.operations import Caller, Operations, Reply
from core.shapes import Nothing, Request
from domain import calls, ice_servers

handler = Operations()


class AcceptCall(Request, frozen=True):
    """A call.

    Attributes:
        device_id: The device to take part on, over HTTP; the one whose socket is the latest unless told otherwise.
    """

    call_id: Id
    device_id: DeviceId | None = None


class OneCall(Request, frozen=True):
    """A call."""

    call_id: Id


class ListCalls(Request, frozen=True):
    """A page of one's calls."""

    limit: Limit = 50
    cursor: Cursor | None = None


@handler.on("acceptCall", "POST /calls/{callId}/accept")
def accept_call(request: AcceptCall, caller: Caller) -> Reply[calls.Joined]:
    """Answer a call, come late, or come back."""
    return Reply(200, calls.accept(caller, request.call_id, request.device_id))


@handler.on("rejectCall", "POST /calls/{callId}/reject")
def reject_call(request: OneCall, caller: Caller) -> Reply[calls.Answered]:
    """Let a call not ring any more."""
    return Reply(200, calls.reject(caller, request.call_id))


@handler.on("getCall", "GET /calls/{callId}")
def get_call(request: OneCall, caller: Caller) -> Reply[calls.Opened]:
    """Return one call."""
    return Reply(200, calls.get(caller, request.call_id))


@handler.on("listCalls", "GET /calls")
def list_calls(request: ListCalls, caller: Caller) -> Reply[calls.Calls]:
    """Return the caller's calls, latest first."""
    return Reply(200, calls.list_calls(caller, request.limit, request.cursor))


@handler.on("getIceServers", "GET /ice-servers")
def get_ice_servers(request: Nothing, caller: Caller) -> Reply[ice_servers.IceServers]:  # noqa: ARG001 - it is empty.
    """Return the STUN and TURN servers, with credentials for the caller."""
    return Reply(200, ice_servers.ask(caller.user_id))
