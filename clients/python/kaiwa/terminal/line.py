"""The line that somebody is writing: what keys do to it. Pure."""

import re
from collections.abc import Callable, Iterator

ENTER, TAB, BACKSPACE = "enter", "tab", "backspace"

KEYS = {
    "\r": ENTER,
    "\n": ENTER,
    "\t": TAB,
    "\x7f": BACKSPACE,
    "\x08": BACKSPACE,
    "\x01": "home",
    "\x02": "left",
    "\x04": "leave",
    "\x05": "end",
    "\x06": "right",
    "\x0b": "cut after",
    "\x0c": "redraw",
    "\x0e": "down",
    "\x10": "up",
    "\x15": "cut before",
    "\x17": "cut word",
    "\x1b[A": "up",
    "\x1b[B": "down",
    "\x1b[C": "right",
    "\x1b[D": "left",
    "\x1b[H": "home",
    "\x1b[F": "end",
    "\x1b[1~": "home",
    "\x1b[4~": "end",
    "\x1b[3~": "delete",
    "\x1bOA": "up",
    "\x1bOB": "down",
    "\x1bOC": "right",
    "\x1bOD": "left",
    "\x1bOH": "home",
    "\x1bOF": "end",
}
"""What terminals send, as xterm does (its "Control Sequences", and the keys of Emacs and readline)."""

PASTE = "\x1b[200~"
PASTE_END = "\x1b[201~"
SEQUENCE = re.compile(r"\x1b(\[[0-9;?]*[ -/]*[@-~]|O.|[^\[O])")
MOST_WRITTEN = 8_000
"""Characters: the protocol's limit for a message."""


class Keys:
    """Cuts what a terminal sends into keys and text. A sequence may come in pieces."""

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, text: str) -> Iterator[tuple[str, str]]:
        """Give ``("key", its name)`` and ``("text", what was typed or pasted)`` as they are complete."""
        self._rest += text
        while self._rest:
            if self._rest.startswith(PASTE):
                pasted, end, rest = self._rest.removeprefix(PASTE).partition(PASTE_END)
                if not end:
                    return
                self._rest = rest
                yield "text", pasted.replace("\r\n", "\n").replace("\r", "\n")
            elif self._rest[0] == "\x1b":
                found = SEQUENCE.match(self._rest)
                if not found:
                    return
                self._rest = self._rest[found.end() :]
                if found[0] == PASTE:
                    self._rest = PASTE + self._rest
                elif found[0] in KEYS:
                    yield "key", KEYS[found[0]]
            else:
                yield from self._plain()

    def _plain(self) -> Iterator[tuple[str, str]]:
        first, self._rest = self._rest[0], self._rest[1:]
        if first in KEYS:
            yield "key", KEYS[first]
        elif first.isprintable():
            yield "text", first


class Line:
    """What is written so far, where the cursor stands, and what was written before.

    Attributes:
        text: What is written.
        cursor: How many characters are before it.
    """

    def __init__(self, complete: Callable[[str], list[str]] = lambda _start: []) -> None:
        """Begin an empty line.

        Args:
            complete: Gives what the beginning of a line may become.
        """
        self.text = ""
        self.cursor = 0
        self._complete = complete
        self._before: list[str] = []
        self._place = 0
        self._draft = ""

    def write(self, text: str) -> None:
        """Put text where the cursor is."""
        text = text[: MOST_WRITTEN - len(self.text)]
        self.text = self.text[: self.cursor] + text + self.text[self.cursor :]
        self.cursor += len(text)

    def press(self, key: str) -> str | None:
        """Do what a key does. Returns the finished line on enter."""
        before, after = self.text[: self.cursor], self.text[self.cursor :]
        match key:
            case "enter":
                return self._finish()
            case "tab":
                self._become(self._completed(before), after)
            case "backspace":
                self._become(before[:-1], after)
            case "delete":
                self._become(before, after[1:])
            case "left" | "right" | "home" | "end":
                steps = {"left": -1, "right": 1, "home": -len(before), "end": len(after)}
                self.cursor = min(len(self.text), max(0, self.cursor + steps[key]))
            case "cut before":
                self._become("", after)
            case "cut after":
                self._become(before, "")
            case "cut word":
                self._become(re.sub(r"\S*\s*$", "", before), after)
            case "up" | "down":
                self._recall(-1 if key == "up" else 1)
        return None

    def _become(self, before: str, after: str) -> None:
        self.text = before + after
        self.cursor = len(before)

    def _finish(self) -> str:
        line = self.text
        if line.strip() and self._before[-1:] != [line]:
            self._before.append(line)
        self._place = len(self._before)
        self._become("", "")
        return line

    def _recall(self, step: int) -> None:
        """Go to what was written before, and back to what is being written."""
        place = self._place + step
        if not 0 <= place <= len(self._before):
            return
        if self._place == len(self._before):
            self._draft = self.text
        self._place = place
        self._become(self._draft if place == len(self._before) else self._before[place], "")

    def _completed(self, start: str) -> str:
        """Return the longest beginning that all the possible continuations share."""
        found = self._complete(start)
        if not found:
            return start
        shared = found[0]
        while not all(one.startswith(shared) for one in found):
            shared = shared[:-1]
        return max(shared, start, key=len)
