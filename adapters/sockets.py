"""API Gateway's ``@connections``: post to a socket, and close one."""

import time
from collections.abc import Callable
from enum import Enum
from urllib.parse import quote

from botocore.exceptions import HTTPClientError

from core import aws
from core.settings import settings

DELIVERED = {200, 204}
GONE = 410
UNREACHED = 503


class Outcome(Enum):
    """What became of a post."""

    DELIVERED = "delivered"
    GONE = "gone"
    FAILED = "failed"
    """Throttled, unreachable or in error, up to the last try. It may succeed later."""
    REFUSED = "refused"
    """It would be refused again."""


def post(connection_id: str, frame: bytes, until: float) -> Outcome:
    """Send a frame to a socket, trying again while API Gateway asks for patience.

    Args:
        connection_id: The socket.
        frame: What to send.
        until: When to stop trying, on the monotonic clock. The first try is made in any case.
    """
    return _persist(lambda: _try(connection_id, frame), until)


def close(connection_id: str, until: float) -> Outcome:
    """Close a socket, trying again while API Gateway asks for patience.

    Args:
        connection_id: The socket.
        until: When to stop trying, on the monotonic clock. The first try is made in any case.

    Returns:
        DELIVERED where this closed it, GONE where it was closed already; else it may still be open.
    """
    return _persist(lambda: _try_to_close(connection_id), until)


def _persist(call: Callable[[], int], until: float) -> Outcome:
    for attempt in range(1, aws.TRIES + 1):
        status = call()
        if status in DELIVERED:
            return Outcome.DELIVERED
        if status == GONE:
            return Outcome.GONE
        if not aws.is_passing(status):
            return Outcome.REFUSED
        if attempt == aws.TRIES or time.monotonic() >= until:
            break
        aws.wait(attempt)
    return Outcome.FAILED


def _try(connection_id: str, frame: bytes) -> int:
    """Post once. Returns the HTTP status, or UNREACHED where there was no answer."""
    try:
        return aws.post("execute-api", "PostToConnection", _url(connection_id), frame, {}).status
    except HTTPClientError:
        return UNREACHED


def _try_to_close(connection_id: str) -> int:
    """Close once. Returns the HTTP status, or UNREACHED where there was no answer."""
    try:
        return aws.delete("execute-api", "DeleteConnection", _url(connection_id)).status
    except HTTPClientError:
        return UNREACHED


def _url(connection_id: str) -> str:
    return f"{settings().connections_url}/@connections/{quote(connection_id, safe='')}"
