"""Default: the greeting, and every frame that no route is for."""

from core import clock
from core.operations import Caller, Operations, Reply
from core.shapes import Nothing
from domain import presence

handler = Operations()


@handler.on("hello")
def hello(request: Nothing, caller: Caller) -> Reply[presence.Greeting]:  # noqa: ARG001 - its type is what counts.
    """Tell a client about its new socket."""
    return Reply(200, presence.greet(caller, clock.now()))
