"""The terminal: what is said scrolls by above, and below stay a line about the state and the line being written."""

import asyncio
import codecs
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from kaiwa.terminal.line import Keys, Line
from kaiwa.terminal.look import clip, width

PASTE_ON, PASTE_OFF = "\x1b[?2004h", "\x1b[?2004l"
ERASE_BELOW = "\r\x1b[J"
PROMPT = "> "
NEWLINE = "⏎"


class Screen(Protocol):
    """Where lines come from and words go to.

    Attributes:
        is_watched: Whether there is somebody who sees what fails, and decides how long to wait.
    """

    is_watched: bool

    def open(self) -> AbstractContextManager[None]:
        """Take the place over, until the end of the context."""

    def say(self, text: str) -> None:
        """Show something, below what was shown before."""

    def show_state(self, state: str) -> None:
        """Show how things are just now, where there is a place for it."""

    def lines(self) -> AsyncIterator[str]:
        """Give each line that somebody writes, until they leave."""


class Pipe:
    """No terminal: lines come from a pipe, and words go to one."""

    is_watched = False

    def open(self) -> AbstractContextManager[None]:
        """Do nothing: a pipe is as it is."""
        return nullcontext()

    def say(self, text: str) -> None:
        """Print something."""
        print(text, flush=True)

    def show_state(self, state: str) -> None:
        """Do nothing: in a pipe there is no place that stays."""

    async def lines(self) -> AsyncIterator[str]:
        """Give each line, until the pipe ends."""
        while line := await asyncio.to_thread(sys.stdin.readline):
            yield line.rstrip("\n")


class Terminal:
    """A terminal that understands the usual sequences."""

    is_watched = True

    def __init__(self, line: Line, on_writing: Callable[[bool], None]) -> None:
        """Prepare a terminal.

        Args:
            line: What is being written.
            on_writing: Called at each key, with whether a message is being written.
        """
        self._line = line
        self._on_writing = on_writing
        self._keys = Keys()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._state = ""
        self._is_drawn = False
        self._finished: asyncio.Queue[str | None] = asyncio.Queue()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Have the terminal to oneself."""
        loop = asyncio.get_running_loop()
        with _keys_as_they_come():
            loop.add_reader(sys.stdin.fileno(), self._read)
            loop.add_signal_handler(signal.SIGWINCH, self._redraw)
            self._write(PASTE_ON + self._drawn())
            try:
                yield
            finally:
                loop.remove_reader(sys.stdin.fileno())
                loop.remove_signal_handler(signal.SIGWINCH)
                self._write(self._erased() + PASTE_OFF)

    def say(self, text: str) -> None:
        """Show something above the state and the line being written."""
        self._write(f"{self._erased()}{text}\n{self._drawn()}")

    def show_state(self, state: str) -> None:
        """Show how things are, in the line above the one being written."""
        if state != self._state:
            self._state = state
            self._redraw()

    async def lines(self) -> AsyncIterator[str]:
        """Give each finished line, until somebody leaves with Ctrl-D."""
        while (line := await self._finished.get()) is not None:
            yield line

    def _read(self) -> None:
        content = os.read(sys.stdin.fileno(), 4096)
        if not content:
            self._finished.put_nowait(None)
            return
        for kind, what in self._keys.feed(self._decoder.decode(content)):
            if kind == "text":
                self._line.write(what)
            elif what == "leave" and not self._line.text:
                self._finished.put_nowait(None)
            elif (line := self._line.press(what)) is not None:
                self._finished.put_nowait(line)
        self._on_writing(bool(self._line.text) and not self._line.text.startswith("/"))
        self._redraw()

    def _redraw(self) -> None:
        self._write(self._erased() + self._drawn())

    def _erased(self) -> str:
        """Return what takes the two last lines away."""
        up = "\x1b[1A" if self._is_drawn else ""
        self._is_drawn = False
        return f"\r{up}{ERASE_BELOW}"

    def _drawn(self) -> str:
        """Return what draws the two last lines, each cut to the screen's width."""
        self._is_drawn = True
        columns = shutil.get_terminal_size().columns - 1
        shown, before = window(self._line.text, self._line.cursor, columns - len(PROMPT))
        state = clip(self._state, columns)
        back = f"\x1b[{len(PROMPT) + before}C"
        return f"\x1b[2m{state}\x1b[0m\n{PROMPT}{shown}\r{back}"

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


def window(text: str, cursor: int, columns: int) -> tuple[str, int]:
    """Return the part of a line that fits the screen with the cursor in it, and how many columns are before that."""
    text = text.replace("\n", NEWLINE)
    start = 0
    while width(text[start:cursor]) > columns - 1:
        start += 1
    end = len(text)
    while width(text[start:end]) > columns:
        end -= 1
    return text[start:end], width(text[start:cursor])


@contextmanager
def _keys_as_they_come() -> Iterator[None]:
    """Have the terminal give each key at once, and not show it by itself."""
    # These do not exist where there is no terminal of this kind.
    import termios  # noqa: PLC0415
    import tty  # noqa: PLC0415

    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
