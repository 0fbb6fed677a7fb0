"""Serve the web client and the library it stands on, with the settings of the local stack."""

import json
import threading
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from local import mails, ports

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "web"
LIBRARY = ROOT / "clients" / "js"
LIBRARY_PREFIX = "/clients/js/"
CONFIG = "/config.json"
INBOX = "/inbox.json"

PERMISSIONS = "camera=(self), display-capture=(self), geolocation=(), microphone=(self)"
"""What calls use is the page's own to ask for, and nobody else's."""


class PageHandler(SimpleHTTPRequestHandler):
    """Answers with files of web/ and clients/js/, with the generated config.json, and with the mails sent."""

    extensions_map = {  # noqa: RUF012 The base class declares it as a plain attribute.
        ".css": "text/css; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".ico": "image/x-icon",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".png": "image/png",
        ".svg": "image/svg+xml",
        ".webmanifest": "application/manifest+json",
        "": "application/octet-stream",
    }

    def __init__(self, *args: object, config: bytes, policy: str, aws_endpoint: str | None, **kwargs: object) -> None:
        self._config = config
        self._aws_endpoint = aws_endpoint
        self._policy = policy
        super().__init__(*args, directory=str(PAGES), **kwargs)  # type: ignore[arg-type]

    def send_head(self) -> BinaryIO | None:
        """Answer with config.json, or with a file; a folder without an index page is not listed."""
        path = urlsplit(self.path).path
        if path == CONFIG:
            return self._send_json(self._config)
        if path == INBOX and self._aws_endpoint:
            return self._send_mails(self._aws_endpoint)
        return super().send_head()

    def _send_json(self, content: bytes) -> BinaryIO:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        return BytesIO(content)

    def _send_mails(self, aws_endpoint: str) -> BinaryIO | None:
        try:
            return self._send_json(json.dumps({"mails": mails.read(aws_endpoint)}).encode())
        except OSError:
            self.send_error(HTTPStatus.BAD_GATEWAY)
            return None

    def translate_path(self, path: str) -> str:
        """Return the file a path of a URL names, in one of the two folders."""
        location = urlsplit(path).path
        if not location.startswith(LIBRARY_PREFIX):
            return super().translate_path(path)
        pages, self.directory = self.directory, str(LIBRARY)
        try:
            return super().translate_path(location.removeprefix(LIBRARY_PREFIX[:-1]))
        finally:
            self.directory = pages

    def list_directory(self, path: object) -> None:  # noqa: ARG002
        """Refuse to list a folder."""
        self.send_error(HTTPStatus.NOT_FOUND)

    def end_headers(self) -> None:
        """Add what holds for every answer: always ask for a newer one, and nothing from elsewhere on the page."""
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Content-Security-Policy", self._policy)
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
    origins = " ".join(f"{url.scheme}://{url.netloc}" for url in map(urlsplit, (api_url, socket_url)))
    policy = (
        f"default-src 'self'; connect-src 'self' {origins}; img-src 'self' data: blob:; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    )
    inbox = {"inbox": INBOX.removeprefix("/")} if aws_endpoint else {}
    config = json.dumps({"apiUrl": api_url, **inbox}).encode()
    handler = partial(PageHandler, config=config, policy=policy, aws_endpoint=aws_endpoint)
    server = ThreadingHTTPServer((ports.HOST, port), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    return server
