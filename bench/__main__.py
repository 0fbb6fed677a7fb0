"""`make bench`: measure, print, and write docs/performance.md anew."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from bench import round_trips
from bench.round_trips import Times
from local import ports, progress
from local.errors import LocalError
from local.stack import Stack


def main() -> int:
    """Run the measurements and return the exit code."""
    try:
        trips = _round_trips()
    except LocalError as error:
        print(f"kaiwa: {error}", file=sys.stderr)
        return 1
    _in_memory(trips)
    return 0


def _round_trips() -> Times:
    """Measure on a local stack that lives as long as the measurement."""
    with (
        tempfile.TemporaryDirectory(prefix="kaiwa-bench-") as directory,
        Stack(Path(directory), ports.free(), [], progress.step) as stack,
    ):
        print()
        return asyncio.run(round_trips.measure(stack.endpoints.api_url))


def _in_memory(trips: Times) -> None:
    # Models name their tables while they are imported, so the environment comes first.
    from bench.in_memory import ENVIRONMENT  # noqa: PLC0415

    os.environ.update(ENVIRONMENT)
    from bench import fan_out, posts, report  # noqa: PLC0415

    with progress.step("posts, against boto3"):
        rates = posts.measure()
    with progress.step("messages to 10, 100 and 1,000 sockets"):
        reach = fan_out.measure()
    report.write(trips, rates, reach)
    print(f"\n  {report.DOCUMENT.relative_to(Path.cwd())} has the numbers.\n")


if __name__ == "__main__":
    sys.exit(main())
