import pytest

from bench.verdict import Line, problems

SAID = [Line("c", 1, "one"), Line("c", 2, "two"), Line("d", 1, "three")]
MEMBERS = {"c": ["ann", "bob"], "d": ["ann"]}


def compare(stored: list[Line] = SAID, ann: list[Line] = SAID, bob: list[Line] = SAID[:2]) -> list[str]:
    return problems(SAID, stored, {"ann": ann, "bob": bob}, MEMBERS)


def test_all_is_well_where_everybody_has_everything_once() -> None:
    assert compare() == []
    assert compare(ann=SAID[::-1]) == []


def test_what_a_listener_misses_is_lost() -> None:
    assert compare(ann=SAID[:2]) == ["ann: three at d/1 is lost"]


def test_what_came_twice_is_doubled() -> None:
    assert compare(bob=[SAID[0], SAID[1], SAID[0]]) == ["bob: one at c/1 is doubled"]


def test_what_nobody_said_to_a_listener_is_invented() -> None:
    assert compare(bob=SAID) == ["bob: three at d/1 was never said"]


@pytest.mark.parametrize("seq", [1, 7])
def test_a_message_at_another_place_is_a_problem(seq: int) -> None:
    moved = Line("c", seq, "two")
    assert "ann: two at c/2 was never said" in compare(stored=[SAID[0], moved, SAID[2]])


def test_what_was_acknowledged_and_is_not_stored_is_lost() -> None:
    found = compare(stored=SAID[:2])
    assert "history: three at d/1 is lost" in found


def test_two_messages_have_no_place_in_common() -> None:
    stored = [Line("c", 1, "one"), Line("c", 1, "two"), SAID[2]]
    assert "history: c has seq 1 twice" in compare(stored=stored)
