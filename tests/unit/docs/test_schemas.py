"""Schemas with the words of docstrings."""

from typing import Annotated

from msgspec import Meta

from core.shapes import Answer, Request
from docs import schemas
from docs.schemas import Components
from domain import chats


class Parcel(Answer, frozen=True, kw_only=True):
    """What is sent. ``sent_at`` is the server's.

    Attributes:
        sent_at: When it left, in a country
            far away, with at most ``chats.MOST_MEMBERS`` others.
        note: What stands on it.
    """

    sent_at: str
    note: str | None = None
    is_heavy: bool = True


class Letter(Parcel, frozen=True, kw_only=True):
    """A flat one."""

    pages: list[Parcel]


class Send(Request, frozen=True):
    """What to send."""

    name: Annotated[str, Meta(pattern=r"^[\w.-]+$(?!\n)")]
    note: str | None = None


class Untold(Request, frozen=True):
    name: str


COMPONENTS = Components([Letter, Parcel, Send, Untold])


def test_words_and_numbers_are_those_that_clients_know() -> None:
    schema = COMPONENTS.described(Parcel)
    assert schema["description"] == "What is sent. `sentAt` is the server's."
    told = f"When it left, in a country far away, with at most {chats.MOST_MEMBERS} others."
    assert schema["properties"]["sentAt"] == {"type": "string", "format": "date-time", "description": told}


def test_an_optional_field_of_an_answer_is_left_out_and_never_null() -> None:
    schema = COMPONENTS.described(Parcel)
    assert schema["properties"]["note"] == {"type": "string", "description": "What stands on it."}
    assert schema["properties"]["isHeavy"] == {"type": "boolean", "default": True}
    assert schema["required"] == ["sentAt"]


def test_an_optional_field_of_a_request_may_be_null() -> None:
    schema = COMPONENTS.described(Send)
    assert schema["properties"]["note"] == {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    assert schema["additionalProperties"] is False


def test_inherited_fields_keep_their_words() -> None:
    schema = COMPONENTS.described(Letter)
    assert schema["description"] == "A flat one."
    assert schema["properties"]["note"]["description"] == "What stands on it."


def test_a_pattern_is_for_readers_that_are_not_python() -> None:
    assert COMPONENTS.described(Send)["properties"]["name"]["pattern"] == r"^[\p{L}\p{N}_.-]+$(?!\n)"


def test_a_class_without_words_has_none_of_another() -> None:
    """Python's own ``help`` would show those of the class that it is based on."""
    assert COMPONENTS.described(Untold).get("description", "") == ""


def test_only_what_is_referred_to_is_listed() -> None:
    assert list(COMPONENTS.used_in({"x": [COMPONENTS.reference(Letter)]})) == ["Letter", "Parcel"]
    assert list(COMPONENTS.used_in({})) == []


def test_the_summary_is_the_first_paragraph() -> None:
    assert schemas.summary(Parcel) == "What is sent. `sent_at` is the server's."
