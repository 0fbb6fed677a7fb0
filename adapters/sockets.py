"""API Gateway's ``@connections``: post to a socket.

This is the product's hottest call, and boto3 spends more than twice the processor time on it that a kept-alive
connection with botocore's own signer does (measured in bench/). So the request is made here, and only the signing is
botocore's.
"""

import random
import time
from enum import Enum
from functools import cache
from urllib.parse import quote

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import get_session

from core.settings import settings

TRIES = 3
LONGEST_WAIT_SECONDS = 0.2
"""The first wait is at most this long, and each one after it at most twice the one before (full jitter, as in AWS's
architecture blog, "Exponential backoff and jitter")."""

TIMEOUT = urllib3.Timeout(connect=1, read=2)
MOST_AT_ONCE = 32


class Outcome(Enum):
    """What became of a post."""

    DELIVERED = "delivered"
    GONE = "gone"
    FAILED = "failed"


@cache
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(maxsize=MOST_AT_ONCE, block=True, timeout=TIMEOUT, retries=False)


@cache
def _signer() -> SigV4Auth:
    credentials = get_session().get_credentials()
    if not credentials:
        raise RuntimeError("Expected AWS credentials in the environment, found none.")
    return SigV4Auth(credentials, "execute-api", settings().region)


def post(connection_id: str, frame: bytes) -> Outcome:
    """Send a frame to a socket, trying again while API Gateway asks for patience.

    Returns:
        GONE where the socket is closed. FAILED where it was throttled, unreachable or in error up to the last try.
    """
    for attempt in range(TRIES):
        status = _try(connection_id, frame)
        if status == 200:  # noqa: PLR2004
            return Outcome.DELIVERED
        if status == 410:  # noqa: PLR2004
            return Outcome.GONE
        if status != 429 and status < 500:  # noqa: PLR2004
            break
        if attempt + 1 < TRIES:
            time.sleep(random.uniform(0, LONGEST_WAIT_SECONDS * 2**attempt))  # noqa: S311
    return Outcome.FAILED


def _try(connection_id: str, frame: bytes) -> int:
    """Post once. Returns the HTTP status, or 503 where there was no answer."""
    url = f"{settings().connections_url}/@connections/{quote(connection_id, safe='')}"
    request = AWSRequest("POST", url, data=frame)
    _signer().add_auth(request)
    try:
        return _pool().request("POST", url, body=frame, headers=dict(request.headers)).status
    except urllib3.exceptions.HTTPError:
        return 503
