"""Tells a webhook of messages and calls to people who are away: from Kaiwa's event bus, through a queue, by HTTP.

On AWS it is a Lambda function (`bridge.handler`) of template.yml; it needs nothing but Python's own library. Elsewhere
`python bridge.py QUEUE_URL` takes the queue's messages itself, which needs boto3. To have push notifications in the
place of a webhook, change `tell`.

WEBHOOK_URL says where to, and WEBHOOK_SECRET signs what is told: `X-Kaiwa-Signature` is the HMAC-SHA256 of the body, in
hexadecimal digits. EventBridge and queues deliver at least once, so the receiver takes what has the same
`Idempotency-Key` as one.
"""

import hashlib
import hmac
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

TIMEOUT = 10.0
WAIT = 20
"""Seconds for which a queue is listened to at a time: the most that SQS allows."""

VERSION = 1
"""Of the events that this program understands (docs/events.md)."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Tell of each record of a queue. Those that could not be told come again, and at last to the dead-letter queue."""
    failed = []
    for record in event["Records"]:
        try:
            tell_all(json.loads(record["body"]))
        except (OSError, ValueError, KeyError) as error:
            # Not the error's text: it may hold what somebody wrote.
            print(f"not told: {type(error).__name__}", file=sys.stderr)
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def tell_all(event: dict[str, Any]) -> None:
    """Tell the webhook of each person whom a message or a call has missed.

    Raises:
        ValueError: It is no event of a kind that is understood here.
        OSError: The webhook did not take it.
    """
    kind, detail = event["detail-type"], event["detail"]
    if kind not in NOTIFICATIONS or detail["version"] != VERSION:
        raise ValueError(f"Expected one of {', '.join(NOTIFICATIONS)} in version {VERSION}.")
    for notification in NOTIFICATIONS[kind](detail):
        tell({"type": kind, **notification})


def of_message(missed: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give what to tell of a message, one for each member who is away."""
    for member_id in missed["memberIds"]:
        yield {
            "userId": member_id,
            "title": missed.get("chatName"),
            "body": missed["preview"],
            "chatId": missed["chatId"],
            "messageId": missed["messageId"],
            "senderId": missed["senderId"],
            "sentAt": missed["sentAt"],
        }


def of_call(ringing: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give what to tell of a call, one for each person who does not hear it: nothing once it rings no more."""
    if datetime.fromisoformat(ringing["ringExpiresAt"]) <= datetime.now(UTC):
        return
    for callee_id in ringing["calleeIds"]:
        yield {
            "userId": callee_id,
            "title": ringing["callerName"],
            "body": f"Incoming {ringing['callKind']} call",
            "chatId": ringing.get("chatId"),
            "callId": ringing["callId"],
            "callerId": ringing["callerId"],
            "ringExpiresAt": ringing["ringExpiresAt"],
        }


NOTIFICATIONS = {"message.missed": of_message, "call.ringing": of_call}
"""What is told of each kind of event."""


def tell(notification: dict[str, Any]) -> None:
    """Tell the webhook.

    Raises:
        OSError: It could not be reached, or did not take it.
    """
    body = json.dumps(notification, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": f"{notification.get('messageId') or notification['callId']}:{notification['userId']}",
        "X-Kaiwa-Signature": signature(body),
    }
    request = urllib.request.Request(os.environ["WEBHOOK_URL"], body, headers, method="POST")  # noqa: S310
    with urllib.request.urlopen(request, timeout=TIMEOUT):  # noqa: S310 - whoever runs this chooses the address.
        pass


def signature(body: bytes) -> str:
    """Return what proves that a body is ours."""
    return hmac.new(os.environ["WEBHOOK_SECRET"].encode(), body, hashlib.sha256).hexdigest()


def take(queue_url: str) -> None:
    """Take the messages of a queue, for ever, as Lambda would."""
    import boto3  # noqa: PLC0415 - on AWS it is Lambda that takes them.

    queue = boto3.client("sqs")
    while True:
        received = queue.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=WAIT)
        records = [{"messageId": one["MessageId"], "body": one["Body"]} for one in received.get("Messages", [])]
        failed = {one["itemIdentifier"] for one in handler({"Records": records}, None)["batchItemFailures"]}
        for one in received.get("Messages", []):
            if one["MessageId"] not in failed:
                queue.delete_message(QueueUrl=queue_url, ReceiptHandle=one["ReceiptHandle"])


if __name__ == "__main__":
    take(sys.argv[1])
