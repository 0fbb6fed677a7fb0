"""How things look in a terminal."""

from typing import Any

import pytest

from kaiwa.terminal.look import Look, clean, clip, width

PLAIN = Look(colours=False)
NAMES = {"a": "ann", "b": "bob"}.get


def name(user_id: str) -> str:
    return NAMES(user_id, "somebody")


def message(**fields: Any) -> Any:
    return {
        "chatId": "c",
        "seq": 7,
        "messageId": "m",
        "senderId": "a",
        "text": "hello",
        "fileIds": [],
        "sentAt": "2026-01-01T10:32:00.000Z",
        "reactions": {},
        **fields,
    }


@pytest.mark.parametrize(
    "text",
    ["\x1b]0;title\x07", "\x1b[2J", "\x9b31m", "a\rb", "\u202egnirts", "\x08\x08", "\x00"],
)
def test_nobody_can_move_somebody_elses_cursor(text: str) -> None:
    shown = PLAIN.message(message(text=text), name)
    assert not {"\x1b", "\x9b", "\r", "\x07", "\x08", "\x00", "\u202e"} & set(shown)
    assert "�" in shown


def test_a_line_break_stays_one() -> None:
    assert clean("two\n\tlines") == "two\n    lines"
    lines = PLAIN.message(message(text="two\nlines"), name).splitlines()
    assert lines[1].startswith(" " * lines[0].index("two") + "lines")


@pytest.mark.parametrize(
    ("text", "columns"), [("hello", 5), ("おはよう", 8), ("é", 1), ("👋", 2), ("\x1b[1;36mann\x1b[0m", 3)]
)
def test_how_wide_text_is(text: str, columns: int) -> None:
    assert width(text) == columns


def test_what_does_not_fit_is_cut() -> None:
    assert clip("おはよう", 8) == "おはよう"
    assert clip("おはよう", 7) == "おはよ…"


def test_a_message_shows_what_became_of_it() -> None:
    assert PLAIN.message(message(reactions={"👍": ["a", "b"]}), name).splitlines()[1].strip() == "👍 2"
    assert "hello (changed)" in PLAIN.message(message(editedAt="x"), name)
    assert "taken back" in PLAIN.message(message(deletedAt="x", text=None), name)
    assert "[2 files: /save 7]" in PLAIN.message(message(fileIds=["f", "g"]), name)
    answered = PLAIN.message(message(), name, message(senderId="b", text="really?"))
    assert "↱ bob: really?" in answered.splitlines()[0]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"type": "message.edited", "message": message(text="hi")}, "ann changed #7: hi"),
        ({"type": "message.deleted", "message": message()}, "ann took #7 back"),
        ({"type": "reaction.added", "userId": "b", "emoji": "👍", "message": message()}, "bob 👍 #7"),
        ({"type": "member.added", "byId": "a", "memberIds": ["b"]}, "ann brought bob"),
        ({"type": "member.removed", "byId": "b", "memberIds": ["b"]}, "bob left"),
        ({"type": "member.removed", "byId": "a", "memberIds": ["b"]}, "ann put bob out"),
        ({"type": "chat.updated", "byId": "a", "name": "Trip"}, "ann changed the group: it is called “Trip”"),
        ({"type": "call.logged", "call": {"endReason": "missed"}}, "a call was missed"),
        ({"type": "call.logged", "call": {"endReason": "hangup"}}, "a call ended"),
    ],
)
def test_an_event_is_told_in_words(event: Any, words: str) -> None:
    assert (PLAIN.event(event, name) or "").strip() == words


def test_what_needs_no_words_has_none() -> None:
    event: Any = {"type": "something.new"}
    assert PLAIN.event(event, name) is None


def test_colours_are_there_only_where_they_are_wanted() -> None:
    assert "\x1b" in Look(colours=True).message(message(), name)
    assert "\x1b" not in PLAIN.message(message(), name)
