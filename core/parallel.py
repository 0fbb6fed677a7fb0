"""Do several things that wait on the network at the same time."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import cache
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

    The caller's own thread takes its share, and no item waits for another: each thread takes the next one that nobody
    has taken yet.

    Raises:
        Exception: What one of the calls raised, once all have ended; where several did, what the first of these raised.
    """
    everything = list(items)
    results: list[Any] = [None] * len(everything)
    raised: dict[int, Exception] = {}
    numbers = iter(range(len(everything)))

    def take_turns() -> None:
        for number in numbers:
            try:
                results[number] = call(everything[number])
            except Exception as error:
                raised[number] = error

    others = min(MOST_AT_ONCE, len(everything)) - 1
    under_way = [_begin(take_turns) for _ in range(others)]
    take_turns()
    # What has not begun by now finds nothing to do, and might have to wait for a thread that waits itself.
    wait([other for other in under_way if not other.cancel()])
    if raised:
        raise raised[min(raised)]
    return results


def _begin(call: Callable[[], Result]) -> "Future[Result]":
    """Start a call that sees what concerns this invocation, and no other one that runs meanwhile."""
    return _threads().submit(copy_context().run, call)
