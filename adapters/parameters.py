"""Systems Manager's Parameter Store: secrets that no template and no environment holds."""

import msgspec
from botocore.exceptions import HTTPClientError

from core import aws, clock
from core.http import Answer
from core.settings import settings

OK = 200
HEADERS = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM.GetParameter"}

TRIES = 2
"""Who asks is about to answer somebody."""

FRESH_SECONDS = 300
"""How long a warm process goes by what it remembers."""

REST_SECONDS = 10
"""How long it asks no more when it could not read: what waits for an answer shall not wait each time anew."""


class ParameterError(Exception):
    """There is no such parameter, or Parameter Store did not answer."""


class _Remembered(msgspec.Struct, frozen=True):
    """What the last look showed.

    Attributes:
        value: The secret; None when there never was one.
        until: When to look again, in seconds since 1970.
    """

    value: str | None
    until: int


_remembered: dict[str, _Remembered] = {}


def secret(name: str) -> str:
    """Return a SecureString.

    Args:
        name: The parameter, for example ``/kaiwa/prod/canary``.

    Raises:
        ParameterError: It is not there, or cannot be read.
    """
    answer = _ask(name)
    if answer.status != OK:
        raise ParameterError(f"Parameter Store answered {answer.status}.")
    return str(msgspec.json.decode(answer.body)["Parameter"]["Value"])


def remembered_secret(name: str) -> str:
    """Return a SecureString as it was at most ``FRESH_SECONDS`` ago.

    While Parameter Store does not tell, what was read last still stands, however old.

    Args:
        name: The parameter.

    Raises:
        ParameterError: Nothing was ever read, and it cannot be now.
    """
    known = _remembered.get(name)
    if not known or clock.seconds() >= known.until:
        known = _remembered[name] = _look(name, known.value if known else None)
    if known.value is None:
        raise ParameterError("Parameter Store has not told this parameter.")
    return known.value


def forget_all() -> None:
    """Read everything anew the next time."""
    _remembered.clear()


def _look(name: str, before: str | None) -> _Remembered:
    try:
        return _Remembered(secret(name), clock.seconds() + FRESH_SECONDS)
    except ParameterError:
        return _Remembered(before, clock.seconds() + REST_SECONDS)


def _ask(name: str) -> Answer:
    body = msgspec.json.encode({"Name": name, "WithDecryption": True})
    for attempt in range(1, TRIES + 1):
        try:
            answer = aws.post("ssm", "GetParameter", f"{settings().parameters_url}/", body, HEADERS)
        except HTTPClientError:
            answer = Answer(aws.UNREACHED, b"")
        if not aws.is_passing(answer.status) or attempt == TRIES:
            break
        aws.wait(attempt)
    return answer
