"""HTTP/1.1 as far as AWS's own services speak it: requests on one connection, one after the other.

The standard library's client reads headers as it would a mail's, and sends a request's head and body each by itself.
With the answers' parsing left to llhttp, a post takes half the processor time.
"""

import socket
import ssl
from collections.abc import Mapping

import httptools
import msgspec

READ_BYTES = 64 * 1024

SENT_TOGETHER_BYTES = 64 * 1024
"""A body up to here goes out with its head, in one packet where it fits; a larger one is not worth the copy."""


class Answer(msgspec.Struct, frozen=True):
    """What was answered.

    Attributes:
        status: The HTTP status.
        body: The bytes of the body.
        headers: The headers, in lower case.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = {}


class BrokenAnswer(Exception):
    """What came is no HTTP, or ended before its end."""


class Connection:
    """A connection to a server, open from the beginning."""

    def __init__(self, host: str, port: int, trust: ssl.SSLContext | None, timeout: float) -> None:
        """Open it.

        Args:
            host: The server.
            port: Its port.
            trust: Whom to trust, where it is to be encrypted.
            timeout: How many seconds it may take.

        Raises:
            OSError: It cannot be opened.
        """
        self.socket: socket.socket = socket.create_connection((host, port), timeout)
        try:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if trust:
                self.socket = trust.wrap_socket(self.socket, server_hostname=host)
        except BaseException:
            self.socket.close()
            raise

    def ask(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> tuple[Answer, bool]:
        """Send a request and read its answer.

        Args:
            method: The HTTP method.
            target: The path, with the query.
            headers: All of them but the body's length.
            body: The body.
            timeout: How many seconds to wait between two bytes.

        Returns:
            The answer, and whether the connection can take another request.

        Raises:
            OSError: The connection broke.
            BrokenAnswer: What came is no answer.
        """
        self.socket.settimeout(timeout)
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        head = "\r\n".join([*lines, f"content-length: {len(body)}", "\r\n"]).encode("latin-1")
        if len(body) <= SENT_TOGETHER_BYTES:
            self.socket.sendall(head + body)
        else:
            self.socket.sendall(head)
            self.socket.sendall(body)
        reader = _Reader(has_body=method != "HEAD")
        while not reader.is_complete:
            reader.take(self.socket.recv(READ_BYTES))
        return reader.answer(), reader.stays_open

    def close(self) -> None:
        """Close it."""
        self.socket.close()


class _Reader:
    """One answer, while it comes. llhttp calls what begins with ``on_``."""

    def __init__(self, has_body: bool) -> None:
        self.is_complete = False
        self.stays_open = False
        self._has_body = has_body
        self._status = 0
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)

    def take(self, data: bytes) -> None:
        """Take what has come; nothing where the server has closed the connection."""
        if not data:
            self._end()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            raise BrokenAnswer(str(error)) from error

    def answer(self) -> Answer:
        return Answer(self._status, b"".join(self._body), self._headers)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()
        if not self._has_body:
            # llhttp does not know what was asked, and would wait for the body that such an answer tells the length of.
            self.stays_open = self._parser.should_keep_alive()
            self.is_complete = True

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        self.stays_open = self._parser.should_keep_alive()
        self.is_complete = True

    def _end(self) -> None:
        """Take the end of the connection for the end of the body, where nothing else says where that is."""
        if not self._status or not {"content-length", "transfer-encoding"}.isdisjoint(self._headers):
            raise BrokenAnswer("The connection ended before the answer did.")
        self.is_complete = True
