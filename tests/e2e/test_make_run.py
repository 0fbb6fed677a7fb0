"""`make run` and `make demo`, as a person at a terminal starts and ends them, in a copy of the project."""

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import httpx
import pytest

from local import ports
from local.stack import ROOT
from tests.e2e.people import TIMEOUT, Person, wait_until
from tests.e2e.test_turn import lets_in

COPIED = ("Makefile", "serverless.yml", "package.json", "package-lock.json", "requirements.txt", "requirements.lock")
COPIED_FOLDERS = ("adapters", "clients", "core", "deploy", "domain", "handlers", "local", "models", "resources", "web")
# Installed and fetched things; the copy does without a second of each.
SHARED = (".venv", "node_modules", ".build/vendor")

OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")

LAST_LINE = "`make reset` forgets it"


class Checkout:
    """A copy of the project with ports of its own, so that it disturbs no other."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.aws_port, self.web_port = ports.free(), ports.free()
        for name in COPIED:
            shutil.copy2(ROOT / name, directory / name)
        for name in COPIED_FOLDERS:
            shutil.copytree(ROOT / name, directory / name, ignore=shutil.ignore_patterns("__pycache__"))
        (ROOT / ".build" / "vendor").mkdir(parents=True, exist_ok=True)
        for name in SHARED:
            (directory / name).parent.mkdir(exist_ok=True)
            (directory / name).symlink_to(ROOT / name)

    @property
    def endpoints(self) -> Path:
        return self.directory / ".local" / "endpoints.json"

    def make(self, target: str, **settings: int) -> "Run":
        return Run(self, target, {"AWS_PORT": self.aws_port, "WEB_PORT": self.web_port, **settings})


class Run:
    """A make target under way, at the head of a process group as a terminal would have it."""

    def __init__(self, checkout: Checkout, target: str, settings: dict[str, int]) -> None:
        # Whoever runs the tests by `make test` did not mean its settings, or its depth, for this make.
        inherited = {name: value for name, value in os.environ.items() if name not in OF_MAKE}
        environment = {**inherited, **{name: str(value) for name, value in settings.items()}}
        self._process = subprocess.Popen(
            ["make", "--no-print-directory", target],
            cwd=checkout.directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said = ""
        self._family: set[int] = set()

    def wait_for(self, words: str) -> None:
        """Read on until a line holds these words."""
        for line in self._output:
            self.said += line
            if words in line:
                return
        pytest.fail(f"It ended before it said “{words}”:\n{self.said}")

    def interrupt(self) -> int:
        """Do what Ctrl-C on its terminal does."""
        assert self.family
        os.killpg(self._process.pid, signal.SIGINT)
        return self.finish()

    def finish(self) -> int:
        """Read to the end and return the exit code."""
        with self._output as output:
            self.said += output.read()
        return self._process.wait(TIMEOUT)

    def kill(self) -> None:
        """Do what nobody should: end every process at once."""
        for process_id in self.family:
            os.kill(process_id, signal.SIGKILL)
        self.finish()

    @property
    def family(self) -> set[int]:
        """Every process seen so far that came of this one, and itself."""
        if self._process.poll() is None:
            self._family |= descendants(self._process.pid)
        return self._family

    @property
    def remaining(self) -> set[int]:
        return self.family & parents().keys()

    @property
    def _output(self) -> IO[str]:
        assert self._process.stdout
        return self._process.stdout


def parents() -> dict[int, int]:
    """Return every living process with its parent."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    lines = [line.split() for line in listing.splitlines()]
    return {int(process_id): int(parent) for process_id, parent, state in lines if not state.startswith("Z")}


def descendants(process_id: int) -> set[int]:
    """Return a process and all that came from it."""
    parent_of = parents()
    family = {process_id}
    while more := {child for child, parent in parent_of.items() if parent in family} - family:
        family |= more
    return family


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture
def running(checkout: Checkout) -> Iterator[Run]:
    run = checkout.make("run")
    try:
        run.wait_for(LAST_LINE)
        yield run
    finally:
        if run.remaining:
            run.kill()


