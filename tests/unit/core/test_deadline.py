import time

import pytest

from core import deadline


class Context:
    """Lambda's, with 10 seconds left."""

    def get_remaining_time_in_millis(self) -> int:
        return 10_000


@pytest.fixture(autouse=True)
def _afterwards() -> None:
    deadline._end.set(None)


@pytest.mark.parametrize(("wanted", "reserve", "given"), [(3, 0, 3), (20, 0, 10), (9, 3, 7), (20, 12, -2)])
def test_nothing_is_tried_longer_than_the_invocation_lasts(wanted: float, reserve: float, given: float) -> None:
    deadline.begin(Context())
    assert deadline.within(wanted, reserve) - time.monotonic() == pytest.approx(given, abs=0.2)


def test_without_an_invocation_there_is_no_end() -> None:
    assert deadline.within(100) - time.monotonic() == pytest.approx(100, abs=0.2)


def test_without_a_context_there_are_29_seconds() -> None:
    deadline.begin(None)
    assert deadline.within(100) - time.monotonic() == pytest.approx(29, abs=0.2)
