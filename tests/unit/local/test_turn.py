import shutil
import socket
from pathlib import Path

import pytest

from local import ports
from local.errors import LocalError
from local.turn import Turn


def test_without_coturn_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(LocalError, match="apt install coturn"):
        Turn(tmp_path, ports.free())


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server((ports.HOST, 0)) as other, pytest.raises(LocalError, match=r"TURN_PORT=<port>"):
        Turn(tmp_path, other.getsockname()[1])


def test_each_has_a_secret_of_its_own_that_only_its_owner_may_read(tmp_path: Path) -> None:
    first, second = Turn(tmp_path, ports.free()), Turn(tmp_path, ports.free())
    assert first.secrets != second.secrets
    with first:
        configuration = tmp_path / "turnserver.conf"
        assert f"static-auth-secret={first.secrets[0]}" in configuration.read_text()
        assert configuration.stat().st_mode & 0o077 == 0


def test_what_ends_at_once_is_told_with_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.turn.PROGRAM", "false")
    with pytest.raises(LocalError, match=r"coturn did not start.*turn\.log"), Turn(tmp_path, ports.free()):
        pass
