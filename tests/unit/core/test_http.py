"""core.http against a server that says byte for byte what it was told."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from core import http
from core.http import Answer, BrokenAnswer, Connection

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Server:
    """Takes one connection. For each request it says the next of its answers, piece by piece; then it hangs up."""

    def __init__(self, answers: tuple[list[bytes], ...]) -> None:
        self.heard: list[bytes] = []
        self._answers = answers
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection, connection.makefile("rb") as stream:
            for pieces in self._answers:
                self.heard.append(self._request(stream))
                for piece in pieces:
                    connection.sendall(piece)

    def _request(self, stream: socket.SocketIO) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += stream.readline()
        length = next(int(line.split(b": ")[1]) for line in head.split(b"\r\n") if line.startswith(b"content-length"))
        return head + stream.read(length)

    def stop(self) -> None:
        self._thread.join()
        self._listener.close()


@pytest.fixture
def serving() -> Iterator[Callable[..., tuple[Server, Connection]]]:
    """Start a server of these answers and connect to it."""
    started: list[tuple[Server, Connection]] = []

    def start(*answers: list[bytes]) -> tuple[Server, Connection]:
        server = Server(answers)
        started.append((server, Connection("127.0.0.1", server.port, None, 5)))
        return started[-1]

    yield start
    for server, connection in started:
        connection.close()
        server.stop()


def ask(connection: Connection, method: str = "POST", body: bytes = b"hi") -> tuple[Answer, bool]:
    return connection.ask(method, "/a?b=c", {"host": "h", "x-one": "1"}, body, 5)


def test_a_request_goes_out_whole(serving: Callable) -> None:
    server, connection = serving([OK])
    assert ask(connection) == (Answer(200, b"ok", {"content-length": "2"}), True)
    assert server.heard == [b"POST /a?b=c HTTP/1.1\r\nhost: h\r\nx-one: 1\r\ncontent-length: 2\r\n\r\nhi"]


def test_a_large_body_goes_out_whole(serving: Callable) -> None:
    server, connection = serving([OK])
    body = bytes(range(256)) * 4096 * 4
    assert len(body) > http.SENT_TOGETHER_BYTES
    ask(connection, body=body)
    assert server.heard[0].endswith(b"\r\n\r\n" + body)


def test_an_answer_may_come_in_pieces(serving: Callable) -> None:
    _, connection = serving([bytes([byte]) for byte in OK])
    assert ask(connection)[0] == Answer(200, b"ok", {"content-length": "2"})


@pytest.mark.parametrize(
    ("said", "status", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 200, b"abcde"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", 410, b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70000, 200, b"x" * 70000),
    ],
)
def test_answers_end_where_they_say(said: bytes, status: int, body: bytes, serving: Callable) -> None:
    """What comes after them on the same connection is another answer."""
    _, connection = serving([said], [OK])
    answer, stays_open = ask(connection)
    assert (answer.status, answer.body, stays_open) == (status, body, True)
    assert ask(connection)[0].body == b"ok"


def test_an_answer_to_head_has_a_length_and_no_body(serving: Callable) -> None:
    _, connection = serving([b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nETag: e\r\n\r\n"], [OK])
    answer, stays_open = ask(connection, "HEAD", b"")
    assert (answer.body, answer.headers["etag"], stays_open) == (b"", "e", True)
    assert ask(connection)[0].body == b"ok"


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nConnection: close", b"HTTP/1.0 200 OK"])
def test_a_server_may_want_no_more_requests(head: bytes, serving: Callable) -> None:
    _, connection = serving([head + b"\r\ncontent-length: 2\r\n\r\nok"])
    answer, stays_open = ask(connection)
    assert (answer.body, stays_open) == (b"ok", False)


def test_a_body_without_a_length_ends_with_the_connection(serving: Callable) -> None:
    _, connection = serving([b"HTTP/1.1 200 OK\r\n\r\nall", b" of it"])
    answer, stays_open = ask(connection)
    assert (answer.status, answer.body, stays_open) == (200, b"all of it", False)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nab",
        b"220 mail.example.com ESMTP\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\nok",
    ],
)
def test_what_is_no_whole_answer_is_none(said: bytes, serving: Callable) -> None:
    _, connection = serving([said])
    with pytest.raises(BrokenAnswer):
        ask(connection)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost that nobody trusts unless told to, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    (folder / "certificate.pem").write_bytes(made.public_bytes(Encoding.PEM))
    unencrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(unencrypted)
    return folder / "certificate.pem", folder / "key.pem"


def serve_one(listener: socket.socket, certificate: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    connection, _ = listener.accept()
    with suppress(OSError), context.wrap_socket(connection, server_side=True) as encrypted:
        encrypted.recv(4096)
        encrypted.sendall(OK)


@pytest.mark.parametrize(
    ("host", "is_trusted", "comes_through"),
    [("localhost", True, True), ("127.0.0.1", True, False), ("localhost", False, False)],
)
def test_tls_speaks_to_whom_it_was_meant_for_alone(
    host: str, is_trusted: bool, comes_through: bool, certificate: tuple[Path, Path]
) -> None:
    trust = ssl.create_default_context(cafile=str(certificate[0]) if is_trusted else None)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve_one, args=(listener, certificate))
        thread.start()
        try:
            connection = Connection(host, listener.getsockname()[1], trust, 5)
            assert ask(connection)[0].body == b"ok"
            connection.close()
            arrived = True
        except ssl.SSLCertVerificationError:
            arrived = False
        thread.join()
    assert arrived is comes_through
