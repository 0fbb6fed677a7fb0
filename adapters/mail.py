"""SES: mail to people."""

import msgspec
from botocore.exceptions import HTTPClientError

from core import aws
from core.settings import settings

OK = 200
UNREACHED = 503


class MailError(Exception):
    """SES did not take a mail."""


def send(to: str, subject: str, text: str) -> None:
    """Send a mail in plain text.

    Args:
        to: The receiver's address.
        subject: One line.
        text: The mail.

    Raises:
        MailError: SES refused it, or did not answer up to the last try.
    """
    # SES's API reference, "SendEmail" of version 2.
    content = {"Simple": {"Subject": _words(subject), "Body": {"Text": _words(text)}}}
    mail = {"FromEmailAddress": settings().mail_from, "Destination": {"ToAddresses": [to]}, "Content": content}
    body = msgspec.json.encode(mail)
    status = UNREACHED
    for attempt in range(1, aws.TRIES + 1):
        status = _post(body)
        if not aws.is_passing(status):
            break
        if attempt < aws.TRIES:
            aws.wait(attempt)
    if status != OK:
        raise MailError(f"SES answered {status}.")


def _post(body: bytes) -> int:
    """Post once. Returns the HTTP status, or UNREACHED where there was no answer."""
    url = f"{settings().mail_url}/v2/email/outbound-emails"
    try:
        return aws.post("ses", "SendEmail", url, body, {"content-type": "application/json"}).status
    except HTTPClientError:
        return UNREACHED


def _words(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
