"""Credentials for TURN, against what OpenSSL computes: ``printf NAME | openssl dgst -sha1 -hmac SECRET -binary``."""

from collections.abc import Iterator
from io import StringIO

import pytest

from adapters import parameters
from adapters.parameters import ParameterError
from core.settings import settings
from domain import ice_servers
from domain.ice_servers import IceServer
from tests.conftest import Clock

NOW = 1_700_000_000
TURN = ["turn:turn.example.com:3478?transport=udp", "turns:turn.example.com:5349?transport=tcp"]


@pytest.fixture(autouse=True)
def _now(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    clock.advance(NOW - 3600 - clock.milliseconds() / 1000 + 0.5)
    settings.cache_clear()
    holds(monkeypatch, "north\n")
    yield
    settings.cache_clear()


def holds(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setattr(parameters, "remembered_secret", {"/kaiwa/test/turn-secret": value}.__getitem__)


@pytest.mark.parametrize(
    ("secret", "name", "expected"),
    [
        ("north", "1700000000:alice", "Cd/49soE35ICqcJF/bCTn8Z4OyE="),
        ("a-longer+secret/with=signs", "1795000000:5b0f2c1e-花", "JJC7SAvS9r6XeGS6a/6vIUd6Eow="),
    ],
)
def test_a_credential_is_the_names_hmac(secret: str, name: str, expected: str) -> None:
    assert ice_servers.credential(secret, name) == expected


def test_credentials_are_for_one_user_and_one_time() -> None:
    issued = ice_servers.issue("alice")
    assert issued.expires_at == "2023-11-14T22:13:20.000Z"
    assert issued.ice_servers == [
        IceServer(["stun:turn.example.com:3478"]),
        IceServer(TURN, "1700000000:alice", "Cd/49soE35ICqcJF/bCTn8Z4OyE="),
    ]


@pytest.mark.parametrize("value", ["north\nsouth\n", "north\r\nsouth", "  north south"])
def test_the_first_of_two_secrets_signs(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    holds(monkeypatch, value)
    assert ice_servers.issue("alice").ice_servers[1].credential == "Cd/49soE35ICqcJF/bCTn8Z4OyE="


def test_without_turn_nobody_asks_for_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURN_URLS", "")
    monkeypatch.delattr(parameters, "remembered_secret")
    assert ice_servers.issue("alice").ice_servers == [IceServer(["stun:turn.example.com:3478"])]


def test_with_no_server_at_all_the_list_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURN_URLS", "")
    monkeypatch.setenv("STUN_URLS", "")
    issued = ice_servers.issue("alice")
    assert (issued.ice_servers, issued.expires_at) == ([], "2023-11-14T22:13:20.000Z")


@pytest.mark.parametrize("trouble", ["untold", "empty"])
def test_without_a_secret_there_is_stun_alone(trouble: str, monkeypatch: pytest.MonkeyPatch, log: StringIO) -> None:
    def fail(_name: str) -> str:
        if trouble == "untold":
            raise ParameterError
        return " \n"

    monkeypatch.setattr(parameters, "remembered_secret", fail)
    assert ice_servers.issue("alice").ice_servers == [IceServer(["stun:turn.example.com:3478"])]
    assert "no secret for TURN" in log.getvalue()
