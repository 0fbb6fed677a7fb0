"""API Gateway's ``@connections``: post to a socket, and close one."""

from enum import Enum
from urllib.parse import quote

from core import aws
from core.settings import settings

DELIVERED = {200, 204}
GONE = 410
THROTTLED = 429


class Outcome(Enum):
    """What became of a post."""

    DELIVERED = "delivered"
    GONE = "gone"
    THROTTLED = "throttled"
    """API Gateway asked for patience up to the last try. It may succeed later."""
    FAILED = "failed"
    """Unreachable or in error, up to the last try. It may succeed later."""
    REFUSED = "refused"
    """It would be refused again."""


def post(connection_id: str, frame: bytes, until: float) -> Outcome:
    """Send a frame to a socket, trying again while API Gateway asks for patience.

    Args:
        connection_id: The socket.
        frame: What to send.
        until: When to stop trying, on the monotonic clock. The first try is made in any case.
    """
    url = _url(connection_id)
    return _outcome(aws.persist(lambda: aws.post("execute-api", "PostToConnection", url, frame, {}), until))


def close(connection_id: str, until: float) -> Outcome:
    """Close a socket, trying again while API Gateway asks for patience.

    Args:
        connection_id: The socket.
        until: When to stop trying, on the monotonic clock. The first try is made in any case.

    Returns:
        DELIVERED where this closed it, GONE where it was closed already; else it may still be open.
    """
    url = _url(connection_id)
    return _outcome(aws.persist(lambda: aws.delete("execute-api", "DeleteConnection", url), until))


def _outcome(status: int) -> Outcome:
    if status in DELIVERED:
        return Outcome.DELIVERED
    if status == GONE:
        return Outcome.GONE
    if status == THROTTLED:
        return Outcome.THROTTLED
    return Outcome.FAILED if aws.is_passing(status) else Outcome.REFUSED


def _url(connection_id: str) -> str:
    return f"{settings().connections_url}/@connections/{quote(connection_id, safe='')}"
