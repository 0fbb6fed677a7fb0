"""`make bench`: measure on a local stack that lives as long as the measurement."""

import asyncio
import sys
import tempfile
from pathlib import Path

from bench import round_trips
from local import ports, progress
from local.errors import LocalError
from local.stack import Stack


def main() -> int:
    """Run the measurements and return the exit code."""
    try:
        with (
            tempfile.TemporaryDirectory(prefix="kaiwa-bench-") as directory,
            Stack(Path(directory), ports.free(), [], progress.step) as stack,
        ):
            print()
            asyncio.run(round_trips.measure(stack.endpoints.api_url))
    except LocalError as error:
        print(f"kaiwa: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
