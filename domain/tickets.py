"""Tickets: how a socket is opened without a token in its URL."""

import hashlib
import secrets

from core import clock
from core.errors import Unauthenticated
from core.identifiers import new_id
from core.operations import Caller
from core.settings import settings
from core.shapes import Answer
from domain import admission, limits
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


def issue(caller: Caller, device_id: str | None) -> NewTicket:
    """Make a ticket for one socket of the caller.

    The caller is looked up anew: a socket outlives by far what a warm process remembers of its user.

    Args:
        caller: Whose socket it will be.
        device_id: The device's own lasting name for itself; None for one of our making.

    Raises:
        Unauthenticated: The caller's token was issued before they signed out everywhere, or they are no more.
        RateLimited: The user got too many tickets.
    """
    admission.check_now(caller)
    limits.count(limits.TICKETS_PER_USER.of(caller.user_id))
    text = secrets.token_urlsafe(32)
    Ticket(
        _digest(text),
        user_id=caller.user_id,
        device_id=device_id or new_id(),
        token_issued_at=caller.issued_at,
        expires_at=clock.seconds() + LIFE_SECONDS,
    ).save()
    return NewTicket(ticket=text, url=settings().socket_url, expires_in=LIFE_SECONDS)


def use(text: str) -> Ticket:
    """Use a ticket up.

    Raises:
        Unauthenticated: It was never issued, was used before, or its time is over; its user has signed out everywhere
            since they got the token that it was got with, or is no more.
    """
    ticket = Ticket.use(_digest(text))
    user = User.find(ticket.user_id) if ticket else None
    if not (ticket and user and user.admits(int(ticket.token_issued_at))):
        raise Unauthenticated("ticket_invalid", "This ticket opens nothing. Get a new one.")
    return ticket


def _digest(text: str) -> str:
    """Return the key of a ticket. 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(text.encode()).hexdigest()