def test_it_serves_a_page_that_two_people_can_talk_on_and_ends_without_a_trace(
    checkout: Checkout, running: Run
) -> None:
    endpoints = json.loads(checkout.endpoints.read_text())
    web_url = f"http://127.0.0.1:{checkout.web_port}"
    assert endpoints == {
        "apiUrl": endpoints["apiUrl"],
        "webUrl": web_url,
        "region": "us-east-1",
        "awsEndpoint": f"http://127.0.0.1:{checkout.aws_port}",
    }
    assert f"Open    {web_url}" in running.said
    page = httpx.get(web_url)
    assert page.headers["content-type"].startswith("text/html")
    assert "<title>Kaiwa</title>" in page.text
    assert httpx.get(f"{web_url}/config.json").json() == {"apiUrl": endpoints["apiUrl"], "inbox": "inbox.json"}
    assert httpx.get(f"{web_url}/clients/js/index.js").headers["content-type"].startswith("text/javascript")

    with httpx.Client(base_url=endpoints["apiUrl"], timeout=TIMEOUT) as http:
        ann, bob = Person(http, "ann"), Person(http, "bob")
        chat_id = ann.start_chat(bob)
        listening = bob.open_socket()
        ann.say(chat_id, "keep this")
        assert listening.hears() == ["keep this"]
        # make, the server of the page, MiniStack, and workers of it.
        assert len(running.family) >= 6

        code = running.interrupt()
        check_it_ended(checkout, running, code)

        # It comes back at once, with everything; also after a kill of every process.
        for end in (Run.kill, Run.interrupt):
            again = checkout.make("run")
            again.wait_for(LAST_LINE)
            assert "deployed with osls" not in again.said
            assert bob.log_in().status_code == 200
            assert [message["text"] for message in bob.history(chat_id)] == ["keep this"]
            assert end(again) in {None, code}
            wait_until(lambda again=again: not again.remaining)


def check_it_ended(checkout: Checkout, run: Run, code: int) -> None:
    """Check what a person sees, and that nothing is left: no process, no port, no promise of an endpoint."""
    assert code in {0, 130, -signal.SIGINT}, run.said
    assert "Traceback" not in run.said
    assert "keeping everything for next time" in run.said
    assert run.remaining == set()
    assert not checkout.endpoints.exists()
    for port in (checkout.aws_port, checkout.web_port):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("setting", ["AWS_PORT", "WEB_PORT"])
def test_a_taken_port_is_one_clear_line(checkout: Checkout, setting: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = checkout.make("run", **{setting: port})
        assert run.finish() == 2
    own_words = [line for line in run.said.splitlines() if line.strip() and not line.startswith("make: ***")]
    assert own_words[-1] == f"kaiwa: Port {port} is taken: choose another with {setting}=<port>."
    assert "Traceback" not in run.said


def test_the_demo_holds_a_conversation_and_ends(checkout: Checkout) -> None:
    run = checkout.make("demo")
    assert run.finish() == 0, run.said
    assert "おはよう 👋" in run.said
    assert "The history, as the server keeps it" in run.said
    assert run.said.index("It is!") < run.said.index("That was quick.")
    assert "Traceback" not in run.said


def test_what_is_reset_is_forgotten(checkout: Checkout) -> None:
    state = checkout.directory / ".local"
    (state / "state").mkdir(parents=True, exist_ok=True)
    run = checkout.make("reset")
    assert run.finish() == 0, run.said
    assert not state.exists()


def test_with_turn_it_runs_coturn_which_ends_with_it(checkout: Checkout) -> None:
    turn_port = ports.free()
    run = checkout.make("run", TURN=1, TURN_PORT=turn_port)
    try:
        run.wait_for(LAST_LINE)
        with httpx.Client(base_url=json.loads(checkout.endpoints.read_text())["apiUrl"], timeout=TIMEOUT) as http:
            (server,) = Person(http, "ann").get("/ice-servers").json()["iceServers"]
        assert server["urls"] == [f"turn:127.0.0.1:{turn_port}?transport={transport}" for transport in ("udp", "tcp")]
        assert lets_in(server["urls"][0], server["username"], server["credential"])
        check_it_ended(checkout, run, run.interrupt())
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", turn_port)) != 0
    finally:
        if run.remaining:
            run.kill()
