from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.browser import chromium


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A machine without any Chromium."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    return SimpleNamespace(executable_path=str(tmp_path / "chromium-of-playwright"))


def test_without_a_chromium_tests_are_skipped_with_a_word(nowhere: Any) -> None:
    with pytest.raises(pytest.skip.Exception, match="No Chromium found: `apt install chromium`"):
        chromium.find(nowhere)


def test_where_ci_promises_a_chromium_it_has_to_be_there(nowhere: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="No Chromium found"):
        chromium.find(nowhere)


def test_playwrights_own_will_do(nowhere: Any) -> None:
    Path(nowhere.executable_path).touch()
    assert chromium.find(nowhere) == nowhere.executable_path
