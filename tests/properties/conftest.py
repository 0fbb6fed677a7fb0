"""The world in which conversations take place."""

import pytest

from core import parallel
from tests.calls import Calls
from tests.conftest import Clock
from tests.people import Person
from tests.properties.fates import InTurn
from tests.properties.test_log import Conversation


@pytest.fixture
def world(ann: Person, bob: Person, calls: Calls, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_threads", InTurn)
    monkeypatch.setattr(Conversation, "people", [ann, bob], raising=False)
    monkeypatch.setattr(Conversation, "calls", calls, raising=False)
    monkeypatch.setattr(Conversation, "clock", clock, raising=False)
