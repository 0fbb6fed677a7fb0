"""Tickets: how a socket is opened without a token in its URL."""

import hashlib
import secrets

from core import clock
from core.errors import Unauthenticated
from core.identifiers import new_id
from core.settings import settings
from core.shapes import Answer
from domain import limits
from models.accounts import User
from models.tickets import Ticket

LIFE_SECONDS = 60
"""As the protocol has it."""


class NewTicket(Answer, frozen=True):
    """A ticket for its owner's eyes.

    Attributes:
        url: Where to open the socket, with ``?ticket=`` and the ticket behind it.
        expires_in: Seconds.
    """

    ticket: str
    url: str
    expires_in: int


def issue(user_id: str, device_id: str | None) -> NewTicket:
    """Make a ticket for one socket of the user.

    Args:
        user_id: Whose socket it will be.
        device_id: The device's own lasting name for itself; None for one of our making.

    Raises:
        RateLimited: The user got too many tickets.
    """
    limits.count(limits.TICKETS_PER_USER.of(user_id))
    text = secrets.token_urlsafe(32)
    Ticket(
        _digest(text),
        user_id=user_id,
        device_id=device_id or new_id(),
        issued_at=clock.milliseconds(),
        expires_at=clock.seconds() + LIFE_SECONDS,
    ).save()
    return NewTicket(ticket=text, url=settings().socket_url, expires_in=LIFE_SECONDS)


def use(text: str) -> Ticket:
    """Use a ticket up.

    Raises:
        Unauthenticated: It was never issued, was used before, or its time is over; its user has signed out everywhere
            since, or is no more.
    """
    ticket = Ticket.use(_digest(text))
    user = User.find(ticket.user_id) if ticket else None
    if not (ticket and user and user.admits_since(int(ticket.issued_at))):
        raise Unauthenticated("ticket_invalid", "This ticket opens nothing. Get a new one.")
    return ticket


def _digest(text: str) -> str:
    """Return the key of a ticket. 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(text.encode()).hexdigest()
