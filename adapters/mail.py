"""SES: mail to people."""

import msgspec
from botocore.exceptions import HTTPClientError

from core import aws
from core.settings import settings

OK = 200


class MailError(Exception):
    """SES did not take a mail. The text is its own, and names no receiver."""


def send(to: str, subject: str, text: str) -> None:
    """Send a mail in plain text.

    Args:
        to: The receiver's address.
        subject: One line.
        text: The mail.

    Raises:
        MailError: SES refused it.
        HTTPClientError: SES did not answer.
    """
    # SES's API reference, "SendEmail" of version 2.
    content = {"Simple": {"Subject": _words(subject), "Body": {"Text": _words(text)}}}
    mail = {"FromEmailAddress": settings().mail_from, "Destination": {"ToAddresses": [to]}, "Content": content}
    body = msgspec.json.encode(mail)
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
        raise MailError(f"SES answered {answer.status}.")


def _post(body: bytes) -> aws.Answer:
    url = f"{settings().mail_url}/v2/email/outbound-emails"
    return aws.post("ses", "SendEmail", url, body, {"content-type": "application/json"})


def _words(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
