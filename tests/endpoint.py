"""A service of AWS that is really reached over HTTP, on this machine, and answers what it was told to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from core import aws

PATIENCE_SECONDS = 5


@dataclass
class Told:
    """What to answer."""

    status: int
    body: bytes = b""


SILENCE = Told(0)
"""No answer ever comes."""

HANG_UP = Told(-1)
"""The connection ends without an answer."""


@dataclass
class Post:
    """A request that came."""

    path: str
    headers: dict[str, str]
    body: bytes
    client: tuple[str, int]
    method: str


class Endpoint(ThreadingHTTPServer):
    """Answers what it was told, one answer after the other, and the last one from then on."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posts: list[Post] = []
        self.ended = threading.Event()
        self._answers = [Told(200)]
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/test"

    def answer(self, *answers: Told | int) -> None:
        """Answer these from now on."""
        self._answers = [Told(one) if isinstance(one, int) else one for one in answers]

    def take(self, post: Post) -> Told:
        with self._lock:
            self.posts.append(post)
            return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that gave up."""


@contextmanager
def serving() -> Iterator[Endpoint]:
    """Serve until the block ends, and close what our own client keeps open to it."""
    server = Endpoint()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        aws._pool(*urlsplit(server.url)[:2]).close()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Endpoint

    def do_DELETE(self) -> None:
        self.do_POST()

    def do_PUT(self) -> None:
        self.do_POST()

    def do_GET(self) -> None:
        self.do_POST()

    def do_HEAD(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        told = self.server.take(Post(self.path, headers, body, self.client_address, self.command))
        if told.status <= 0:
            if told is SILENCE:
                self.server.ended.wait(PATIENCE_SECONDS)
            self.close_connection = True
            return
        self.send_response(told.status)
        self.send_header("content-length", str(len(told.body)))
        self.end_headers()
        self.wfile.write(told.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
