"""The log of one chat, as far as a client holds it: the rule by which no line is ever lost. Pure: no clock, no I/O.

The server gives each durable event of a chat the next number. What a client gets of them by push may be late, doubled
or lost, so a client keeps the highest number up to which it holds everything, its `contiguous`, and reads what is
missing after that. A number may stay missing because a write failed. The server promises that a number shows within
30 seconds after it was taken, and numbers are taken in order: so a gap is final once a read did not fill it that was
asked for 30 seconds after a higher number was first seen.

Times are seconds on the caller's monotonic clock.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable

from kaiwa.shapes import Event, Events

SETTLING = 30.0
"""Seconds after which a number that was taken has shown, or never will (the protocol's guarantee)."""

PATIENCE = 1.0
"""Seconds for which a missing event may be just late. Pushes overtake each other often, and then come by themselves."""


class Log:
    """The events of one chat after a place in its log, each once, whatever comes in whatever order.

    Attributes:
        contiguous: Everything up to this number is held, or was before the log began, or will never be. A client that
            goes on from here later has lost nothing.
    """

    def __init__(self, after: int = 0) -> None:
        """Begin a log.

        Args:
            after: The place after which to begin; 0 for the whole log.
        """
        self.contiguous = after
        self._events: dict[int, Event] = {}
        self._seqs: list[int] = []
        self._floor = 0
        # The numbers that showed that there is more, each with the moment: both only ever rise. For a missing number
        # the first mark that is not below it tells since when it has been known to be taken.
        self._marks: list[tuple[int, float]] = []
        self._asked_at = float("-inf")

    @property
    def events(self) -> list[Event]:
        """The events held, in the log's order."""
        return [self._events[seq] for seq in self._seqs]

    @property
    def highest(self) -> int:
        """The highest number that is known to be taken."""
        return self._marks[-1][0] if self._marks else self.contiguous

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """What may be missing, as first and last numbers, ascending."""
        gaps = []
        low = self.contiguous
        for seq in [*self._seqs[bisect_right(self._seqs, low) :], self.highest + 1]:
            if seq > low + 1:
                gaps.append((low + 1, seq - 1))
            low = seq
        return gaps

    def take(self, events: Iterable[Event], now: float) -> list[Event]:
        """Take in events from wherever they came, known or new. One that says it is truncated only leaves its mark.

        Args:
            events: The events, in any order.
            now: The moment.

        Returns:
            Those that were new, in the log's order.
        """
        added = []
        for event in sorted(events, key=_seq):
            seq = event["seq"]
            self.hear_of(seq, now)
            if seq > self._floor and seq not in self._events and not event.get("truncated"):
                self._events[seq] = event
                insort(self._seqs, seq)
                added.append(event)
        self._advance()
        return added

    def hear_of(self, seq: int, now: float) -> None:
        """Note that a number is taken, for example because a chat's `lastSeq` says so."""
        if seq > self.highest:
            self._marks.append((seq, now))

    def read(self, page: Events, after: int, asked_at: float, now: float) -> list[Event]:
        """Take in a page of getEvents.

        Args:
            page: What came.
            after: What was asked for: the events after this number.
            asked_at: The moment before the page was asked for.
            now: The moment.

        Returns:
            The events that were new, in the log's order.
        """
        added = self.take(page["events"], now)
        self.hear_of(page["lastSeq"], now)
        if after <= self.contiguous:
            end = max(map(_seq, page["events"]), default=after) if page["hasMore"] else self.highest
            self._settle(end, asked_at)
        if not page["hasMore"]:
            self._asked_at = asked_at
        return added

    def due(self) -> float | None:
        """Return the moment from which to read the events after `contiguous`; None where nothing is missing.

        A gap is read for once it is more than just late, and for the last time when that makes it final.
        """
        times = [
            since + (PATIENCE if self._asked_at < since + PATIENCE else SETTLING) for since in self._missing_since()
        ]
        return min(times, default=None)

    def trim(self, most: int) -> None:
        """Let go of the oldest events, so that no more than this many are held. What may have a gap after it stays."""
        settled = bisect_right(self._seqs, self.contiguous)
        for seq in self._seqs[: min(settled, max(0, len(self._seqs) - most))]:
            del self._events[seq]
            self._floor = seq
        self._seqs = self._seqs[bisect_right(self._seqs, self._floor) :]

    def _missing_since(self) -> list[float]:
        """Return since when numbers have been missing."""
        times = []
        low = self.contiguous
        for high, since in self._marks:
            held = bisect_right(self._seqs, high) - bisect_right(self._seqs, low)
            if held < high - low:
                times.append(since)
            low = high
        return times

    def _settle(self, end: int, asked_at: float) -> None:
        """Move over gaps up to a number that were read for late enough.

        The marks rise with the numbers, so the gaps that are final are always the first ones.
        """
        while self.contiguous < end:
            missing = self.contiguous + 1
            _, since = self._marks[bisect_left(self._marks, (missing, float("-inf")))]
            if asked_at < since + SETTLING:
                break
            self.contiguous = missing
            self._advance()

    def _advance(self) -> None:
        while self.contiguous + 1 in self._events:
            self.contiguous += 1
        self._marks = self._marks[bisect_right(self._marks, (self.contiguous, float("inf"))) :]


def place_to_begin(*, is_old: bool, read_seq: int, last_seq: int, heard: Iterable[int] = ()) -> int:
    """Return the place after which to begin the log of a chat that a list of chats shows.

    An old one begins at its end. One that was made, or joined, since the client listens begins with what was not read:
    who is let into a group counts as having read what was said before. What was pushed of it comes after the place in
    any case: it may be read on another device already.

    Args:
        is_old: Whether it was there before the client: the first list shows it, and nothing said that it is new.
        read_seq: How far the person has read, as the list says.
        last_seq: The chat's last number, as the list says.
        heard: The numbers of what was pushed of it so far.
    """
    return min([last_seq if is_old else read_seq, *(seq - 1 for seq in heard)])


def _seq(event: Event) -> int:
    return event["seq"]
