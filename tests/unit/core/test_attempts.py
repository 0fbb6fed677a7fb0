import pytest

from core import aws
from core.attempts import MOST, attempts


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    waited: list[int] = []
    monkeypatch.setattr(aws, "wait", waited.append)
    return waited


def test_the_first_try_comes_at_once(waited: list[int]) -> None:
    assert next(attempts()) == 1
    assert waited == []


def test_the_waits_grow_and_end_in_time(waited: list[int]) -> None:
    assert list(attempts()) == list(range(1, MOST + 1))
    assert waited[:4] == [1, 2, 3, 4]
    longest = sum(aws.LONGEST_WAIT_SECONDS * 2 ** (one - 1) for one in waited)
    assert len(waited) == MOST - 1
    assert longest < 15
