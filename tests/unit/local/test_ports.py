import socket

import pytest

from local import ports
from local.errors import LocalError


def test_a_port_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_PORT", "8123")

    assert ports.read("WEB_PORT", 8080) == 8123


@pytest.mark.parametrize("empty", [None, "", " "])
def test_a_port_has_a_default(monkeypatch: pytest.MonkeyPatch, empty: str | None) -> None:
    monkeypatch.delenv("WEB_PORT", raising=False)
    if empty is not None:
        monkeypatch.setenv("WEB_PORT", empty)

    assert ports.read("WEB_PORT", 8080) == 8080


@pytest.mark.parametrize("wrong", ["0", "65536", "-1", "http", "80.5", "８０"])
def test_what_is_no_port_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("WEB_PORT", wrong)

    with pytest.raises(LocalError, match="WEB_PORT must be a port between 1 and 65535"):
        ports.read("WEB_PORT", 8080)


def test_a_taken_port_is_refused() -> None:
    with socket.create_server((ports.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LocalError, match=f"Port {port} is taken: choose another with WEB_PORT=<port>"):
            ports.require_free(port, "WEB_PORT")


def test_a_free_port_is_free() -> None:
    ports.require_free(ports.free(), "WEB_PORT")
