"""``emailLink``: a link, mailed, which the web client opens and answers with."""

import secrets
from urllib.parse import urlencode

from domain import codes, mails
from domain.codes import Purpose


def create(email: str, session: str) -> None:
    """Mail a new link. It holds all that the web client has to send: 256 random bits, the session and the address."""
    code = codes.issue(Purpose.LINK, email, secrets.token_urlsafe(32))
    mails.send_link(email, "/log-in?" + urlencode({"email": email, "session": session, "code": code}))


def verify(email: str, answer: str) -> bool:
    """Say whether this is the secret of the latest link, and use it up."""
    return codes.is_right(Purpose.LINK, email, answer) and codes.use_up(Purpose.LINK, email)
