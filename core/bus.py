"""The handler of a function that EventBridge tells what happened at another service of AWS."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from core import clock, deadline, telemetry

Detail = TypeVar("Detail")


class ListenerError(Exception):
    """What was heard could not be acted upon. Lambda tells it again, twice at most."""


class Listener(Generic[Detail]):
    """Acts upon each event as it comes."""

    def __init__(self, detail: type[Detail], run: Callable[[Detail], None]) -> None:
        """Make the handler.

        Args:
            detail: What of the event's ``detail`` matters. Whatever else is in it is passed over.
            run: Takes it. It may be called several times for one event.
        """
        self._detail = detail
        self._run = run

    def __call__(self, event: Mapping[str, Any], context: object) -> None:
        """Take EventBridge's event.

        Raises:
            ListenerError: It must come again. Lambda writes this into the log, so it says nothing of what happened.
        """
        deadline.begin(context)
        telemetry.begin(event["id"])
        started = clock.milliseconds()
        failure = None
        try:
            self._run(msgspec.convert(event["detail"], self._detail))
        except Exception as error:
            failure = type(error).__name__
            telemetry.logger.error("event failed", extra={"error": failure})
        spent = clock.milliseconds() - started
        telemetry.logger.info("heard", extra={"failed": failure is not None, "milliseconds": spent})
        telemetry.flush()
        if failure:
            raise ListenerError(failure)
