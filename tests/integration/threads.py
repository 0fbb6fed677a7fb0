"""Several people at once."""

import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

PATIENCE_SECONDS = 10


def at_once(*calls: Callable[[], Result]) -> list[Result]:
    """Make all the calls at the same time, a thread each, and return what they return. What one raises comes out."""
    results: dict[int, Result] = {}
    failures: list[BaseException] = []

    def run(number: int, call: Callable[[], Result]) -> None:
        try:
            results[number] = call()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=one) for one in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    if failures:
        raise failures[0]
    return [results[number] for number in range(len(calls))]
