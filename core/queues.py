"""The handler of a function that works off a queue."""

from collections.abc import Callable, Mapping
from typing import Any

from core import clock, deadline, telemetry

CORRELATION = "correlationId"
"""The attribute of a message that names the request which led to it."""


class Worker:
    """Does the work of a queue's messages, each by itself: one that fails comes again, and the others do not."""

    def __init__(self, run: Callable[[str], bool]) -> None:
        """Make the handler.

        Args:
            run: Takes a message's text. Returns whether the message is done with.
        """
        self._run = run

    def __call__(self, event: Mapping[str, Any], context: object) -> dict[str, Any]:
        """Take SQS's event. Returns the messages that must come again (``ReportBatchItemFailures``)."""
        deadline.begin(context)
        started = clock.milliseconds()
        records = event["Records"]
        failed = [record["messageId"] for record in records if not self._is_done(record)]
        telemetry.logger.info(
            "worked off",
            extra={"messages": len(records), "failed": len(failed), "milliseconds": clock.milliseconds() - started},
        )
        telemetry.flush()
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    def _is_done(self, record: Mapping[str, Any]) -> bool:
        telemetry.begin(record["messageAttributes"].get(CORRELATION, {}).get("stringValue"))
        try:
            return self._run(record["body"])
        except Exception as error:
            telemetry.logger.error("message failed", extra={"error": type(error).__name__})
            return False
