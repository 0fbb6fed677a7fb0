"""AuditStack: look for what is vulnerable or old in what is deployed, every week."""

from typing import Any

import msgspec

from core import deadline, telemetry
from domain import audit


def handler(event: object, context: object) -> dict[str, Any]:  # noqa: ARG001 - the maintenance window says nothing.
    """Answer the maintenance window. What is returned is for whoever invokes it by hand."""
    deadline.begin(context)
    telemetry.begin(None)
    report = audit.run()
    telemetry.flush()
    return dict(msgspec.to_builtins(report))
