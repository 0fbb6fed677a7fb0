import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.sync.client import connect

from local import ports, stack
from local.errors import LocalError
from local.stack import ROOT, Stack
from tests.unit.local.echo import SOCKET_ID, deploy_echo

HOLD = """
import sys, time
from pathlib import Path
from local.stack import Stack
stack = Stack(Path(sys.argv[1]), int(sys.argv[2]), [])
stack.start()
print("started", flush=True)
time.sleep(600)
"""


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something another process does and tells nobody about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def put_word(running: Stack, word: str) -> None:
    dynamodb = running.client("dynamodb")
    dynamodb.create_table(
        TableName="words",
        KeySchema=[{"AttributeName": "word", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "word", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="words", Item={"word": {"S": word}})


def words(running: Stack) -> list[str]:
    return [item["word"]["S"] for item in running.client("dynamodb").scan(TableName="words")["Items"]]


def test_state_outlives_a_stop(directory: Path) -> None:
    running = Stack(directory, ports.free(), [])
    running.start()
    put_word(running, "会話")
    running.stop()

    running.start()
    try:
        assert words(running) == ["会話"]
    finally:
        running.stop()


def test_what_was_saved_outlives_a_kill(directory: Path) -> None:
    running = Stack(directory, ports.free(), [])
    running.start()
    put_word(running, "kept")
    state = directory / "state" / "dynamodb.json"
    wait_until(lambda: state.exists() and "kept" in state.read_text())
    running.kill()

    running.start()
    try:
        assert words(running) == ["kept"]
    finally:
        running.stop()


def test_a_stop_tells_every_open_socket_and_its_function(directory: Path) -> None:
    running = Stack(directory, ports.free(), [])
    running.start()
    deploy_echo(running)
    url = f"{running.aws_endpoint}/_aws/execute-api/{SOCKET_ID}/local".replace("http", "ws", 1)
    with ExitStack() as sockets:
        for _ in range(20):
            sockets.enter_context(connect(url))
        running.stop()

    (told,) = directory.rglob("disconnected")
    assert len(set(told.read_text().split())) == 20


def test_ministack_ends_with_whoever_started_it(directory: Path) -> None:
    port = ports.free()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory), str(port)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "started\n"
        os.kill(holder.pid, signal.SIGKILL)

    # Its lock is free once MiniStack has saved its state and ended; the port then is, too.
    heir = Stack(directory, port, [])
    heir.start()
    heir.stop()


def test_a_directory_holds_one_stack(directory: Path) -> None:
    first = Stack(directory, ports.free(), [])
    first.start()
    try:
        with pytest.raises(LocalError, match=f"runs here already \\(process {os.getpid()}\\)"):
            Stack(directory, ports.free(), []).start()
    finally:
        first.stop()


def test_a_taken_port_is_named_with_its_setting(directory: Path, ministack: Stack) -> None:
    port = int(ministack.aws_endpoint.rpartition(":")[2])
    second = Stack(directory, port, [])
    try:
        with pytest.raises(LocalError, match=f"Port {port} is taken: choose another with AWS_PORT"):
            second.start()
    finally:
        second.stop()


def test_a_failed_deployment_is_one_line(
    directory: Path, ministack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = tmp_path / "osls"
    failing.write_text("#!/bin/sh\nprintf 'Deploying\\n\\nError:\\nNo such\\nproperty\\n\\nmore\\n'\nexit 1\n")
    failing.chmod(0o755)
    monkeypatch.setattr(stack, "OSLS", failing)

    directory.mkdir()
    port = int(ministack.aws_endpoint.rpartition(":")[2])
    with pytest.raises(LocalError, match=r"^The deployment failed: No such property \(all of it: .*deploy\.log\)$"):
        Stack(directory, port, []).deploy()
