"""Canary: use Kaiwa as a client would, every few minutes."""

from core import deadline, telemetry
from domain import canary


def handler(event: object, context: object) -> dict[str, bool]:  # noqa: ARG001 - the schedule says nothing.
    """Answer the schedule."""
    deadline.begin(context)
    telemetry.begin(None)
    succeeded = canary.sing()
    telemetry.flush()
    return {"succeeded": succeeded}
