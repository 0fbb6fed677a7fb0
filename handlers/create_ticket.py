"""CreateTicket: what opens a socket."""

from core.fields import DeviceId
from core.operations import Caller, Operations, Reply
from core.shapes import Request
from domain import tickets

handler = Operations()


class CreateTicket(Request, frozen=True):
    """The device's own lasting name for itself, if it has one."""

    device_id: DeviceId | None = None


@handler.on("createTicket", "POST /tickets", socket=False, guarded=False)
def create_ticket(request: CreateTicket, caller: Caller) -> Reply[tickets.NewTicket]:
    """Make a ticket for one socket."""
    return Reply(201, tickets.issue(caller, request.device_id))
