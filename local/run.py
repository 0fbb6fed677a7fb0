"""`make run`: a whole Kaiwa on this machine, until Ctrl-C."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from local import ports, progress, turn, web
from local.errors import LocalError
from local.stack import ROOT, Endpoints, Stack
from local.turn import Turn

HOME = ROOT / ".local"
ENDPOINTS = HOME / "endpoints.json"

AWS_PORT = 4599
WEB_PORT = 8080

# What a shell reports for a program ended by Ctrl-C.
INTERRUPTED = 130

INVITATION = """
  Kaiwa is ready ({seconds:.1f} s).

    Open    {web_url}
    Try it  register one person in this window and another in a private window,
            find each other by name, and talk. Or watch it here: make demo
    REST    {api_url}
    End     Ctrl-C. The next `make run` finds everything again; `make reset` forgets it.
"""


def main() -> int:
    """Run until interrupted and return the exit code: 0 when it was up by then."""
    try:
        with interruptible():
            return _run()
    except LocalError as error:
        print(f"kaiwa: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


@contextmanager
def interruptible() -> Iterator[None]:
    """Treat SIGTERM and a closed terminal like Ctrl-C, so that each of them ends every process started here."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        # Once is enough: what follows is an orderly end that a second signal must not break off.
        for name in names:
            signal.signal(name, signal.SIG_IGN)
        raise KeyboardInterrupt

    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {name: signal.signal(name, interrupt) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _run() -> int:
    started = time.monotonic()
    aws_port = ports.read("AWS_PORT", AWS_PORT)
    web_port = ports.read("WEB_PORT", WEB_PORT)
    if aws_port == web_port:
        raise LocalError(f"AWS_PORT and WEB_PORT are both {web_port}: choose another for one of them.")
    ports.require_free(web_port, "WEB_PORT")
    ENDPOINTS.unlink(missing_ok=True)
    origins = [f"http://{ports.HOST}:{web_port}", f"http://localhost:{web_port}"]
    relay = _wanted_turn()
    stack_of_run = Stack(HOME, aws_port, origins, progress.step, relay.urls if relay else ())
    with stack_of_run as stack, _relaying(stack, relay):
        web_url = origins[0]
        with progress.step(f"web client on {ports.HOST}:{web_port}"):
            try:
                site = web.serve(
                    web_port, stack.endpoints.api_url, stack.endpoints.socket_url, stack.endpoints.aws_endpoint
                )
            except OSError as error:
                raise LocalError(f"Cannot serve the web client on port {web_port}: {error.strerror}.") from error
        try:
            _write_endpoints(ENDPOINTS, stack.endpoints, web_url)
            seconds = time.monotonic() - started
            print(INVITATION.format(seconds=seconds, web_url=web_url, api_url=stack.endpoints.api_url), flush=True)
            stack.wait()
            raise LocalError("MiniStack ended by itself; its last words are in .local/ministack.log.")
        except KeyboardInterrupt:
            return 0
        finally:
            ENDPOINTS.unlink(missing_ok=True)
            site.shutdown()
            site.server_close()
            print("  ending, and keeping everything for next time", flush=True)


def _wanted_turn() -> Turn | None:
    if os.environ.get("TURN", "") in {"", "0"}:
        return None
    return Turn(HOME / "turn", ports.read("TURN_PORT", turn.PORT))


@contextmanager
def _relaying(stack: Stack, relay: Turn | None) -> Iterator[None]:
    """Run a TURN server beside the stack, if one is wanted, and tell the functions its secret."""
    if relay is None:
        yield
        return
    with ExitStack() as running:
        with progress.step(f"coturn, a TURN server, at {relay.urls[0]}"):
            running.enter_context(relay)
            stack.keep_secret(turn.PARAMETER, "\n".join(relay.secrets))
        yield


def _write_endpoints(path: Path, endpoints: Endpoints, web_url: str) -> None:
    draft = path.with_suffix(".draft")
    content = {
        "apiUrl": endpoints.api_url,
        "webUrl": web_url,
        "region": endpoints.region,
        "awsEndpoint": endpoints.aws_endpoint,
    }
    draft.write_text(json.dumps(content, indent=2) + "\n")
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main())
