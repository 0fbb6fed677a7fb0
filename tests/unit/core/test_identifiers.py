import re

from hypothesis import example, given
from hypothesis import strategies as st

from core.identifiers import derived_id, new_id

OPAQUE = re.compile(r"[a-z2-7]{26}")

parts = st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5)


def test_new_ids_never_meet() -> None:
    ids = {new_id() for _ in range(10_000)}
    assert len(ids) == 10_000
    assert all(OPAQUE.fullmatch(one) for one in ids)


@given(parts)
def test_the_same_parts_give_the_same_id(given_parts: list[str]) -> None:
    assert derived_id(*given_parts) == derived_id(*given_parts)
    assert OPAQUE.fullmatch(derived_id(*given_parts))


@given(parts, parts)
@example(["ab", "c"], ["a", "bc"])
@example(["1:a"], ["", "a"])
@example(["a", ""], ["a"])
@example([], [""])
@example(["a", "b"], ["b", "a"])
@example(["é"], ["e\u0301"])
def test_different_parts_give_different_ids(some: list[str], others: list[str]) -> None:
    assert (derived_id(*some) == derived_id(*others)) == (some == others)


def test_an_id_is_the_same_on_every_machine_and_for_ever() -> None:
    """Changing it would let a message that was sent before the change be stored again after it."""
    assert derived_id("direct", "ann", "bob") == "bqzfjnhrb4afmenglp7ectwm4u"
