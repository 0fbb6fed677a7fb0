"""API Gateway's ``@connections``: post to a socket, and close one."""

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


def post(connection_id: str, frame: bytes) -> Outcome:
    """Send a frame to a socket, trying again while API Gateway asks for patience.

    Returns:
        GONE where the socket is closed. FAILED where it was throttled, unreachable or in error up to the last try.
    """
    url = _url(connection_id)
    return _try(lambda: aws.post("execute-api", "PostToConnection", url, frame, {}).status)


def close(connection_id: str) -> Outcome:
    """Close a socket, trying again while API Gateway asks for patience.

    Returns:
        DELIVERED where this closed it, GONE where it was closed. FAILED where it may still be open.
    """
    url = _url(connection_id)
    return _try(lambda: aws.delete("execute-api", "DeleteConnection", url).status)


def _try(call: Callable[[], int]) -> Outcome:
    for attempt in range(1, aws.TRIES + 1):
        status = _status(call)
        if status in DELIVERED:
            return Outcome.DELIVERED
        if status == GONE:
            return Outcome.GONE
        if not aws.is_passing(status):
            break
        if attempt < aws.TRIES:
            aws.wait(attempt)
    return Outcome.FAILED


def _status(call: Callable[[], int]) -> int:
    """Call once. Returns the HTTP status, or UNREACHED where there was no answer."""
    try:
        return call()
    except HTTPClientError:
        return UNREACHED


def _url(connection_id: str) -> str:
    return f"{settings().connections_url}/@connections/{quote(connection_id, safe='')}"
