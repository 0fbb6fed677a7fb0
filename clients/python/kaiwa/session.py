"""Who is logged in, and the tokens that prove it. Pure."""

from dataclasses import dataclass
from typing import Self

from kaiwa.shapes import Tokens

EXPIRY_MARGIN = 30.0
"""Seconds before its end from which an access token is no longer used."""


@dataclass(frozen=True)
class Session:
    """A session that can be kept over a restart: ``Session(**fields)`` is made of its own ``vars``.

    Attributes:
        user_id: Who is logged in.
        access_token: What proves it for the next minutes.
        refresh_token: What gives new tokens.
        expires_at: When the access token ends, in seconds since 1970.
    """

    user_id: str
    access_token: str
    refresh_token: str
    expires_at: float

    @classmethod
    def of(cls, tokens: Tokens, now: float) -> Self:
        """Make the session that a log-in or a refresh answered."""
        return cls(tokens["userId"], tokens["accessToken"], tokens["refreshToken"], now + tokens["expiresIn"])

    def is_stale(self, now: float) -> bool:
        """Whether it is time for new tokens."""
        return now > self.expires_at - EXPIRY_MARGIN
