"""How long a message takes to its last receiver, by the size of its chat, beside the baselines."""

import contextlib
import io
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Any

from bench.environment import frame
from bench.in_memory import World, world

DELAY_SECONDS = 0.015
"""What a post to a socket takes on AWS, about."""

SOCKETS = (10, 100, 200, 1_000)
"""Two parcels go out side by side here too, as any number does on AWS; ten wait for this machine's processors."""

A_PARCEL = 100
TEXT = "x" * 1024

ROUNDS = {
    "ours": {10: 9, 100: 9, 200: 9, 1_000: 9},
    "common": {10: 5, 100: 3, 200: 2, 1_000: 1},
    "naive": {10: 5, 100: 2, 200: 2, 1_000: 1},
}
"""How many messages each pattern sends, by the sockets of its chat."""


@dataclass
class Reach:
    """Milliseconds from a message's sending to its last receiver: the median and the most."""

    median: float
    longest: float


Measured = dict[str, dict[int, Reach]]
"""By pattern and sockets."""


def measure() -> Measured:
    """Measure all of them."""
    with world(DELAY_SECONDS, counts=False) as here:
        return {pattern: {sockets: _reach(here, pattern, sockets) for sockets in SOCKETS} for pattern in ROUNDS}


def _reach(here: World, pattern: str, sockets: int) -> Reach:
    from bench.baselines import common, naive  # noqa: PLC0415 - after the environment.
    from bench.warm_path import make_chat  # noqa: PLC0415
    from handlers import send_message  # noqa: PLC0415

    handlers: dict[str, Callable[[dict[str, Any], object], dict[str, Any]]] = {
        "ours": send_message.handler,
        "common": common.handler,
        "naive": naive.handler,
    }
    chat_id, user_ids = make_chat(sockets)
    if pattern != "ours":
        {"common": common, "naive": naive}[pattern].prepare(chat_id, user_ids, 0)  # type: ignore[attr-defined]
    parcels = ceil(sockets / A_PARCEL) if sockets > A_PARCEL and pattern == "ours" else 0
    times = []
    # The first message opens connections, in every process.
    for turn in range(ROUNDS[pattern][sockets] + (pattern == "ours")):
        here.begin()
        event = frame("sendMessage", user_ids[0], chatId=chat_id, text=TEXT, clientMessageId=secrets.token_hex(8))
        with contextlib.redirect_stdout(io.StringIO()):
            started = time.monotonic()
            answer = handlers[pattern](event, None)
            ended = time.monotonic()
        last, found = here.last_done()
        if answer["statusCode"] != 200 or '"error"' in answer["body"] or found != parcels:
            raise RuntimeError(f"Expected a message in {parcels} parcels, got {answer} in {found}.")
        if turn or pattern != "ours":
            # DynamoDB's stand-in works in this process; on AWS it would not.
            times.append((max(ended, last) - started - here.stood_in) * 1000)
    return Reach(median(times), max(times))
