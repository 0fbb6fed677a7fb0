"""`make bench`: measure, and write docs/performance.md and its plots anew."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import cold_start, in_memory, local_aws, proxy, round_trips, warm_path
from local import ports, progress
from local.errors import LocalError
from local.stack import Stack

DELAY_SECONDS = 0.03
"""Of every call while waits are counted: long beside what the stand-ins themselves take."""


def main() -> int:
    """Run the measurements and return the exit code."""
    results: dict[str, Any] = {}
    try:
        with progress.step("cold starts, in interpreters of their own"):
            results["cold_start"] = cold_start.measure()
        _on_local_stack(results)
    except LocalError as error:
        print(f"kaiwa: {error}", file=sys.stderr)
        return 1
    _in_memory(results)
    return 0


def _on_local_stack(results: dict[str, Any]) -> None:
    """Measure on a local stack that lives as long as the measurement."""
    with (
        tempfile.TemporaryDirectory(prefix="kaiwa-bench-") as directory,
        Stack(Path(directory), ports.free(), [], progress.step) as stack,
    ):
        queue_url = local_aws.add(stack)
        delays = dict.fromkeys(("dynamodb", "execute-api", "sqs"), DELAY_SECONDS)
        slow = dict.fromkeys(("dynamodb", "execute-api"), round_trips.SLOW_SECONDS)
        with (
            proxy.running({}, stack.aws_endpoint) as plain,
            proxy.running(delays, stack.aws_endpoint, tables=local_aws.table_descriptions()) as metering,
            proxy.running(slow, stack.aws_endpoint, answers_posts=False) as slowing,
        ):
            with progress.step("messages, beside what people would write instead"):
                results["warm_path"] = warm_path.measure(plain, metering, queue_url)
            with progress.step("round trips"):
                results["round_trips"] = asyncio.run(round_trips.measure(stack.endpoints.api_url))
            with progress.step("round trips, each call to AWS delayed"):
                round_trips.delay(stack, slowing)
                results["slow_round_trips"] = asyncio.run(round_trips.measure(stack.endpoints.api_url))


def _in_memory(results: dict[str, Any]) -> None:
    in_memory.prepare()
    from bench import fan_out, operations, posts, report  # noqa: PLC0415

    with progress.step("posts, against boto3"):
        results["posts"] = posts.measure()
    with progress.step("operations, and long logs"):
        results["operations"] = operations.measure()
    with progress.step("messages to 10, 100 and 1,000 sockets"):
        results["fan_out"] = fan_out.measure()
    report.write(report.Results(**results))
    print(f"\n  {report.DOCUMENT.relative_to(Path.cwd())} has the numbers.\n")


if __name__ == "__main__":
    os.environ.pop("AWS_PROFILE", None)
    sys.exit(main())
