"""What one peer of a call has told another who could not hear it yet."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action

from core import clock
from models.messages import IdsAttribute
from models.table import Table, holds, table_name

LIFE_SECONDS = 60 * 60
"""Kept signals are handed over within seconds, or deleted with the end of the call. This is for what was cut off."""

MOST_CANDIDATES = 64
MOST_BYTES = 128 * 1024
"""What is kept of one peer for another. An item of DynamoDB ends at 400 KB."""


class Signals(Table):
    """What one kept telling another in a call, in order.

    Attributes:
        way: Who is told and by whom, with ``#`` between them.
        frames: The signals as they are pushed, as JSON.
    """

    class Meta:
        table_name = table_name("signals")

    call_id = UnicodeAttribute(hash_key=True, attr_name="callId")
    way = UnicodeAttribute(range_key=True)
    frames = IdsAttribute(default=list)
    candidates = NumberAttribute(default=0)
    size = NumberAttribute(default=0)
    expires_at = NumberAttribute(attr_name="expiresAt")

    @classmethod
    def keep(cls, call_id: str, to_id: str, from_id: str, frame: str, candidates: int) -> bool:
        """Keep a signal behind those before it. Returns False where that would be more than is kept."""
        signals = cls(call_id, _way(to_id, from_id))
        size = len(frame.encode())
        kept = (cls.candidates.does_not_exist()) | (
            (cls.candidates <= MOST_CANDIDATES - candidates) & (cls.size <= MOST_BYTES - size)
        )
        if candidates > MOST_CANDIDATES or size > MOST_BYTES:
            return False
        changes: list[Action] = [
            cls.frames.set((cls.frames | []).append([frame])),
            cls.candidates.add(candidates),
            cls.size.add(size),
            cls.expires_at.set(clock.seconds() + LIFE_SECONDS),
        ]
        return holds(lambda: signals.update(changes, kept))

    @classmethod
    def kept_for(cls, call_id: str, to_id: str) -> "list[Signals]":
        """Return what is kept for somebody."""
        return list(cls.query(call_id, cls.way.startswith(_way(to_id, "")), consistent_read=True))

    def drop(self) -> None:
        """Keep this no longer, unless more was kept behind it since it was read."""
        holds(lambda: self.delete(Signals.frames == self.frames))

    @classmethod
    def forget(cls, call_id: str) -> None:
        """Delete all that is kept of a call."""
        with cls.batch_write() as batch:
            for one in cls.query(call_id, consistent_read=True):
                batch.delete(one)


def _way(to_id: str, from_id: str) -> str:
    return f"{to_id}#{from_id}"
