from io import StringIO

import msgspec
import pytest

from core import telemetry
from core.bus import Listener, ListenerError


class Word(msgspec.Struct):
    text: str


def event(**detail: object) -> dict[str, object]:
    return {"id": "e1", "detail-type": "Said", "detail": detail}


def test_what_matters_of_an_event_is_handed_on() -> None:
    heard: list[tuple[str, str | None]] = []
    listener = Listener(Word, lambda word: heard.append((word.text, telemetry.correlation_id())))
    assert listener(event(text="hello", unknown=5), None) is None
    assert heard == [("hello", "e1")]


def test_what_fails_is_told_again_and_says_no_more_than_its_kind(log: StringIO) -> None:
    def fail(word: Word) -> None:
        raise ValueError(word.text)

    with pytest.raises(ListenerError) as raised:
        Listener(Word, fail)(event(text="a secret"), None)
    assert str(raised.value) == "ValueError"
    assert raised.value.__cause__ is raised.value.__context__ is None
    assert "ValueError" in log.getvalue()
    assert "a secret" not in log.getvalue()


def test_an_event_of_another_shape_fails(log: StringIO) -> None:
    with pytest.raises(ListenerError):
        Listener(Word, lambda _: None)(event(words="hello"), None)
