import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from local import ports
from local.stack import ROOT

# `make run` with a directory of its own, so that one may be running in this checkout meanwhile.
RUN = """
import sys
from pathlib import Path
from local import run
run.HOME = Path(sys.argv[1])
run.ENDPOINTS = run.HOME / "endpoints.json"
sys.exit(run.main())
"""


@contextmanager
def run(directory: Path, aws_port: int, web_port: int) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "AWS_PORT": str(aws_port), "WEB_PORT": str(web_port)}
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(directory)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return
    assert process.stderr is not None
    pytest.fail(process.stderr.read())


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_run_serves_until_it_is_stopped_and_leaves_nothing_behind(directory: Path, stop: signal.Signals) -> None:
    aws_port, web_port = ports.free(), ports.free()
    with run(directory, aws_port, web_port) as process:
        read_until(process, "Kaiwa is ready")
        endpoints = json.loads((directory / "endpoints.json").read_text())
        assert httpx.get(f"{endpoints['webUrl']}/config.json").json() == {
            "apiUrl": endpoints["apiUrl"],
            "inbox": "inbox.json",
        }
        # Any function of the API answers: without a token its authorizer does.
        assert httpx.get(f"{endpoints['apiUrl']}/users/me").status_code == 401
        process.send_signal(stop)
        _, errors = process.communicate(timeout=30)

    assert process.returncode == 0
    assert errors == ""
    assert not (directory / "endpoints.json").exists()
    assert endpoints.keys() == {"apiUrl", "webUrl", "region", "awsEndpoint"}
    ports.require_free(aws_port, "AWS_PORT")
    ports.require_free(web_port, "WEB_PORT")


def test_a_taken_web_port_is_one_line(directory: Path) -> None:
    with socket.create_server((ports.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with run(directory, ports.free(), port) as process:
            _, errors = process.communicate(timeout=30)

    assert process.returncode == 1
    assert errors == f"kaiwa: Port {port} is taken: choose another with WEB_PORT=<port>.\n"


def test_one_port_for_both_is_one_line(directory: Path) -> None:
    with run(directory, 4599, 4599) as process:
        _, errors = process.communicate(timeout=30)

    assert process.returncode == 1
    assert errors == "kaiwa: AWS_PORT and WEB_PORT are both 4599: choose another for one of them.\n"
