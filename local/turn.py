"""coturn, a TURN server, on this machine: for `make run TURN=1` and the tests.

It relays to loopback addresses, which no server that others can reach may do.
"""

import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from local import ports
from local.errors import LocalError

PROGRAM = "turnserver"
PORT = 3478

PARAMETER = "/kaiwa/local/turn-secret"
"""Where the functions look for the secrets (serverless.yml)."""

# Seconds for coturn to answer, and to end; it takes far less than one.
START_TIMEOUT = 10.0
STOP_TIMEOUT = 5.0


class Turn:
    """One coturn; as a context manager it starts, and stops in the end.

    Attributes:
        secrets: What it accepts credentials of; the first is the one to sign with.
        urls: Where it answers.
    """

    def __init__(self, directory: Path, port: int, accepted: Sequence[str] = ()) -> None:
        """Prepare a coturn.

        Args:
            directory: Where its configuration and its log go.
            port: Where it listens, over UDP and TCP.
            accepted: The secrets; a new one unless given.

        Raises:
            LocalError: coturn is not installed, or the port is taken.
        """
        if shutil.which(PROGRAM) is None:
            raise LocalError(f"TURN needs coturn's {PROGRAM}, which is not installed (on Debian: apt install coturn).")
        ports.require_free(port, "TURN_PORT")
        self.secrets = list(accepted) or [secrets.token_urlsafe(32)]
        self.urls = [f"turn:{ports.HOST}:{port}?transport={transport}" for transport in ("udp", "tcp")]
        self._directory = directory
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Turn":
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        configuration = self._directory / "turnserver.conf"
        configuration.touch(mode=0o600)
        configuration.write_text("\n".join(self._lines()) + "\n")
        log = self._directory / "turn.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [PROGRAM, "-c", str(configuration)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # A Ctrl-C on the terminal is ours to hear, and then to stop it in order.
                start_new_session=True,
            )
        try:
            self._await_answer(self._process, log)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _lines(self) -> list[str]:
        return [
            f"listening-ip={ports.HOST}",
            f"listening-port={self._port}",
            f"relay-ip={ports.HOST}",
            "realm=kaiwa",
            "use-auth-secret",
            *(f"static-auth-secret={secret}" for secret in self.secrets),
            "allow-loopback-peers",
            "fingerprint",
            "no-cli",
            "no-tls",
            "no-dtls",
            "no-multicast-peers",
            f"userdb={self._directory / 'turndb'}",
            f"pidfile={self._directory / 'turnserver.pid'}",
            "log-file=stdout",
            "simple-log",
        ]

    def _await_answer(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            try:
                socket.create_connection((ports.HOST, self._port), timeout=1).close()
            except OSError as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise LocalError(f"coturn did not start; its last words are in {log}.") from error
                time.sleep(0.02)
            else:
                return

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
