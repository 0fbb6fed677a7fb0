"""Whether anything was lost or doubled: what was sent, what came, and what is stored, compared line by line."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Line(NamedTuple):
    """One message in a log.

    Attributes:
        chat_id: Where it was said.
        seq: Its place in the chat.
        text: What was said: each text is said once.
    """

    chat_id: str
    seq: int
    text: str


Members = Mapping[str, Iterable[str]]
"""Who is in each chat."""


def problems(
    acknowledged: Iterable[Line], stored: Iterable[Line], received: Mapping[str, Iterable[Line]], members: Members
) -> list[str]:
    """Compare the logs.

    Args:
        acknowledged: What the senders were told is stored.
        stored: What the chats' histories hold in the end.
        received: What came to each listener, in the order in which it came.
        members: Which listeners are in each chat.

    Returns:
        What is wrong, in words; nothing where all is well.
    """
    kept = list(stored)
    found = _compared("history", Counter(kept), Counter(acknowledged))
    found += [f"history: {chat_id} has seq {seq} twice" for (chat_id, seq), n in _places(kept).items() if n > 1]
    for listener, lines in received.items():
        meant = Counter(line for line in kept if listener in members[line.chat_id])
        found += _compared(listener, Counter(lines), meant)
    return found


def _places(lines: Iterable[Line]) -> Counter[tuple[str, int]]:
    return Counter((line.chat_id, line.seq) for line in lines)


def _compared(who: str, found: Counter[Line], meant: Counter[Line]) -> list[str]:
    lost, invented = meant - found, found - meant
    doubled = [line for line in invented if line in meant]
    strange = [line for line in invented if line not in meant]
    return [
        *(f"{who}: {line.text} at {line.chat_id}/{line.seq} is lost" for line in lost),
        *(f"{who}: {line.text} at {line.chat_id}/{line.seq} is doubled" for line in doubled),
        *(f"{who}: {line.text} at {line.chat_id}/{line.seq} was never said" for line in strange),
    ]
