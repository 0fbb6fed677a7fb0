import json
import re
from pathlib import Path
from typing import Any

import pytest

from deploy import site

HOSTS = ["https://api.example.com/v1", "wss://socket.example.com/prod", "https://files.example.com"]


def shell(found: dict[str, bytes]) -> dict[str, Any]:
    first, _, _ = found[site.WORKER].decode().partition(";\n")
    return json.loads(first.removeprefix("const SHELL = "))


def test_everything_the_page_needs_is_there_and_nothing_else() -> None:
    addresses = set(site.files())

    assert {"index.html", "app.js", "strings/ja.js", "style/theme.css", "images/icon-192.png"} <= addresses
    assert {"manifest.webmanifest", "service_worker.js", "clients/js/index.js"} <= addresses
    assert not [each for each in addresses if "/fake/" in each or "/test/" in each or each.endswith("package.json")]
    for address in addresses:
        assert site.type_of(address)


def test_the_start_page_allows_requests_to_the_stack_alone() -> None:
    page = site.contents({}, HOSTS)[site.START].decode()

    allowed = "connect-src 'self' https://api.example.com wss://socket.example.com https://files.example.com;"
    assert allowed in page
    assert "https:;" not in page
    assert "require-trusted-types-for 'script'" in page


def test_the_start_page_names_every_script_once() -> None:
    page = site.contents({}, HOSTS)[site.START].decode()

    named = re.findall(r'<link rel="modulepreload" href="([^"]+)" />', page)
    assert len(named) == len(set(named))
    lazy = {address for address in site.files() if address.startswith("emoji/")} | {site.WORKER}
    assert set(named) == {address for address in site.files() if address.endswith(".js")} - lazy


def test_a_start_page_without_a_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="0 policies"):
        site.start("<html></html>", HOSTS)


def test_the_settings_are_not_kept_with_the_page() -> None:
    found = site.contents({"apiUrl": HOSTS[0]}, HOSTS)

    assert json.loads(found[site.CONFIG]) == {"apiUrl": HOSTS[0]}
    assert set(shell(found)["files"]) == set(found) - {site.CONFIG, site.WORKER}


def test_it_can_be_written_for_a_host_of_ones_own(tmp_path: Path) -> None:
    site.write(tmp_path, HOSTS[0], HOSTS[1:])

    written = {
        path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()
    }
    assert written == site.contents({"apiUrl": HOSTS[0]}, HOSTS)


def test_any_change_is_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def version() -> str:
        return shell(site.contents({}, HOSTS))["version"]

    before = version()
    assert version() == before
    assert shell(site.contents({}, HOSTS[:1]))["version"] != before
    for address in ("app.js", "style/theme.css", site.WORKER):
        changed = site.files()
        with monkeypatch.context() as change:
            change.setattr(type(changed[address]), "read_bytes", touched(changed[address]))
            assert version() != before, address


def touched(touched_path: Any) -> Any:
    """Read every file as it is, but for one."""

    def read_bytes(path: Any) -> bytes:
        with path.open("rb") as file:
            content: bytes = file.read()
        return content + b"\n" if path == touched_path else content

    return read_bytes
