"""SQS: what is to be done later, and surely."""

import msgspec
from botocore.exceptions import HTTPClientError

from core import aws
from core.settings import settings

OK = 200
HEADERS = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.SendMessage"}


class QueueError(Exception):
    """SQS did not take a message."""


def send(queue_url: str, text: str) -> None:
    """Put a message into a queue.

    Raises:
        QueueError: SQS refused it.
        HTTPClientError: SQS did not answer.
    """
    body = msgspec.json.encode({"QueueUrl": queue_url, "MessageBody": text})
    for attempt in range(1, aws.TRIES):
        try:
            answer = _post(body)
        except HTTPClientError:
            aws.wait(attempt)
            continue
        if not aws.is_passing(answer.status):
            break
        aws.wait(attempt)
    else:
        answer = _post(body)
    if answer.status != OK:
        raise QueueError(f"SQS answered {answer.status}.")


def _post(body: bytes) -> aws.Answer:
    return aws.post("sqs", "SendMessage", f"{settings().queue_url}/", body, HEADERS)
