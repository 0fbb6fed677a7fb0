"""Signed requests to AWS, on connections that are kept alive.

A botocore client looks up, builds, checks and reports each call in layers that a message's few calls do not use, and
that take most of the processor time of a call, and of a cold start. So the hot calls, to DynamoDB, sockets and queues,
go out from here.
"""

import math
import random
import select
import ssl
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import cache
from urllib.parse import urlsplit

from botocore.exceptions import HTTPClientError

from core import parallel, signature
from core.http import Answer, BrokenAnswer, Connection
from core.settings import Credentials, given_credentials, settings

TIMEOUT_SECONDS = (1, 2)
"""To connect, and between two bytes. Both services answer in milliseconds: another try beats more patience."""

UNREACHED = 503
"""The status that stands for no answer: as with 503, another try may succeed."""

TRIES = 4
LONGEST_WAIT_SECONDS = 0.1
"""The first wait is at most this long, each one after it at most twice the one before, and how long is left to chance,
so that many who were refused together do not come back together (AWS Architecture Blog, "Exponential Backoff And
Jitter")."""


@cache
def _credentials() -> Callable[[], Credentials]:
    """Return what tells who this function is to AWS.

    What the environment says is good for as long as the process lives. Else botocore knows where to look, and when to
    look again; to import it takes as long as all the rest of a cold start.
    """
    if given := given_credentials():
        return lambda: given
    from botocore.session import get_session  # noqa: PLC0415 - for the reason above.

    found = get_session().get_credentials()
    if not found:
        raise RuntimeError("Expected AWS credentials, found none.")

    def read() -> Credentials:
        key, secret, token, *_ = found.get_frozen_credentials()
        return Credentials(str(key), str(secret), token)

    return read


class _Pool:
    """The open connections to one server that nobody uses at the moment, the last used first."""

    def __init__(self, scheme: str, host: str) -> None:
        address = urlsplit(f"{scheme}://{host}")
        self._host = address.hostname or ""
        self._is_encrypted = scheme == "https"
        self._port = address.port or (443 if self._is_encrypted else 80)
        self._idle: deque[Connection] = deque(maxlen=parallel.MOST_AT_ONCE)

    def take(self) -> Connection:
        """Return an open connection.

        Raises:
            OSError: None can be opened.
        """
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                trust = _trust() if self._is_encrypted else None
                return Connection(self._host, self._port, trust, TIMEOUT_SECONDS[0])
            if _is_open(connection):
                return connection
            connection.close()

    def give_back(self, connection: Connection) -> None:
        """Keep a connection for the next request."""
        self._idle.append(connection)

    def close(self) -> None:
        """Close what is kept."""
        while self._idle:
            self._idle.pop().close()


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def prepare() -> None:
    """Do what the first call would have to: a process that starts has a whole processor, one that serves its share.

    To read whom the system trusts takes 16 ms of a processor, and so 50 ms of what a function of 512 MB has of one.
    """
    if settings().dynamodb_url.startswith("https:"):
        _trust()


@cache
def _pool(scheme: str, host: str) -> _Pool:
    return _Pool(scheme, host)


def _is_open(connection: Connection) -> bool:
    """Say whether the other side has not closed a connection meanwhile: nothing is to be read from one that rests."""
    poll = select.poll()
    poll.register(connection.socket, select.POLLIN)
    return not poll.poll(0)


def post(service: str, operation: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send a request once.

    Args:
        service: The service's name in signatures, for example ``dynamodb``.
        operation: What is asked of it, for whoever stands in for AWS.
        url: Where to.
        body: What.
        headers: The protocol's headers in lower case, besides those of the signature.

    Raises:
        HTTPClientError: There was no answer.
    """
    return exchange("POST", service, operation, url, body, _signed("POST", service, url, body, headers))


def delete(service: str, operation: str, url: str) -> Answer:
    """Send a request that deletes what the URL names, once.

    Raises:
        HTTPClientError: There was no answer.
    """
    return exchange("DELETE", service, operation, url, b"", _signed("DELETE", service, url, b"", {}))


def _signed(method: str, service: str, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
    address = urlsplit(url)
    return signature.signed(
        credentials(),
        region=settings().region,
        service=service,
        method=method,
        host=address.netloc,
        path=address.path,
        body=body,
        headers=headers,
    )


def credentials() -> Credentials:
    """Return who this function is to AWS, at this moment."""
    return _credentials()()


def exchange(  # noqa: PLR0917 - a request has these parts.
    method: str,
    service: str,  # noqa: ARG001 - it and the next one are for whoever stands in for AWS.
    operation: str,  # noqa: ARG001
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    patience_seconds: float | None = None,
) -> Answer:
    """Send a signed request and return what is answered. Tests put an AWS in memory in its place.

    Args:
        method: The HTTP method.
        service: The service's name in signatures.
        operation: What is asked of it.
        url: Where to, with the query as it was signed.
        body: What.
        headers: All of them, the signature's too.
        patience_seconds: How long to wait between two bytes, where that is not ``TIMEOUT_SECONDS``.

    Raises:
        HTTPClientError: There was no answer.
    """
    address = urlsplit(url)
    target = f"{address.path}?{address.query}" if address.query else address.path
    pool = _pool(address.scheme, address.netloc)
    connection: Connection | None = None
    try:
        connection = pool.take()
        answer, stays_open = connection.ask(method, target, headers, body, patience_seconds or TIMEOUT_SECONDS[1])
    except (OSError, BrokenAnswer) as error:
        if connection:
            connection.close()
        raise HTTPClientError(error=error) from error
    if stays_open:
        pool.give_back(connection)
    else:
        connection.close()
    return answer


def persist(send: Callable[[], Answer], until: float = math.inf) -> int:
    """Send a request until AWS neither asks for patience nor keeps silent, or all tries are made.

    Args:
        send: Sends it once.
        until: When to stop trying, on the monotonic clock. The first try is made in any case.

    Returns:
        The last HTTP status, or UNREACHED where there was no answer.
    """
    for attempt in range(1, TRIES + 1):
        try:
            status = send().status
        except HTTPClientError:
            status = UNREACHED
        if not is_passing(status) or attempt == TRIES or time.monotonic() >= until:
            break
        wait(attempt)
    return status


def is_passing(status: int) -> bool:
    """Say whether a status asks to try again later."""
    return status == 429 or status >= 500  # noqa: PLR2004


def wait(attempt: int) -> None:
    """Wait before the next try.

    Args:
        attempt: How many tries there were, from 1.
    """
    # Processes that were restored from one snapshot share the state of random.uniform, and would wait alike.
    time.sleep(random.SystemRandom().uniform(0, LONGEST_WAIT_SECONDS * 2 ** (attempt - 1)))
