"""adapters.sockets against a real HTTP server on this machine that answers as ``@connections`` does."""

import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from urllib3 import Timeout

from adapters import sockets
from adapters.sockets import Outcome
from core.settings import settings

FRAME = '{"type":"message.created","text":"やあ"}'.encode()
PATIENCE_SECONDS = 5
SILENT = 0
"""In place of a status: no answer ever comes."""


@dataclass
class Post:
    """A request that the server got."""

    path: str
    headers: dict[str, str]
    body: bytes
    client: tuple[str, int]


class ConnectionsApi(ThreadingHTTPServer):
    """Answers with the statuses that it was told, one after the other, and with 200 after the last."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.statuses: list[int] = []
        self.posts: list[Post] = []
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/test"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ConnectionsApi

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.posts.append(Post(self.path, headers, body, self.client_address))
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        if status == SILENT:
            self.server.ended.wait(PATIENCE_SECONDS)
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectionsApi]:
    server = ConnectionsApi()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    point_at(server.url, monkeypatch)
    yield server
    server.ended.set()
    sockets._pool().clear()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    forget()
    yield
    forget()


def forget() -> None:
    for kept in (settings, sockets._pool, sockets._signer):
        kept.cache_clear()


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Take note of the waits instead of waiting."""
    waited: list[float] = []
    monkeypatch.setattr(sockets.time, "sleep", waited.append)
    return waited


def point_at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTIONS_URL", url)
    settings.cache_clear()


def test_a_frame_is_posted_to_its_socket(api: ConnectionsApi, waits: list[float]) -> None:
    assert sockets.post("KfG5kcOoliACEFQ=", FRAME) is Outcome.DELIVERED
    (post,) = api.posts
    assert post.path == "/test/@connections/KfG5kcOoliACEFQ%3D"
    assert post.body == FRAME
    assert waits == []


@pytest.mark.parametrize("connection_id", ["a/b", "a?b", "a#b", "a b", "../x", "%2F"])
def test_no_id_leads_to_another_path(connection_id: str, api: ConnectionsApi) -> None:
    sockets.post(connection_id, FRAME)
    assert re.fullmatch(r"/test/@connections/[^/?#]+", api.posts[0].path)


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ([200], Outcome.DELIVERED),
        ([410], Outcome.GONE),
        ([429, 200], Outcome.DELIVERED),
        ([500, 503, 200], Outcome.DELIVERED),
        ([429, 410], Outcome.GONE),
        ([500, 500, 500], Outcome.FAILED),
        ([429, 429, 429], Outcome.FAILED),
        ([403], Outcome.FAILED),
        ([413], Outcome.FAILED),
        ([400], Outcome.FAILED),
        ([302], Outcome.FAILED),
    ],
)
def test_what_becomes_of_a_post(statuses: list[int], outcome: Outcome, api: ConnectionsApi, waits: list[float]) -> None:
    api.statuses = list(statuses)
    assert sockets.post("c1", FRAME) is outcome
    assert len(api.posts) == len(statuses)
    assert len(waits) == len(statuses) - 1
    assert all(post.body == FRAME for post in api.posts)


def test_waits_grow_and_differ(api: ConnectionsApi, waits: list[float]) -> None:
    for _ in range(20):
        api.statuses = [429, 429, 200]
        sockets.post("c1", FRAME)
    first, second = waits[::2], waits[1::2]
    assert all(0 <= wait <= sockets.LONGEST_WAIT_SECONDS for wait in first)
    assert all(0 <= wait <= sockets.LONGEST_WAIT_SECONDS * 2 for wait in second)
    assert max(second) > sockets.LONGEST_WAIT_SECONDS
    assert len(set(waits)) == len(waits)


def test_a_silent_server_is_given_up(api: ConnectionsApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "TIMEOUT", Timeout(connect=1, read=0.02))
    api.statuses = [SILENT, SILENT, SILENT]
    assert sockets.post("c1", FRAME) is Outcome.FAILED
    assert len(api.posts) == sockets.TRIES


def test_a_server_that_was_silent_once_gets_the_frame(api: ConnectionsApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "TIMEOUT", Timeout(connect=1, read=0.2))
    api.statuses = [SILENT]
    assert sockets.post("c1", FRAME) is Outcome.DELIVERED


def test_patience_is_seconds_and_not_minutes() -> None:
    assert (sockets.TIMEOUT.connect_timeout, sockets.TIMEOUT.read_timeout) == (1, 2)


def test_nobody_listening_is_a_failure(monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        point_at(f"http://127.0.0.1:{unused.getsockname()[1]}/test", monkeypatch)
        assert sockets.post("c1", FRAME) is Outcome.FAILED
    assert len(waits) == sockets.TRIES - 1


def test_the_signature_is_the_one_that_botocore_computes(api: ConnectionsApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """API Gateway computes it from what arrives, so it is computed here from what arrived."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")
    sockets.post("KfG5kcOoliACEFQ=", FRAME)
    (post,) = api.posts
    assert post.headers["x-amz-security-token"] == "session"
    credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session")
    arrived = AWSRequest("POST", api.url.removesuffix("/test") + post.path, data=post.body)
    arrived.headers["host"] = post.headers["host"]
    arrived.headers["X-Amz-Date"] = arrived.context["timestamp"] = post.headers["x-amz-date"]
    arrived.headers["X-Amz-Security-Token"] = post.headers["x-amz-security-token"]
    signer = SigV4Auth(credentials, "execute-api", settings().region)
    signature = signer.signature(signer.string_to_sign(arrived, signer.canonical_request(arrived)), arrived)
    assert post.headers["authorization"].endswith(f"Signature={signature}")
    assert (
        f"Credential=AKIDEXAMPLE/{post.headers['x-amz-date'][:8]}/us-east-1/execute-api/aws4_request"
        in (post.headers["authorization"])
    )


class NoCredentials:
    def get_credentials(self) -> None:
        """Find none."""


def test_without_credentials_nothing_is_posted(api: ConnectionsApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "get_session", NoCredentials)
    with pytest.raises(RuntimeError, match="credentials"):
        sockets.post("c1", FRAME)
    assert api.posts == []


def test_one_connection_carries_many_posts(api: ConnectionsApi) -> None:
    for number in range(20):
        assert sockets.post(f"c{number}", FRAME) is Outcome.DELIVERED
    assert len({post.client for post in api.posts}) == 1


def test_threads_share_their_connections(api: ConnectionsApi) -> None:
    def post_some() -> None:
        for number in range(10):
            sockets.post(f"c{number}", FRAME)

    threads = [threading.Thread(target=post_some) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(api.posts) == 80
    assert len({post.client for post in api.posts}) <= 8
