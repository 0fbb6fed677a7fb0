"""What the tests of the Python library share."""

import pytest


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for a line that comes back at once."""
    for module in ("socket", "client"):
        monkeypatch.setattr(f"kaiwa.{module}.reconnect_delay", lambda _attempt: 0.01)
