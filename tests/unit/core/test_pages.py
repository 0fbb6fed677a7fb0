import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidRequest
from core.pages import MOST_PAGE_BYTES, decode_cursor, encode_cursor, fitting

Key = tuple[str, str]
text = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.tuples(text, text))
def test_a_cursor_comes_back_as_it_went(key: Key) -> None:
    assert decode_cursor(encode_cursor(key), Key) == key


@given(st.tuples(text, text))
def test_a_cursor_needs_no_escaping_in_a_url(key: Key) -> None:
    assert encode_cursor(key).replace("-", "").replace("_", "").isalnum()


def test_no_cursor_is_the_beginning() -> None:
    assert decode_cursor(None, Key) is None


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "a",
        "!!!",
        "ｃｕｒｓｏｒ",
        "\x00",
        "\ud800",
        encoded(b"null"),
        encoded(b"{}"),
        encoded(b'["a"]'),
        encoded(b'["a", "b", "c"]'),
        encoded(b'["a", 1]'),
        encoded(b'["a", null]'),
        encoded(b'["a", "\\ud800"]'),
        encoded(b'["a", "b"'),
        encoded(b"\xff\xfe"),
        encoded(b"[" * 700),
    ],
)
def test_a_cursor_that_no_list_gave_is_refused_by_name(cursor: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        decode_cursor(cursor, Key)
    assert [error.field for error in refusal.value.errors] == ["cursor"]
    assert refusal.value.status == 400


@given(st.text())
def test_no_text_does_more_than_be_refused(cursor: str) -> None:
    try:
        key = decode_cursor(cursor, Key)
    except InvalidRequest:
        return
    assert isinstance(key, tuple)


long_text = st.builds(lambda letter, length: letter * length, st.sampled_from("aé😀"), st.integers(0, 60_000))


@given(st.lists(long_text, max_size=8))
def test_a_page_holds_the_first_items_that_fit(items: list[str]) -> None:
    page = fitting(items)
    assert page == items[: len(page)]
    assert len(page) >= min(len(items), 1)
    size = len(msgspec.json.encode(page))
    assert size <= MOST_PAGE_BYTES + 2 or len(page) == 1
    if len(page) < len(items):
        assert len(msgspec.json.encode(items[: len(page) + 1])) > MOST_PAGE_BYTES


def test_an_item_larger_than_a_page_is_a_page() -> None:
    large = "x" * (MOST_PAGE_BYTES + 1)
    assert fitting([large, "y"]) == [large]
    assert fitting(["y", large]) == ["y"]
    assert fitting([]) == []


def test_no_more_items_are_looked_at_than_fit() -> None:
    looked = []
    page = fitting(looked.append(number) or "x" * 60_000 for number in range(100))
    assert len(page) == 1
    assert looked == [0, 1]
