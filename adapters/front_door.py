"""Kaiwa itself, as its clients reach it: by the public addresses."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from urllib.request import HTTPError, Request, urlopen

import msgspec

from core.settings import settings

Fields = dict[str, Any]

PATIENCE_SECONDS = 8.0
"""For an answer, or a push. A cold start of every function on the way is within it."""


class ClosedError(Exception):
    """The door did not open, or something came that should not have."""


def ask(method: str, path: str, fields: Fields | None = None, token: str | None = None) -> Fields:
    """Make an HTTP request.

    Raises:
        ClosedError: The answer is no success.
        OSError: There is no answer.
    """
    headers = {"content-type": "application/json", **({"authorization": f"Bearer {token}"} if token else {})}
    body = msgspec.json.encode(fields) if fields is not None else None
    request = Request(settings().api_url + path, body, headers, method=method)  # noqa: S310 - our own address.
    try:
        with urlopen(request, timeout=PATIENCE_SECONDS) as response:  # noqa: S310
            answer: Fields = msgspec.json.decode(response.read() or b"{}")
    except HTTPError as error:
        # What it says may repeat what was asked.
        raise ClosedError(f"{method} was answered with {error.code}.") from None
    return answer


class Socket:
    """A client's end of a socket."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def send(self, action: str, **fields: Any) -> None:
        """Send a frame."""
        self._connection.send(msgspec.json.encode({"action": action, "requestId": action, **fields}).decode())

    def await_frame(self, kind: str) -> Fields:
        """Return the next frame of a type.

        Raises:
            TimeoutError: None came.
            ClosedError: It is the reply to something that failed.
        """
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            frame: Fields = msgspec.json.decode(self._connection.recv(max(0.0, end - time.monotonic())))
            if frame.get("type") == "reply" and frame["status"] >= HTTPStatus.BAD_REQUEST:
                raise ClosedError(f"A frame was answered with {frame['status']}.")
            if frame.get("type") == kind:
                return frame


@contextmanager
def open_socket(token: str) -> Iterator[Socket]:
    """Get a ticket and open a socket with it.

    Raises:
        ClosedError: There is no ticket.
        OSError: The socket does not open.
    """
    # Nobody else needs it, and importing it takes as long as a message.
    from websockets.sync.client import connect  # noqa: PLC0415

    ticket = ask("POST", "/tickets", {}, token)
    address = f"{ticket['url']}?ticket={quote(ticket['ticket'], safe='')}"
    with connect(address, open_timeout=PATIENCE_SECONDS, close_timeout=1) as connection:
        yield Socket(connection)
