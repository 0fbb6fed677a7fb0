"""A socket that is kept open. Which connection is current, and whether it lives, is known here and nowhere else."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from kaiwa.backoff import reconnect_delay, renewal_delay
from kaiwa.connection import Connection
from kaiwa.errors import ConnectionLost, Problem
from kaiwa.rest import Rest
from kaiwa.shapes import Frame, Greeting, Ticket

PING_INTERVAL = 25.0
"""Seconds of silence after which to ask whether the line is alive, where a dead one is to be noticed soon."""


class Socket:
    """One connection after another, the next before the one before it expires.

    Attributes:
        device_id: The device's name for itself; the server gives one to a device without.
        failure: Why no connection is opened any more; None while nothing speaks against it.
    """

    def __init__(
        self,
        rest: Rest,
        device_id: str | None,
        ping_interval: float,
        *,
        on_push: Callable[[Frame], None],
        on_open: Callable[[], None],
        on_state: Callable[[bool], None],
        on_failure: Callable[[Exception], None],
    ) -> None:
        """Prepare a socket; nothing is opened yet.

        Args:
            rest: What asks for tickets.
            device_id: A name that was kept.
            ping_interval: Seconds of silence after which to ask whether the line is alive, or sooner where the server
                wants it.
            on_push: Called with each pushed frame.
            on_open: Called whenever there is a new connection.
            on_state: Called with whether there is a connection that lives, whenever that changes.
            on_failure: Called with what ends it all.
        """
        self.device_id = device_id
        self.failure: Exception | None = None
        self._rest = rest
        self._ping_interval = ping_interval
        self._on_push = on_push
        self._on_open = on_open
        self._on_state = on_state
        self._on_failure = on_failure
        self._current: Connection | None = None
        self._was_open = False
        self._changed = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    @property
    def connection(self) -> Connection | None:
        """The connection to ask on; None while there is none that lives."""
        return self._current if self._current and not self._current.closed.done() else None

    async def open(self) -> Connection:
        """Open a connection, and keep one open from now on: also after a failure, whose reason may be gone.

        Raises:
            Problem: The server will not have this client.
        """
        if not self._keeping or self._keeping.done():
            self.failure = None
            self._keeping = asyncio.create_task(self._keep())
        return await self.wait()

    async def wait(self) -> Connection:
        """Return the connection to ask on, once there is one.

        Raises:
            Exception: The failure, where there will be none.
        """
        while not (connection := self.connection):
            if self.failure:
                raise self.failure
            self._changed.clear()
            await self._changed.wait()
        return connection

    async def close(self) -> None:
        """Close the socket for good."""
        if self._keeping:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})
        await self._fail(ConnectionLost("The client was closed."))

    async def _keep(self) -> None:
        try:
            await self._renew()
        except Exception as error:
            # Whatever it is, those who wait must hear of it.
            await self._fail(error)

    async def _renew(self) -> None:
        attempt = 0
        while True:
            try:
                connection, greeting = await self._connect()
            except (ConnectionLost, Problem) as error:
                if not error.is_temporary:
                    raise
                await asyncio.sleep((error.retry_after or 0) + reconnect_delay(attempt))
                attempt += 1
                continue
            attempt = 0
            # A call is held by a device, so it must be the same one after a socket was lost.
            self.device_id = greeting["deviceId"]
            connection.keep_alive(min(self._ping_interval, greeting["keepAliveSeconds"]))
            self._adopt(connection)
            expires_at, now = (
                datetime.fromisoformat(moment).timestamp()
                for moment in (greeting["connectionExpiresAt"], greeting["serverTime"])
            )
            await asyncio.wait({connection.closed}, timeout=renewal_delay(expires_at - now))
            if connection.closed.done():
                await asyncio.sleep(reconnect_delay(attempt))
                attempt += 1

    async def _connect(self) -> tuple[Connection, Greeting]:
        """Open a connection. What it pushes counts from its first moment on."""
        ticket: Ticket = await self._rest.call("createTicket", deviceId=self.device_id)
        connection = await Connection.open(ticket["url"], ticket["ticket"], self._on_push)
        try:
            return connection, await connection.request("hello")
        except BaseException:
            await connection.close()
            raise

    def _adopt(self, connection: Connection) -> None:
        """Go on with a new connection. The one before it lives until its replies have come: nothing falls between."""
        before, self._current = self._current, connection
        if before:
            before.retire()
        # It may end at any time, also while the next one is being opened.
        connection.closed.add_done_callback(lambda _: self._note_state())
        self._note_state()
        self._changed.set()
        self._on_open()

    def _note_state(self) -> None:
        is_open = self.connection is not None
        if is_open != self._was_open:
            self._was_open = is_open
            # What goes wrong in there is the caller's, and is told as such; the socket goes on.
            asyncio.get_running_loop().call_soon(self._on_state, is_open)

    async def _fail(self, failure: Exception) -> None:
        self.failure = failure
        if self._current:
            await self._current.close()
        self._changed.set()
        self._on_failure(failure)
