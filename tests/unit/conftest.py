"""Fixtures: a service of AWS over HTTP, and waits that are noted rather than waited."""

from collections.abc import Iterator

import pytest

from core import aws
from core.settings import settings
from tests.endpoint import Endpoint, serving


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Take note of the waits instead of waiting."""
    waited: list[float] = []
    monkeypatch.setattr(aws.time, "sleep", waited.append)
    return waited


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> Iterator[Endpoint]:
    """A server that takes the place of DynamoDB and of ``@connections``."""
    with serving() as server:
        monkeypatch.setenv("CONNECTIONS_URL", server.url)
        monkeypatch.setenv("DYNAMODB_URL", server.url)
        forget()
        yield server
    forget()


def forget() -> None:
    """Read settings and credentials anew."""
    for kept in (settings, aws._credentials, aws._pool):
        kept.cache_clear()
