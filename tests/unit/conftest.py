"""Fixtures: a service of AWS over HTTP, and waits that are noted rather than waited."""

import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from core import aws
from core.settings import settings
from tests.endpoint import Endpoint


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Take note of the waits instead of waiting."""
    waited: list[float] = []
    monkeypatch.setattr(aws.time, "sleep", waited.append)
    return waited


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> Iterator[Endpoint]:
    """A server that takes the place of DynamoDB and of ``@connections``."""
    server = Endpoint()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("CONNECTIONS_URL", server.url)
    monkeypatch.setenv("DYNAMODB_URL", server.url)
    forget()
    yield server
    server.ended.set()
    aws._pool(*urlsplit(server.url)[:2]).close()
    forget()
    server.shutdown()
    thread.join()
    server.server_close()


def forget() -> None:
    """Read settings and credentials anew."""
    for kept in (settings, aws._credentials, aws._pool):
        kept.cache_clear()
