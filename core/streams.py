"""The handler of a function that follows what DynamoDB itself removes because its time is over."""

from collections.abc import Callable, Mapping
from typing import Any

from core import clock, deadline, telemetry

BY_TIME = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
"""Who removed an item whose time was over (DynamoDB's developer guide, "DynamoDB Streams and Time to Live")."""


class Ended:
    """Does what must follow for each such item, one after the other."""

    def __init__(self, run: Callable[[dict[str, Any]], None]) -> None:
        """Make the handler.

        Args:
            run: Takes an item as it was, in DynamoDB's own JSON. It may be called twice for one.
        """
        self._run = run

    def __call__(self, event: Mapping[str, Any], context: object) -> dict[str, Any]:
        """Take the stream's event. Returns the first record that must come again, and so all that follow it."""
        deadline.begin(context)
        started = clock.milliseconds()
        failed: list[dict[str, str]] = []
        for record in event["Records"]:
            if record.get("userIdentity") != BY_TIME:
                continue
            try:
                self._run(record["dynamodb"]["OldImage"])
            except Exception as error:
                telemetry.logger.error("record failed", extra={"error": type(error).__name__})
                failed = [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]
                break
        telemetry.logger.info(
            "followed",
            extra={
                "records": len(event["Records"]),
                "failed": len(failed),
                "milliseconds": clock.milliseconds() - started,
            },
        )
        telemetry.flush()
        return {"batchItemFailures": failed}
