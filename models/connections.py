"""Open sockets: one item a user, so that a chat of 100 people costs one read rather than 100 queries.

The same item says in which call a user is. Who starts a call reads it anyway, to know whom to ring; and who opens or
closes a socket writes it anyway, and so learns of the call without another question.
"""

from collections.abc import Collection, Iterable

import msgspec
from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from core import clock
from models.table import Table, holds, table_name

LIFE_MILLISECONDS = (2 * 60 + 10) * 60 * 1000
"""API Gateway ends a socket after 2 h. One that is listed for longer is a trace of a lost ``$disconnect``."""


class Socket(msgspec.Struct, frozen=True, array_like=True):
    """One open socket.

    Attributes:
        user_id: Whose it is.
        device_id: The device that holds it.
        connection_id: API Gateway's name for it.
        connected_at: When it was opened, in milliseconds since 1970.
    """

    user_id: str
    device_id: str
    connection_id: str
    connected_at: int

    @property
    def element(self) -> str:
        """The socket as an element of its user's set."""
        return f"{self.device_id}#{self.connection_id}#{self.connected_at}"

    @property
    def is_live(self) -> bool:
        """Whether API Gateway can still hold it."""
        return clock.milliseconds() - self.connected_at < LIFE_MILLISECONDS


class Connections(Table):
    """The sockets of one user, and their line: the call that they are in.

    Attributes:
        call_id: The call that they take part in, or that rings. It counts only while that call says the same.
        revision: How often any of this has changed. It orders what happened to a user, whichever function tells it.
    """

    class Meta:
        table_name = table_name("connections")

    user_id = UnicodeAttribute(hash_key=True, attr_name="userId")
    elements = UnicodeSetAttribute(attr_name="sockets", null=True)
    last_seen_at = UnicodeAttribute(attr_name="lastSeenAt", null=True)
    call_id = UnicodeAttribute(attr_name="callId", null=True)
    revision = NumberAttribute(null=True)

    @property
    def sockets(self) -> list[Socket]:
        """The user's live sockets, in no order."""
        return [socket for socket in self._listed if socket.is_live]

    @property
    def dead_sockets(self) -> list[Socket]:
        """Listed sockets that API Gateway must have ended, though it never said so."""
        return [socket for socket in self._listed if not socket.is_live]

    @property
    def _listed(self) -> list[Socket]:
        elements = (element.split("#") for element in self.elements or ())
        return [Socket(self.user_id, device_id, connection_id, int(at)) for device_id, connection_id, at in elements]

    @classmethod
    def add(cls, socket: Socket) -> "Connections":
        """List a socket. Returns its user's connections with it."""
        connections = cls(socket.user_id)
        seen = cls.last_seen_at.set(clock.now())
        connections.update([cls.elements.add({socket.element}), seen, cls.revision.add(1)])
        return connections

    @classmethod
    def remove(cls, *sockets: Socket) -> "Connections":
        """Take sockets of one user off the list, and no others. Returns the user's connections without them.

        Who has left and been erased has none any more, and gets none by this.
        """
        elements = {socket.element for socket in sockets}
        connections = cls(sockets[0].user_id)
        changes: list[Action] = [cls.elements.delete(elements), cls.last_seen_at.set(clock.now()), cls.revision.add(1)]
        holds(lambda: connections.update(changes, cls.user_id.exists()))
        return connections

    @classmethod
    def find_all(cls, user_ids: Iterable[str]) -> list["Connections"]:
        """Return the connections of those users who ever had one, in no order."""
        return list(cls.batch_get(user_ids))

    @classmethod
    def find_all_now(cls, user_ids: Iterable[str]) -> list["Connections"]:
        """Return the same with every write that was answered before: whoever must not miss a socket."""
        return list(cls.batch_get(user_ids, consistent_read=True))

    @classmethod
    def lines_of(cls, user_ids: Collection[str]) -> dict[str, "Connections"]:
        """Return the same by user, also of those who never had one."""
        found = {one.user_id: one for one in cls.find_all_now(user_ids)}
        return {user_id: found.get(user_id) or cls(user_id) for user_id in user_ids}

    @property
    def number(self) -> int:
        """The revision; 0 of somebody who never had a socket nor a call."""
        return int(self.revision or 0)

    def of_device(self, device_id: str | None) -> list[Socket]:
        """Return the live sockets of a device, the latest first."""
        mine = [socket for socket in self.sockets if socket.device_id == device_id]
        return sorted(mine, key=lambda socket: socket.connected_at, reverse=True)

    def misses(self, socket: Socket) -> bool:
        """Return whether anything follows from a socket's end: it was their last, or a device's last in a call."""
        return not self.sockets or bool(self.call_id and not self.of_device(socket.device_id))

    def take_line(self, call_id: str, writes: TransactWrite) -> None:
        """Have a transaction put the user into a call, unless anything here has changed since it was read."""
        unchanged = Connections.revision == self.revision if self.revision else Connections.revision.does_not_exist()
        writes.update(
            Connections(self.user_id),
            [Connections.call_id.set(call_id), Connections.revision.add(1)],
            condition=unchanged,
        )

    @classmethod
    def free_line(cls, user_id: str, call_id: str) -> None:
        """Note that a user is not in a call any more. If it is another one by now, nothing changes."""
        connections = cls(user_id)
        holds(lambda: connections.update([cls.call_id.remove(), cls.revision.add(1)], cls.call_id == call_id))
