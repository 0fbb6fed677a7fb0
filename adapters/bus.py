"""EventBridge: what other systems of the team may want to know."""

from collections.abc import Sequence

import msgspec
from botocore.exceptions import HTTPClientError

from core import aws
from core.http import Answer
from core.settings import settings

SOURCE = "kaiwa"
OK = 200

MOST_ENTRIES = 10
"""What one PutEvents takes (EventBridge's API reference), besides 256 KB, of which a caller uses little."""

HEADERS = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSEvents.PutEvents"}


class BusError(Exception):
    """EventBridge did not take an event."""


def put(kind: str, details: Sequence[bytes]) -> None:
    """Tell of events of one kind.

    Args:
        kind: What rules match on, as ``detail-type``.
        details: At most ``MOST_ENTRIES``, each as JSON.

    Raises:
        BusError: EventBridge refused one, or did not answer.
    """
    left = [
        {"Source": SOURCE, "DetailType": kind, "Detail": detail.decode(), "EventBusName": settings().event_bus}
        for detail in details
    ]
    for attempt in range(1, aws.TRIES + 1):
        answer = _post(left)
        if answer and answer.status == OK:
            results = msgspec.json.decode(answer.body).get("Entries", [])
            left = [entry for entry, result in zip(left, results, strict=True) if "ErrorCode" in result]
            if not left:
                return
        elif answer and not aws.is_passing(answer.status):
            break
        if attempt < aws.TRIES:
            aws.wait(attempt)
    raise BusError(f"EventBridge did not take {len(left)} events.")


def _post(entries: Sequence[dict[str, str]]) -> Answer | None:
    """Call EventBridge once. Returns None where it did not answer."""
    body = msgspec.json.encode({"Entries": entries})
    try:
        return aws.post("events", "PutEvents", f"{settings().bus_url}/", body, HEADERS)
    except HTTPClientError:
        return None
