"""Do several things that wait on the network at the same time."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

First = TypeVar("First")
Second = TypeVar("Second")
Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_AT_ONCE = 32
"""How many calls one Lambda keeps under way: its share of a CPU serves no more (measured in bench/)."""


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="parallel")


def together(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """Run two calls at once and return what both return.

    Raises:
        Exception: What either raised, once both have ended; what the first raised, if both did.
    """
    other = _threads().submit(second)
    try:
        result = first()
    finally:
        other.exception()
    return result, other.result()


def each(call: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Call once for each item, at most ``MOST_AT_ONCE`` at a time, and return the results in the items' order.

    A call made from inside must not itself use this module, or all threads could wait for each other.
    """
    everything = list(items)
    if len(everything) == 1:
        return [call(everything[0])]
    return list(_threads().map(call, everything))
