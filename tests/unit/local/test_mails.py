import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from local import mails, ports, web

SENT = {
    "messages": {
        "000000000000": [
            {"To": ["ann@example.com"], "Subject": "first", "BodyText": "111111", "Timestamp": 1_767_225_600.0},
            {"To": ["bob@example.com"], "Subject": "second", "BodyText": "222222", "Timestamp": 1_767_225_660.5},
        ]
    }
}


class Inbox(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path == mails.INBOX
        self.send_response(200 if found else 404)
        self.end_headers()
        if found:
            self.wfile.write(json.dumps(SENT).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 The base class calls it so.
        """Say nothing."""


@pytest.fixture
def aws_endpoint() -> Iterator[str]:
    server = ThreadingHTTPServer((ports.HOST, 0), Inbox)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://{ports.HOST}:{server.server_port}"
    server.shutdown()
    server.server_close()


def site(aws_endpoint: str | None) -> tuple[ThreadingHTTPServer, httpx.Client]:
    port = ports.free()
    server = web.serve(port, "http://127.0.0.1:4599/api", "ws://127.0.0.1:4599/socket", aws_endpoint)
    return server, httpx.Client(base_url=f"http://{ports.HOST}:{port}")


def test_the_mails_are_read_the_latest_first(aws_endpoint: str) -> None:
    assert mails.read(aws_endpoint) == [
        {"to": "bob@example.com", "subject": "second", "text": "222222", "sentAt": "2026-01-01T00:01:00.500Z"},
        {"to": "ann@example.com", "subject": "first", "text": "111111", "sentAt": "2026-01-01T00:00:00.000Z"},
    ]


def test_the_page_is_told_where_the_mails_are_and_gets_them_from_its_own_origin(aws_endpoint: str) -> None:
    server, client = site(aws_endpoint)
    with client:
        address = client.get("/config.json").json()["inbox"]
        answer = client.get(f"/{address}")
    server.shutdown()
    server.server_close()

    assert [mail["subject"] for mail in answer.json()["mails"]] == ["second", "first"]
    assert answer.headers["Content-Type"] == "application/json"


def test_without_a_local_aws_there_are_no_mails() -> None:
    server, client = site(None)
    with client:
        assert "inbox" not in client.get("/config.json").json()
        assert client.get("/inbox.json").status_code == 404
    server.shutdown()
    server.server_close()


def test_mails_that_cannot_be_read_are_a_bad_gateway() -> None:
    server, client = site(f"http://{ports.HOST}:{ports.free()}")
    with client:
        assert client.get("/inbox.json").status_code == 502
    server.shutdown()
    server.server_close()
