"""core.aws against a real HTTP server."""

import json
import socket
import threading
from pathlib import Path

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import HTTPClientError

from core import aws, parallel
from core.settings import settings
from tests.endpoint import HANG_UP, SILENCE, Endpoint, Told, serving
from tests.unit.conftest import forget

BODY = '{"text":"やあ"}'.encode()


def post(url: str) -> aws.Answer:
    return aws.post("execute-api", "PostToConnection", url, BODY, {"content-type": "application/json"})


def test_what_is_answered_comes_back(endpoint: Endpoint) -> None:
    endpoint.answer(Told(418, b"tea"))
    answer = post(endpoint.url)
    assert (answer.status, answer.body, answer.headers["content-length"]) == (418, b"tea", "3")
    (arrived,) = endpoint.posts
    assert (arrived.path, arrived.body) == ("/test", BODY)
    assert arrived.headers["content-type"] == "application/json"


@pytest.mark.parametrize("told", [SILENCE, HANG_UP])
def test_no_answer_is_an_error(told: Told, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "TIMEOUT_SECONDS", (1, 0.05))
    endpoint.answer(told)
    with pytest.raises(HTTPClientError):
        post(endpoint.url)
    assert len(endpoint.posts) == 1


def test_nobody_there_is_the_same_error(endpoint: Endpoint) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(HTTPClientError):
            post(f"http://127.0.0.1:{unused.getsockname()[1]}/test")


def test_patience_is_seconds_and_not_minutes() -> None:
    assert sum(aws.TIMEOUT_SECONDS) * aws.TRIES < 29


def test_the_signature_is_the_one_that_botocore_computes(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS computes it from what arrives, so it is computed here from what arrived."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")
    forget()
    post(endpoint.url + "/@connections/KfG5kcOoliACEFQ%3D")
    (arrived,) = endpoint.posts
    assert arrived.path == "/test/@connections/KfG5kcOoliACEFQ%3D"
    assert arrived.headers["x-amz-security-token"] == "session"
    date = arrived.headers["x-amz-date"]
    scope, signed, signature = arrived.headers["authorization"].removeprefix("AWS4-HMAC-SHA256 ").split(", ")
    assert scope == f"Credential=AKIDEXAMPLE/{date[:8]}/us-east-1/execute-api/aws4_request"
    request = AWSRequest("POST", endpoint.url.removesuffix("/test") + arrived.path, data=arrived.body)
    for name in signed.removeprefix("SignedHeaders=").split(";"):
        request.headers[name] = arrived.headers[name]
    assert {"host", "x-amz-date", "x-amz-security-token"} <= set(signed.removeprefix("SignedHeaders=").split(";"))
    request.context["timestamp"] = date
    credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session")
    signer = SigV4Auth(credentials, "execute-api", settings().region)
    expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    assert signature == f"Signature={expected}"


@pytest.fixture
def no_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment without credentials, as a process has that was restored from a snapshot."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))


def test_without_credentials_nothing_is_sent(endpoint: Endpoint, no_keys: None) -> None:
    with pytest.raises(RuntimeError, match="credentials"):
        post(endpoint.url)
    assert endpoint.posts == []


def test_a_restored_process_asks_where_lambda_tells_it_to(
    endpoint: Endpoint, no_keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as lambdas:
        told = {"AccessKeyId": "AKID", "SecretAccessKey": "s", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"}
        lambdas.answer(Told(200, json.dumps(told).encode()))
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", lambdas.url)
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "token")
        post(endpoint.url)
    (arrived,) = endpoint.posts
    assert "Credential=AKID/" in arrived.headers["authorization"]
    assert arrived.headers["x-amz-security-token"] == "t"


def test_one_connection_carries_many_requests(endpoint: Endpoint) -> None:
    for _ in range(20):
        post(endpoint.url)
    assert len({arrived.client for arrived in endpoint.posts}) == 1


def test_threads_share_their_connections(endpoint: Endpoint) -> None:
    post(endpoint.url)

    def post_some() -> None:
        for _ in range(10):
            post(endpoint.url)

    threads = [threading.Thread(target=post_some) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(endpoint.posts) == 81
    assert len({arrived.client for arrived in endpoint.posts}) <= 8


def test_as_many_connections_are_kept_as_calls_are_under_way(endpoint: Endpoint) -> None:
    post(endpoint.url)
    for _ in range(3):
        parallel.each(lambda _: post(endpoint.url), range(parallel.MOST_AT_ONCE * 2))
    assert len({arrived.client for arrived in endpoint.posts}) <= parallel.MOST_AT_ONCE


@pytest.mark.parametrize(
    ("status", "passing"),
    [(200, False), (400, False), (403, False), (410, False), (429, True), (500, True), (503, True)],
)
def test_which_statuses_pass(status: int, passing: bool) -> None:
    assert aws.is_passing(status) is passing


def test_waits_grow_and_are_left_to_chance(waits: list[float]) -> None:
    for attempt in (1, 2, 3):
        waits.clear()
        for _ in range(200):
            aws.wait(attempt)
        longest = aws.LONGEST_WAIT_SECONDS * 2 ** (attempt - 1)
        assert all(0 <= wait <= longest for wait in waits)
        assert max(waits) > longest / 2
        assert min(waits) < longest / 4
        assert len(set(waits)) == len(waits)
