from collections.abc import Iterator
from pathlib import Path

import pytest

from local import ports
from local.stack import Stack
from tests.unit.local.echo import HTTP_ID, SOCKET_ID, deploy_echo


@pytest.fixture(scope="module")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A MiniStack with the two APIs, for the tests of one file."""
    stack = Stack(tmp_path_factory.mktemp("ministack"), ports.free(), [])
    stack.start()
    try:
        deploy_echo(stack)
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def socket_url(ministack: Stack) -> str:
    return f"{ministack.aws_endpoint}/_aws/execute-api/{SOCKET_ID}/local".replace("http", "ws", 1)


@pytest.fixture
def http_url(ministack: Stack) -> str:
    return f"{ministack.aws_endpoint}/_aws/execute-api/{HTTP_ID}"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "stack"
