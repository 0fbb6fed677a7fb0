import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock

YEAR_9999 = 253_402_300_799_999


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1, "1970-01-01T00:00:00.001Z"),
        (1_795_426_200_125, "2026-11-23T09:30:00.125Z"),
        (1_709_164_799_999, "2024-02-28T23:59:59.999Z"),
    ],
)
def test_timestamp_is_rfc_3339_in_utc_with_milliseconds(at: int, written: str) -> None:
    assert clock.timestamp(at) == written


@given(st.integers(0, YEAR_9999))
def test_timestamp_names_the_very_millisecond(at: int) -> None:
    read = datetime.fromisoformat(clock.timestamp(at))
    assert round((read - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000) == at


@given(st.integers(0, YEAR_9999), st.integers(0, YEAR_9999))
def test_timestamps_sort_as_times_do(one: int, other: int) -> None:
    assert (clock.timestamp(one) < clock.timestamp(other)) == (one < other)


def test_all_clocks_tell_the_same_time() -> None:
    before = clock.milliseconds()
    now, seconds = clock.now(), clock.seconds()
    after = clock.milliseconds()
    assert clock.timestamp(before) <= now <= clock.timestamp(after)
    assert before // 1000 <= seconds <= after // 1000
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", now)
