"""Do several things that wait on the network at the same time."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import cache, partial
from typing import Any, TypeVar, overload

First = TypeVar("First")
Second = TypeVar("Second")
Third = TypeVar("Third")
Fourth = TypeVar("Fourth")
Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_AT_ONCE = 32
"""How many calls one Lambda keeps under way: its share of a CPU serves no more (measured in bench/)."""


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="parallel")


@overload
def together(one: Callable[[], First], two: Callable[[], Second], /) -> tuple[First, Second]: ...
@overload
def together(
    one: Callable[[], First], two: Callable[[], Second], three: Callable[[], Third], /
) -> tuple[First, Second, Third]: ...
@overload
def together(
    one: Callable[[], First], two: Callable[[], Second], three: Callable[[], Third], four: Callable[[], Fourth], /
) -> tuple[First, Second, Third, Fourth]: ...
def together(first: Callable[[], Any], /, *others: Callable[[], Any]) -> tuple[Any, ...]:
    """Run a few calls at once and return what they return.

    Raises:
        Exception: What one of them raised, once all have ended; where several did, what the first of these raised.
    """
    under_way = [_begin(other) for other in others]
    try:
        result = first()
    finally:
        wait(under_way)
    return result, *(other.result() for other in under_way)


def each(call: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Call once for each item, at most ``MOST_AT_ONCE`` at a time, and return the results in the items' order.

    A call made from inside must not itself use this module, or all threads could wait for each other.
    """
    everything = list(items)
    if len(everything) == 1:
        return [call(everything[0])]
    under_way = [_begin(partial(call, item)) for item in everything]
    wait(under_way)
    return [one.result() for one in under_way]


def _begin(call: Callable[[], Result]) -> "Future[Result]":
    """Start a call that sees what concerns this invocation, and no other one that runs meanwhile."""
    return _threads().submit(copy_context().run, call)
