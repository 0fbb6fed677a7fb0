"""How long a message takes to its last receiver, and what it costs, by the size of its chat."""

from dataclasses import dataclass
from math import ceil
from statistics import median

from bench.in_memory import Costs, world

DELAY_SECONDS = 0.015
"""What a post to a socket takes on AWS, about."""

SIZES = (2, 10, 100, 1_000)
SOCKETS = (10, 100, 1_000)
A_PARCEL = 100
ROUNDS = 9
TEXT = "x" * 1024


@dataclass
class FanOut:
    """What was measured.

    Attributes:
        milliseconds: From a message's sending to its last receiver, by the number of sockets: the median and the most.
        costs: What one message costs, by the members of its chat.
    """

    milliseconds: dict[int, tuple[float, float]]
    costs: dict[int, Costs]


def measure() -> FanOut:
    """Measure both."""
    milliseconds: dict[int, tuple[float, float]] = {}
    costs: dict[int, Costs] = {}
    with world(DELAY_SECONDS) as here:
        for members in sorted({*SIZES, *SOCKETS}):
            chat_id, sender_id = here.chat(members)
            parcels = ceil(members / A_PARCEL) if members > A_PARCEL else 0
            # The first message opens connections, in every process.
            here.send(chat_id, sender_id, TEXT, parcels)
            times = [here.send(chat_id, sender_id, TEXT, parcels) for _ in range(ROUNDS)]
            if members in SOCKETS:
                milliseconds[members] = (median(times), max(times))
            if members in SIZES:
                costs[members] = here.costs
    return FanOut(milliseconds, costs)
