"""API Gateway's ``@connections``: post to a socket."""

from enum import Enum
from urllib.parse import quote

from botocore.exceptions import HTTPClientError

from core import aws
from core.settings import settings

DELIVERED = 200
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
    for attempt in range(1, aws.TRIES + 1):
        status = _try(connection_id, frame)
        if status == DELIVERED:
            return Outcome.DELIVERED
        if status == GONE:
            return Outcome.GONE
        if not aws.is_passing(status):
            break
        if attempt < aws.TRIES:
            aws.wait(attempt)
    return Outcome.FAILED


def _try(connection_id: str, frame: bytes) -> int:
    """Post once. Returns the HTTP status, or UNREACHED where there was no answer."""
    url = f"{settings().connections_url}/@connections/{quote(connection_id, safe='')}"
    try:
        return aws.post("execute-api", "PostToConnection", url, frame, {}).status
    except HTTPClientError:
        return UNREACHED
