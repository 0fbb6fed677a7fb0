"""CallControl: what calls need besides being started and ended."""

from core.operations import Caller, Operations, Reply
from core.shapes import Nothing
from domain import ice_servers

handler = Operations()


@handler.on("getIceServers", "GET /ice-servers")
def get_ice_servers(request: Nothing, caller: Caller) -> Reply[ice_servers.IceServers]:  # noqa: ARG001 - it is empty.
    """Return the STUN and TURN servers, with credentials for the caller."""
    return Reply(200, ice_servers.ask(caller.user_id))
