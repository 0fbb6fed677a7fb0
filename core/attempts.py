"""Trying again what somebody else was faster at."""

from collections.abc import Iterator

from core import aws

MOST = 12
"""With waits of at most 0.8 s this ends well within the 29 s that a function has, and 20 who change one thing at the
same moment all come through (tests/e2e)."""

LONGEST_STEP = 4


def attempts() -> Iterator[int]:
    """Count the tries of an optimistic write, with a wait left to chance between two of them.

    Return from the loop when one has succeeded; after it, nothing is left but to say Unavailable.
    """
    yield 1
    for attempt in range(1, MOST):
        aws.wait(min(attempt, LONGEST_STEP))
        yield attempt + 1
