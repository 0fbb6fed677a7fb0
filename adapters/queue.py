"""SQS: what is to be done later, and surely."""

import msgspec
from botocore.exceptions import HTTPClientError

from core import aws
from core.settings import settings

OK = 200
UNREACHED = 503
HEADERS = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.SendMessage"}


class QueueError(Exception):
    """SQS did not take a message."""


def send(queue_url: str, text: str) -> None:
    """Put a message into a queue.

    Raises:
        QueueError: SQS refused it, or did not answer up to the last try.
    """
    body = msgspec.json.encode({"QueueUrl": queue_url, "MessageBody": text})
    status = UNREACHED
    for attempt in range(1, aws.TRIES + 1):
        status = _post(body)
        if not aws.is_passing(status):
            break
        if attempt < aws.TRIES:
            aws.wait(attempt)
    if status != OK:
        raise QueueError(f"SQS answered {status}.")


def _post(body: bytes) -> int:
    """Post once. Returns the HTTP status, or UNREACHED where there was no answer."""
    try:
        return aws.post("sqs", "SendMessage", f"{settings().queue_url}/", body, HEADERS).status
    except HTTPClientError:
        return UNREACHED
