"""Serve the web client and the library it stands on, with the settings of the local stack."""

import json
import threading
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import BinaryIO
from urllib.parse import urlsplit

from deploy import site
from local import mails, ports

INBOX = "inbox.json"

# What resources/web.yml says of every answer. What names the stack stands in index.html.
POLICY = (
    "script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; "
    "require-trusted-types-for 'script'; trusted-types kaiwa"
)

# What calls use is the page's own to ask for, and nobody else's.
PERMISSIONS = "camera=(self), display-capture=(self), geolocation=(), microphone=(self)"


class PageHandler(SimpleHTTPRequestHandler):
    """Answers with files of web/ and clients/js/, with the generated config.json, and with the mails sent."""

    extensions_map = {**site.TYPES, "": "application/octet-stream"}  # noqa: RUF012 The base class declares it as a plain attribute.

    def __init__(
        self, *args: object, config: dict[str, str], hosts: list[str], aws_endpoint: str | None, **kwargs: object
    ) -> None:
        self._config = config
        self._hosts = hosts
        self._aws_endpoint = aws_endpoint
        super().__init__(*args, directory=str(site.PAGES), **kwargs)  # type: ignore[arg-type]

    def send_head(self) -> BinaryIO | None:
        """Answer with what is written for this stack, or with a file; a folder is not listed."""
        address = urlsplit(self.path).path.removeprefix("/") or site.START
        if address in {site.CONFIG, site.START, site.WORKER}:
            return self._send(site.contents(self._config, self._hosts)[address], site.type_of(address))
        if address == INBOX and self._aws_endpoint:
            return self._send_mails(self._aws_endpoint)
        return super().send_head()

    def _send(self, content: bytes, content_type: str) -> BinaryIO:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        return BytesIO(content)

    def _send_mails(self, aws_endpoint: str) -> BinaryIO | None:
        try:
            return self._send(json.dumps({"mails": mails.read(aws_endpoint)}).encode(), site.TYPES[".json"])
        except OSError:
            self.send_error(HTTPStatus.BAD_GATEWAY)
            return None

    def translate_path(self, path: str) -> str:
        """Return the file a path of a URL names, in one of the two folders."""
        location = urlsplit(path).path.removeprefix("/")
        if not location.startswith(site.LIBRARY_PREFIX):
            return super().translate_path(path)
        pages, self.directory = self.directory, str(site.LIBRARY)
        try:
            return super().translate_path(location.removeprefix(site.LIBRARY_PREFIX[:-1]))
        finally:
            self.directory = pages

    def list_directory(self, path: object) -> None:  # noqa: ARG002
        """Refuse to list a folder."""
        self.send_error(HTTPStatus.NOT_FOUND)

    def end_headers(self) -> None:
        """Add what holds for every answer: always ask for a newer one, and what pages of others may do with it."""
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Permissions-Policy", PERMISSIONS)
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 The base class calls it so.
        """Keep the terminal for what people need to read."""


def serve(port: int, api_url: str, socket_url: str, aws_endpoint: str | None = None) -> ThreadingHTTPServer:
    """Start serving on 127.0.0.1 in a thread of its own.

    Args:
        port: The port to listen on.
        api_url: The REST API the page talks to.
        socket_url: The WebSocket API it talks to.
        aws_endpoint: The local AWS whose mails the page shows; none are shown without it.

    Returns:
        The server, to be shut down in the end.
    """
    config = {"apiUrl": api_url, **({"inbox": INBOX} if aws_endpoint else {})}
    handler = partial(PageHandler, config=config, hosts=[api_url, socket_url], aws_endpoint=aws_endpoint)
    server = ThreadingHTTPServer((ports.HOST, port), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    return server
