"""docs/tutorial.md, followed word for word: each command runs, and answers what the page says."""

import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

from local.stack import ROOT
from tests.e2e.test_make_run import LAST_LINE, Checkout, check_it_ended

PAGE = ROOT / "docs" / "tutorial.md"
LEFT_TERMINAL, TERMINAL = "", "sh"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "-- end of block --"


class Step(NamedTuple):
    """Some lines to type, and what they print; nothing where the page shows nothing."""

    typed: str
    printed: str


def steps() -> list[Step]:
    found: list[Step] = []
    for language, text in BLOCK.findall(PAGE.read_text()):
        if language == TERMINAL:
            found.append(Step(text, ""))
        elif language != LEFT_TERMINAL:
            found[-1] = Step(found[-1].typed, found[-1].printed + text)
    return found


def test_the_first_terminal_types_one_command() -> None:
    assert [text for language, text in BLOCK.findall(PAGE.read_text()) if language == LEFT_TERMINAL] == ["make run\n"]


def test_every_command_prints_what_the_page_says(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    run = checkout.make("run")
    try:
        run.wait_for(LAST_LINE)
        # One shell, as the person has: what a block defines, the next ones use.
        script = "".join(f"{step.typed}\necho '{MARK}'\n" for step in steps())
        shell = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", script],
            cwd=checkout.directory,
            env=dict(os.environ),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert shell.returncode == 0, shell.stdout + shell.stderr
        printed = shell.stdout.split(f"{MARK}\n")[:-1]
        for step, came in zip(steps(), printed, strict=True):
            wanted = ".+?".join(re.escape(part) for part in step.printed.split("…"))
            assert re.fullmatch(wanted, came), f"{step.typed}\nprinted\n{came}\nand not\n{step.printed}"
        check_it_ended(checkout, run, run.interrupt())
    finally:
        if run.remaining:
            run.kill()
