"""SQS: what is to be done later, and surely."""

import msgspec

from core import aws, telemetry
from core.queues import CORRELATION
from core.settings import settings

OK = 200
HEADERS = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.SendMessage"}


class QueueError(Exception):
    """SQS did not take a message."""


def send(queue_url: str, text: str, delay_seconds: int = 0) -> None:
    """Put a message into a queue.

    Args:
        queue_url: The queue.
        text: The message, at most 256 KB.
        delay_seconds: For how long nobody gets it; at most 900.

    Raises:
        QueueError: SQS refused it, or did not answer.
    """
    message = {"QueueUrl": queue_url, "MessageBody": text, "DelaySeconds": delay_seconds}
    if correlation_id := telemetry.correlation_id():
        message["MessageAttributes"] = {CORRELATION: {"DataType": "String", "StringValue": correlation_id}}
    body = msgspec.json.encode(message)
    url = f"{settings().queue_url}/"
    status = aws.persist(lambda: aws.post("sqs", "SendMessage", url, body, HEADERS))
    if status != OK:
        raise QueueError(f"SQS answered {status}.")
