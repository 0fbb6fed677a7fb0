"""SQS: what is to be done later, and surely."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from botocore.exceptions import HTTPClientError

from core import aws
from core.settings import settings

OK = 200

MOST_MESSAGES = 10
MOST_BYTES = 256 * 1024 - 8 * 1024
"""What one SendMessageBatch takes (SQS's API reference), less what the request adds to the messages."""


class QueueError(Exception):
    """SQS did not take a message."""


def send(queue_url: str, text: str) -> None:
    """Put a message into a queue.

    Raises:
        QueueError: SQS refused it, or did not answer.
    """
    send_all(queue_url, [text])


def send_all(queue_url: str, texts: Iterable[str], delay_seconds: int = 0) -> None:
    """Put messages into a queue, in as few calls as SQS allows.

    Args:
        queue_url: The queue.
        texts: The messages.
        delay_seconds: For how long nobody gets them; at most 900.

    Raises:
        QueueError: SQS refused one, or did not answer.
    """
    for batch in _batches(texts):
        entries = [
            {"Id": str(number), "MessageBody": text, "DelaySeconds": delay_seconds} for number, text in enumerate(batch)
        ]
        _send(queue_url, entries)


def _send(queue_url: str, entries: Sequence[dict[str, Any]]) -> None:
    """Send a batch, and again what SQS did not take of it."""
    left = list(entries)
    for attempt in range(1, aws.TRIES + 1):
        refused = _refused(_post("SendMessageBatch", {"QueueUrl": queue_url, "Entries": left}))
        left = [entry for entry in left if entry["Id"] in refused] if refused is not None else left
        if not left:
            return
        if attempt < aws.TRIES:
            aws.wait(attempt)
    raise QueueError(f"SQS did not take {len(left)} messages.")


def _refused(answer: aws.Answer | None) -> set[str] | None:
    """Return the ids of the entries that SQS did not take; None where it took none."""
    if answer is None or aws.is_passing(answer.status):
        return None
    if answer.status != OK:
        raise QueueError(f"SQS answered {answer.status}.")
    return {entry["Id"] for entry in msgspec.json.decode(answer.body).get("Failed", [])}


def _post(operation: str, parameters: dict[str, Any]) -> aws.Answer | None:
    """Call SQS once. Returns None where it did not answer."""
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"AmazonSQS.{operation}"}
    try:
        return aws.post("sqs", operation, f"{settings().queue_url}/", msgspec.json.encode(parameters), headers)
    except HTTPClientError:
        return None


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        added = len(text.encode())
        if batch and (len(batch) == MOST_MESSAGES or size + added > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += added
    if batch:
        yield batch
