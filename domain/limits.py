"""How often: every limit, and its number where a stage sets no other.

A limit counts in fixed windows of time, in one call to DynamoDB. Where many calls are as cheap as one send, counting
would cost as much as the thing itself; those are counted in the function's own memory (Bucket).
"""

import time
from collections import OrderedDict

import msgspec

from core import clock
from core.errors import RateLimited
from core.identifiers import derived_id
from core.settings import settings
from models.limits import Count, Window


class Limit(msgspec.Struct, frozen=True):
    """How often something may be done by, or to, each one.

    Attributes:
        name: What a stage's setting calls it.
        most: How many times in a window.
        seconds: How long a window is.
    """

    name: str
    most: int
    seconds: int

    def of(self, subject: str) -> Window:
        """Return the window that is running for one of those who are counted.

        Args:
            subject: A mail address, an IP address or a user's id. It is stored as a digest alone.
        """
        number, _ = divmod(clock.seconds(), self.seconds)
        most = settings().limits.get(self.name, self.most)
        return Window(derived_id("limit", self.name, subject, str(number)), most, (number + 1) * self.seconds)


REGISTRATIONS_PER_ADDRESS = Limit("registrationsPerAddress", 30, 60 * 60)
TRIES_PER_MAIL = Limit("triesPerMail", 20, 15 * 60)
TRIES_PER_ADDRESS = Limit("triesPerAddress", 200, 15 * 60)
RENEWALS_PER_ADDRESS = Limit("renewalsPerAddress", 2000, 15 * 60)
CODES_PER_MAIL = Limit("codesPerMail", 5, 60 * 60)
CODES_PER_ADDRESS = Limit("codesPerAddress", 50, 60 * 60)
TICKETS_PER_USER = Limit("ticketsPerUser", 120, 60)
UPLOADS_PER_USER = Limit("uploadsPerUser", 1000, 24 * 60 * 60)
"""An address can be an office of many people, so those limits are wide. A try is a password or a code that is sent to
us: 20 in a quarter of an hour are 2,000 guesses of a password a day. A code dies after three, so that five an hour are
360 guesses of a million a day."""


MOST_BYTES_A_USER = 10 * 1024**3


def bytes_per_user() -> int:
    """Return how many bytes of files one user may have stored; 0 for any number."""
    return settings().limits.get("bytesPerUser", MOST_BYTES_A_USER)


def count(*windows: Window) -> None:
    """Count once in each window.

    Raises:
        RateLimited: One of them is full.
    """
    limited = [window for window in windows if window.most]
    full = Count.add(limited) if limited else None
    if full:
        raise reached(max(1, full.ends_at - clock.seconds()))


def reached(seconds: int) -> RateLimited:
    """Say that something was done too often.

    Args:
        seconds: How long to wait.
    """
    return RateLimited("rate_limited", f"Too many. Try again in {seconds} s.", retry_after=seconds)


class Bucket:
    """Tokens that users spend, and that come back with time: a limit that no call to DynamoDB pays for.

    Each warm process of a function has a bucket of its own. On AWS, a user whose requests are spread over several
    processes can so spend several times as much: it bounds what one busy user costs, and is no exact quota.
    """

    MOST_REMEMBERED = 10_000

    def __init__(self, name: str, most: int, per_second: float) -> None:
        """Make the buckets of all users.

        Args:
            name: What a stage's setting calls ``most``.
            most: How many tokens one holds when full.
            per_second: How many come back each second.
        """
        self._name = name
        self._most = most
        self._per_second = per_second
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def forget_all(self) -> None:
        """Fill everybody's bucket."""
        self._left.clear()

    def spend(self, user_id: str) -> None:
        """Spend a token.

        Raises:
            RateLimited: There is none left.
        """
        most = settings().limits.get(self._name, self._most)
        if not most:
            return
        now = time.monotonic()
        left, then = self._left.pop(user_id, (float(most), now))
        left = min(float(most), left + (now - then) * self._per_second)
        enough = left >= 1
        self._left[user_id] = (left - 1 if enough else left, now)
        if len(self._left) > self.MOST_REMEMBERED:
            # Who was away the longest has the fullest bucket, and loses the least by getting a new one.
            self._left.popitem(last=False)
        if not enough:
            raise reached(max(1, round((1 - left) / self._per_second)))


SENDS = Bucket("sends", 1000, 50)
ICE_SERVERS = Bucket("iceServers", 60, 1)
CALLS = Bucket("calls", 60, 1)
DESCRIPTIONS = Bucket("descriptions", 20, 5)
CANDIDATES = Bucket("candidates", 200, 20)
"""Who joins a call of eight tells each of seven an offer and some ten candidates within a moment. A full bucket holds
that twice; what comes back in a second is more than anybody needs from then on."""
