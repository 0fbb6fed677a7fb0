"""Signed requests to AWS, on connections that are kept alive.

A botocore client looks up, builds, checks and reports each call in layers that a message's few calls do not use, and
that take half the processor time of a call. So the hot calls, to DynamoDB and to sockets, go out from here;
credentials, signature and HTTP are botocore's own.
"""

import random
import socket
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ConnectionError as NoConnection
from botocore.exceptions import HTTPClientError
from botocore.httpsession import URLLib3Session
from botocore.session import Session, get_session

from core import parallel
from core.settings import settings

TIMEOUT_SECONDS = (1, 2)
"""To connect, and between two bytes. Both services answer in milliseconds: another try beats more patience."""

AT_ONCE = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
"""Send a body right behind its head, rather than wait 40 ms for the head to be acknowledged."""

TRIES = 4
LONGEST_WAIT_SECONDS = 0.1
"""The first wait is at most this long, each one after it at most twice the one before, and how long is left to chance,
so that many who were refused together do not come back together (AWS Architecture Blog, "Exponential Backoff And
Jitter")."""


class Answer(msgspec.Struct, frozen=True):
    """What AWS answered.

    Attributes:
        status: The HTTP status.
        body: The bytes of the body.
    """

    status: int
    body: bytes


@cache
def _session() -> Session:
    return get_session()


@cache
def _signer(service: str) -> SigV4Auth:
    credentials = _session().get_credentials()
    if not credentials:
        raise RuntimeError("Expected AWS credentials in the environment, found none.")
    return SigV4Auth(credentials, service, settings().region)


@cache
def _http() -> URLLib3Session:
    # Botocore takes a pair of times and socket options, though its types do not say so.
    options: Any = {"timeout": TIMEOUT_SECONDS, "socket_options": AT_ONCE}
    return URLLib3Session(max_pool_connections=parallel.MOST_AT_ONCE, **options)


def post(service: str, operation: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send a request once.

    Args:
        service: The service's name in signatures, for example ``dynamodb``.
        operation: What is asked of it, for whoever listens to botocore's events.
        url: Where to.
        body: What.
        headers: The protocol's headers, besides those of the signature.

    Raises:
        HTTPClientError: There was no answer.
    """
    return _send(service, operation, AWSRequest("POST", url, headers=dict(headers), data=body))


def delete(service: str, operation: str, url: str) -> Answer:
    """Send a request that deletes what the URL names, once.

    Raises:
        HTTPClientError: There was no answer.
    """
    return _send(service, operation, AWSRequest("DELETE", url, data=b""))


def _send(service: str, operation: str, request: AWSRequest) -> Answer:
    _signer(service).add_auth(request)
    prepared = request.prepare()
    # Botocore's clients emit this event too, and what plays AWS in tests answers it.
    emitter = _session().get_component("event_emitter")
    _, response = emitter.emit_until_response(f"before-send.{service}.{operation}", request=prepared)
    try:
        response = response or _http().send(prepared)
    except NoConnection as error:
        raise HTTPClientError(error=error) from error
    return Answer(response.status_code, response.content)


def is_passing(status: int) -> bool:
    """Say whether a status asks to try again later."""
    return status == 429 or status >= 500  # noqa: PLR2004


def wait(attempt: int) -> None:
    """Wait before the next try.

    Args:
        attempt: How many tries there were, from 1.
    """
    time.sleep(random.uniform(0, LONGEST_WAIT_SECONDS * 2 ** (attempt - 1)))  # noqa: S311 - chance, not a secret.
