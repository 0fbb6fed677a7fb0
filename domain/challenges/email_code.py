"""``emailCode``: six digits, mailed."""

from domain import codes, mails
from domain.codes import Purpose


def create(email: str, _session: str) -> None:
    """Mail a new code."""
    mails.send_log_in(email, codes.issue(Purpose.LOG_IN, email))


def verify(email: str, answer: str) -> bool:
    """Say whether these are the digits of the latest mail, and use them up."""
    return codes.is_right(Purpose.LOG_IN, email, answer) and codes.use_up(Purpose.LOG_IN, email)
