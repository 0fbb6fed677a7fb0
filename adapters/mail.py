"""SES: mail to people."""

import msgspec

from core import aws
from core.settings import settings

OK = 200


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
    url = f"{settings().mail_url}/v2/email/outbound-emails"
    status = aws.persist(lambda: aws.post("ses", "SendEmail", url, body, {"content-type": "application/json"}))
    if status != OK:
        raise MailError(f"SES answered {status}.")


def _words(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
