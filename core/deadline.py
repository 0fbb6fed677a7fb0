"""How much time is left of an invocation."""

import time
from contextvars import ContextVar
from typing import Protocol, runtime_checkable

LONGEST_SECONDS = 29.0
"""What a function has at most where nothing else is known: API Gateway waits no longer for a socket's function."""

_end: ContextVar[float | None] = ContextVar("end", default=None)


@runtime_checkable
class Context(Protocol):
    """What Lambda tells about an invocation, as far as it matters here."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends the invocation."""


def begin(context: object) -> None:
    """Note when this invocation will be ended.

    Args:
        context: Lambda's context; anything else stands for one that has all its time.
    """
    seconds = context.get_remaining_time_in_millis() / 1000 if isinstance(context, Context) else LONGEST_SECONDS
    _end.set(time.monotonic() + seconds)


def within(seconds: float, reserve: float = 0) -> float:
    """Return the moment, on the monotonic clock, at which to stop trying something.

    Args:
        seconds: How long to try at most.
        reserve: How many seconds to leave for what comes after.
    """
    now = time.monotonic()
    end = _end.get()
    return min(now + seconds, end - reserve) if end is not None else now + seconds
