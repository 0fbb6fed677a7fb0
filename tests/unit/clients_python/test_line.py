"""Keys of a terminal, and what they do to a line."""

import pytest

from kaiwa.terminal.line import MOST_WRITTEN, Keys, Line
from kaiwa.terminal.screen import window


def typed(line: Line, *pieces: str) -> list[str]:
    """Send a line what a terminal sends, and return the lines that were finished."""
    keys, finished = Keys(), []
    for piece in pieces:
        for kind, what in keys.feed(piece):
            if kind == "text":
                line.write(what)
            elif (done := line.press(what)) is not None:
                finished.append(done)
    return finished


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        ("hello\r", "hello"),
        ("おはよう 👋\n", "おはよう 👋"),
        ("helo\x1b[Dl\r", "hello"),
        ("ello\x1b[Hh\r", "hello"),
        ("ello\x01h\x05!\r", "hello!"),
        ("hellox\x7f\r", "hello"),
        ("xhello\x1b[H\x1b[3~\r", "hello"),
        ("gone\x15hello\r", "hello"),
        ("hello gone\x17\x17hello\r", "hello"),
        ("hello gone\x1b[1~\x0bhello\r", "hello"),
        ("hel\x1bOHx\x1bOFlo\r", "xhello"),
        ("a\x1b[200~two\r\nlines\x1b[201~b\r", "atwo\nlinesb"),
        ("un\x1b[15~known\x1bx\r", "unknown"),
        ("con\x00\x06trol\r", "control"),
    ],
)
def test_keys_change_a_line(sent: str, line: str) -> None:
    assert typed(Line(), sent) == [line]
    assert typed(Line(), *sent) == [line], "also when it comes one by one"


def test_what_was_written_is_recalled_and_what_is_being_written_is_kept() -> None:
    line = Line()
    typed(line, "one\rtwo\rtwo\rthr")
    line.press("up")
    assert line.text == "two"
    line.press("up")
    line.press("up")
    assert line.text == "one"
    line.press("down")
    line.press("down")
    assert (line.text, line.cursor) == ("thr", 3)
    line.press("down")
    assert line.text == "thr"


def test_a_line_is_completed_as_far_as_that_is_sure() -> None:
    names = ["/open ", "/other ", "/help "]
    line = Line(lambda start: [name for name in names if name.startswith(start)])
    typed(line, "/he\t")
    assert line.text == "/help "
    typed(line, "\x15/o\t")
    assert line.text == "/o"
    typed(line, "p\tbob")
    assert line.text == "/open bob"
    typed(line, "\t")
    assert line.text == "/open bob"


def test_a_line_takes_no_more_than_a_message_does() -> None:
    line = Line()
    line.write("x" * (MOST_WRITTEN + 1))
    assert len(line.text) == MOST_WRITTEN


@pytest.mark.parametrize(
    ("text", "cursor", "shown", "before"),
    [
        ("hello", 5, "hello", 5),
        ("hello", 0, "hello", 0),
        ("abcdefghijkl", 12, "defghijkl", 9),
        ("abcdefghijkl", 0, "abcdefghij", 0),
        ("abcdefghijkl", 6, "abcdefghij", 6),
        ("おはようございます", 9, "ざいます", 8),
        ("two\nlines", 9, "two⏎lines", 9),
    ],
)
def test_of_a_long_line_the_part_with_the_cursor_is_shown(text: str, cursor: int, shown: str, before: int) -> None:
    assert window(text, cursor, 10) == (shown, before)
