"""Steps on a terminal, each with the time it took."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

# Takes the name of a step and surrounds it.
Report = Callable[[str], AbstractContextManager[object]]


def silently(_name: str) -> AbstractContextManager[None]:
    """Surround a step without a word."""
    return nullcontext()


@contextmanager
def step(name: str) -> Iterator[None]:
    """Print a step's name as it begins and its time in seconds once it is done.

    A terminal sees one line that changes; a file gets one line for each step that succeeded.
    """
    started = time.monotonic()
    terminal = sys.stdout.isatty()
    if terminal:
        print(f"  … {name}", end="", flush=True)
    try:
        yield
    except BaseException:
        print(f"\r  ✗ {name}" if terminal else f"  ✗ {name}", flush=True)
        raise
    line = f"  ✓ {name:<52}{time.monotonic() - started:5.1f} s"
    print(f"\r{line}" if terminal else line, flush=True)
