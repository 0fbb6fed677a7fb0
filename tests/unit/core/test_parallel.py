import threading
from contextvars import ContextVar

import pytest

from core.parallel import MOST_AT_ONCE, each, together

PATIENCE_SECONDS = 5


def test_two_calls_run_at_the_same_time() -> None:
    meeting = threading.Barrier(2)

    def meet(answer: str) -> str:
        meeting.wait(PATIENCE_SECONDS)
        return answer

    assert together(lambda: meet("first"), lambda: meet("second")) == ("first", "second")


def test_the_first_call_runs_on_the_callers_own_thread() -> None:
    here, there = together(threading.current_thread, threading.current_thread)
    assert here is threading.current_thread()
    assert there is not here


class Mishap(Exception):
    pass


def fail(word: str) -> None:
    raise Mishap(word)


@pytest.mark.parametrize(
    ("first", "second", "word"),
    [
        (lambda: fail("first"), lambda: None, "first"),
        (lambda: None, lambda: fail("second"), "second"),
        (lambda: fail("first"), lambda: fail("second"), "first"),
    ],
)
def test_what_either_raises_comes_out(first: object, second: object, word: str) -> None:
    with pytest.raises(Mishap, match=word):
        together(first, second)


def test_nothing_comes_out_before_both_have_ended() -> None:
    """Otherwise a write could still be under way when its request is answered."""
    first_failed = threading.Event()
    ended = threading.Event()

    def fail_first() -> None:
        first_failed.set()
        fail("first")

    def go_on() -> None:
        first_failed.wait(PATIENCE_SECONDS)
        ended.set()

    with pytest.raises(Mishap):
        together(fail_first, go_on)
    assert ended.is_set()


def test_each_gives_the_results_in_the_items_order() -> None:
    meeting = threading.Barrier(3)

    def meet(item: int) -> int:
        meeting.wait(PATIENCE_SECONDS)
        return item * item

    assert each(meet, [3, 1, 2]) == [9, 1, 4]
    assert each(meet, []) == []


def test_a_single_item_needs_no_thread() -> None:
    assert each(lambda _: threading.current_thread(), [1]) == [threading.current_thread()]


def test_each_keeps_no_more_under_way_than_it_says() -> None:
    lock = threading.Lock()
    full = threading.Event()
    running = most = 0

    def run(_item: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            if running == MOST_AT_ONCE:
                full.set()
        full.wait(PATIENCE_SECONDS)
        with lock:
            running -= 1

    each(run, range(MOST_AT_ONCE * 4))
    assert most == MOST_AT_ONCE


def test_each_may_be_used_from_inside() -> None:
    """More at once than there are threads: those who wait must not be waited for."""
    inner = threading.Barrier(MOST_AT_ONCE)

    def outer(_item: int) -> list[int]:
        inner.wait(PATIENCE_SECONDS)
        return each(lambda item: item + 1, range(4))

    assert each(outer, range(MOST_AT_ONCE)) == [[1, 2, 3, 4]] * MOST_AT_ONCE


def test_what_one_of_each_raises_comes_out() -> None:
    with pytest.raises(Mishap, match="2"):
        each(lambda item: fail(str(item)) if item == 2 else item, [1, 2, 3])


def test_a_thread_sees_what_concerns_whoever_asked() -> None:
    """So that a deadline holds for all that is done within it."""
    concern: ContextVar[str] = ContextVar("concern", default="nobody's")
    token = concern.set("ann's")
    try:
        assert together(concern.get, concern.get) == ("ann's", "ann's")
        assert each(lambda _: concern.get(), range(3)) == ["ann's"] * 3
    finally:
        concern.reset(token)
    assert each(lambda _: concern.get(), range(3)) == ["nobody's"] * 3


def test_nothing_comes_out_before_each_has_ended() -> None:
    failed = threading.Event()
    ended: list[int] = []

    def run(item: int) -> None:
        if item == 0:
            failed.set()
            fail("0")
        failed.wait(PATIENCE_SECONDS)
        ended.append(item)

    with pytest.raises(Mishap):
        each(run, [0, 1, 2])
    assert sorted(ended) == [1, 2]


def test_the_others_of_each_are_called_though_one_raises() -> None:
    called: list[int] = []

    def run(item: int) -> None:
        called.append(item)
        fail(str(item))

    with pytest.raises(Mishap, match="0"):
        each(run, range(100))
    assert sorted(called) == list(range(100))
