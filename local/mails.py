"""The mails that the local AWS has taken to send, which is where codes and links end up on a laptop."""

import json
import urllib.request
from datetime import UTC, datetime
from itertools import chain
from typing import Any

INBOX = "/_ministack/ses/messages"

# Seconds for MiniStack to answer.
TIMEOUT = 5.0

MOST_MAILS = 50


def read(aws_endpoint: str) -> list[dict[str, str]]:
    """Return the newest mails, the latest first, each with its `to`, `subject`, `text` and `sentAt` (RFC 3339, UTC).

    Args:
        aws_endpoint: MiniStack.

    Raises:
        OSError: MiniStack does not answer.
    """
    with urllib.request.urlopen(aws_endpoint + INBOX, timeout=TIMEOUT) as response:  # noqa: S310 - our own address.
        by_account: dict[str, list[dict[str, Any]]] = json.load(response)["messages"]
    sent = sorted(chain.from_iterable(by_account.values()), key=lambda mail: float(mail["Timestamp"]), reverse=True)
    return [_mail(one) for one in sent[:MOST_MAILS]]


def _mail(sent: dict[str, Any]) -> dict[str, str]:
    at = datetime.fromtimestamp(sent["Timestamp"], UTC)
    return {
        "to": ", ".join(sent["To"]),
        "subject": sent["Subject"],
        "text": sent["BodyText"],
        "sentAt": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
