"""The server's time. A client's time is never trusted."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


def milliseconds() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def seconds() -> int:
    """Return the time in whole seconds since 1970, as DynamoDB's time to live wants it."""
    return time.time_ns() // 1_000_000_000


def now() -> str:
    """Return the time as the protocol writes it: RFC 3339, UTC, milliseconds."""
    return timestamp(milliseconds())


def timestamp(at: int) -> str:
    """Write a time as the protocol does.

    Args:
        at: Milliseconds since 1970.

    Returns:
        For example ``2026-11-23T09:30:00.125Z``.
    """
    moment = datetime.fromtimestamp(at // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


def wait_for_second(wanted: int) -> None:
    """Wait until a second has begun.

    Args:
        wanted: Seconds since 1970.
    """
    while (left := wanted - milliseconds() / 1000) > 0:
        time.sleep(left)


@contextmanager
def at_least(wanted: float) -> Iterator[None]:
    """Let what is done inside take a while, however soon it is done: so its duration tells nothing.

    Args:
        wanted: Seconds.
    """
    end = time.monotonic() + wanted
    try:
        yield
    finally:
        time.sleep(max(0.0, end - time.monotonic()))
