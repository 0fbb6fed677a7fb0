"""When to try again. Pure: the caller brings the dice, which roll uniformly in [0, 1)."""

import random
from collections.abc import Callable

Dice = Callable[[], float]

FIRST_CEILING = 1.0
LAST_CEILING = 30.0
RENEWAL_LEAD = 60.0
RENEWAL_SPREAD = 240.0


def reconnect_delay(attempt: int, dice: Dice = random.random) -> float:
    """Return the pause before a reconnect that nobody planned, with full jitter.

    A thousand clients that are cut off at one moment must not come back at one moment.

    Args:
        attempt: 0 for the first try after the loss.
        dice: The dice.

    Returns:
        Seconds.
    """
    # A float overflows after 1,023 doublings; the ceiling is reached after five.
    return dice() * min(LAST_CEILING, FIRST_CEILING * 2.0 ** min(attempt, 10))


def renewal_delay(remaining: float, dice: Dice = random.random) -> float:
    """Return the pause before a planned reconnect.

    It comes between 5 minutes and 1 minute before the connection expires, or in the second half of a short life.

    Args:
        remaining: Seconds until the connection expires.
        dice: The dice.

    Returns:
        Seconds, never negative.
    """
    quarter = max(0.0, remaining) / 4
    latest = max(0.0, remaining - min(RENEWAL_LEAD, quarter))
    return latest - dice() * min(RENEWAL_SPREAD, quarter)
