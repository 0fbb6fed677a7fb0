"""`kaiwa chat` in terminals of its own, as people use it."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.stack import ROOT, Stack
from tests.e2e.people import TIMEOUT, Person

SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A pseudo-terminal with the program in it."""

    def __init__(self, stack: Stack, home: Path, person: Person, *arguments: str) -> None:
        self._end, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        environment = {**os.environ, "XDG_CONFIG_HOME": str(home), "KAIWA_PASSWORD": person.password, "TERM": "xterm"}
        environment["PYTHONPATH"] = str(ROOT / "clients" / "python")
        command = [sys.executable, "-m", "kaiwa", "chat", "--url", stack.endpoints.api_url, *arguments]
        self.process = subprocess.Popen(
            command, stdin=inside, stdout=inside, stderr=inside, env=environment, start_new_session=True
        )
        os.close(inside)
        self.shown = ""
        self._seen = 0

    def type(self, text: str) -> None:
        os.write(self._end, text.encode())

    def shows(self, text: str) -> None:
        """Wait for something that was not waited for before."""
        deadline = time.monotonic() + TIMEOUT
        while (found := self.shown.find(text, self._seen)) < 0:
            ready, _, _ = select.select([self._end], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"expected {text!r} after {self.shown[self._seen :]!r}"
            self.shown += SEQUENCE.sub("", os.read(self._end, 65536).decode(errors="replace"))
        self._seen = found + len(text)

    def close(self) -> int:
        """End the program, and return its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(TIMEOUT)
        os.close(self._end)
        return code


@pytest.fixture
def sit(stack: Stack, tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Sit somebody down at a terminal."""
    terminals: list[Terminal] = []

    def start(person: Person, *arguments: str) -> Terminal:
        terminal = Terminal(stack, tmp_path / person.username, person, *arguments)
        terminals.append(terminal)
        return terminal

    yield start
    for terminal in terminals:
        terminal.close()


def test_two_people_talk_in_their_terminals(
    sit: Callable[..., Terminal], ann: Person, bob: Person, tmp_path: Path
) -> None:
    at_ann = sit(ann, "--email", ann.email, "--with", bob.username)
    at_ann.shows("── bob")
    at_bob = sit(bob, "--email", bob.email)
    at_bob.shows("You are bob")
    at_bob.type("/open 1\r")
    at_bob.shows("── ann")

    at_ann.type("おはよう")
    at_bob.shows("writing …")
    at_ann.type("!\r")
    at_bob.shows("おはよう!  #1")
    at_ann.shows("✓✓ #1 read by bob")

    at_bob.type("/reply #1 Good mor")
    at_ann.type("Are you up?\r")
    at_bob.shows("Are you up?  #2")
    at_bob.shows("> /reply #1 Good mor")
    at_bob.type("ning\r")
    at_ann.shows("↱ ann")
    at_ann.shows("Good morning  #3")

    (tmp_path / "map.txt").write_text("turn left")
    at_ann.type(f"/send {tmp_path}/map.txt\r")
    at_bob.shows("[a file: /save 4]")
    (tmp_path / "bob").mkdir()
    at_bob.type(f"/save #4 {tmp_path}/bob\r")
    at_bob.shows("saved")
    assert (tmp_path / "bob" / "map.txt").read_text() == "turn left"

    at_ann.type("\x04")
    assert at_ann.process.wait(TIMEOUT) == 0
    at_bob.shows(f"{ann.username}  ·  ✓✓ #3")
    at_bob.type("/who\r")
    at_bob.shows(f"○ {ann.username}")

    again = sit(ann, "--with", bob.username)
    again.shows("Are you up?  #2")
    again.type("/quit\r")
    assert again.process.wait(TIMEOUT) == 0


def test_what_comes_through_a_pipe_is_sent(stack: Stack, ann: Person, bob: Person, tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "KAIWA_PASSWORD": ann.password}
    environment["PYTHONPATH"] = str(ROOT / "clients" / "python")
    command = [sys.executable, "-m", "kaiwa", "chat", "--url", stack.endpoints.api_url, "--email", ann.email]
    done = subprocess.run(
        [*command, "--with", bob.username],
        input="The build failed.\nIt is fixed.\n",
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=True,
    )
    assert "\x1b" not in done.stdout
    assert [message["text"] for message in bob.history(bob.start_chat(ann))] == ["The build failed.", "It is fixed."]
