"""Calls, and who was in which."""

from collections.abc import Collection, Iterable

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action

from models.connections import Connections
from models.events import LoggedEvent
from models.table import Table, expiring, found, holds, read_together, table_name, transaction, wins


class Call(Table):
    """A call.

    Attributes:
        record: All that is known of it, as JSON. It is read and written as a whole.
        version: How often it was written. A change is made to the version that was read, or not at all.
        is_settled: Set once nothing is left to be done after its end.
    """

    class Meta:
        table_name = table_name("calls")

    call_id = UnicodeAttribute(hash_key=True, attr_name="callId")
    record = UnicodeAttribute()
    version = NumberAttribute(default=1)
    is_settled = BooleanAttribute(attr_name="isSettled", null=True)
    expires_at = expiring()

    @classmethod
    def find(cls, call_id: str) -> "Call | None":
        """Return the call as it is now, or None."""
        return found(lambda: cls.get(call_id, consistent_read=True))

    @classmethod
    def find_all(cls, call_ids: Iterable[str]) -> list["Call"]:
        """Return those of the calls that exist, in no order."""
        return list(cls.batch_get(call_ids, consistent_read=True))

    @classmethod
    def find_for(cls, call_id: str, user_id: str) -> "tuple[Call | None, Connections]":
        """Return a call, and with it the connections of a user, in one read."""
        call, connections = read_together((cls, call_id), (Connections, user_id))
        return call, connections or Connections(user_id)

    def begin(self, lines: Collection[Connections], entries: Collection["Participation"]) -> bool:
        """Store a new call, put those whose lines it takes into it, and list it for everybody: all or nothing.

        Returns:
            False where the connections of one of them have changed since they were read.
        """

        def write() -> None:
            with transaction() as writes:
                writes.save(self, condition=Call.call_id.does_not_exist())
                for line in lines:
                    line.take_line(self.call_id, writes)
                for entry in entries:
                    writes.save(entry)

        return wins(write)

    def change(self, record: str, line: Connections | None = None) -> bool:
        """Store the call as it is then.

        Args:
            record: All that is known of it.
            line: The connections of somebody who comes back into the call.

        Returns:
            False where the call, or these connections, have changed since they were read.
        """
        changes: list[Action] = [Call.record.set(record), Call.version.add(1)]
        unchanged = Call.version == self.version
        if line is None:
            return holds(lambda: self.update(changes, unchanged))

        def write() -> None:
            with transaction() as writes:
                writes.update(self, changes, condition=unchanged)
                line.take_line(self.call_id, writes)

        return wins(write)

    def settle(self, event: LoggedEvent | None) -> bool:
        """Note that nothing is left to be done, and store the event that tells of the call, both or neither.

        Returns:
            False where that was done before.
        """
        first = Call.call_id.exists() & Call.is_settled.does_not_exist()
        done = Call.is_settled.set(True)
        if event is None:
            return holds(lambda: self.update([done], first))

        def write() -> None:
            with transaction() as writes:
                writes.update(self, [done], condition=first)
                writes.save(event)

        return wins(write)


class Participation(Table):
    """A call in the history of somebody whom it concerned.

    Attributes:
        place: When the call began, and which it was: the order of the history.
    """

    class Meta:
        table_name = table_name("participations")

    user_id = UnicodeAttribute(hash_key=True, attr_name="userId")
    place = UnicodeAttribute(range_key=True)
    call_id = UnicodeAttribute(attr_name="callId")
    expires_at = expiring()

    @classmethod
    def make(cls, user_id: str, call_id: str, created_at: int) -> "Participation":
        """Return the entry of a call that began at a time, in milliseconds since 1970."""
        return cls(user_id, f"{created_at:015d}#{call_id}", call_id=call_id)

    @classmethod
    def latest(cls, user_id: str, before: str | None, limit: int) -> list["Participation"]:
        """Return the latest calls of a user that began before a place, latest first."""
        earlier = cls.place < before if before else None
        return list(cls.query(user_id, earlier, consistent_read=True, scan_index_forward=False, limit=limit))

    @classmethod
    def forget_all(cls, user_id: str) -> None:
        """Remove the history of somebody who left."""
        with cls.batch_write() as batch:
            for one in cls.query(user_id, consistent_read=True):
                batch.delete(one)
