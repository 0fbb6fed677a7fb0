"""The dispatcher alone, without the guard that the handlers set."""

import pytest

from core import operations


@pytest.fixture(autouse=True)
def guards(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Nobody is asked unless a test asks for it."""
    asked: list[object] = []
    monkeypatch.setattr(operations, "_guards", asked)
    return asked
